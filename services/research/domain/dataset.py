"""A dataset: a table from outside that is loaded again and again, and who may see it and take it away."""

import re
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Final

FILE_BYTES_MAX: Final = 5 * 1024**3
PART_BYTES_MAX: Final = 64 * 1024**2
PARTS_MAX: Final = 10_000
NAME_PATTERN: Final = r"^[a-z][a-z0-9_]{2,59}$"
_ALWAYS: Final = frozenset({"admin"})
_NAME: Final = re.compile(NAME_PATTERN, re.ASCII)


class UploadState(StrEnum):
    """Where a file that is sent stands. `unchanged`: it was the very file that the newest version is made of."""

    OPEN = "open"
    QUEUED = "queued"
    LOADED = "loaded"
    UNCHANGED = "unchanged"
    FAILED = "failed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Readers:
    """Who may do something with a dataset: holders of a role, and persons by their token's subject."""

    roles: frozenset[str]
    subjects: frozenset[str]

    def admits(self, subject: str, roles: Collection[str]) -> bool:
        return subject in self.subjects or not self.roles.isdisjoint(roles)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rights:
    """The owner and administrators may do everything. Who may take a dataset away may see it."""

    owner: str
    seen_by: Readers
    exported_by: Readers
    licence_ends_on: date | None

    def may_change(self, subject: str, roles: Collection[str]) -> bool:
        return subject == self.owner or not _ALWAYS.isdisjoint(roles)

    def may_see(self, subject: str, roles: Collection[str]) -> bool:
        return self.may_export(subject, roles) or self.seen_by.admits(subject, roles)

    def may_export(self, subject: str, roles: Collection[str]) -> bool:
        return self.may_change(subject, roles) or self.exported_by.admits(subject, roles)

    def is_licensed_on(self, day: date) -> bool:
        """The last day of the licence is a day of it."""
        return self.licence_ends_on is None or day <= self.licence_ends_on


def is_dataset_name(name: str) -> bool:
    return _NAME.match(name) is not None
