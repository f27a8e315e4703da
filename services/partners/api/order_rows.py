"""Orders told as a table: one row per line and dispatch, gathered into one record per order number."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

ORDER_COLUMNS: Final = (
    "order_number", "partner_code", "ordered_on", "currency", "customer_reference", "source", "modified_at",
    "source_version",
)  # fmt: skip
LINE_COLUMNS: Final = (
    "line_number", "product_code", "description", "quantity", "unit_value", "tax_percent", "requested_on",
    "promised_on", "allocated", "cancelled",
)  # fmt: skip
DISPATCH_COLUMNS: Final = {
    "dispatched": "quantity",
    "dispatched_on": "dispatched_on",
    "transporter": "transporter",
    "lr_number": "lr_number",
    "invoice_number": "invoice_number",
}
HOLD_COLUMNS: Final = ("holds", "held_on")
COLUMNS: Final = (*ORDER_COLUMNS, *LINE_COLUMNS, *DISPATCH_COLUMNS, *HOLD_COLUMNS)
EXAMPLE: Final = (
    "order_number,partner_code,ordered_on,modified_at,line_number,product_code,quantity,unit_value,promised_on,"
    "allocated,dispatched,dispatched_on,lr_number,holds\n"
    "SO-26-001842,CP0001,2026-10-12,2026-10-20T09:30:00Z,10,GEN-62,4,412500.00,2026-11-20,2,1,2026-10-19,LR-559201,\n"
)
_FIRST_ROW: Final = 2  # below the header


@dataclass(slots=True)
class GatheredOrder:
    """A record as JSON would have told it, and the rows that told it."""

    record: dict[str, Any]
    rows: list[int] = field(default_factory=list)


def gathered(records: Sequence[object], *, is_table: bool) -> list[GatheredOrder]:
    """One per order, in the order of first appearance; JSON records stay as they are.

    Rows repeat the order's columns: the first row of an order says them. A line number that comes again adds a
    dispatch. `holds` names kinds, parted by `;`, that stop the row's line since `held_on`, else since `ordered_on`.
    """
    if not is_table:
        return [GatheredOrder(one if isinstance(one, dict) else {"": one}) for one in records]
    found: dict[str, GatheredOrder] = {}
    for number, row in enumerate(records, _FIRST_ROW):
        assert isinstance(row, dict)
        name = row.get("order_number", "")
        order = found.setdefault(
            name, GatheredOrder(_picked(row, ORDER_COLUMNS) | {"lines": [], "holds": []})
        )
        order.rows.append(number)
        _add_row(order.record, row)
    return list(found.values())


def _add_row(record: dict[str, Any], row: Mapping[str, str]) -> None:
    told = _picked(row, LINE_COLUMNS)
    line = next((one for one in record["lines"] if one.get("line_number") == told.get("line_number")), None)
    if line is None:
        line = told
        record["lines"].append(line)
        record["holds"] += _holds(row, told.get("line_number"))
    dispatch = {name: row[column] for column, name in DISPATCH_COLUMNS.items() if row.get(column)}
    if dispatch.get("quantity") not in (None, "0"):
        line.setdefault("dispatches", []).append(dispatch)


def _holds(row: Mapping[str, str], line_number: str | None) -> list[dict[str, str | None]]:
    since_on = row.get("held_on") or row.get("ordered_on")
    kinds = [kind.strip() for kind in row.get("holds", "").split(";") if kind.strip()]
    return [{"kind": kind, "since_on": since_on, "line_number": line_number} for kind in kinds]


def _picked(row: Mapping[str, str], columns: Sequence[str]) -> dict[str, Any]:
    """Cells that say something: an empty one is as if its column were absent."""
    return {column: row[column] for column in columns if row.get(column)}
