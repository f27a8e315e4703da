"""Writes of the rules by which clocks count and are told, and the clocks that run by them."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from services.payments.adapters.repositories import Row
from services.payments.domain.booking_clock import BookingDeadline


async def add_rule(connection: AsyncConnection, table: str, values: Mapping[str, object]) -> bool:
    """A row of one of the rules' tables; False when its key is taken."""
    columns = ", ".join(values)
    places = ", ".join(f":{name}" for name in values)
    inserted = await connection.execute(
        sa.text(f"INSERT INTO {table} ({columns}) VALUES ({places}) ON CONFLICT DO NOTHING"), values
    )
    return inserted.rowcount == 1


async def calendar_exists(connection: AsyncConnection, code: str) -> bool:
    return bool(
        await connection.scalar(
            sa.text("SELECT EXISTS (SELECT FROM business_calendars WHERE code = :code)"), {"code": code}
        )
    )


async def running_clocks(connection: AsyncConnection, at: datetime) -> Sequence[Row]:
    """Clocks whose time has not run out and is not paused, locked, with the day of their credit."""
    return (
        await connection.execute(
            sa.text(
                "SELECT c.*, l.booked_on FROM booking_clocks c JOIN bank_lines l ON l.id = c.bank_line_id"
                " WHERE c.booked_at IS NULL AND NOT c.is_excused AND c.paused_at IS NULL AND c.due_at > :at"
                " ORDER BY c.bank_line_id FOR UPDATE OF c"
            ),
            {"at": at},
        )
    ).all()


async def set_deadlines(connection: AsyncConnection, deadlines: Mapping[UUID, BookingDeadline]) -> None:
    await connection.execute(
        sa.text(
            "UPDATE booking_clocks c SET half_at = d.half_at, warn_at = d.warn_at, due_at = d.due_at"
            " FROM unnest(CAST(:ids AS uuid[]), CAST(:half AS timestamptz[]), CAST(:warn AS timestamptz[]),"
            "  CAST(:due AS timestamptz[])) AS d (id, half_at, warn_at, due_at) WHERE c.bank_line_id = d.id"
        ),
        {
            "ids": list(deadlines),
            "half": [one.half_at for one in deadlines.values()],
            "warn": [one.warn_at for one in deadlines.values()],
            "due": [one.due_at for one in deadlines.values()],
        },
    )
