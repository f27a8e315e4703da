"""Values of a result as texts of the API, and texts as they were kept read back."""

from collections.abc import Sequence
from datetime import UTC, datetime
from decimal import Decimal

from services.reporting.domain.report_definition import ResultColumn
from services.reporting.domain.report_source import ValueKind
from shared.money import text_from_minor


def value_texts(columns: Sequence[ResultColumn], values: Sequence[object]) -> list[str | None]:
    """One text per column; amounts with the digits of the row's currency, instants in UTC, nothing as None."""
    currency = row_currency(columns, values)
    return [_text(column.kind, value, currency) for column, value in zip(columns, values, strict=True)]


def row_currency(columns: Sequence[ResultColumn], values: Sequence[object]) -> str:
    """Of the amounts of a row; rupees where a row has none."""
    for column, value in zip(columns, values, strict=True):
        if column.name == "currency" and isinstance(value, str):
            return value
    return "INR"


def _text(kind: ValueKind, value: object, currency: str) -> str | None:
    if value is None:
        return None
    match value:
        case bool():
            text = "true" if value else "false"
        case int() if kind is ValueKind.MONEY:
            text = text_from_minor(value, currency)
        case Decimal():
            text = f"{value:f}"
        case datetime():
            text = value.replace(tzinfo=UTC).isoformat().replace("+00:00", "Z")
        case _:
            text = str(value)
    return text
