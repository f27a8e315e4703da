"""Statements as delimited text, as the portals of Indian banks export them."""

from collections.abc import Iterator
from itertools import islice
from typing import BinaryIO, Final

from services.payments.adapters.statement_formats.delimited_entry import TablePlace
from services.payments.adapters.statement_formats.delimited_header import HEADER_ROWS_MAX, layout_from_lines
from services.payments.adapters.statement_formats.delimited_rows import Row, rows_of
from services.payments.adapters.statement_formats.table_statement import Table, table_events
from services.payments.adapters.statement_formats.text_source import text_encoding, text_lines, unreadable
from services.payments.domain.bank_statement import StatementEvent

_HEAD_LINES: Final = HEADER_ROWS_MAX * 4
HEADINGS_EXPECTED: Final = (
    "headings for a date, amounts and a narration (e.g. Date, Narration, Debit, Credit, Balance)"
    f" within the first {HEADER_ROWS_MAX} rows"
)


def read_delimited(file: BinaryIO, *, default_currency: str, account_number: str) -> Iterator[StatementEvent]:
    """Yield the events of the file's one part, entries oldest first; line numbers stay those of the file."""
    encoding = text_encoding(file)
    layout = layout_from_lines(list(islice(text_lines(file, encoding), _HEAD_LINES)))
    if layout is None:
        raise unreadable(1, HEADINGS_EXPECTED)

    def rows() -> Iterator[Row]:
        return rows_of(text_lines(file, encoding), layout.delimiter)

    table = Table(rows, layout, layout.currency or default_currency, TablePlace())
    yield from table_events(table, account_number)
