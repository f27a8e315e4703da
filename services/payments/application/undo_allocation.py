"""Takes one allocation back: the item is open again, the credit has its money again, nothing is deleted."""

from collections import Counter
from uuid import UUID

from uuid_utils.compat import uuid7

from services.payments.adapters.clock_store import settle_clock_of_receipt
from services.payments.adapters.ledger_writer import change_open_items, lock_open_items, post_entries
from services.payments.adapters.published_facts import publish_allocations
from services.payments.adapters.repositories.settlements import (
    allocation_by_id,
    open_advance,
    settlements_of,
    take_back,
)
from services.payments.adapters.unit_of_work import UnitOfWork
from services.payments.domain.base_value import base_changes
from services.payments.domain.errors import AlreadyReversed
from services.payments.domain.posting import Posting
from services.payments.domain.receipt import MONEY, ReceiptAllocation
from services.payments.domain.settlement import (
    Credit,
    CreditKind,
    Settlement,
    entry_for_settlements,
)
from shared.errors import NotFound


async def undo_allocation(
    work: UnitOfWork, credit: Credit, allocation_id: UUID, posting: Posting
) -> list[Settlement]:
    """Undo the allocation and the deductions that the same credit explained on the same item.

    The deductions go with the money: tax deducted from a payment that is not there cannot stand alone. Returns what
    was taken back; AlreadyReversed when that happened before.
    """
    allocation = await allocation_by_id(work.connection, allocation_id)
    if allocation is None:
        raise NotFound(f"There is no allocation {allocation_id}")
    if credit.kind is CreditKind.ADVANCE:
        await open_advance(work.connection, credit.id, posting.at)
    await lock_open_items(work.connection, [credit.id, allocation.open_item_id])
    settled = await settlements_of(work.connection, credit.id)
    wanted = next((one for one in settled if one.id == allocation_id), None)
    if wanted is None:
        raise AlreadyReversed(f"Allocation {allocation_id} has been taken back before")
    undone = [one for one in settled if one.open_item_id == wanted.open_item_id and _goes_with(one, wanted)]
    day = max(posting.effective_on, *(one.effective_on for one in undone))
    mirrors = await take_back(work.connection, credit, undone, effective_on=day, at=posting.at)
    used = base_changes(undone, credit.id, MONEY)
    values = Counter({key: -value for key, value in used.items()})
    await change_open_items(work.connection, _changes(credit, undone), posting.at, values)
    await settle_clock_of_receipt(work.connection, credit.id, posting.at)
    entry = entry_for_settlements(
        credit,
        undone,
        entry_id=uuid7(),
        effective_on=day,
        is_undone=True,
    )
    await post_entries(work.connection, [entry], actor=posting.actor, at=posting.at)
    taken = {
        key: ReceiptAllocation(one.open_item_id, one.document_number, one.kind, -one.amount_minor)
        for key, one in zip(mirrors, undone, strict=True)
    }
    days = {key: one.effective_on for key, one in zip(mirrors, undone, strict=True)}
    await publish_allocations(work, credit, taken, effective_on=day, settled_on=days)
    return undone


def _goes_with(one: Settlement, wanted: Settlement) -> bool:
    return one.id == wanted.id or (wanted.kind == MONEY and one.kind != MONEY)


def _changes(credit: Credit, undone: list[Settlement]) -> Counter[UUID]:
    changes: Counter[UUID] = Counter()
    for one in undone:
        changes[one.open_item_id] += one.amount_minor
        if one.kind == MONEY:
            changes[credit.id] += one.amount_minor
    return changes
