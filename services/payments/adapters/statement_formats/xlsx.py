"""Statements as workbooks (.xlsx), one part per visible sheet that holds one."""

from collections.abc import Iterator
from contextlib import contextmanager
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
from services.payments.domain.bank_statement import RejectedLine, StatementEvent, StatementLine
from services.payments.domain.errors import StatementUnreadable
from shared.workbook_reading import (
    CellLook,
    Workbook,
    WorkbookUnreadable,
    opened_archive,
    rows_of_sheet,
    workbook_of,
)

_CELLS_APART: Final = "\t"
# As banks write days in tables; the time of day says nothing. Numbers are amounts, whose digits the balances prove.
_LOOK: Final = CellLook(lambda moment: f"{moment:%d/%m/%Y}", is_exact=False)


def read_xlsx(file: BinaryIO, *, default_currency: str, account_number: str) -> Iterator[StatementEvent]:
    """Yield the events of every sheet with the headings of a statement; formulas count as their stored results."""
    with _as_statement():
        yield from _events(file, default_currency, account_number)


def check_archive(file: BinaryIO) -> None:
    """Refuse an archive that must not be unpacked; reads its directory alone."""
    with _as_statement(), opened_archive(file):
        pass


@contextmanager
def _as_statement() -> Iterator[None]:
    try:
        yield
    except WorkbookUnreadable as error:
        raise StatementUnreadable(error.detail) from error


def _events(file: BinaryIO, default_currency: str, account_number: str) -> Iterator[StatementEvent]:
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
    return layout_from_rows(islice(_rows(book, sheet), HEADER_ROWS_MAX), _CELLS_APART)


def _table(book: Workbook, sheet: str, layout: Layout, default_currency: str, place: TablePlace) -> Table:
    width = layout.columns.width

    def rows() -> Iterator[Row]:
        """Cells stand in their columns here, so what is right of the last heading belongs to no entry."""
        for row in _rows(book, sheet):
            yield replace(row, cells=row.cells[:width])

    return Table(rows, layout, layout.currency or default_currency, place)


def _rows(book: Workbook, sheet: str) -> Iterator[Row]:
    for row in rows_of_sheet(book, sheet, _LOOK):
        yield Row(row.number, row.cells, (_CELLS_APART.join(row.cells),))
