"""Sets a laid out document as a workbook: a summary, and a sheet per table that can be filtered and sums itself."""

import re
from datetime import datetime
from io import BytesIO
from typing import Final

from services.partners.adapters.partner_documents.layout import LaidTable, Layout
from shared.documents.table import Column, Kind
from shared.documents.xlsx_table import Workbook

_NAME_LENGTH_MAX: Final = 31
_SMALL_ROWS_MAX: Final = 2_000  # about 10 MiB while it is set
_NOT_IN_NAMES: Final = re.compile(r"[\[\]:*?/\\']")


def layout_xlsx(layout: Layout, *, made_at: datetime) -> bytes:
    """The same layout and instant give the same bytes."""
    target, tables = BytesIO(), layout.sheets or layout.tables
    is_small = sum(len(table.rows) for table in tables) <= _SMALL_ROWS_MAX
    book = Workbook(target, title=layout.title, made_at=made_at, is_small=is_small)
    try:
        _summary(book, layout)
        for table in tables:
            _table(book, table)
        book.close()
    except BaseException:
        book.discard()
        raise
    return target.getvalue()


def _summary(book: Workbook, layout: Layout) -> None:
    heading = [(layout.sender, layout.title), (layout.to_label, layout.partner_name)]
    heading += [("", line) for line in layout.partner_lines]
    heading += list(layout.facts) + [("", note) for note in layout.notes]
    columns = (Column("label", Kind.TEXT, layout.title), Column("amount", Kind.MONEY, ""))
    sheet = book.sheet(_sheet_name(layout.title), columns, heading)
    for cards in layout.summaries:
        sheet.write([[card.label, card.value] for card in cards])


def _table(book: Workbook, table: LaidTable) -> None:
    sheet = book.sheet(_sheet_name(table.name), [heading.column for heading in table.headings])
    sheet.write(table.rows)
    if table.sums is not None and table.rows:
        sheet.write_total(table.sums)


def _sheet_name(text: str) -> str:
    return _NOT_IN_NAMES.sub(" ", text)[:_NAME_LENGTH_MAX]
