"""Decides credits that wait for a person once an advice explains them."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from uuid import UUID

from uuid_utils.compat import uuid7

from services.payments.adapters.clock_store import ClockReading, read_clocks
from services.payments.adapters.decision_store import DecidedLine, add_decisions
from services.payments.adapters.ledger_writer import lock_open_items
from services.payments.adapters.repositories.exceptions import ExceptionStep, resolve_exceptions_of_lines
from services.payments.adapters.repositories.invoices import partner_zones
from services.payments.adapters.repositories.remittance_advices import WaitingCredit, waiting_credits
from services.payments.adapters.unit_of_work import UnitOfWork
from services.payments.application.apply_advices import ACTOR, POLICY, advised_lines, keep_advised
from services.payments.application.book_receipts import book_receipts
from services.payments.domain.decision import Decision, Outcome
from services.payments.domain.narration import rail_of
from services.payments.domain.posting import Posting
from services.payments.domain.receipt import MONEY, Receipt, ReceiptAllocation
from services.payments.domain.remittance_advice import is_cheque


@dataclass(frozen=True, slots=True)
class _Advised:
    credit: WaitingCredit
    decision: Decision
    receipt_id: UUID | None = None


async def decide_advised_lines(work: UnitOfWork, references: Sequence[str], posting: Posting) -> None:
    """What waits under one of these references is booked as advised, or suggested with what contradicts.

    The caller holds our accounts locked, so that no import decides the same lines meanwhile.
    """
    waiting = await waiting_credits(work.connection, references)
    for _, group in groupby(waiting, key=lambda credit: credit.account_number):
        await _decide(work, list(group), posting)


async def _decide(work: UnitOfWork, credits_: Sequence[WaitingCredit], posting: Posting) -> None:
    found = await advised_lines(
        work.connection, credits_[0].currency, [credit.new for credit in credits_], is_locking=True
    )
    certain = [
        (credit, found.decisions[credit.new.id])
        for credit in credits_
        if credit.new.id in found.decisions and credit.new.line.currency == credit.currency
    ]
    if not certain:
        return
    receipts = {
        credit.new.id: _receipt(credit, decision) for credit, decision in certain if _is_sure(decision)
    }
    items = [part.open_item_id for receipt in receipts.values() for part in receipt.allocations]
    await lock_open_items(work.connection, items)
    outcome = await book_receipts(work, list(receipts.values()), actor=ACTOR, at=posting.at)
    booked = {
        receipt.bank_line_id: receipt.id for receipt in outcome.booked if receipt.bank_line_id is not None
    }
    decided = [
        _Advised(credit, decision, booked.get(credit.new.id))
        for credit, decision in certain
        if credit.new.id in booked or not _is_sure(decision)
    ]
    await _record(work, decided, posting)
    await keep_advised(work, found, booked, posting.at)


def _is_sure(decision: Decision) -> bool:
    return decision.outcome is Outcome.AUTO


async def _record(work: UnitOfWork, decided: Sequence[_Advised], posting: Posting) -> None:
    rows = [
        DecidedLine(one.credit.new.id, one.decision, one.receipt_id, POLICY, one.credit.revision + 1, ACTOR)
        for one in decided
    ]
    await add_decisions(work.connection, rows, posting.at)
    zones = await partner_zones(work.connection, [one.decision.partner_code or "" for one in decided])
    clocks = [
        ClockReading(
            bank_line_id=one.credit.new.id,
            zone=zones.get(one.decision.partner_code or "", ""),
            is_identified=True,
            is_booked=one.receipt_id is not None,
            is_excused=False,
        )
        for one in decided
    ]
    await read_clocks(work.connection, clocks, posting.at)
    step = ExceptionStep("resolved", ACTOR, posting.at, "booked", "An advice explains it")
    lines = [one.credit.new.id for one in decided if one.receipt_id is not None]
    await resolve_exceptions_of_lines(work.connection, lines, step)


def _receipt(credit: WaitingCredit, decision: Decision) -> Receipt:
    line, reference = credit.new.line, credit.new.key.strong_reference
    assert decision.partner_code is not None, "an advice is of a partner"
    allocations = [
        ReceiptAllocation(a.invoice_id, a.invoice_number, MONEY, a.amount_minor) for a in decision.allocations
    ]
    allocations += [
        ReceiptAllocation(d.invoice_id, d.invoice_number, d.kind, d.amount_minor) for d in decision.deductions
    ]
    return Receipt(
        id=uuid7(),
        bank_line_id=credit.new.id,
        bank_account_id=credit.account_id,
        bank_account_number=credit.account_number,
        partner_code=decision.partner_code,
        currency=line.currency,
        amount_minor=line.amount_minor,
        on_account_minor=decision.on_account_minor,
        received_on=line.booked_on,
        rail=rail_of(line.narration),
        reference=reference,
        cheque_number=reference if is_cheque(reference) else "",
        allocations=tuple(allocations),
    )
