"""Tables as CSV (RFC 4180): UTF-8 without a mark, exact figures, and no text that a spreadsheet would calculate."""

import csv
import io
from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime
from typing import IO

from shared.documents.table import (
    Amount,
    Calculated,
    Cell,
    Column,
    ColumnSum,
    CountSum,
    Row,
    begins_like_a_formula,
)


class CsvTable:
    """Writes one table to a binary file; rows are out as soon as they are written."""

    def __init__(self, target: IO[bytes], columns: Sequence[Column]) -> None:
        self._target = target
        self._write([[column.name for column in columns]])

    def write(self, rows: Iterable[Row]) -> None:
        self._write([[_text(cell) for cell in row] for row in rows])

    def close(self) -> None:
        self._target.flush()

    def discard(self) -> None:
        """Nothing of it is anywhere but in its target."""

    def _write(self, rows: Sequence[Sequence[str]]) -> None:
        lines = io.StringIO()
        csv.writer(lines, lineterminator="\r\n").writerows(rows)
        self._target.write(lines.getvalue().encode("utf-8", "replace"))


def _text(cell: Cell) -> str:
    """Dates as ISO 8601, instants in UTC, money and numbers as exact decimals, texts made harmless."""
    match cell:
        case str() if begins_like_a_formula(cell):
            # The apostrophe is what spreadsheets themselves put before a text that is not to be calculated.
            return f"'{cell}"
        case bool():
            return "true" if cell else "false"
        case Amount(text=text) | ColumnSum(amount=Amount(text=text)) | Calculated(value=Amount(text=text)):
            return text
        case datetime():
            return cell.astimezone(UTC).isoformat().replace("+00:00", "Z")
        case date():
            return cell.isoformat()
        case CountSum(count=value) | Calculated(value=value):
            cell = value
    return "" if cell is None else str(cell)
