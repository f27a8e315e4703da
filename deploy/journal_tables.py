"""The journal as its archived months hold it: lines have what of their entry is needed to sum them up."""

from typing import Final
from uuid import UUID

from gateway.adapters.audit_archive import ArchivedTable

JOURNAL_ENTRIES: Final = ArchivedTable(
    name="journal_entries",
    columns={
        "id": "UUID",
        "batch_id": "UUID",
        "kind": "VARCHAR",
        "source_id": "UUID",
        "currency": "VARCHAR",
        "effective_on": "DATE",
        "posted_at": "TIMESTAMPTZ",
        "description": "VARCHAR",
        "reverses_entry_id": "UUID",
        "occurred_on": "DATE",
    },
    source="SELECT id, batch_id, kind, source_id, currency, effective_on, posted_at, description, reverses_entry_id,"
    ' occurred_on FROM "{month}"',
    key={"id": UUID(int=0)},
    at="posted_at",
)
# Each partition of lines has the entries of the same month beside it.
JOURNAL_LINES: Final = ArchivedTable(
    name="journal_lines",
    columns={
        "entry_id": "UUID",
        "line_number": "BIGINT",
        "account_code": "VARCHAR",
        "partner_code": "VARCHAR",
        "amount_minor": "BIGINT",
        "base_minor": "BIGINT",
        "currency": "VARCHAR",
        "effective_on": "DATE",
        "posted_at": "TIMESTAMPTZ",
    },
    source="SELECT l.entry_id, l.line_number, l.account_code, l.partner_code, l.amount_minor, l.base_minor,"
    ' e.currency, e.effective_on, e.posted_at FROM "{month}" l JOIN journal_entries e ON e.id = l.entry_id',
    key={"entry_id": UUID(int=0), "line_number": 0},
    at="posted_at",
    sums="SELECT account_code, currency, count(*) AS lines, sum(amount_minor) AS amount_minor,"
    " sum(base_minor) AS base_minor FROM rows GROUP BY account_code, currency ORDER BY account_code, currency",
)
