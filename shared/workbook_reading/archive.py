"""The zip archive around a workbook, opened only after what it would unpack to is known to be bounded."""

import struct
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from typing import BinaryIO, Final
from zipfile import ZIP_DEFLATED, ZIP_STORED, BadZipFile, ZipFile, ZipInfo

from shared.errors import Malformed

CHUNK_BYTES: Final = 64 * 1024
_ENTRIES_MAX: Final = 1_000
_DIRECTORY_BYTES_MAX: Final = 1 << 20
_UNPACKED_BYTES_MAX: Final = 256 << 20
_RATIO_MAX: Final = 100
_RATIO_MATTERS_FROM: Final = 1 << 20  # small entries of equal bytes are harmless whatever their ratio
_END_SIZE, _COMMENT_MAX, _LOCATOR_SIZE = 22, 65_535, 20
# What the standard library raises for directories and entries whose numbers were damaged.
_DAMAGE: Final = (
    BadZipFile,
    NotImplementedError,
    RuntimeError,
    ValueError,
    OSError,
    EOFError,
    struct.error,
    zlib.error,
)
_END_MARK, _LOCATOR_MARK = b"PK\x05\x06", b"PK\x06\x07"
_ENCRYPTED: Final = 0x1


class WorkbookUnreadable(Malformed):
    """No workbook, a damaged one, or one that must not be unpacked."""

    code, title = "workbook_unreadable", "The workbook cannot be read"


@contextmanager
def opened_archive(file: BinaryIO) -> Iterator[ZipFile]:
    """Open the archive for reading; WorkbookUnreadable for anything a workbook of figures would not be.

    Unpacking never gives more than the sizes checked here: a reader of an entry stops at its stated size.
    """
    _refuse_large_directory(file)
    file.seek(0)
    try:
        archive = ZipFile(file)
    except _DAMAGE as error:
        raise _damaged(error) from error
    with archive:
        _refuse_suspicious(archive.infolist())
        yield archive


def entry_chunks(archive: ZipFile, name: str) -> Iterator[bytes]:
    """Yield an entry's bytes piece by piece; WorkbookUnreadable when the workbook has none of that name."""
    try:
        entry = archive.getinfo(name)
    except KeyError:
        raise WorkbookUnreadable(f"the workbook holds no {name}") from None
    try:
        content = archive.open(entry)
        chunk = content.read(CHUNK_BYTES)
    except _DAMAGE as error:
        raise _damaged(error) from error
    with content:
        while chunk:
            yield chunk
            try:
                chunk = content.read(CHUNK_BYTES)
            except _DAMAGE as error:
                raise _damaged(error) from error


def _damaged(error: Exception) -> WorkbookUnreadable:
    return WorkbookUnreadable(f"the workbook's archive cannot be unpacked: {str(error)[:200]}")


def _refuse_large_directory(file: BinaryIO) -> None:
    """The directory is read whole when an archive is opened, so its size is looked up before."""
    size = file.seek(0, 2)
    file.seek(max(0, size - _END_SIZE - _COMMENT_MAX - _LOCATOR_SIZE))
    tail = file.read()
    at = tail.rfind(_END_MARK)
    if at < 0 or len(tail) - at < _END_SIZE:
        raise WorkbookUnreadable("the workbook's archive has no directory; perhaps the file is cut off")
    count, directory_bytes = struct.unpack_from("<HI", tail, at + 10)
    if tail[max(0, at - _LOCATOR_SIZE) :].startswith(_LOCATOR_MARK) or count == 0xFFFF:
        raise WorkbookUnreadable("the workbook's archive is of the kind for more than 4 GiB (zip64)")
    if count > _ENTRIES_MAX or directory_bytes > _DIRECTORY_BYTES_MAX:
        raise WorkbookUnreadable(
            f"the workbook's archive has {count} entries; a workbook of rows has a dozen"
        )


def _refuse_suspicious(entries: list[ZipInfo]) -> None:
    unpacked = 0
    for entry in entries:
        unpacked += entry.file_size
        name = entry.filename[:80]
        if entry.flag_bits & _ENCRYPTED:
            raise WorkbookUnreadable("the workbook is protected by a password; save it without one")
        if entry.compress_type not in (ZIP_STORED, ZIP_DEFLATED):
            raise WorkbookUnreadable(f"{name} in the workbook is packed in an unusual way")
        if name.startswith(("/", "\\")) or ".." in name.replace("\\", "/").split("/"):
            raise WorkbookUnreadable(f"{name} in the workbook's archive points outside of it")
        if entry.file_size > _RATIO_MATTERS_FROM and entry.file_size > _RATIO_MAX * max(
            entry.compress_size, 1
        ):
            raise WorkbookUnreadable(
                f"{name} in the workbook would unpack to more than {_RATIO_MAX} times its size"
            )
    if unpacked > _UNPACKED_BYTES_MAX or len(entries) > _ENTRIES_MAX:
        limit = _UNPACKED_BYTES_MAX >> 20
        raise WorkbookUnreadable(f"the workbook would unpack to more than {limit} MiB; send fewer rows")
