"""What every connector does, and what it is given to do it with."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from services.reporting.domain.source_system import SourceObject
from shared.secret_box import SecretBox
from shared.webhooks.target import TargetRules


@dataclass(frozen=True, slots=True)
class Found:
    """The rows of an object as they were read: a text by column, and where they were found."""

    records: Iterable[Mapping[str, str]]
    origin: str


class Connector(Protocol):
    """An open way into one source system.

    Whatever is wrong is a refusal: SourceUnreachable when it may be better later, SourceAccessRefused when somebody has
    to change something, SourceUnreadable for rows that are not as described.
    """

    async def found(self, one: SourceObject) -> Found:
        """All rows of the object."""
        ...


@dataclass(frozen=True, slots=True)
class SourceAccess:
    """What an operator opened: the folder of files dropped here, the secret that credentials are sealed with, the
    networks that may be read beside public addresses, and the file of certificates that vouches for systems of the house."""

    folder: Path | None
    box: SecretBox | None
    rules: TargetRules
    ca_file: str
