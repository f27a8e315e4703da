"""Orders told as a table: one row per line and dispatch, gathered into one record per order number."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from shared.bulk import ItemVerdict
from shared.bulk_tables import TableRow

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
_SPLIT: Final = re.compile(r"/(lines|holds)/(\d+)(?:/dispatches/(\d+))?(?:/(\w+))?")


@dataclass(slots=True)
class GatheredOrder:
    """A record as JSON would have told it, and the rows that told it."""

    record: dict[str, Any]
    table: list[TableRow] = field(default_factory=list)
    told_by: dict[str, TableRow] = field(default_factory=dict)  # by pointer: a line, a dispatch, a hold

    @property
    def rows(self) -> list[int]:
        """Their numbers, none for JSON."""
        return [row.number for row in self.table]

    def placed(self, verdict: ItemVerdict) -> ItemVerdict:
        """The verdict with the cell of each problem, if a table told the order."""
        if self.table and verdict.problem is not None:
            verdict.problem.errors = [one | self._place(one["pointer"]) for one in verdict.problem.errors]
        return verdict

    def _place(self, pointer: str) -> dict[str, str]:
        inside = _SPLIT.match(pointer)
        if inside is None:
            return self.table[0].place(pointer.lstrip("/").partition("/")[0])
        what, place, dispatch, name = inside.groups()
        part = f"/{what}/{place}" + (f"/dispatches/{dispatch}" if dispatch else "")
        row = self.told_by.get(part) or self.told_by.get(f"/{what}/{place}") or self.table[0]
        if what == "holds":
            return row.place("held_on" if name == "since_on" else "holds")
        columns = {inner: column for column, inner in DISPATCH_COLUMNS.items()} if dispatch else {}
        return row.place(columns.get(name or "", name or "line_number"))


def gathered(records: Sequence[object]) -> list[GatheredOrder]:
    """One per order, in the order of first appearance; JSON records stay as they are.

    Rows repeat the order's columns: the first row of an order says them. A line number that comes again adds a
    dispatch. `holds` names kinds, parted by `;`, that stop the row's line since `held_on`, else since `ordered_on`.
    """
    found: dict[str, GatheredOrder] = {}
    for place, row in enumerate(records):
        if not isinstance(row, TableRow):
            found[f"{place}"] = GatheredOrder(row if isinstance(row, dict) else {"": row})
            continue
        order = found.setdefault(
            row.get("order_number", ""),
            GatheredOrder(_picked(row, ORDER_COLUMNS) | {"lines": [], "holds": []}),
        )
        order.table.append(row)
        _add_row(order, row)
    return list(found.values())


def _add_row(order: GatheredOrder, row: TableRow) -> None:
    told, lines = _picked(row, LINE_COLUMNS), order.record["lines"]
    place = next(
        (at for at, one in enumerate(lines) if one.get("line_number") == told.get("line_number")), len(lines)
    )
    if place == len(lines):
        lines.append(told)
        order.told_by[f"/lines/{place}"] = row
        for hold in _holds(row, told.get("line_number")):
            order.told_by[f"/holds/{len(order.record['holds'])}"] = row
            order.record["holds"].append(hold)
    dispatch = {name: row[column] for column, name in DISPATCH_COLUMNS.items() if row.get(column)}
    if dispatch.get("quantity") not in (None, "0"):
        dispatches = lines[place].setdefault("dispatches", [])
        order.told_by[f"/lines/{place}/dispatches/{len(dispatches)}"] = row
        dispatches.append(dispatch)


def _holds(row: Mapping[str, str], line_number: str | None) -> list[dict[str, str | None]]:
    since_on = row.get("held_on") or row.get("ordered_on")
    kinds = [kind.strip() for kind in row.get("holds", "").split(";") if kind.strip()]
    return [{"kind": kind, "since_on": since_on, "line_number": line_number} for kind in kinds]


def _picked(row: Mapping[str, str], columns: Sequence[str]) -> dict[str, Any]:
    """Cells that say something: an empty one is as if its column were absent."""
    return {column: row[column] for column in columns if row.get(column)}
