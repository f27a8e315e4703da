"""Reads about bank statements and their lines."""

from collections.abc import Mapping, Sequence
from typing import Literal
from uuid import UUID

import msgspec
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

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


_IMPORT_COUNTS = (
    "SELECT count(*) AS lines, count(*) FILTER (WHERE outcome = 'new') AS new,"
    " count(*) FILTER (WHERE outcome = 'duplicate') AS duplicate,"
    " count(*) FILTER (WHERE outcome = 'rejected') AS rejected,"
    " count(*) FILTER (WHERE outcome = 'information') AS information,"
    " count(*) FILTER (WHERE outcome = 'new' AND d.decision = 'auto' AND d.kind = 'receipt') AS booked,"
    " count(*) FILTER (WHERE outcome = 'new' AND d.decision = 'auto' AND d.kind <> 'receipt') AS other,"
    " count(*) FILTER (WHERE outcome = 'new' AND d.decision = 'suggested') AS suggested,"
    " count(*) FILTER (WHERE outcome = 'new' AND d.decision = 'exception') AS exceptions"
    " FROM statement_lines l LEFT JOIN line_decisions d"
    " ON d.bank_line_id = l.bank_line_id AND d.revision = 1"
)
_COUNTS_NOW = (
    "SELECT count(*) FILTER (WHERE d.decision IN ('auto', 'reviewed') AND d.kind = 'receipt') AS booked,"
    " count(*) FILTER (WHERE d.decision IN ('auto', 'reviewed') AND d.kind <> 'receipt') AS other,"
    " count(*) FILTER (WHERE d.decision = 'suggested') AS suggested,"
    " count(*) FILTER (WHERE d.decision = 'exception') AS exceptions"
    " FROM statement_lines l JOIN line_decisions d ON d.bank_line_id = l.bank_line_id"
    " WHERE {of_statement} AND l.outcome = 'new' AND NOT EXISTS (SELECT FROM line_decisions later"
    "  WHERE later.bank_line_id = d.bank_line_id AND later.revision > d.revision)"
)
_FACTS = (
    f"SELECT s.id, to_jsonb(i) AS counts, to_jsonb(n) AS counts_now, coalesce(p.parts, '[]') AS parts"
    f" FROM unnest(CAST(:ids AS uuid[])) AS s (id)"
    f" CROSS JOIN LATERAL ({_IMPORT_COUNTS} WHERE l.statement_id = s.id) i"
    f" CROSS JOIN LATERAL ({_COUNTS_NOW.format(of_statement='l.statement_id = s.id')}) n"
    f" CROSS JOIN LATERAL (SELECT jsonb_agg(to_jsonb(p) ORDER BY p.part_number) AS parts"
    f"  FROM statement_parts p WHERE p.statement_id = s.id) p"
)


class PartOfStatement(msgspec.Struct, frozen=True):
    """A statement within a file and whether its balances are proved; amounts in minor units."""

    part_number: int
    account_number: str
    currency: str
    identification: str
    sequence: str
    is_final: bool
    opening_minor: int | None
    closing_minor: int | None
    lines_minor: int
    lines_count: int
    proof: Literal["proved", "mismatch", "not_stated"]


class StatementFacts(msgspec.Struct, frozen=True):
    """`counts`: lines by what became of them and the import's decisions; `counts_now`: by the latest decisions."""

    counts: dict[str, int]
    counts_now: dict[str, int]
    parts: tuple[PartOfStatement, ...]


async def import_counts(connection: AsyncConnection, statement_id: UUID) -> Mapping[str, int]:
    """Counts of a statement's lines by what became of them and what was decided about them."""
    select = sa.text(f"{_IMPORT_COUNTS} WHERE l.statement_id = :id")
    row = (await connection.execute(select, {"id": statement_id})).one()
    return dict(row._mapping)


async def statement_facts(
    connection: AsyncConnection, statement_ids: Sequence[UUID]
) -> Mapping[UUID, StatementFacts]:
    """Counts and parts of all these statements in one query."""
    if not statement_ids:
        return {}
    rows = await connection.execute(sa.text(_FACTS), {"ids": list(statement_ids)})
    return {
        row.id: msgspec.convert(
            {"counts": row.counts, "counts_now": row.counts_now, "parts": row.parts}, StatementFacts
        )
        for row in rows
    }
