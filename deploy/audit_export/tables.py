"""Writes rows of an export as CSV: amounts as decimals, what is withheld left empty, one batch of rows in memory."""

import itertools
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Final, cast
from uuid import UUID

import psycopg

from deploy.audit_export.contents import ExportedTable
from deploy.audit_export.files import ExportFolder
from services.payments.domain.exchange_rate import BASE_CURRENCY
from shared.documents.csv_table import CsvTable
from shared.documents.table import Amount, Cell, Column, Kind

ROWS_AT_ONCE: Final = 1_000
_MINOR: Final = "_minor"


@dataclass(frozen=True, slots=True)
class FoundRows:
    """Rows under the names of their columns; `facts` stand in the manifest beside their number."""

    names: Sequence[str]
    rows: Iterable[Sequence[Any]]
    facts: Mapping[str, Any] = field(default_factory=dict)


def write_table(
    connection: psycopg.Connection[Any],
    export: ExportFolder,
    table: ExportedTable,
    values: Mapping[str, Any],
    *,
    with_personal_data: bool,
) -> None:
    """All that the table's query finds."""
    with connection.cursor(f"export_{table.name}") as cursor:
        cursor.itersize = ROWS_AT_ONCE
        cursor.execute(table.query, values)
        # The names of the columns are told with the first rows.
        first = cursor.fetchmany(ROWS_AT_ONCE)
        names = [column.name for column in cursor.description or ()]
        found = FoundRows(names, itertools.chain(first, cursor))
        write_rows(export, table, found, with_personal_data=with_personal_data)


def write_rows(
    export: ExportFolder, table: ExportedTable, found: FoundRows, *, with_personal_data: bool
) -> None:
    """As `table` says what is personal of them."""
    told: dict[str, Any] = {"rows": 0, **found.facts}
    withheld = frozenset() if with_personal_data else table.personal
    if withheld:
        told["withheld"] = sorted(withheld)
    names, remaining = found.names, iter(found.rows)
    with export.file(f"tables/{table.name}.csv", told) as file:
        columns = [Column.named(name.removesuffix(_MINOR), Kind.TEXT) for name in names]
        written = CsvTable(cast("Any", file), columns)
        while batch := list(itertools.islice(remaining, ROWS_AT_ONCE)):
            written.write([_cells(names, row, withheld) for row in batch])
            told["rows"] += len(batch)


def _cells(names: Sequence[str], row: Sequence[Any], withheld: frozenset[str]) -> list[Cell]:
    currency = str(dict(zip(names, row, strict=True)).get("currency") or BASE_CURRENCY)
    return [
        None if name in withheld else _cell(name, value, currency)
        for name, value in zip(names, row, strict=True)
    ]


def _cell(name: str, value: object, currency: str) -> Cell:
    match value:
        case None | bool():
            return value
        case int() if name.endswith(_MINOR):
            return Amount.of(value, BASE_CURRENCY if name.startswith("base_") else currency)
        case int() | Decimal() | datetime() | date() | str():
            return value
        case UUID():
            return str(value)
        case bytes():
            return value.hex()
        case _:
            return json.dumps(value, ensure_ascii=False, default=str)
