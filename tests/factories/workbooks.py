"""Workbooks as partners' people send them."""

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from io import BytesIO
from typing import Any

import xlsxwriter

WORKBOOK = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def a_workbook(*rows: Sequence[Any], formats: dict[str, str] | None = None) -> bytes:
    """Rows from A1 on; days and instants are dates of the sheet, `formats` are number formats by cell."""
    target = BytesIO()
    book = xlsxwriter.Workbook(target, {"in_memory": True})
    sheet = book.add_worksheet("Items")
    for number, row in enumerate(rows):
        for column, value in enumerate(row):
            if isinstance(value, datetime):
                shown = book.add_format({"num_format": "dd-mm-yyyy hh:mm"})
                sheet.write_datetime(number, column, value, shown)
            elif isinstance(value, int | float | Decimal):
                sheet.write_number(number, column, float(value))
            elif value is not None:
                sheet.write_string(number, column, value)
    for cell, number_format in (formats or {}).items():
        value = rows[int(cell[1:]) - 1][ord(cell[0]) - ord("A")]
        sheet.write_number(cell, float(value), book.add_format({"num_format": number_format}))
    book.close()
    return target.getvalue()
