"""Books receipts: the only way money enters the ledger, for one receipt as for ten thousand."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from uuid_utils.compat import uuid7

from services.payments.adapters.ledger_writer import LockedItem, lock_open_items, post_entries, write_receipts
from services.payments.adapters.published_facts import publish_receipts
from services.payments.adapters.repositories.instruments import clear_instruments
from services.payments.adapters.unit_of_work import UnitOfWork
from services.payments.domain.posting_rules import entry_for_receipt
from services.payments.domain.receipt import Receipt
from services.payments.domain.settlement import DEBIT_KINDS


@dataclass(frozen=True, slots=True)
class BookingOutcome:
    """`refused` holds receipts whose open items changed since they were matched; nothing of them is written."""

    booked: tuple[Receipt, ...]
    refused: tuple[Receipt, ...]


async def book_receipts(
    work: UnitOfWork, receipts: Sequence[Receipt], *, actor: str, at: datetime
) -> BookingOutcome:
    """Write receipts, allocations, open items, balanced entries, audit link and events in the given unit of work.

    A receipt that asks for more than is open on an item, or for an item that is not its partner's, is refused alone; the
    others are booked. Receipts come
    first-in first-served in the given order. A bank line is booked once: the database refuses a second receipt.
    """
    item_ids = {part.open_item_id for receipt in receipts for part in receipt.allocations}
    still_open = await lock_open_items(work.connection, item_ids)
    booked, refused = _affordable(receipts, still_open)
    if booked:
        await write_receipts(work.connection, booked, still_open, at)
        entries = [entry_for_receipt(receipt, entry_id=uuid7()) for receipt in booked]
        await post_entries(work.connection, entries, actor=actor, at=at)
        await clear_instruments(work.connection, booked, actor=actor, at=at)
        await publish_receipts(work, booked, at)
    return BookingOutcome(tuple(booked), tuple(refused))


def _affordable(
    receipts: Sequence[Receipt], still_open: dict[UUID, LockedItem]
) -> tuple[list[Receipt], list[Receipt]]:
    remaining = {key: item.open_minor for key, item in still_open.items()}
    booked: list[Receipt] = []
    refused: list[Receipt] = []
    for receipt in receipts:
        wanted: Counter[UUID] = Counter()
        for part in receipt.allocations:
            wanted[part.open_item_id] += part.amount_minor
        is_payable = all(_is_of(still_open.get(item), receipt) for item in wanted)
        if is_payable and all(remaining[item] >= amount for item, amount in wanted.items()):
            for item, amount in wanted.items():
                remaining[item] -= amount
            booked.append(receipt)
        else:
            refused.append(receipt)
    return booked, refused


def _is_of(item: LockedItem | None, receipt: Receipt) -> bool:
    return (
        item is not None
        and item.kind in DEBIT_KINDS
        and (item.partner_code, item.currency) == (receipt.partner_code, receipt.currency)
    )
