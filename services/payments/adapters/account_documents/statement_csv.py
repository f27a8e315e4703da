"""An account statement as CSV, from its content: one table over all currencies, opening and closing included."""

from collections.abc import Iterator, Mapping
from datetime import date
from io import BytesIO
from typing import Any, Final

from shared.documents.csv_table import CsvTable
from shared.documents.table import Amount, Column, Kind, Row

_MOVEMENT_COLUMNS: Final = (
    Column.named("currency", Kind.TEXT),
    Column.named("on", Kind.DATE),
    Column.named("kind", Kind.TEXT),
    Column.named("document_number", Kind.TEXT),
    Column.named("reference", Kind.TEXT),
    Column.named("debit", Kind.MONEY),
    Column.named("credit", Kind.MONEY),
    Column.named("balance", Kind.MONEY),
)
_ITEM_COLUMNS: Final = (
    Column.named("currency", Kind.TEXT),
    Column.named("kind", Kind.TEXT),
    Column.named("document_number", Kind.TEXT),
    Column.named("document_on", Kind.DATE),
    Column.named("due_on", Kind.DATE),
    Column.named("age_days", Kind.INTEGER),
    Column.named("original", Kind.MONEY),
    Column.named("open", Kind.MONEY),
)


def statement_csv(content: Mapping[str, Any]) -> bytes:
    """Movements of an activity statement, open items of an outstanding one; texts that look like formulas are quoted."""
    is_activity = content["kind"] == "activity"
    target = BytesIO()
    table = CsvTable(target, _MOVEMENT_COLUMNS if is_activity else _ITEM_COLUMNS)
    for section in content["sections"]:
        table.write(_movements(section, content) if is_activity else _items(section))
    return target.getvalue()


def _movements(section: Mapping[str, Any], content: Mapping[str, Any]) -> Iterator[Row]:
    currency = section["currency"]
    yield (currency, _day(content["from"]), "opening", "", "", None, None, _amount(section["opening"]))
    for one in section["movements"]:
        yield (
            currency, _day(one["on"]), one["kind"], one["document_number"], one["reference"],
            _amount(one["debit"]), _amount(one["credit"]), _amount(one["balance"]),
        )  # fmt: skip
    totals = section["totals"]
    yield (
        currency, _day(content["to"]), "closing", "", "", _amount(totals["debit"]), _amount(totals["credit"]),
        _amount(section["closing"]),
    )  # fmt: skip


def _items(section: Mapping[str, Any]) -> Iterator[Row]:
    for one in section["open_items"]:
        yield (
            section["currency"], one["kind"], one["document_number"], _day(one["document_on"]), _day(one["due_on"]),
            one["age_days"], _amount(one["original"]), _amount(one["open"]),
        )  # fmt: skip


def _amount(money: Mapping[str, str] | None) -> Amount | None:
    return None if money is None else Amount(money["amount"], money["currency"])


def _day(day: str) -> date:
    return date.fromisoformat(day)
