"""Settles a credit with items as people name them: by number, however written, or by id."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from services.payments.adapters.repositories.settlements import (
    allocation_by_id,
    credit_by_id,
    items_named,
    receipt_credit,
)
from services.payments.adapters.unit_of_work import UnitOfWork
from services.payments.application.allocate_credit import allocate_credit
from services.payments.application.undo_allocation import undo_allocation
from services.payments.domain.chart_of_accounts import DEDUCTION_ACCOUNTS
from services.payments.domain.errors import DeductionUnknown, ItemNotPayable
from services.payments.domain.posting import Posting
from services.payments.domain.receipt import MONEY, ReceiptAllocation
from services.payments.domain.settlement import Credit
from shared.errors import Invalid, NotFound


@dataclass(frozen=True, slots=True)
class NamedPart:
    """Amounts are (minor units, currency); `deductions` pair a kind with an amount."""

    item: str
    amount: tuple[int, str]
    deductions: tuple[tuple[str, tuple[int, str]], ...] = ()


async def credit_named(
    work: UnitOfWork, *, receipt_id: UUID | None = None, credit_note_id: UUID | None = None
) -> Credit:
    """The receipt or issued credit note; Invalid unless exactly one is named, NotFound when there is none."""
    if (receipt_id is None) == (credit_note_id is None):
        raise Invalid("Name either a receipt or a credit note")
    credit = (
        await receipt_credit(work.connection, receipt_id)
        if receipt_id
        else await credit_by_id(work.connection, credit_note_id or UUID(int=0))
    )
    if credit is None:
        raise NotFound(f"There is no receipt or issued credit note {receipt_id or credit_note_id}")
    return credit


async def allocate_named(
    work: UnitOfWork, credit: Credit, parts: Sequence[NamedPart], posting: Posting
) -> list[UUID]:
    """As allocate_credit; also ItemNotPayable for an unknown name and DeductionUnknown for a kind without account."""
    found = await items_named(work.connection, [part.item for part in parts])
    named: list[ReceiptAllocation] = []
    for part in parts:
        if part.item not in found:
            raise ItemNotPayable(f"There is no invoice or charge {part.item}")
        item = found[part.item]
        for kind, amount in ((MONEY, part.amount), *part.deductions):
            _refuse_unknown_kind(kind)
            named.append(ReceiptAllocation(item.id, item.document_number, kind, credit.minor_of(*amount)))
    return await allocate_credit(work, credit, named, posting)


async def undo_named(work: UnitOfWork, allocation_id: UUID, posting: Posting) -> Credit:
    """Take the allocation back, whatever credit it belongs to; returns that credit."""
    allocation = await allocation_by_id(work.connection, allocation_id)
    if allocation is None:
        raise NotFound(f"There is no allocation {allocation_id}")
    credit = await credit_named(
        work, receipt_id=allocation.receipt_id, credit_note_id=allocation.credit_note_id
    )
    await undo_allocation(work, credit, allocation_id, posting)
    return credit


def _refuse_unknown_kind(kind: str) -> None:
    if kind != MONEY and kind not in DEDUCTION_ACCOUNTS:
        known = ", ".join(sorted(DEDUCTION_ACCOUNTS))
        raise DeductionUnknown(f"{kind} is no kind of deduction; expected one of {known}")
