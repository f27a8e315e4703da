"""Receipts as they were booked."""

from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from services.payments.adapters.repositories import Row
from services.payments.domain.errors import AlreadyReversed, ReceiptRefunded
from services.payments.domain.receipt import Receipt, ReceiptAllocation
from shared.errors import NotFound


async def receipt_to_reverse(connection: AsyncConnection, receipt_id: UUID) -> Receipt:
    """The receipt as it was booked. NotFound; AlreadyReversed; ReceiptRefunded when money of it was sent back."""
    row = (
        await connection.execute(
            sa.text(
                "SELECT r.*, b.number AS bank_account_number FROM receipts r"
                " JOIN bank_accounts b ON b.id = r.bank_account_id WHERE r.id = :id FOR UPDATE OF r"
            ),
            {"id": receipt_id},
        )
    ).one_or_none()
    if row is None:
        raise NotFound(f"There is no receipt {receipt_id}")
    # Asked once the lock is held: the statement that waits for it still sees the time before.
    reversed_on = await connection.scalar(
        sa.text("SELECT reversed_on FROM receipt_reversals WHERE receipt_id = :id"), {"id": receipt_id}
    )
    if reversed_on is not None:
        raise AlreadyReversed(f"Receipt {receipt_id} has been taken back before")
    if await connection.scalar(
        sa.text("SELECT 1 FROM refunds WHERE receipt_id = :id AND state = 'paid' LIMIT 1"), {"id": receipt_id}
    ):
        raise ReceiptRefunded(
            f"Money of receipt {receipt_id} was sent back; settle that with the partner first"
        )
    return await _receipt(connection, row)


async def _receipt(connection: AsyncConnection, row: Row) -> Receipt:
    parts = await connection.execute(
        sa.text(
            "SELECT a.open_item_id, a.kind, a.amount_minor, i.document_number FROM allocations a"
            " JOIN open_items i ON i.id = a.open_item_id WHERE a.receipt_id = :id AND NOT a.is_reversal"
            " AND a.allocated_at = :booked_at"
            " ORDER BY a.id"
        ),
        {"id": row.id, "booked_at": row.booked_at},
    )
    return Receipt(
        id=row.id,
        bank_line_id=row.bank_line_id,
        bank_account_id=row.bank_account_id,
        bank_account_number=row.bank_account_number,
        partner_code=row.partner_code,
        currency=row.currency,
        amount_minor=row.amount_minor,
        on_account_minor=row.on_account_minor,
        received_on=row.received_on,
        rail=row.rail,
        reference=row.reference,
        cheque_number=row.cheque_number,
        allocations=tuple(
            ReceiptAllocation(part.open_item_id, part.document_number, part.kind, part.amount_minor)
            for part in parts
        ),
    )
