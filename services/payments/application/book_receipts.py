"""Books receipts: the only way money enters the ledger, for one receipt as for ten thousand."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from uuid_utils.compat import uuid7

from services.payments.adapters.ledger_writer import LockedItem, lock_open_items, post_entries, write_receipts
from services.payments.adapters.published_facts import publish_receipts
from services.payments.adapters.published_instruments import publish_standings
from services.payments.adapters.repositories.exchange_rates import rates_on
from services.payments.adapters.repositories.instruments import clear_instruments
from services.payments.adapters.repositories.periods import first_open_day
from services.payments.adapters.unit_of_work import UnitOfWork
from services.payments.domain.base_value import value_at
from services.payments.domain.exchange_rate import BASE_CURRENCY
from services.payments.domain.foreign_posting import entry_for_conversion
from services.payments.domain.period import in_open_month
from services.payments.domain.posting_rules import entry_for_receipt
from services.payments.domain.receipt import Receipt
from services.payments.domain.settlement import DEBIT_KINDS
from services.payments.domain.valued_slices import sliced_receipts


@dataclass(frozen=True, slots=True)
class BookingOutcome:
    """`refused` holds receipts whose open items changed since they were matched; nothing of them is written.

    `unvalued` names those of them that are in foreign currency and of whose day no rate is known.
    """

    booked: tuple[Receipt, ...]
    refused: tuple[Receipt, ...]
    unvalued: frozenset[UUID] = frozenset()


async def book_receipts(
    work: UnitOfWork, receipts: Sequence[Receipt], *, actor: str, at: datetime
) -> BookingOutcome:
    """Write receipts, allocations, open items, balanced entries, audit link and events in the given unit of work.

    A receipt that asks for more than is open on an item, or for an item that is not its partner's, is refused alone; the
    others are booked. Receipts come
    first-in first-served in the given order. A bank line is booked once: the database refuses a second receipt.
    """
    valued = await _valued(work, receipts)
    unvalued = frozenset(one.id for one in valued if one.currency != BASE_CURRENCY and one.value is None)
    item_ids = {part.open_item_id for receipt in receipts for part in receipt.allocations}
    still_open = await lock_open_items(work.connection, item_ids)
    booked, refused = _affordable([one for one in valued if one.id not in unvalued], still_open)
    if booked:
        booked = sliced_receipts(booked, still_open)
        opens_on = await first_open_day(work.connection)
        await write_receipts(work.connection, booked, still_open, at, first_open_on=opens_on)
        entries = [entry_for_receipt(receipt, entry_id=uuid7()) for receipt in booked]
        entries += [entry_for_conversion(r, entry_id=uuid7()) for r in booked if r.is_credited_in_rupees]
        entries = [in_open_month(entry, opens_on) for entry in entries]
        await post_entries(work.connection, entries, actor=actor, at=at)
        cleared = await clear_instruments(work.connection, booked, actor=actor, at=at)
        await publish_standings(work, cleared)
        await publish_receipts(work, booked, at)
    refused += [receipt for receipt in receipts if receipt.id in unvalued]
    return BookingOutcome(tuple(booked), tuple(refused), unvalued)


async def _valued(work: UnitOfWork, receipts: Sequence[Receipt]) -> Sequence[Receipt]:
    """Foreign money whose worth nobody told is worth what the rate of its day says."""
    wanted = [r for r in receipts if r.currency != BASE_CURRENCY and r.value is None]
    if not wanted:
        return receipts
    rates = await rates_on(work.connection, [(r.currency, r.received_on) for r in wanted])
    values = {
        r.id: value_at(r.amount_minor, r.currency, rates[r.currency, r.received_on])
        for r in wanted
        if (r.currency, r.received_on) in rates
    }
    return [replace(r, value=values[r.id]) if r.id in values else r for r in receipts]


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
