"""Pays a refund out of the books or refuses it: never by who asked for it."""

from collections import Counter
from dataclasses import dataclass, replace
from uuid import UUID

from uuid_utils.compat import uuid7

from services.payments.adapters.clock_store import settle_clock_of_receipt
from services.payments.adapters.ledger_writer import (
    LockedItem,
    change_open_items,
    lock_open_items,
    post_entries,
)
from services.payments.adapters.published_facts import publish_refund
from services.payments.adapters.repositories import Row
from services.payments.adapters.repositories.exchange_rates import rates_on
from services.payments.adapters.repositories.refunds import decide, refund_for_update
from services.payments.adapters.repositories.settlements import credit_by_id
from services.payments.adapters.unit_of_work import UnitOfWork
from services.payments.domain.base_value import ValueLeft
from services.payments.domain.errors import (
    AlreadyDecided,
    CreditUsedUp,
    DateImpossible,
    MakerIsChecker,
    RateUnknown,
)
from services.payments.domain.exchange_rate import BASE_CURRENCY, base_minor
from services.payments.domain.posting import Posting
from services.payments.domain.refund import RefundPayment, entry_for_refund
from shared.actors import is_same_person
from shared.errors import NotFound


@dataclass(frozen=True, slots=True)
class DecideRefund:
    """Paid with the bank's reference of the transfer on the posting's day, or refused."""

    refund_id: UUID
    is_paid: bool
    reference: str


async def decide_refund(work: UnitOfWork, command: DecideRefund, posting: Posting) -> None:
    """NotFound; AlreadyDecided; MakerIsChecker; CreditUsedUp when the credit was used since the request.

    DateImpossible for a payment before the day the money came.
    RateUnknown when foreign money left on a day of which no rate is known.
    """
    refund = await refund_for_update(work.connection, command.refund_id)
    if refund is None:
        raise NotFound(f"There is no refund {command.refund_id}")
    if refund.state != "requested":
        raise AlreadyDecided(f"Refund {refund.id} is {refund.state} since {refund.decided_at:%Y-%m-%d}")
    if is_same_person(refund.requested_by, posting.actor):
        raise MakerIsChecker("Who asked for a refund does not decide it")
    if command.is_paid:
        await _pay(work, refund, command, posting)
    await decide(
        work.connection,
        refund.id,
        {
            "state": "paid" if command.is_paid else "refused",
            "by": posting.actor,
            "at": posting.at,
            "refunded_on": posting.effective_on if command.is_paid else None,
            "reference": command.reference,
        },
    )


async def _pay(work: UnitOfWork, refund: Row, command: DecideRefund, posting: Posting) -> None:
    credit = await credit_by_id(work.connection, refund.receipt_id or refund.credit_note_id)
    assert credit is not None
    if posting.effective_on < credit.counts_from:
        raise DateImpossible(
            f"The money counts from {credit.counts_from}; it cannot have gone back on {posting.effective_on}"
        )
    items = await lock_open_items(work.connection, [credit.id])
    still_open = items[credit.id].open_minor if credit.id in items else 0
    if still_open < refund.amount_minor:
        raise CreditUsedUp(
            f"{still_open} minor units of {credit.currency} are left, {refund.amount_minor} were to be sent back"
        )
    payment = RefundPayment(
        refund.id, refund.amount_minor, posting.effective_on, refund.bank_account, command.reference
    )
    if credit.currency != BASE_CURRENCY:
        payment = await _valued(work, payment, items[credit.id])
    taken = Counter({credit.id: -(payment.credit_base_minor or 0)})
    await change_open_items(
        work.connection,
        Counter({credit.id: -refund.amount_minor}),
        posting.at,
        taken if any(taken.values()) else None,
    )
    await settle_clock_of_receipt(work.connection, credit.id, posting.at)
    entry = entry_for_refund(credit, payment, entry_id=uuid7())
    await post_entries(work.connection, [entry], actor=posting.actor, at=posting.at)
    await publish_refund(work, credit, payment)


async def _valued(work: UnitOfWork, payment: RefundPayment, credit: LockedItem) -> RefundPayment:
    """What the money was worth when it came, and what it is worth when it leaves."""
    key = credit.currency, payment.refunded_on
    rates = await rates_on(work.connection, [key])
    if key not in rates:
        raise RateUnknown(f"There is no rate of {credit.currency} for {payment.refunded_on}; enter it first")
    return replace(
        payment,
        credit_base_minor=ValueLeft.of(credit).take(payment.amount_minor),
        paid_base_minor=base_minor(payment.amount_minor, credit.currency, rates[key]),
    )
