"""Writes an export: one snapshot of each database, row by row, so that memory stays the same however long the period is."""

import hashlib
import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any, Final, cast
from uuid import UUID

import psycopg

from deploy.audit_export.chain import write_chain
from deploy.audit_export.contents import (
    CHAIN_SPAN,
    GATEWAY,
    PAYMENTS,
    PAYMENTS_DOCUMENTS,
    ExportedDocuments,
    ExportedTable,
)
from deploy.audit_export.files import ExportBroken, ExportFolder
from services.payments.domain.business_day import BUSINESS_TIME_ZONE
from services.payments.domain.exchange_rate import BASE_CURRENCY
from shared.documents.csv_table import CsvTable
from shared.documents.table import Amount, Cell, Column, Kind

ROWS_AT_ONCE: Final = 1_000
DOCUMENTS_AT_ONCE: Final = 4
MINOR: Final = "_minor"


@dataclass(frozen=True, slots=True)
class Wish:
    """`from_on` and `to_on` are business days, both of them in it."""

    from_on: date
    to_on: date
    with_personal_data: bool

    @property
    def values(self) -> dict[str, Any]:
        begin = datetime.combine(self.from_on, time(), BUSINESS_TIME_ZONE)
        end = datetime.combine(self.to_on + timedelta(days=1), time(), BUSINESS_TIME_ZONE)
        return {"from_on": self.from_on, "to_on": self.to_on, "begin": begin, "end": end}


def write_export(folder: Path, wish: Wish, *, payments_url: str, gateway_url: str) -> str:
    """Make the folder, which must not be there; returns the SHA-256 of its manifest.

    ExportBroken when the books are not intact or a frozen document is not what was frozen: nothing is handed over then.
    """
    folder.mkdir(parents=True)
    export = ExportFolder(folder)
    with _snapshot(payments_url) as connection:
        span = _chain_span(connection, wish)
        last = write_chain(connection, export, span)
        for table in PAYMENTS:
            _write_table(connection, export, table, wish, span)
        for documents in PAYMENTS_DOCUMENTS:
            _write_documents(connection, export, documents, span)
    with _snapshot(gateway_url) as connection:
        for table in GATEWAY:
            _write_table(connection, export, table, wish, wish.values)
    return export.write_manifest(_facts(wish, span, last))


def _facts(wish: Wish, span: dict[str, Any], last: bytes) -> dict[str, Any]:
    return {
        "from": wish.from_on.isoformat(),
        "to": wish.to_on.isoformat(),
        "time_zone": str(BUSINESS_TIME_ZONE),
        "made_at": datetime.now(UTC).isoformat(),
        "personal_data": "included" if wish.with_personal_data else "withheld",
        "chain": {"first_position": span["first"], "last_position": span["last"], "last_hash": last.hex()},
    }


@contextmanager
def _snapshot(url: str) -> Iterator[psycopg.Connection[Any]]:
    """One state of the database for all that is read of it."""
    with psycopg.connect(url) as connection:
        connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        connection.read_only = True
        yield connection


def _chain_span(connection: psycopg.Connection[Any], wish: Wish) -> dict[str, Any]:
    row = connection.execute(CHAIN_SPAN, wish.values).fetchone()
    first, last = row if row is not None else (None, None)
    # A period without entries has no links: none lies between these two.
    return {**wish.values, "first": first or 1, "last": last or 0}


def _write_table(
    connection: psycopg.Connection[Any],
    export: ExportFolder,
    table: ExportedTable,
    wish: Wish,
    values: dict[str, Any],
) -> None:
    facts: dict[str, Any] = {"rows": 0}
    withheld = frozenset() if wish.with_personal_data else table.personal
    if withheld:
        facts["withheld"] = sorted(withheld)
    name = f"tables/{table.name}.csv"
    with connection.cursor(f"export_{table.name}") as cursor, export.file(name, facts) as file:
        cursor.itersize = ROWS_AT_ONCE
        cursor.execute(table.query, values)
        rows = cursor.fetchmany(ROWS_AT_ONCE)
        names = [column.name for column in cursor.description or ()]
        columns = [Column.named(name.removesuffix(MINOR), Kind.TEXT) for name in names]
        written = CsvTable(cast("Any", file), columns)
        while rows:
            written.write([_cells(names, row, withheld) for row in rows])
            facts["rows"] += len(rows)
            rows = cursor.fetchmany(ROWS_AT_ONCE)


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
        case int() if name.endswith(MINOR):
            return Amount.of(value, BASE_CURRENCY if name.startswith("base_") else currency)
        case int() | Decimal() | datetime() | date() | str():
            return value
        case UUID():
            return str(value)
        case bytes():
            return value.hex()
        case _:
            return json.dumps(value, ensure_ascii=False, default=str)


def _write_documents(
    connection: psycopg.Connection[Any],
    export: ExportFolder,
    documents: ExportedDocuments,
    values: dict[str, Any],
) -> None:
    with connection.cursor(f"export_{documents.name}") as cursor:
        cursor.itersize = DOCUMENTS_AT_ONCE
        cursor.execute(documents.query, values)
        for name, content, frozen_hash in cursor:
            if hashlib.sha256(content).digest() != bytes(frozen_hash):
                raise ExportBroken(f"the document {documents.name}/{name} is not what was frozen")
            with export.file(
                f"documents/{documents.name}/{name}", {"frozen_sha256": frozen_hash.hex()}
            ) as file:
                file.write(content)
