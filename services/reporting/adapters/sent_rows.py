"""Rows of a workbook that somebody sent: its first sheet, every cell as the text that an exact reading needs."""

import io
import zipfile
from datetime import date, datetime, time
from decimal import Decimal
from typing import Final

import python_calamine

from services.reporting.domain.analysis_rows import SourceRow
from shared.errors import Malformed, TooLarge

UNPACKED_BYTES_MAX: Final = 256 * 1024 * 1024


def rows_of_workbook(content: bytes, *, rows_max: int) -> list[SourceRow]:
    """One row per line below the header of the first sheet; empty lines are left out.

    Malformed for what is no workbook, has no header or names a column twice; TooLarge for what is too large unpacked.
    """
    _check_size(content)
    try:
        book = python_calamine.CalamineWorkbook.from_filelike(io.BytesIO(content))
        lines = book.get_sheet_by_index(0).to_python(skip_empty_area=True)
    except (python_calamine.CalamineError, IndexError) as error:
        raise Malformed(f"The workbook cannot be read: {error}") from error
    if not lines:
        raise Malformed("The first sheet of the workbook is empty; expected a header and rows")
    names = [_text(cell).strip() for cell in lines[0]]
    named = [name for name in names if name]
    if not named or len(set(named)) < len(named):
        raise Malformed("The first line of the first sheet has to name each column once")
    if len(lines) - 1 > rows_max:
        raise TooLarge(f"{len(lines) - 1} rows in one workbook; expected at most {rows_max}")
    told = [dict(zip(names, map(_text, line), strict=True)) for line in lines[1:]]
    return [{name: value for name, value in row.items() if name} for row in told if any(row.values())]


def cell_text(value: object) -> str:
    """A value of JSON as text: numbers exactly as they were written, nothing as an empty text."""
    return _text(value).strip()


def _check_size(content: bytes) -> None:
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            unpacked = sum(part.file_size for part in archive.infolist())
    except zipfile.BadZipFile as error:
        raise Malformed("The body is no XLSX workbook") from error
    if unpacked > UNPACKED_BYTES_MAX:
        raise TooLarge(f"The workbook unpacks to more than {UNPACKED_BYTES_MAX // 2**20} MiB")


def _text(value: object) -> str:
    """A workbook's number is a double: its shortest text is what somebody typed."""
    match value:
        case None:
            return ""
        case bool():
            return str(value).lower()
        case float():
            plain = f"{Decimal(repr(value)):f}"
            return plain.removesuffix(".0")
        case datetime() if value.time() != time.min:
            return value.isoformat(sep=" ")
        case datetime() | date():
            return f"{value:%Y-%m-%d}"
    return str(value)
