"""Refunds as they were asked for and decided."""

from collections.abc import Mapping
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from services.payments.adapters.repositories import Row


async def add_refund(connection: AsyncConnection, values: Mapping[str, object]) -> None:
    """One row in state `requested`."""
    await connection.execute(
        sa.text(
            "INSERT INTO refunds (id, receipt_id, credit_note_id, partner_code, bank_account_id, currency,"
            " amount_minor, reason, state, requested_by, requested_at) VALUES (:id, :receipt_id, :credit_note_id,"
            " :partner_code, :bank_account_id, :currency, :amount_minor, :reason, 'requested', :by, :at)"
        ),
        values,
    )


async def asked_back(connection: AsyncConnection, credit_id: UUID) -> int:
    """Minor units of the credit that open requests already ask for; ask with its open item locked."""
    total = await connection.scalar(
        sa.text(
            "SELECT coalesce(sum(amount_minor), 0) FROM refunds"
            " WHERE (receipt_id = :id OR credit_note_id = :id) AND state = 'requested'"
        ),
        {"id": credit_id},
    )
    return int(total or 0)


async def refund_for_update(connection: AsyncConnection, refund_id: UUID) -> Row | None:
    """The refund with the number of our account, locked."""
    return (
        await connection.execute(
            sa.text(
                "SELECT f.*, b.number AS bank_account FROM refunds f JOIN bank_accounts b"
                " ON b.id = f.bank_account_id WHERE f.id = :id FOR UPDATE OF f"
            ),
            {"id": refund_id},
        )
    ).one_or_none()


async def decide(connection: AsyncConnection, refund_id: UUID, values: Mapping[str, object]) -> None:
    """Set the decision once; the table refuses the same person and a half decision."""
    await connection.execute(
        sa.text(
            "UPDATE refunds SET state = :state, decided_by = :by, decided_at = :at, refunded_on = :refunded_on,"
            " reference = :reference WHERE id = :id AND state = 'requested'"
        ),
        {**values, "id": refund_id},
    )
