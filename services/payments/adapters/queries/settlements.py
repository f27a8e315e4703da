"""Reads about what settles what, and about refunds."""

from collections.abc import Sequence
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from services.payments.adapters.repositories import Row

SETTLEMENT_SELECT = (
    "SELECT a.*, i.document_number, i.currency, m.effective_on AS reversed_on FROM allocations a"
    " JOIN open_items i ON i.id = a.open_item_id LEFT JOIN allocations m ON m.reverses_id = a.id"
)
REFUND_SELECT = (
    "SELECT f.*, b.number AS bank_account FROM refunds f JOIN bank_accounts b ON b.id = f.bank_account_id"
    " JOIN partners p ON p.code = f.partner_code"
)


async def settlements_of_credit(connection: AsyncConnection, credit_id: UUID) -> Sequence[Row]:
    """Every allocation of a receipt or credit note, also those taken back, the oldest first."""
    return (
        await connection.execute(
            sa.text(
                f"{SETTLEMENT_SELECT} WHERE (a.receipt_id = :id OR a.credit_note_id = :id) AND NOT a.is_reversal"
                " ORDER BY a.id"
            ),
            {"id": credit_id},
        )
    ).all()


async def open_of_credit(connection: AsyncConnection, credit_id: UUID) -> int:
    """Minor units of the credit that nothing uses yet."""
    open_minor = await connection.scalar(
        sa.text("SELECT open_minor FROM open_items WHERE id = :id"), {"id": credit_id}
    )
    return int(open_minor or 0)
