"""Cells as people read them on paper."""

from datetime import date, datetime
from decimal import Decimal

from shared.documents.amounts import grouped, with_sign
from shared.documents.table import Amount, Cell, ColumnSum
from shared.documents.xlsx_table import READERS_TIME_ZONE


def day_text(day: date) -> str:
    """14-10-2026, the same in the three languages."""
    return f"{day:%d-%m-%Y}"


def cell_text(cell: Cell, *, is_signed: bool = False) -> str:
    """Amounts grouped as in India, days from the day on; `is_signed` puts the currency before an amount."""
    match cell:
        case None:
            return ""
        case Amount(text=text, currency=currency) | ColumnSum(amount=Amount(text=text, currency=currency)):
            return (with_sign if is_signed else grouped)(text, currency)
        case datetime():
            return f"{cell.astimezone(READERS_TIME_ZONE):%d-%m-%Y %H:%M} IST"
        case date():
            return day_text(cell)
        case Decimal():
            return f"{cell.normalize():f}"
    return str(cell)
