"""Reads about bank statements and their lines."""

from collections.abc import Mapping, Sequence
from typing import Final, Literal
from uuid import UUID

import msgspec
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


COUNTED: Final = (
    "lines", "new", "duplicate", "rejected", "information", "booked", "other", "suggested", "exceptions",
)  # fmt: skip
# Of some lines, by what became of them and by the decision of the import, which is the first one.
_CHUNK_COUNTS = (
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
    " WHERE l.statement_id = :id AND l.line_number = ANY(CAST(:numbers AS bigint[]))"
)
# What later decisions changed of the import's counts: only lines that have one are looked at.
_MOVED = (
    "SELECT sum(moved.by) FILTER (WHERE moved.decision IN ('auto', 'reviewed') AND moved.kind = 'receipt') AS booked,"
    " sum(moved.by) FILTER (WHERE moved.decision IN ('auto', 'reviewed') AND moved.kind <> 'receipt') AS other,"
    " sum(moved.by) FILTER (WHERE moved.decision = 'suggested') AS suggested,"
    " sum(moved.by) FILTER (WHERE moved.decision = 'exception') AS exceptions"
    " FROM statement_lines l JOIN line_decisions last ON last.bank_line_id = l.bank_line_id AND last.revision > 1"
    " CROSS JOIN LATERAL (SELECT last.decision, last.kind, 1 AS by UNION ALL SELECT f.decision, f.kind, -1"
    "  FROM line_decisions f WHERE f.bank_line_id = last.bank_line_id AND f.revision = 1) moved"
    " WHERE l.statement_id = s.id AND l.outcome = 'new' AND NOT EXISTS (SELECT FROM line_decisions later"
    "  WHERE later.bank_line_id = last.bank_line_id AND later.revision > last.revision)"
)
_FACTS = (
    f"SELECT s.id, s.counts, to_jsonb(m) AS moved, coalesce(p.parts, '[]') AS parts"
    f" FROM bank_statements s CROSS JOIN LATERAL ({_MOVED}) m"
    f" CROSS JOIN LATERAL (SELECT jsonb_agg(to_jsonb(p) ORDER BY p.part_number) AS parts"
    f"  FROM statement_parts p WHERE p.statement_id = s.id) p WHERE s.id = ANY(CAST(:ids AS uuid[]))"
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


async def counts_of_lines(
    connection: AsyncConnection, statement_id: UUID, line_numbers: Sequence[int]
) -> Mapping[str, int]:
    """Counts of some lines of a statement by what became of them and what the import decided."""
    values = {"id": statement_id, "numbers": list(line_numbers)}
    row = (await connection.execute(sa.text(_CHUNK_COUNTS), values)).one()
    return dict(row._mapping)


def counts_with(stored: Mapping[str, int], more: Mapping[str, int]) -> dict[str, int]:
    """The counts stored with a statement, of which those that never moved are missing, and some more."""
    return {name: stored.get(name, 0) + more.get(name, 0) for name in COUNTED}


async def statement_facts(
    connection: AsyncConnection, statement_ids: Sequence[UUID]
) -> Mapping[UUID, StatementFacts]:
    """Counts and parts of all these statements in one query."""
    if not statement_ids:
        return {}
    rows = await connection.execute(sa.text(_FACTS), {"ids": list(statement_ids)})
    return {row.id: _facts(row) for row in rows}


def _facts(row: Row) -> StatementFacts:
    counts = counts_with(row.counts, {})
    now = {name: counts[name] + (by or 0) for name, by in row.moved.items()}
    return msgspec.convert({"counts": counts, "counts_now": now, "parts": row.parts}, StatementFacts)
