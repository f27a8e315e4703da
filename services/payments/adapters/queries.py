"""Reads for the API: one statement each, in the caller's rows, by keyset."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from services.payments.adapters.repositories import Row as Row


@dataclass(slots=True)
class Listing:
    """A SELECT that grows conditions; values always travel as parameters."""

    select: str
    order: tuple[str, ...]  # columns of the keyset, all in the same direction
    is_descending: bool = False
    conditions: list[str] = field(default_factory=list)
    parameters: dict[str, Any] = field(default_factory=dict)

    def where(self, condition: str, **parameters: object) -> "Listing":
        """Add a condition unless one of its values is None (the filter was not given)."""
        if None not in parameters.values():
            self.conditions.append(condition)
            self.parameters |= parameters
        return self

    def after(self, key: Sequence[str | int] | None, casts: Sequence[str]) -> "Listing":
        """Continue behind the last row of the page before."""
        if key is not None:
            sign = "<" if self.is_descending else ">"
            names = [f"after_{position}" for position in range(len(self.order))]
            values = ", ".join(
                f"CAST(CAST(:{name} AS text) AS {cast})" for name, cast in zip(names, casts, strict=True)
            )
            self.conditions.append(f"({', '.join(self.order)}) {sign} ({values})")
            self.parameters |= dict(zip(names, map(str, key), strict=True))
        return self

    async def rows(self, connection: AsyncConnection, *, limit: int) -> Sequence[Row]:
        """One row more than the limit, so that the caller sees whether there is a next page."""
        direction = " DESC" if self.is_descending else ""
        where = f" WHERE {' AND '.join(self.conditions)}" if self.conditions else ""
        order = ", ".join(column + direction for column in self.order)
        statement = sa.text(f"{self.select}{where} ORDER BY {order} LIMIT :limit")
        return (await connection.execute(statement, {**self.parameters, "limit": limit + 1})).all()


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
RECEIPT_SELECT = (
    "SELECT r.*, b.number AS bank_account, v.reason_code AS reversal_reason, v.reversed_on,"
    " (SELECT coalesce(jsonb_agg(jsonb_build_object('number', i.document_number, 'kind', a.kind, 'minor',"
    "  a.amount_minor) ORDER BY a.id), '[]') FROM allocations a JOIN open_items i ON i.id = a.open_item_id"
    "  WHERE a.receipt_id = r.id AND NOT a.is_reversal) AS settled"
    " FROM receipts r JOIN bank_accounts b ON b.id = r.bank_account_id JOIN partners p ON p.code = r.partner_code"
    " LEFT JOIN receipt_reversals v ON v.receipt_id = r.id"
)
INVOICE_SELECT = (
    "SELECT i.*, o.open_minor FROM invoices i JOIN open_items o ON o.id = i.id"
    " JOIN partners p ON p.code = i.partner_code"
)
ENTRY_SELECT = (
    "SELECT e.*, (SELECT jsonb_agg(jsonb_build_object('account', l.account_code, 'partner', l.partner_code,"
    " 'minor', l.amount_minor) ORDER BY l.line_number) FROM journal_lines l WHERE l.entry_id = e.id) AS lines"
    " FROM journal_entries e"
)
OPEN_ITEM_SELECT = "SELECT o.* FROM open_items o"
EXCEPTION_SELECT = "SELECT x.* FROM payment_exceptions x"
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


async def statement_parts(connection: AsyncConnection, statement_id: UUID) -> Sequence[Row]:
    return (
        await connection.execute(
            sa.text("SELECT * FROM statement_parts WHERE statement_id = :id ORDER BY part_number"),
            {"id": statement_id},
        )
    ).all()


async def one_row(
    connection: AsyncConnection, select: str, condition: str, **parameters: object
) -> Row | None:
    """The row of a select that meets the condition, if there is one."""
    return (await connection.execute(sa.text(f"{select} WHERE {condition}"), parameters)).one_or_none()


async def trial_balance(connection: AsyncConnection) -> Sequence[Row]:
    """Debit and credit turnover per account, summed from the journal itself, beside the running balance."""
    return (
        await connection.execute(
            sa.text(
                "SELECT l.account_code, e.currency,"
                " coalesce(sum(l.amount_minor) FILTER (WHERE l.amount_minor > 0), 0) AS debit_minor,"
                " coalesce(-sum(l.amount_minor) FILTER (WHERE l.amount_minor < 0), 0) AS credit_minor,"
                " min(b.balance_minor) AS balance_minor"
                " FROM journal_lines l JOIN journal_entries e ON e.id = l.entry_id"
                " JOIN account_balances b ON b.account_code = l.account_code AND b.currency = e.currency"
                " GROUP BY l.account_code, e.currency ORDER BY e.currency, l.account_code"
            )
        )
    ).all()


async def booking_clock_summary(
    connection: AsyncConnection, at: datetime, zones: Sequence[str] | None
) -> Row:
    """Counts and amounts of the clocks: booked on time, booked late, waiting, overdue."""
    return (
        await connection.execute(
            sa.text(
                "SELECT count(*) AS seen, count(*) FILTER (WHERE is_excused) AS excused,"
                " count(*) FILTER (WHERE NOT is_excused AND booked_at IS NOT NULL) AS booked,"
                " count(*) FILTER (WHERE NOT is_excused AND booked_at <= due_at) AS on_time,"
                " count(*) FILTER (WHERE NOT is_excused AND booked_at > due_at) AS booked_late,"
                " count(*) FILTER (WHERE NOT is_excused AND booked_at IS NULL AND due_at >= :at) AS due,"
                " count(*) FILTER (WHERE NOT is_excused AND booked_at IS NULL AND due_at < :at) AS late"
                " FROM booking_clocks WHERE CAST(:zones AS text[]) IS NULL OR zone = ANY(CAST(:zones AS text[]))"
            ),
            {"at": at, "zones": None if zones is None else list(zones)},
        )
    ).one()


async def waiting_clocks(
    connection: AsyncConnection, zones: Sequence[str] | None, *, limit: int
) -> Sequence[Row]:
    """Credits that are not booked yet, the most urgent first."""
    return (
        await connection.execute(
            sa.text(
                "SELECT c.*, l.narration, l.strong_reference, l.booked_on FROM booking_clocks c"
                " JOIN bank_lines l ON l.id = c.bank_line_id WHERE c.booked_at IS NULL AND NOT c.is_excused"
                " AND (CAST(:zones AS text[]) IS NULL OR c.zone = ANY(CAST(:zones AS text[])))"
                " ORDER BY c.due_at, c.bank_line_id LIMIT :limit"
            ),
            {"zones": None if zones is None else list(zones), "limit": limit},
        )
    ).all()
