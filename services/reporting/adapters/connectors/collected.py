"""Rows as they come in, and how many of them one snapshot may hold in memory."""

from collections.abc import Sequence
from typing import Final

from services.reporting.domain.data_checks.errors import SourceUnreadable
from services.reporting.domain.source_system import ROWS_MAX

CHARACTERS_MAX: Final = 256 * 1024 * 1024


class Collected:
    """Of one object. SourceUnreadable as soon as it is more than a snapshot takes."""

    def __init__(self, object_name: str) -> None:
        self.records: list[dict[str, str]] = []
        self._object_name = object_name
        self._characters = 0

    def add(self, rows: Sequence[dict[str, str]]) -> None:
        self.records += rows
        self._characters += sum(len(text) for row in rows for text in row.values())
        if len(self.records) > ROWS_MAX or self._characters > CHARACTERS_MAX:
            raise SourceUnreadable(
                f"More than {ROWS_MAX} rows or {CHARACTERS_MAX // 2**20} MiB of {self._object_name}"
            )
