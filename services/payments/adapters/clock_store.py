"""The booking clocks: started with the credit, moved by what becomes of it, claimed by who tells of them; set-based."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from services.payments.adapters.ledger_writer import copy_rows
from services.payments.adapters.repositories import Row
from services.payments.domain.booking_clock import BookingDeadline
from services.payments.domain.escalation import Escalation


@dataclass(frozen=True, slots=True)
class NewClock:
    """A credit and when its time runs out."""

    bank_line_id: UUID
    currency: str
    amount_minor: int
    deadline: BookingDeadline


async def add_clocks(
    connection: AsyncConnection, bank_account_id: UUID, clocks: Sequence[NewClock], seen_at: datetime
) -> None:
    await copy_rows(
        connection,
        "booking_clocks",
        "bank_line_id bank_account_id zone currency amount_minor credited_at half_at warn_at due_at seen_at is_excused"
        " pause_code allocated_as told_percent late_code revision",
        [
            (c.bank_line_id, bank_account_id, "", c.currency, c.amount_minor, c.deadline.credited_at, c.deadline.half_at,
             c.deadline.warn_at, c.deadline.due_at, seen_at, False, "", "", 0, "", 1)
            for c in clocks
        ],
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class ClockReading:
    """How far a credit is after its decision; `booked_at` when it was booked before the bank told of it."""

    bank_line_id: UUID
    zone: str
    is_identified: bool
    is_booked: bool
    is_excused: bool
    booked_at: datetime | None = None


async def read_clocks(connection: AsyncConnection, readings: Sequence[ClockReading], at: datetime) -> None:
    """Move clocks forward; instants once set stay.

    Booking ends a pause: its time does not count. Who is booked late gets the cause `late` until a person names a better
    one, or `statement_late` when the credit was seen too late to be booked in time.
    """
    booked = [one for one in readings if one.is_booked and not one.is_excused]
    parameters: dict[str, object] = {
        "at": at,
        "ids": [r.bank_line_id for r in readings],
        "zones": [r.zone for r in readings],
        "identified": [r.is_identified for r in readings],
        "booked": [at if r.booked_at is None else r.booked_at for r in readings],
        "is_booked": [r.is_booked for r in readings],
        "excused": [r.is_excused for r in readings],
        "booked_ids": [one.bank_line_id for one in booked],
    }
    await connection.execute(sa.text(_END_PAUSES), parameters)
    await connection.execute(sa.text(_MOVE), parameters)


_READINGS = (
    "unnest(CAST(:ids AS uuid[]), CAST(:zones AS text[]), CAST(:identified AS bool[]),"
    " CAST(:booked AS timestamptz[]), CAST(:is_booked AS bool[]), CAST(:excused AS bool[]))"
    " AS r (id, zone, identified, booked_at, booked, excused)"
)
_END_PAUSES = f"""
WITH ended AS (
    INSERT INTO booking_clock_steps (bank_line_id, revision, kind, reason_code, note, actor, at)
    SELECT c.bank_line_id, c.revision + 1, 'resumed', c.pause_code,
        CASE WHEN r.booked THEN 'Booked' ELSE 'No payment of a customer' END, 'booking', :at
    FROM booking_clocks c JOIN {_READINGS} ON c.bank_line_id = r.id
    WHERE c.paused_at IS NOT NULL AND (r.booked OR r.excused) RETURNING bank_line_id
)
UPDATE booking_clocks c SET due_at = c.due_at + (CAST(:at AS timestamptz) - c.paused_at), paused_at = NULL,
    pause_code = '', revision = c.revision + 1
FROM ended WHERE ended.bank_line_id = c.bank_line_id
"""
# What became of the receipts of booked credits.
_RECEIPTS = """
    SELECT l.id, p.zone, coalesce(o.open_minor, 0) = 0 AS is_settled
    FROM unnest(CAST(:booked_ids AS uuid[])) AS l (id)
    JOIN receipts r ON r.id = coalesce(
        (SELECT b.id FROM receipts b WHERE b.bank_line_id = l.id
            AND NOT EXISTS (SELECT FROM receipt_reversals v WHERE v.receipt_id = b.id) LIMIT 1),
        (SELECT receipt_id FROM receipt_confirmations WHERE bank_line_id = l.id))
    JOIN partners p ON p.code = r.partner_code
    LEFT JOIN open_items o ON o.id = r.id
"""
# Booked and allocated are one write: an import moves a clock a line.
_MOVE = f"""
WITH s AS ({_RECEIPTS})
UPDATE booking_clocks c SET is_excused = r.excused,
    zone = CASE WHEN s.zone IS NOT NULL THEN s.zone WHEN r.zone = '' THEN c.zone ELSE r.zone END,
    identified_at = CASE WHEN r.identified THEN coalesce(c.identified_at, :at) ELSE c.identified_at END,
    booked_at = CASE WHEN r.booked THEN coalesce(c.booked_at, r.booked_at) ELSE c.booked_at END,
    late_code = CASE
        WHEN r.excused OR NOT r.booked OR c.booked_at IS NOT NULL OR c.late_code <> '' OR r.booked_at <= c.due_at
        THEN c.late_code WHEN c.seen_at > c.due_at THEN 'statement_late' ELSE 'late' END,
    allocated_at = CASE WHEN s.id IS NULL OR c.allocated_as = 'on_account' THEN c.allocated_at
        WHEN s.is_settled THEN coalesce(c.allocated_at, :at) END,
    allocated_as = CASE WHEN s.id IS NULL OR c.allocated_as = 'on_account' THEN c.allocated_as
        WHEN s.is_settled THEN 'settled' ELSE '' END
FROM {_READINGS} LEFT JOIN s ON s.id = r.id WHERE c.bank_line_id = r.id
"""


async def restart_clocks(connection: AsyncConnection, bank_line_ids: Sequence[UUID]) -> None:
    """What was booked wrongly is not booked: the 24 hours count from the credit again, and whose it is nobody knows.

    A cause that was told stays.
    """
    await connection.execute(
        sa.text(
            "UPDATE booking_clocks SET booked_at = NULL, identified_at = NULL, is_excused = false, allocated_at = NULL,"
            " allocated_as = '', zone = '' WHERE bank_line_id = ANY(CAST(:ids AS uuid[]))"
        ),
        {"ids": list(bank_line_ids)},
    )


async def settle_clocks(connection: AsyncConnection, bank_line_ids: Sequence[UUID], at: datetime) -> None:
    """A booked credit is allocated when nothing of its receipt is on account, and no longer when some is again.

    That a person left it on account stays said.
    """
    await connection.execute(sa.text(_SETTLE), {"booked_ids": list(bank_line_ids), "at": at})


_SETTLE = f"""
UPDATE booking_clocks c SET
    zone = s.zone,
    allocated_at = CASE WHEN c.allocated_as = 'on_account' THEN c.allocated_at
        WHEN s.is_settled THEN coalesce(c.allocated_at, :at) END,
    allocated_as = CASE WHEN c.allocated_as = 'on_account' THEN c.allocated_as
        WHEN s.is_settled THEN 'settled' ELSE '' END
FROM ({_RECEIPTS}) AS s WHERE c.bank_line_id = s.id AND c.booked_at IS NOT NULL
"""


async def settle_clock_of_receipt(connection: AsyncConnection, receipt_id: UUID, at: datetime) -> None:
    """After money of the receipt was allocated, taken back or refunded."""
    line_id = await connection.scalar(
        sa.text(
            "SELECT coalesce(r.bank_line_id, f.bank_line_id) FROM receipts r"
            " LEFT JOIN receipt_confirmations f ON f.receipt_id = r.id WHERE r.id = :id"
        ),
        {"id": receipt_id},
    )
    if line_id is not None:
        await settle_clocks(connection, [line_id], at)


async def due_instants(connection: AsyncConnection, bank_line_ids: Sequence[UUID]) -> dict[UUID, datetime]:
    """When the time of each credit runs out."""
    rows = await connection.execute(
        sa.text(
            "SELECT bank_line_id, due_at FROM booking_clocks WHERE bank_line_id = ANY(CAST(:ids AS uuid[]))"
        ),
        {"ids": list(bank_line_ids)},
    )
    return {row.bank_line_id: row.due_at for row in rows}


async def claim_clocks(connection: AsyncConnection, at: datetime, limit: int) -> Sequence[Row]:
    """Clocks that passed a part of their time that nobody was told of; each is claimed by one caller.

    Only the furthest part is told: whoever hears that the time ran out need not hear that half of it had.
    """
    return (
        await connection.execute(
            sa.text(
                "UPDATE booking_clocks c SET told_at = :at, told_percent ="
                "  CASE WHEN c.due_at <= :at THEN 100 WHEN c.warn_at <= :at THEN 80 ELSE 50 END"
                " FROM (SELECT bank_line_id FROM booking_clocks WHERE next_tell_at <= :at"
                "  ORDER BY next_tell_at, bank_line_id LIMIT :limit FOR UPDATE SKIP LOCKED) AS passed"
                " JOIN bank_lines l ON l.id = passed.bank_line_id JOIN bank_accounts b ON b.id = l.bank_account_id"
                " WHERE c.bank_line_id = passed.bank_line_id"
                " RETURNING c.*, l.booked_on, b.number AS bank_account"
            ),
            {"at": at, "limit": limit},
        )
    ).all()


async def escalations(connection: AsyncConnection) -> list[Escalation]:
    """All rules in the order they were made."""
    rows = await connection.execute(sa.text("SELECT * FROM clock_escalations ORDER BY id"))
    return [Escalation(row.zone, row.percent, row.valid_from, row.role, row.address) for row in rows]
