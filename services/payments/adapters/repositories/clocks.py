"""One clock under a person's hand, and the reasons that are offered."""

from collections.abc import Sequence
from datetime import date
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from services.payments.adapters.repositories import Row
from services.payments.domain.booking_clock import ClockPause
from services.payments.domain.posting import Posting


async def clock_for_update(connection: AsyncConnection, bank_line_id: UUID) -> Row | None:
    """The clock with the day and account of its credit, locked."""
    return (
        await connection.execute(
            sa.text(
                "SELECT c.*, l.booked_on FROM booking_clocks c JOIN bank_lines l ON l.id = c.bank_line_id"
                " WHERE c.bank_line_id = :id FOR UPDATE OF c"
            ),
            {"id": bank_line_id},
        )
    ).one_or_none()


async def step_clock(
    connection: AsyncConnection, clock: Row, step: tuple[str, str, str], posting: Posting, **changes: object
) -> None:
    """Set the given columns and keep who did what and why: (kind, reason, note)."""
    kind, reason_code, note = step
    columns = ", ".join(f"{name} = :{name}" for name in changes)
    await connection.execute(
        sa.text(f"UPDATE booking_clocks SET {columns}, revision = revision + 1 WHERE bank_line_id = :id"),
        {**changes, "id": clock.bank_line_id},
    )
    await connection.execute(
        sa.text(
            "INSERT INTO booking_clock_steps (bank_line_id, revision, kind, reason_code, note, actor, at)"
            " VALUES (:id, :revision, :kind, :reason_code, :note, :actor, :at)"
        ),
        {
            "id": clock.bank_line_id,
            "revision": clock.revision + 1,
            "kind": kind,
            "reason_code": reason_code,
            "note": note,
            "actor": posting.actor,
            "at": posting.at,
        },
    )


async def ended_pauses(connection: AsyncConnection, bank_line_id: UUID) -> list[ClockPause]:
    """In their order; each pause is followed by what ended it."""
    rows = await clock_steps(connection, bank_line_id)
    marks = [row for row in rows if row.kind in ("paused", "resumed")]
    return [ClockPause(begun.at, ended.at) for begun, ended in zip(marks[::2], marks[1::2], strict=False)]


async def clock_steps(connection: AsyncConnection, bank_line_id: UUID) -> Sequence[Row]:
    return (
        await connection.execute(
            sa.text("SELECT * FROM booking_clock_steps WHERE bank_line_id = :id ORDER BY revision"),
            {"id": bank_line_id},
        )
    ).all()


async def offered_reasons(connection: AsyncConnection, kind: str, day: date) -> dict[str, str]:
    """Titles by code of what may be chosen on the day; the newest row of a code counts."""
    rows = await connection.execute(
        sa.text(
            "SELECT code, title FROM (SELECT DISTINCT ON (code) * FROM clock_reasons"
            " WHERE kind = :kind AND valid_from <= :day ORDER BY code, valid_from DESC) AS newest WHERE is_offered"
        ),
        {"kind": kind, "day": day},
    )
    return {row.code: row.title for row in rows}
