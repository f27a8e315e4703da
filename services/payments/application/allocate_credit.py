"""Sets what is open of a receipt or credit note against invoices and charges of the same partner."""

from collections import Counter
from collections.abc import Mapping, Sequence
from uuid import UUID

from uuid_utils.compat import uuid7

from services.payments.adapters.clock_store import settle_clock_of_receipt
from services.payments.adapters.ledger_writer import (
    LockedItem,
    change_open_items,
    lock_open_items,
    post_entries,
)
from services.payments.adapters.published_facts import publish_allocations
from services.payments.adapters.repositories.settlements import add_settlements, open_advance
from services.payments.adapters.unit_of_work import UnitOfWork
from services.payments.domain.base_value import base_changes
from services.payments.domain.errors import CreditUsedUp, ItemNotPayable, ItemSettled
from services.payments.domain.exchange_rate import BASE_CURRENCY
from services.payments.domain.posting import Posting
from services.payments.domain.receipt import MONEY, ReceiptAllocation
from services.payments.domain.settlement import DEBIT_KINDS, Credit, CreditKind, entry_for_settlements
from services.payments.domain.valued_slices import sliced_parts


async def allocate_credit(
    work: UnitOfWork, credit: Credit, parts: Sequence[ReceiptAllocation], posting: Posting
) -> list[UUID]:
    """All parts or none; returns the ids of the allocations.

    It counts from the latest of the posting's day, the credit's day and the items' days. Raises ItemNotPayable for an
    item of another partner, currency or kind, ItemSettled when less is open of an item than asked, and CreditUsedUp
    when less is open of the credit than the parts of money need.
    """
    if credit.currency != BASE_CURRENCY and credit.kind is CreditKind.ADVANCE:
        await open_advance(work.connection, credit.id, posting.at)  # it says what the receipt was worth
    items = await lock_open_items(work.connection, [credit.id, *(part.open_item_id for part in parts)])
    changes = _changes(credit, parts, items)
    _refuse_unpayable(credit, parts, items)
    _refuse_overdrawn(credit, changes, items)
    if credit.currency != BASE_CURRENCY:
        parts = sliced_parts(parts, items, items[credit.id])
    day = max(
        posting.effective_on, credit.counts_from, *(items[part.open_item_id].counts_from for part in parts)
    )
    ids = await add_settlements(work.connection, credit, parts, effective_on=day, at=posting.at)
    await change_open_items(work.connection, changes, posting.at, base_changes(parts, credit.id, MONEY))
    await settle_clock_of_receipt(work.connection, credit.id, posting.at)
    entry = entry_for_settlements(
        credit,
        parts,
        entry_id=uuid7(),
        effective_on=day,
        is_undone=False,
    )
    await post_entries(work.connection, [entry], actor=posting.actor, at=posting.at)
    await publish_allocations(work, credit, dict(zip(ids, parts, strict=True)), effective_on=day)
    return ids


def _changes(
    credit: Credit, parts: Sequence[ReceiptAllocation], items: Mapping[UUID, LockedItem]
) -> Counter[UUID]:
    changes: Counter[UUID] = Counter()
    for part in parts:
        changes[part.open_item_id] -= part.amount_minor
        if part.kind == MONEY:
            changes[credit.id] -= part.amount_minor
    return changes


def _refuse_unpayable(
    credit: Credit, parts: Sequence[ReceiptAllocation], items: Mapping[UUID, LockedItem]
) -> None:
    for part in parts:
        item = items.get(part.open_item_id)
        if item is None or item.kind not in DEBIT_KINDS:
            raise ItemNotPayable(f"{part.document_number} is no invoice or charge that can be paid")
        if (item.partner_code, item.currency) != (credit.partner_code, credit.currency):
            raise ItemNotPayable(
                f"{item.document_number} belongs to {item.partner_code} in {item.currency};"
                f" the credit to {credit.partner_code} in {credit.currency}"
            )


def _refuse_overdrawn(credit: Credit, changes: Counter[UUID], items: Mapping[UUID, LockedItem]) -> None:
    for key, change in sorted(changes.items()):
        item = items.get(key)
        still_open = item.open_minor if item else 0
        if still_open + change >= 0:
            continue
        if key == credit.id:
            raise CreditUsedUp(
                f"{still_open} minor units of {credit.currency} are open of the credit, {-change} were asked for"
            )
        assert item is not None
        raise ItemSettled(
            f"{still_open} minor units are open of {item.document_number}, {-change} were asked for"
        )
