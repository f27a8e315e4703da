"""Workbooks and letters are archives of XML: looked at before anything is unpacked, and unpacked within bounds."""

import zipfile
from io import BytesIO
from typing import Final

from shared.upload_scan.refusals import FileRefused

ENTRIES_MAX: Final = 2_000
UNPACKED_BYTES_MAX: Final = 200 * 1024 * 1024
RATIO_MAX: Final = 100
_SMALL_BYTES: Final = 64 * 1024  # of so little a high ratio is no bomb
_FORBIDDEN: Final = (
    ("vbaproject", "macros"),
    ("macrosheets/", "macros"),
    ("activex/", "ActiveX controls"),
    ("embeddings/", "embedded files"),
    ("externallinks/", "links to other files"),
    ("customui/", "code of its own"),
)
_ARCHIVES: Final = (".zip", ".xlsx", ".docx", ".jar", ".7z", ".rar", ".gz")
_HEAD_BYTES: Final = 4096


def check_office_archive(content: bytes, *, main_part: str, virus: bytes) -> None:
    """FileRefused unless it is an archive with this part, without code, links, bombs or tricks."""
    try:
        with zipfile.ZipFile(BytesIO(content)) as archive:
            entries = archive.infolist()
            _check_entries(entries, len(content))
            names = {entry.filename for entry in entries}
            if not {"[Content_Types].xml", main_part} <= names:
                raise FileRefused("The file is not what its type says")
            for entry in entries:
                _check_part(archive, entry, virus)
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, EOFError, ValueError) as error:
        raise FileRefused("The file is not a whole workbook or letter") from error


def _check_entries(entries: list[zipfile.ZipInfo], packed_bytes: int) -> None:
    unpacked = sum(entry.file_size for entry in entries)
    if len(entries) > ENTRIES_MAX or unpacked > UNPACKED_BYTES_MAX:
        raise FileRefused("The file would unpack to too much")
    if unpacked > _SMALL_BYTES and unpacked > packed_bytes * RATIO_MAX:
        raise FileRefused("The file would unpack to more than a hundred times its size")
    if len({entry.filename for entry in entries}) != len(entries):
        raise FileRefused("The file has two parts of one name")
    for entry in entries:
        name = entry.filename.lower()
        if name.startswith(("/", "\\")) or ".." in name.split("/") or ":" in name or "\\" in name:
            raise FileRefused("The file has a part with a path that leads out of it")
        if entry.flag_bits & 0x1:
            raise FileRefused("The file is encrypted; nobody could look into it")
        if (entry.external_attr >> 16) & 0o170000 == 0o120000:
            raise FileRefused("The file has a part that is a link")
        if name.endswith(_ARCHIVES):
            raise FileRefused("The file has an archive inside")
        for mark, what in _FORBIDDEN:
            if mark in name:
                raise FileRefused(f"The file carries {what}")


def _check_part(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, virus: bytes) -> None:
    """A part is read up to the size it states, which was bounded before."""
    if entry.is_dir():
        return
    with archive.open(entry) as part:
        content = part.read(entry.file_size + 1)
    if len(content) != entry.file_size:
        raise FileRefused("The file states other sizes than its parts have")
    if virus in content:
        raise FileRefused("The file carries a known virus signature")
    if entry.filename.lower().endswith((".xml", ".rels")):
        head = content[:_HEAD_BYTES].replace(b"\0", b"").upper()
        if b"<!DOCTYPE" in head or b"<!ENTITY" in head:
            raise FileRefused("The file declares entities, which no workbook or letter needs")
        if entry.filename == "[Content_Types].xml" and b"MACROENABLED" in content.upper():
            raise FileRefused("The file carries macros")
