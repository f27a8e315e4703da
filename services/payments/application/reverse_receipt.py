"""Takes a receipt back, e.g. when its cheque bounces: a mirror entry, reopened invoices, nothing deleted."""

from collections import Counter
from datetime import date, datetime
from uuid import UUID

from uuid_utils.compat import uuid7

from services.payments.adapters.ledger_writer import (
    change_open_items,
    copy_rows,
    lock_open_items,
    post_entries,
)
from services.payments.adapters.published_facts import publish_reversal
from services.payments.adapters.repositories.journal import entry_of_source
from services.payments.adapters.repositories.receipts import receipt_to_reverse
from services.payments.adapters.unit_of_work import UnitOfWork
from services.payments.domain.errors import AdvanceUsed
from services.payments.domain.journal import reversal_of
from services.payments.domain.receipt import Receipt


async def reverse_receipt(
    work: UnitOfWork,
    receipt_id: UUID,
    *,
    reason_code: str,
    reversed_on: date,
    bank_line_id: UUID | None,
    actor: str,
    at: datetime,
) -> Receipt:
    """Reverse once. AlreadyReversed the second time; AdvanceUsed when its money on account was allocated since."""
    receipt = await receipt_to_reverse(work.connection, receipt_id)
    await _reopen(work, receipt, at)
    await copy_rows(
        work.connection,
        "receipt_reversals",
        "receipt_id bank_line_id reason_code reversed_on reversed_at",
        [(receipt.id, bank_line_id, reason_code, reversed_on, at)],
    )
    entry = await entry_of_source(work.connection, receipt.id, kind="receipt")
    mirror = reversal_of(
        entry,
        id=uuid7(),
        effective_on=reversed_on,
        description=f"{entry.description} taken back: {reason_code}",
    )
    await post_entries(work.connection, [mirror], actor=actor, at=at)
    await publish_reversal(work, receipt, reason_code=reason_code, reversed_on=reversed_on)
    return receipt


async def _reopen(work: UnitOfWork, receipt: Receipt, at: datetime) -> None:
    reopened: Counter[UUID] = Counter()
    for part in receipt.allocations:
        reopened[part.open_item_id] += part.amount_minor
    if receipt.on_account_minor:
        reopened[receipt.id] -= receipt.on_account_minor
    still_open = await lock_open_items(work.connection, reopened)
    if still_open.get(receipt.id, 0) < receipt.on_account_minor:
        raise AdvanceUsed(
            f"The advance of receipt {receipt.id} is already allocated; undo those allocations first"
        )
    await change_open_items(work.connection, reopened, at)
    await copy_rows(
        work.connection,
        "allocations",
        "id receipt_id open_item_id kind amount_minor is_reversal allocated_at",
        [
            (uuid7(), receipt.id, part.open_item_id, part.kind, -part.amount_minor, True, at)
            for part in receipt.allocations
        ],
    )
