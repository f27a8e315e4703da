"""Statements as workbooks (.xlsx), one part per visible sheet that holds one."""

from collections.abc import Iterator
from dataclasses import replace
from itertools import islice
from typing import BinaryIO, Final

from services.payments.adapters.statement_formats.delimited import HEADINGS_EXPECTED
from services.payments.adapters.statement_formats.delimited_entry import TablePlace
from services.payments.adapters.statement_formats.delimited_header import (
    HEADER_ROWS_MAX,
    Layout,
    layout_from_rows,
)
from services.payments.adapters.statement_formats.delimited_rows import Row
from services.payments.adapters.statement_formats.table_statement import Table, table_events
from services.payments.adapters.statement_formats.xlsx_archive import opened_archive
from services.payments.adapters.statement_formats.xlsx_sheet import rows_of_sheet
from services.payments.adapters.statement_formats.xlsx_workbook import Workbook, workbook_of
from services.payments.domain.bank_statement import RejectedLine, StatementEvent, StatementLine
from services.payments.domain.errors import StatementUnreadable

_CELLS_APART: Final = "\t"


def read_xlsx(file: BinaryIO, *, default_currency: str, account_number: str) -> Iterator[StatementEvent]:
    """Yield the events of every sheet with the headings of a statement; formulas count as their stored results."""
    with opened_archive(file) as archive:
        book = workbook_of(archive)
        found = [(sheet, layout) for sheet in book.sheets if (layout := _layout(book, sheet)) is not None]
        if not found:
            raise StatementUnreadable(
                f"no sheet of the workbook holds a statement: expected {HEADINGS_EXPECTED}"
            )
        line_count = 0
        for part_number, (sheet, layout) in enumerate(found, start=1):
            place = TablePlace(part_number, line_count)
            for event in table_events(_table(book, sheet, layout, default_currency, place), account_number):
                if isinstance(event, StatementLine | RejectedLine):
                    line_count = max(line_count, event.line_number)
                yield event


def _layout(book: Workbook, sheet: str) -> Layout | None:
    return layout_from_rows(islice(rows_of_sheet(book, sheet), HEADER_ROWS_MAX), _CELLS_APART)


def _table(book: Workbook, sheet: str, layout: Layout, default_currency: str, place: TablePlace) -> Table:
    width = layout.columns.width

    def rows() -> Iterator[Row]:
        """Cells stand in their columns here, so what is right of the last heading belongs to no entry."""
        for row in rows_of_sheet(book, sheet):
            yield replace(row, cells=row.cells[:width])

    return Table(rows, layout, layout.currency or default_currency, place)
