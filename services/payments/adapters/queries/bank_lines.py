"""Reads about single bank lines: what waits for a person, and all the evidence of one line."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from services.payments.adapters.repositories import Row
from services.payments.adapters.repositories.exceptions import LINE_IN_BOOKS

_LATEST: Final = (
    " JOIN LATERAL (SELECT * FROM line_decisions d WHERE d.bank_line_id = l.id"
    "  ORDER BY revision DESC LIMIT 1) d ON true"
)
# A credit waits while nothing is booked for it and its latest decision asks for a person.
SUGGESTION_SELECT: Final = (
    "SELECT l.id, l.booked_on, l.value_on, l.amount_minor, l.currency, l.narration, l.strong_reference,"
    " l.bank_reference, l.counterparty_name, b.number AS bank_account, c.credited_at, c.due_at, c.zone, d.revision,"
    " d.decision, d.kind, d.partner_code, d.allocations, d.deductions, d.on_account_minor, d.score, d.reasons,"
    " d.alternatives, d.decided_by, d.decided_at, d.note, d.receipt_id"
    " FROM booking_clocks c JOIN bank_lines l ON l.id = c.bank_line_id"
    f" JOIN bank_accounts b ON b.id = l.bank_account_id{_LATEST}"
)
IS_WAITING: Final = (
    f"c.booked_at IS NULL AND d.decision IN ('suggested', 'exception') AND NOT {LINE_IN_BOOKS}"
)
BANK_LINE_SELECT: Final = (
    "SELECT l.*, b.number AS bank_account, s.file_name, c.credited_at, c.due_at, c.seen_at, c.identified_at,"
    " c.booked_at, c.is_excused, c.zone FROM bank_lines l JOIN bank_accounts b ON b.id = l.bank_account_id"
    " JOIN bank_statements s ON s.id = l.statement_id LEFT JOIN booking_clocks c ON c.bank_line_id = l.id"
)


async def decisions_of_line(connection: AsyncConnection, line_id: UUID) -> Sequence[Row]:
    """Every revision, the latest first."""
    return await _rows(
        connection, "SELECT * FROM line_decisions WHERE bank_line_id = :id ORDER BY revision DESC", line_id
    )


async def sightings_of_line(connection: AsyncConnection, line_id: UUID) -> Sequence[Row]:
    """Every file that brought the line, the first one first."""
    return await _rows(
        connection,
        "SELECT s.statement_id, s.line_number, s.outcome, f.file_name, f.received_at FROM statement_lines s"
        " JOIN bank_statements f ON f.id = s.statement_id WHERE s.bank_line_id = :id ORDER BY f.received_at, f.id",
        line_id,
    )


async def exceptions_of_line(connection: AsyncConnection, line_id: UUID) -> Sequence[Row]:
    """What was asked of a person about the line, also what is answered."""
    return await _rows(
        connection,
        "SELECT * FROM payment_exceptions WHERE bank_line_id = :id ORDER BY raised_at, id",
        line_id,
    )


async def receipts_of_line(connection: AsyncConnection, line_id: UUID) -> Sequence[Row]:
    """Receipts the line booked or confirmed, also those taken back, the first one first."""
    return await _rows(
        connection,
        "SELECT r.id, r.partner_code, r.amount_minor, r.currency, r.channel, r.booked_at, v.reason_code, v.reversed_on"
        " FROM receipts r LEFT JOIN receipt_reversals v ON v.receipt_id = r.id"
        " LEFT JOIN receipt_confirmations c ON c.receipt_id = r.id"
        " WHERE r.bank_line_id = :id OR c.bank_line_id = :id ORDER BY r.booked_at, r.id",
        line_id,
    )


async def aliases_of_line(connection: AsyncConnection, line_id: UUID) -> Sequence[Row]:
    """What the line taught about its payer, with the id of the alias."""
    return await _rows(
        connection,
        "SELECT id, alias_key, partner_code, learned_by FROM payer_aliases WHERE bank_line_id = :id"
        " ORDER BY learned_at, alias_key",
        line_id,
    )


async def _rows(connection: AsyncConnection, statement: str, line_id: UUID) -> Sequence[Row]:
    return (await connection.execute(sa.text(statement), {"id": line_id})).all()


def age_in_hours(credited_at: datetime, at: datetime) -> int:
    """Whole hours since the bank's credit; 0 for one whose day has not ended."""
    return max(0, int((at - credited_at).total_seconds() // 3600))
