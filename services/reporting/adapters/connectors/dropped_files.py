"""Which of the files in a folder is taken, and its rows: the newest whose name fits, unless somebody still writes it."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from fnmatch import fnmatchcase
from typing import Final

from services.reporting.adapters.connectors.port import Found
from services.reporting.adapters.sent_records import CSV_TYPE, WORKBOOK_TYPE, records_of
from services.reporting.domain.data_checks.errors import SourceUnreachable, SourceUnreadable
from services.reporting.domain.source_system import SourceObject

FILE_BYTES_MAX: Final = 64 * 1024 * 1024
ENTRIES_MAX: Final = 10_000


@dataclass(frozen=True, slots=True)
class DroppedFile:
    """A file as its folder tells of it."""

    name: str
    size_bytes: int
    modified_seconds: float


def newest_file(one: SourceObject, files: Sequence[DroppedFile]) -> DroppedFile:
    """SourceUnreachable when none fits: it may still come. SourceUnreadable when it is too large."""
    if len(files) > ENTRIES_MAX:
        raise SourceUnreadable(f"The folder holds more than {ENTRIES_MAX} files")
    fitting = [file for file in files if fnmatchcase(file.name, one.query or "")]
    if not fitting:
        raise SourceUnreachable(f"No file for {one.name} is there: none is called {one.query}")
    newest = max(fitting, key=lambda file: (file.modified_seconds, file.name))
    if newest.size_bytes > FILE_BYTES_MAX:
        raise SourceUnreadable(f"{newest.name} has more than {FILE_BYTES_MAX // 2**20} MiB")
    return newest


async def rows_of_file(file: DroppedFile, content: bytes, after: DroppedFile) -> Found:
    """`after` is the file as it stood when it had been read. SourceUnreachable while it grows."""
    if file != after or len(content) != file.size_bytes:
        raise SourceUnreachable(f"{file.name} is still being written")
    media_type = WORKBOOK_TYPE if file.name.endswith(".xlsx") else CSV_TYPE
    records = await asyncio.to_thread(records_of, media_type, content)
    written = datetime.fromtimestamp(file.modified_seconds, UTC)
    return Found(records, f"file {file.name}, written at {written:%Y-%m-%dT%H:%M:%SZ}")
