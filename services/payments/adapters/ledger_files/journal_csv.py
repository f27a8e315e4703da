"""The journal as CSV: one row per line of an entry, under the accounting system's names."""

import io
from collections.abc import Sequence
from typing import Final

from services.payments.domain.exchange_rate import BASE_CURRENCY
from services.payments.domain.ledger_export import ExportedEntry, LedgerNames
from shared.documents.csv_table import CsvTable
from shared.documents.table import Amount, Cell, Column, Kind

COLUMNS: Final = tuple(
    Column.named(name, kind)
    for name, kind in (
        ("position", Kind.INTEGER), ("entry_id", Kind.TEXT), ("line_number", Kind.INTEGER),
        ("voucher_type", Kind.TEXT), ("effective_on", Kind.DATE), ("occurred_on", Kind.DATE),
        ("account_code", Kind.TEXT), ("partner_code", Kind.TEXT), ("ledger_name", Kind.TEXT),
        ("group_name", Kind.TEXT), ("debit", Kind.MONEY), ("credit", Kind.MONEY), ("currency", Kind.TEXT),
        ("base_debit", Kind.MONEY), ("base_credit", Kind.MONEY),
        ("kind", Kind.TEXT), ("source_id", Kind.TEXT), ("description", Kind.TEXT), ("posted_at", Kind.INSTANT),
    )
)  # fmt: skip


class JournalCsv:
    """Bytes of the file, page by page."""

    def __init__(self, names: LedgerNames) -> None:
        self._names = names
        self._buffer = io.BytesIO()
        self._table = CsvTable(self._buffer, COLUMNS)

    def opening(self) -> bytes:
        return self._taken()

    def page(self, entries: Sequence[ExportedEntry]) -> bytes:
        self._table.write([row for entry in entries for row in self._rows(entry)])
        return self._taken()

    def closing(self) -> bytes:
        self._table.close()
        return self._taken()

    def _rows(self, entry: ExportedEntry) -> list[list[Cell]]:
        rows: list[list[Cell]] = []
        for number, line in enumerate(entry.lines, start=1):
            name = self._names.of(line)
            amount = Amount.of(abs(line.amount_minor), entry.currency)
            debit, credit = (amount, None) if line.base_minor > 0 else (None, amount)
            worth = Amount.of(abs(line.base_minor), BASE_CURRENCY)
            base_debit, base_credit = (worth, None) if line.base_minor > 0 else (None, worth)
            rows.append(
                [
                    entry.position, str(entry.id), number, entry.voucher_type.value, entry.effective_on,
                    entry.occurred_on, line.account_code, line.partner_code, name.ledger_name, name.group_name,
                    debit, credit, entry.currency, base_debit, base_credit, entry.kind, str(entry.source_id),
                    entry.description, entry.posted_at,
                ]
            )  # fmt: skip
        return rows

    def _taken(self) -> bytes:
        told = self._buffer.getvalue()
        self._buffer.seek(0)
        self._buffer.truncate()
        return told
