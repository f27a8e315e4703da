"""Takes a receipt back, e.g. when its cheque bounces: mirror entries, reopened invoices, nothing deleted."""

from collections import Counter
from collections.abc import Sequence
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
from services.payments.adapters.repositories.journal import refuse_archived, standing_entries
from services.payments.adapters.repositories.receipts import receipt_to_reverse
from services.payments.adapters.repositories.redecisions import request_redecision
from services.payments.adapters.repositories.settlements import settlements_of, take_back
from services.payments.adapters.unit_of_work import UnitOfWork
from services.payments.domain.exchange_rate import BASE_CURRENCY
from services.payments.domain.journal import reversal_of
from services.payments.domain.receipt import Receipt
from services.payments.domain.settlement import Credit, CreditKind, Settlement


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
    """Mirror everything that was ever posted for the receipt, also what its money on account paid later.

    AlreadyReversed the second time; ReceiptRefunded when some of it was sent back to the payer; EntriesArchived when its
    entries may have left.
    """
    # Before anything is changed: who decides lines of the bank goes on after this refusal.
    await refuse_archived(work.connection, receipt_id)
    receipt = await receipt_to_reverse(work.connection, receipt_id)
    reopened, advance_minor = await _reopen(work, receipt, reversed_on, at)
    await copy_rows(
        work.connection,
        "receipt_reversals",
        "receipt_id bank_line_id reason_code reversed_on reversed_at",
        [(receipt.id, bank_line_id, reason_code, reversed_on, at)],
    )
    mirrors = [
        reversal_of(
            entry,
            id=uuid7(),
            effective_on=max(reversed_on, entry.effective_on),
            description=f"{entry.description} taken back: {reason_code}",
        )
        for entry in await standing_entries(work.connection, receipt.id)
    ]
    await post_entries(work.connection, mirrors, actor=actor, at=at)
    await publish_reversal(work, receipt, reopened, advance_minor, (reason_code, reversed_on))
    await request_redecision(work.connection, "receipt_reversed")
    return receipt


async def _reopen(
    work: UnitOfWork, receipt: Receipt, reversed_on: date, at: datetime
) -> tuple[Sequence[Settlement], int]:
    credit = Credit(
        receipt.id,
        CreditKind.ADVANCE,
        receipt.partner_code,
        receipt.currency,
        receipt.reference,
        receipt.received_on,
    )
    # Everybody who changes what a receipt settles locks its advance: once that is held, the list stands still.
    before = await settlements_of(work.connection, receipt.id)
    items = await lock_open_items(work.connection, [receipt.id, *(one.open_item_id for one in before)])
    settled = await settlements_of(work.connection, receipt.id)
    changes: Counter[UUID] = Counter()
    for one in settled:
        changes[one.open_item_id] += one.amount_minor
    advance = items.get(receipt.id)
    advance_minor = advance.open_minor if advance else 0
    changes[receipt.id] -= advance_minor
    values = Counter({one.open_item_id: 0 for one in settled})
    for one in settled:
        values[one.open_item_id] += one.base_minor or 0
    values[receipt.id] -= (advance.open_base_minor or 0) if advance else 0
    await change_open_items(
        work.connection, changes, at, values if receipt.currency != BASE_CURRENCY else None
    )
    await take_back(work.connection, credit, settled, effective_on=reversed_on, at=at)
    return settled, advance_minor
