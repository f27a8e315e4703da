"""Reads about bank statements and their lines."""

from collections.abc import Mapping, Sequence
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from services.payments.adapters.repositories import Row

STATEMENT_SELECT = (
    "SELECT s.id, s.file_name, s.statement_format, s.size_bytes, s.state, s.job_id, s.failure_code,"
    " s.failure_detail, s.received_at, s.received_by, s.imported_at, encode(s.content_hash, 'hex') AS sha256,"
    " b.number AS bank_account, b.currency AS currency"
    " FROM bank_statements s JOIN bank_accounts b ON b.id = s.bank_account_id"
)
LINE_SELECT = (
    "SELECT l.line_number, l.part_number, l.outcome, l.code, l.detail, l.raw, l.amount_minor, l.bank_line_id,"
    " b.booked_on, b.value_on, b.currency, b.narration, b.bank_reference, b.strong_reference, b.statement_id,"
    " d.decision, d.kind, d.partner_code, d.allocations, d.deductions, d.on_account_minor, d.score, d.reasons,"
    " d.receipt_id FROM statement_lines l"
    " LEFT JOIN bank_lines b ON b.id = l.bank_line_id"
    " LEFT JOIN LATERAL (SELECT * FROM line_decisions d WHERE d.bank_line_id = l.bank_line_id"
    "  ORDER BY revision DESC LIMIT 1) d ON true"
)
ACCOUNT_SELECT = "SELECT a.* FROM bank_accounts a"


async def import_counts(connection: AsyncConnection, statement_id: UUID) -> Mapping[str, int]:
    """Counts of a statement's lines by what became of them and what was decided about them."""
    row = (
        await connection.execute(
            sa.text(
                "SELECT count(*) AS lines, count(*) FILTER (WHERE outcome = 'new') AS new,"
                " count(*) FILTER (WHERE outcome = 'duplicate') AS duplicate,"
                " count(*) FILTER (WHERE outcome = 'rejected') AS rejected,"
                " count(*) FILTER (WHERE outcome = 'information') AS information,"
                " count(*) FILTER (WHERE outcome = 'new' AND d.decision = 'auto' AND d.kind = 'receipt') AS booked,"
                " count(*) FILTER (WHERE outcome = 'new' AND d.decision = 'auto' AND d.kind <> 'receipt') AS other,"
                " count(*) FILTER (WHERE outcome = 'new' AND d.decision = 'suggested') AS suggested,"
                " count(*) FILTER (WHERE outcome = 'new' AND d.decision = 'exception') AS exceptions"
                " FROM statement_lines l LEFT JOIN line_decisions d"
                " ON d.bank_line_id = l.bank_line_id AND d.revision = 1 WHERE l.statement_id = :id"
            ),
            {"id": statement_id},
        )
    ).one()
    return dict(row._mapping)


async def counts_now(connection: AsyncConnection, statement_id: UUID) -> Mapping[str, int]:
    """Of the lines that the statement brought: what their latest decisions say, whoever made them."""
    row = (
        await connection.execute(
            sa.text(
                "SELECT count(*) FILTER (WHERE d.decision IN ('auto', 'reviewed') AND d.kind = 'receipt') AS booked,"
                " count(*) FILTER (WHERE d.decision IN ('auto', 'reviewed') AND d.kind <> 'receipt') AS other,"
                " count(*) FILTER (WHERE d.decision = 'suggested') AS suggested,"
                " count(*) FILTER (WHERE d.decision = 'exception') AS exceptions"
                " FROM statement_lines l JOIN line_decisions d ON d.bank_line_id = l.bank_line_id"
                " WHERE l.statement_id = :id AND l.outcome = 'new' AND NOT EXISTS (SELECT FROM line_decisions later"
                "  WHERE later.bank_line_id = d.bank_line_id AND later.revision > d.revision)"
            ),
            {"id": statement_id},
        )
    ).one()
    return dict(row._mapping)


async def statement_parts(connection: AsyncConnection, statement_id: UUID) -> Sequence[Row]:
    return (
        await connection.execute(
            sa.text("SELECT * FROM statement_parts WHERE statement_id = :id ORDER BY part_number"),
            {"id": statement_id},
        )
    ).all()
