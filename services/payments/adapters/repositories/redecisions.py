"""Requests to decide waiting lines again, and the lines that wait."""

from collections.abc import Sequence
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection
from uuid_utils.compat import uuid7

from services.payments.adapters.repositories import Row
from services.payments.adapters.repositories.exceptions import LINE_IN_BOOKS


async def request_redecision(connection: AsyncConnection, cause: str) -> None:
    """In the transaction of the cause: seen once that is committed, and never lost."""
    await connection.execute(
        sa.text("INSERT INTO redecision_requests (id, cause) VALUES (:id, :cause)"),
        {"id": uuid7(), "cause": cause},
    )


async def open_requests(connection: AsyncConnection) -> list[UUID]:
    """The requests there are now; they are removed once the work is done, so that a crash repeats it."""
    rows = await connection.execute(sa.text("SELECT id FROM redecision_requests"))
    return [row.id for row in rows]


async def remove_requests(connection: AsyncConnection, request_ids: Sequence[UUID]) -> None:
    await connection.execute(
        sa.text("DELETE FROM redecision_requests WHERE id = ANY(CAST(:ids AS uuid[]))"),
        {"ids": list(request_ids)},
    )


async def accounts_with_waiting_lines(connection: AsyncConnection) -> Sequence[Row]:
    """Our accounts that have credits nobody has decided for good."""
    return (
        await connection.execute(
            sa.text(
                "SELECT * FROM bank_accounts WHERE id IN (SELECT l.bank_account_id FROM booking_clocks c"
                " JOIN bank_lines l ON l.id = c.bank_line_id WHERE c.booked_at IS NULL) ORDER BY number"
            )
        )
    ).all()


async def waiting_line_ids(
    connection: AsyncConnection, bank_account_id: UUID, after: UUID | None, *, limit: int
) -> list[UUID]:
    """The next credits of the account that wait, in the order they were stored."""
    rows = await connection.execute(
        sa.text(
            "SELECT l.id FROM booking_clocks c JOIN bank_lines l ON l.id = c.bank_line_id"
            " JOIN LATERAL (SELECT d.decision FROM line_decisions d WHERE d.bank_line_id = l.id"
            "  ORDER BY revision DESC LIMIT 1) d ON true"
            " WHERE c.booked_at IS NULL AND l.bank_account_id = :account AND d.decision IN ('suggested', 'exception')"
            f" AND NOT {LINE_IN_BOOKS}"
            " AND (CAST(:after AS uuid) IS NULL OR l.id > CAST(:after AS uuid)) ORDER BY l.id LIMIT :limit"
        ),
        {"account": bank_account_id, "after": after, "limit": limit},
    )
    return [row.id for row in rows]
