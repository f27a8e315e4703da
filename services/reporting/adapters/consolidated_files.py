"""What a collection gathered as one table, in a file: who said it, then a column for each of the sheet."""

import asyncio
import io
from collections.abc import Mapping, Sequence
from decimal import Decimal
from enum import StrEnum
from typing import Final
from uuid import UUID

import msgspec
from sqlalchemy.ext.asyncio import AsyncConnection

from services.reporting.adapters.collection_store import Row
from services.reporting.adapters.submission_store import consolidated_rows
from services.reporting.adapters.template_store import template_of
from services.reporting.domain.template import NUMBERS, EntryKind, SheetColumn, sheet_columns
from shared.documents.csv_table import CsvTable
from shared.documents.table import Amount, Cell, Column, Kind
from shared.documents.xlsx_table import Workbook
from shared.identity import Caller
from shared.list_routes import ExportTooLarge

ROWS_MAX: Final = 100_000
ROWS_AT_ONCE: Final = 2_000
_WHO: Final = (
    Column("respondent", Kind.TEXT, "Respondent"),
    Column("partner", Kind.TEXT, "Respondent's partner"),
    Column("respondent_zone", Kind.TEXT, "Respondent's zone"),
    Column("version", Kind.INTEGER, "Version"),
    Column("position", Kind.INTEGER, "Row"),
)
_KINDS: Final = {
    EntryKind.TEXT: Kind.TEXT,
    EntryKind.INTEGER: Kind.DECIMAL,
    EntryKind.DECIMAL: Kind.DECIMAL,
    EntryKind.MONEY: Kind.MONEY,
    EntryKind.DATE: Kind.TEXT,
}


class ConsolidatedFormat(StrEnum):
    XLSX = "xlsx"
    CSV = "csv"
    JSON = "json"


MEDIA_TYPES: Final[Mapping[ConsolidatedFormat, str]] = {
    ConsolidatedFormat.XLSX: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    ConsolidatedFormat.CSV: "text/csv; charset=utf-8; header=present",
    ConsolidatedFormat.JSON: "application/json",
}


async def consolidated_file(
    connection: AsyncConnection, caller: Caller, collection: Row, wanted: ConsolidatedFormat
) -> bytes:
    """The rows the caller sees; ExportTooLarge for more than a file should hold."""
    template = template_of(collection.content)
    sheet = sheet_columns(template, collection.first_month, collection.months)
    asked = [one for one in sheet if one.column.is_asked]
    columns = [*_WHO, *(Column(one.name, _KINDS[one.column.kind], one.title) for one in asked)]
    rows: list[list[Cell]] = []
    after: tuple[UUID, int] | None = None
    while True:
        part = await consolidated_rows(connection, caller, collection.id, after=after, limit=ROWS_AT_ONCE)
        rows += [_cells(row, asked, template.currency) for row in part]
        if len(rows) > ROWS_MAX:
            raise ExportTooLarge(
                f"More than {ROWS_MAX} rows were gathered; ask for the pages", rows_max=ROWS_MAX
            )
        if len(part) < ROWS_AT_ONCE:
            break
        after = (part[-1].respondent_id, part[-1].position)
    return await asyncio.to_thread(_written, wanted, columns, rows, collection)


def _written(
    wanted: ConsolidatedFormat, columns: Sequence[Column], rows: Sequence[Sequence[Cell]], collection: Row
) -> bytes:
    target = io.BytesIO()
    if wanted is ConsolidatedFormat.CSV:
        table = CsvTable(target, columns)
        table.write(rows)
    elif wanted is ConsolidatedFormat.JSON:
        names = [column.name for column in columns]
        told = [dict(zip(names, map(_plain, row), strict=True)) for row in rows]
        target.write(msgspec.json.encode({"collection_id": collection.id, "columns": names, "rows": told}))
    else:
        book = Workbook(target, title=collection.title, made_at=collection.opened_at)
        heading = [
            ("Collection", collection.title),
            ("Template", f"{collection.template}, version {collection.revision}"),
        ]
        book.sheet("Consolidated", columns, heading).write(rows)
        book.close()
    return target.getvalue()


def _cells(row: Row, asked: Sequence[SheetColumn], currency: str) -> list[Cell]:
    found: list[Cell] = [row.name, row.partner_code, row.zone, row.version, row.position]
    for one in asked:
        text = row.cells.get(one.name)
        if text is None or one.column.kind not in NUMBERS:
            found.append(text)
        elif one.column.kind is EntryKind.MONEY:
            found.append(Amount(f"{Decimal(text):.2f}", currency))
        else:
            found.append(Decimal(text))
    return found


def _plain(cell: Cell) -> str | int | None:
    match cell:
        case Amount(text=text):
            return text
        case None | int() | str():
            return cell
    return str(cell)
