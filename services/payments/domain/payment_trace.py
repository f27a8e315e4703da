"""Where a payment is: one answer from everything the books and the bank's lines know about its reference."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum

from shared.money import text_from_minor


class TraceState(StrEnum):
    """From best to worst; the first that fits is told."""

    APPLIED = "applied"
    PARTLY_APPLIED = "partly_applied"
    ON_ACCOUNT = "on_account"
    IN_IDENTIFICATION = "in_identification"
    CHEQUE_IN_HAND = "cheque_in_hand"
    BOUNCED = "bounced"
    TAKEN_BACK = "taken_back"
    NOT_SEEN = "not_seen"


@dataclass(frozen=True, slots=True)
class TracedReceipt:
    """A receipt with what it settles now; deductions are (item, kind, minor units)."""

    id: str
    reference: str
    received_on: date
    booked_at: datetime
    currency: str
    amount_minor: int
    open_minor: int
    applied: tuple[tuple[str, int], ...] = ()
    deductions: tuple[tuple[str, str, int], ...] = ()
    reversed_on: date | None = None
    reversal_reason: str = ""
    return_reason: str = ""


@dataclass(frozen=True, slots=True)
class TracedLine:
    """A credit of the bank that no receipt came of yet; its clock runs until `due_at`."""

    id: str
    booked_on: date
    currency: str
    amount_minor: int
    due_at: datetime


@dataclass(frozen=True, slots=True)
class TracedCheque:
    number: str
    cheque_on: date
    currency: str
    amount_minor: int
    standing: str
    deposited_on: date | None


@dataclass(frozen=True, slots=True)
class Trace:
    """The answer. `promised_at` is when the state will have changed at the latest, if we can promise that."""

    state: TraceState
    text: str
    next_step: str
    promised_at: datetime | None = None
    evidence: tuple[str, ...] = field(default=())  # kind:id of what it rests on


def trace_of(
    receipts: Sequence[TracedReceipt],
    lines: Sequence[TracedLine],
    cheques: Sequence[TracedCheque],
    *,
    statements_until: date | None,
) -> Trace:
    """The newest standing receipt speaks first, then a line of the bank, a cheque in hand, a receipt taken back."""
    standing = [one for one in receipts if one.reversed_on is None]
    if standing:
        return _booked(standing[-1])
    if lines:
        return _waiting(lines[-1])
    in_hand = [one for one in cheques if one.standing in ("held", "deposited")]
    if in_hand:
        return _in_hand(in_hand[-1])
    if receipts:
        return _taken_back(receipts[-1])
    return _not_seen(statements_until)


def _booked(one: TracedReceipt) -> Trace:
    money = _money(one.amount_minor, one.currency)
    under = one.reference or "no reference"
    told = [
        f"We received {money} on {_day(one.received_on)} under {under}, booked on {_day(one.booked_at.date())}."
    ]
    told += [f"{_money(minor, one.currency)} pay {item}." for item, minor in one.applied]
    told += [
        f"{_money(minor, one.currency)} of {item} were deducted as {kind}."
        for item, kind, minor in one.deductions
    ]
    if one.open_minor:
        told.append(f"{_money(one.open_minor, one.currency)} are on account.")
    if not one.applied:
        state, step = TraceState.ON_ACCOUNT, "Tell us which invoices it is for, and we set it against them."
    elif one.open_minor:
        state, step = TraceState.PARTLY_APPLIED, "Tell us what the rest is for, or ask for it back."
    else:
        state, step = TraceState.APPLIED, "Nothing is left to do."
    return Trace(state, " ".join(told), step, evidence=(f"receipt:{one.id}",))


def _waiting(one: TracedLine) -> Trace:
    return Trace(
        TraceState.IN_IDENTIFICATION,
        f"Our bank credited {_money(one.amount_minor, one.currency)} on {_day(one.booked_on)};"
        " we have not found out yet whose it is or what it pays.",
        "Send us the payment advice with the invoice numbers, and it is booked at once.",
        promised_at=one.due_at,
        evidence=(f"bank_line:{one.id}",),
    )


def _in_hand(one: TracedCheque) -> Trace:
    where = f"deposited on {_day(one.deposited_on)}" if one.deposited_on else "with us"
    return Trace(
        TraceState.CHEQUE_IN_HAND,
        f"Cheque {one.number} of {_day(one.cheque_on)} over {_money(one.amount_minor, one.currency)} is {where};"
        " it counts once the bank has credited it.",
        "Keep the money in the account until it is cleared.",
    )


def _taken_back(one: TracedReceipt) -> Trace:
    assert one.reversed_on is not None
    is_bounce = one.reversal_reason == "cheque_returned"
    why = one.return_reason or one.reversal_reason.replace("_", " ")
    return Trace(
        TraceState.BOUNCED if is_bounce else TraceState.TAKEN_BACK,
        f"We booked {_money(one.amount_minor, one.currency)} of {_day(one.received_on)} and took it back on"
        f" {_day(one.reversed_on)}: {why}.",
        "Pay again by bank transfer; the invoices are open again."
        if is_bounce
        else "Ask us what it was booked as instead.",
        evidence=(f"receipt:{one.id}",),
    )


def _not_seen(statements_until: date | None) -> Trace:
    until = f" We have read our bank's statements until {_day(statements_until)}." if statements_until else ""
    return Trace(
        TraceState.NOT_SEEN,
        f"No payment with these details has reached our bank accounts.{until}",
        "Check the account number and ask your bank to trace the transfer by its UTR; a payment made after that day"
        " shows with the next statement.",
    )


def _money(amount_minor: int, currency: str) -> str:
    return f"{currency} {text_from_minor(amount_minor, currency)}"


def _day(day: date) -> str:
    return f"{day.day} {day:%B %Y}"
