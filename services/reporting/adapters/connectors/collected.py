"""Rows as they come in, kept in a file until the snapshot takes them: how many there are costs no memory."""

import tempfile
import weakref
from collections.abc import Iterator, Sequence
from typing import Final

import msgspec

from services.reporting.domain.data_checks.errors import SourceUnreadable
from services.reporting.domain.source_system import ROWS_MAX

CHARACTERS_MAX: Final = 256 * 1024 * 1024


class Collected:
    """Of one object, read again in their order. SourceUnreadable as soon as it is more than a snapshot takes."""

    def __init__(self, object_name: str) -> None:
        self._file = tempfile.TemporaryFile(prefix="rows-")  # noqa: SIM115 - closed with the object
        weakref.finalize(self, self._file.close)
        self._object_name = object_name
        self._count = self._characters = 0

    def add(self, rows: Sequence[dict[str, str]]) -> None:
        self._count += len(rows)
        self._characters += sum(len(text) for row in rows for text in row.values())
        if self._count > ROWS_MAX or self._characters > CHARACTERS_MAX:
            raise SourceUnreadable(
                f"More than {ROWS_MAX} rows or {CHARACTERS_MAX // 2**20} MiB of {self._object_name}"
            )
        self._file.write(b"".join(msgspec.json.encode(row) + b"\n" for row in rows))

    def __iter__(self) -> Iterator[dict[str, str]]:
        self._file.seek(0)
        decoder = msgspec.json.Decoder(dict[str, str])
        yield from map(decoder.decode, self._file)
