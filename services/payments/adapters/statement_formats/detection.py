"""Which statement format a file is, by what it holds; names and media types only explain refusals."""

import codecs
import re
from enum import StrEnum
from typing import Final

from services.payments.adapters.statement_formats.delimited_header import layout_from_lines
from services.payments.adapters.statement_formats.text_source import without_control_characters
from services.payments.domain.errors import StatementFormatUnknown


class StatementFormat(StrEnum):
    CAMT053 = "camt053"
    CAMT052 = "camt052"
    CAMT054 = "camt054"
    MT940 = "mt940"
    MT942 = "mt942"
    BAI2 = "bai2"
    OFX = "ofx"
    XLSX = "xlsx"
    DELIMITED = "delimited"


_ACCEPTED: Final = (
    "camt.053, camt.052, camt.054, MT940, MT942, BAI2, OFX, Excel workbooks (.xlsx), or delimited text (CSV, TSV) with"
    " a header row"
)
_CAMT_MESSAGES: Final = (
    (re.compile(r"<(?:\w+:)?BkToCstmrStmt\b|camt\.053\.001"), StatementFormat.CAMT053),
    (re.compile(r"<(?:\w+:)?BkToCstmrAcctRpt\b|camt\.052\.001"), StatementFormat.CAMT052),
    (re.compile(r"<(?:\w+:)?BkToCstmrDbtCdtNtfctn\b|camt\.054\.001"), StatementFormat.CAMT054),
)
_MAGIC: Final = (
    (b"%PDF", "a PDF document"),
    (b"\xd0\xcf\x11\xe0", "an old or protected Excel workbook; save it as .xlsx without a password"),
    (b"\x89PNG", "a PNG image"),
    (b"\xff\xd8\xff", "a JPEG image"),
    (b"GIF8", "a GIF image"),
    (b"II*\x00", "a TIFF image"),
    (b"\x1f\x8b", "a gzip archive"),
    (b"7z\xbc\xaf", "a 7-Zip archive"),
    (b"Rar!", "a RAR archive"),
    (b"BZh", "a bzip2 archive"),
    (b"{\\rtf", "a rich text document"),
)
_TEXT_SHAPES: Final = (
    (
        re.compile(r"\s*(?:<!--.*?-->\s*)*<(?:!doctype html|html|head|body|table)\b", re.I | re.S),
        "an HTML page",
    ),
    (
        re.compile(r"\s*(?:<\?xml[^>]*>\s*)?(?:<\?mso-application|<(?:ss:)?Workbook\b)"),
        "an Excel XML workbook",
    ),
    (
        re.compile(r"\s*(?:00|02|03|16),[^\n]*/", re.ASCII),
        "a BAI2 file that does not start with its header 01",
    ),
    (re.compile(r"\s*(?:\{\s*[\"}]|\[\s*[\[{\"\d\]])"), "JSON"),
    (re.compile(r"\s*<(?:\?xml|[A-Za-z!])"), "XML that is no camt message"),
    (re.compile(r"\s*!Type:", re.IGNORECASE), "a QIF file"),
)
_OFX_START: Final = re.compile(r"\s*(?:OFXHEADER\s*:|(?:<\?xml[^>]*>\s*)?(?:<\?OFX|<OFX>))", re.IGNORECASE)
_BAI2_START: Final = re.compile(r"\s*01,(?:[^,\n]*,){6,}[^,\n]*/", re.ASCII)
_LINE: Final = re.compile(r"[^\r\n]*(?:\r\n|\r|\n)|[^\r\n]+")
_SWIFT_BLOCK: Final = re.compile(r"\{2:[IO](94[02])")
_SWIFT_START: Final = re.compile(r"^\s*:(?:20|25P?|28C?):", re.MULTILINE)
_SWIFT_FINAL: Final = re.compile(r"^\s*:(?:60[FM]|62[FM]):", re.MULTILINE)
_SWIFT_INTRADAY: Final = re.compile(r"^\s*:(?:34F|13D?|90[CD]):", re.MULTILINE)
_SWIFT_ENTRY: Final = re.compile(r"^\s*:61:", re.MULTILINE)


def detect_format(head: bytes, *, file_name: str = "", media_type: str = "") -> StatementFormat:
    """Return the format of a file that starts with `head` (64 KiB are enough; a few hundred bytes often are).

    StatementFormatUnknown says what the file looks like and what is accepted.
    """
    if _is_workbook(head):
        return StatementFormat.XLSX
    looks_like = _binary_shape(head)
    if looks_like:
        raise _unknown(looks_like, file_name, media_type)
    text = _text(head)
    found = _camt_format(text) or _swift_format(text)
    if found:
        return found
    if _OFX_START.match(text):
        return StatementFormat.OFX
    if _BAI2_START.match(text):
        return StatementFormat.BAI2
    is_markup = text.lstrip().startswith(("<", "{", "["))
    if not is_markup and layout_from_lines(_LINE.findall(text)) is not None:
        return StatementFormat.DELIMITED
    nothing_known = "text without a header row that names a date, amounts and a narration"
    looks_like = next((name for shape, name in _TEXT_SHAPES if shape.match(text)), nothing_known)
    raise _unknown(looks_like, file_name, media_type)


def _unknown(looks_like: str, file_name: str, media_type: str) -> StatementFormatUnknown:
    return StatementFormatUnknown(
        f"this looks like {looks_like}; accepted are {_ACCEPTED}",
        looks_like=looks_like,
        file_name=file_name or None,
        media_type=media_type or None,
    )


def _is_workbook(head: bytes) -> bool:
    """A workbook is a zip archive whose first entries have such names."""
    return head.startswith(b"PK\x03\x04") and (b"xl/" in head or b"[Content_Types]" in head)


def _binary_shape(head: bytes) -> str:
    if not head.strip(b" \t\r\n\x00"):
        return "an empty file"
    if head.startswith(b"PK\x03\x04"):
        return "a zip archive"
    named = next((name for magic, name in _MAGIC if head.startswith(magic)), "")
    if named or head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return named
    control_count = sum(byte < 32 and byte not in b"\t\r\n" for byte in head)
    return "binary data" if control_count > max(4, len(head) // 50) else ""


def _text(head: bytes) -> str:
    """Decode the start of a file, of which the last character may be cut."""
    encoding = "utf-8"
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        encoding = "utf-16"
    try:
        text = codecs.getincrementaldecoder(encoding)().decode(head)
    except UnicodeDecodeError:
        text = head.decode("latin-1")
    return without_control_characters(text.removeprefix("\ufeff"))


def _camt_format(text: str) -> StatementFormat | None:
    if not text.lstrip().startswith("<"):
        return None
    return next((found for pattern, found in _CAMT_MESSAGES if pattern.search(text)), None)


def _swift_format(text: str) -> StatementFormat | None:
    if text.lstrip().startswith("<"):
        return None
    if block := _SWIFT_BLOCK.search(text):
        return StatementFormat(f"mt{block[1]}")
    if not _SWIFT_START.search(text):
        return None
    if _SWIFT_FINAL.search(text):
        return StatementFormat.MT940
    if _SWIFT_INTRADAY.search(text):
        return StatementFormat.MT942
    return StatementFormat.MT940 if _SWIFT_ENTRY.search(text) else None
