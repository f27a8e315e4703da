"""What a file is by its bytes, compared with what it claims to be; nothing is run, unpacked to disk or fetched."""

import re
from collections.abc import Callable, Mapping
from typing import BinaryIO, Final

from shared.upload_scan.formats import FORMAT_MEDIA_TYPES
from shared.upload_scan.office_archive import check_office_archive
from shared.upload_scan.picture import check_jpeg, check_png
from shared.upload_scan.refusals import FileRefused, FileTooLarge

SCANNED_BYTES_MAX: Final = 20 * 1024 * 1024
_FORMATS: Final = {media_type: name for name, media_type in FORMAT_MEDIA_TYPES.items()}
# The standard test file of virus scanners (eicar.org, read 2026-01), in two parts, or this file would be one.
_TEST_VIRUS: Final = rb"X5O!P%@AP[4\PZX54(P^)7CC)7}$" + b"EICAR-STANDARD-ANTIVIRUS-TEST-FILE!"
_PROGRAMS: Final = (
    b"MZ",
    b"\x7fELF",
    b"#!",
    b"\xca\xfe\xba\xbe",
    b"\xcf\xfa\xed\xfe",
    b"\xd0\xcf\x11\xe0",
    b"PK\x03\x04",
)
_ACTIVE_PDF: Final = re.compile(
    rb"/(JavaScript|JS|Launch|EmbeddedFiles?|RichMedia|XFA|SubmitForm|ImportData|GoToE)\b"
)
_MARKUP: Final = re.compile(rb"\A\s*(?:<!doctype|<html|<svg|<\?xml|<script)", re.IGNORECASE)
_ESCAPED: Final = re.compile(rb"#([0-9A-Fa-f]{2})")


def scan_upload(file: BinaryIO, media_type: str) -> str:
    """The format of the file, e.g. `pdf`. FileRefused names what is wrong, FileTooLarge for too many bytes."""
    file_format = _FORMATS.get(media_type.partition(";")[0].strip().lower())
    if file_format is None:
        raise FileRefused(f"Files of the type {media_type[:80]} are not taken in: {', '.join(_FORMATS)}")
    content = file.read(SCANNED_BYTES_MAX + 1)
    if len(content) > SCANNED_BYTES_MAX:
        raise FileTooLarge(f"A file is at most {SCANNED_BYTES_MAX // 2**20} MiB")
    if not content:
        raise FileRefused("The file is empty")
    if _TEST_VIRUS in content:
        raise FileRefused("The file carries a known virus signature")
    _CHECKS[file_format](content)
    return file_format


def _check_pdf(content: bytes) -> None:
    if not content.startswith(b"%PDF-") or b"%%EOF" not in content[-2048:]:
        raise FileRefused("The file is not a whole PDF")
    # A name may be written with escapes: /J#53 is /JS.
    plain = _ESCAPED.sub(lambda found: bytes([int(found[1], 16)]), content)
    if active := _ACTIVE_PDF.search(plain):
        raise FileRefused(f"The PDF carries active content ({active[0].decode()})")
    if b"/Encrypt" in plain:
        raise FileRefused("The PDF is encrypted; nobody could look into it")


def _check_text(content: bytes) -> None:
    if content.startswith((*_PROGRAMS, b"%PDF-", b"\x89PNG", b"\xff\xd8")):
        raise FileRefused("The file is no text")
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError as error:
        raise FileRefused("The text is not UTF-8") from error
    if "\0" in text:
        raise FileRefused("The file is no text")
    if _MARKUP.search(content):
        raise FileRefused("The file is markup, which a browser would run")


def _check_workbook(content: bytes) -> None:
    check_office_archive(content, main_part="xl/workbook.xml", virus=_TEST_VIRUS)


def _check_letter(content: bytes) -> None:
    check_office_archive(content, main_part="word/document.xml", virus=_TEST_VIRUS)


_CHECKS: Final[Mapping[str, Callable[[bytes], None]]] = {
    "pdf": _check_pdf,
    "csv": _check_text,
    "txt": _check_text,
    "xlsx": _check_workbook,
    "docx": _check_letter,
    "png": check_png,
    "jpg": check_jpeg,
}
