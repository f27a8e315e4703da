"""Rows of a file: CSV with a header, or the first sheet of a workbook; every cell as a text."""

import csv
import io
from typing import Final

from services.reporting.adapters.sent_rows import rows_of_workbook
from services.reporting.domain.data_checks.errors import SourceUnreadable
from services.reporting.domain.source_system import CELL_LENGTH_MAX, ROWS_MAX
from shared.errors import Malformed, TooLarge
from shared.medium import MEDIA_TYPES, Medium

CSV_TYPE: Final = "text/csv"
WORKBOOK_TYPE: Final = MEDIA_TYPES[Medium.XLSX]
FILE_TYPES: Final = (CSV_TYPE, WORKBOOK_TYPE)


def records_of(media_type: str, content: bytes) -> list[dict[str, str]]:
    """A mapping of column to text per row. SourceUnreadable says what is wrong, and in which line."""
    try:
        if media_type == WORKBOOK_TYPE:
            return [dict(row) for row in rows_of_workbook(content, rows_max=ROWS_MAX)]
        return _of_csv(content)
    except (Malformed, TooLarge) as error:
        raise SourceUnreadable(error.detail) from error


def _of_csv(content: bytes) -> list[dict[str, str]]:
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise SourceUnreadable(
            f"The file is not in UTF-8: its byte {error.start + 1} belongs to no character"
        ) from error
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    records: list[dict[str, str]] = []
    try:
        header = [name.strip() for name in next(reader, [])]
        if not any(header) or len(set(header)) < len(header):
            raise SourceUnreadable("The first line has to name each column once")
        for line in reader:
            if not any(line):
                continue
            if len(line) != len(header):
                raise SourceUnreadable(
                    f"Line {reader.line_num} has {len(line)} values, the header {len(header)} names"
                )
            records.append(dict(zip(header, line, strict=True)))
            if len(records) > ROWS_MAX:
                raise SourceUnreadable(f"More than {ROWS_MAX} rows; expected at most so many of one object")
    except csv.Error as error:
        raise SourceUnreadable(
            f"Line {reader.line_num} is no CSV: {error}; values have at most {CELL_LENGTH_MAX} characters"
        ) from error
    return records
