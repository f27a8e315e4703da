"""What a person decides about a bank line that waits: accept a candidate, say what it really is, or turn it down."""

from dataclasses import dataclass, replace
from uuid import UUID

from services.payments.domain.decision import (
    Allocation,
    Alternative,
    Decision,
    LineKind,
    Outcome,
    Reason,
)
from services.payments.domain.errors import ChoiceUnknown, SharesDiffer


@dataclass(frozen=True, slots=True)
class Accept:
    """Candidate number `choice`, counted from 1; what the matching took for no receipt is agreed with."""

    choice: int = 1


@dataclass(frozen=True, slots=True)
class ToldPart:
    """Minor units of one invoice or charge, named by number or id: money, or a deduction of the kind."""

    item: str
    kind: str
    amount_minor: int


@dataclass(frozen=True, slots=True)
class Correct:
    """The partner and what it paid; the rest is on account, and `on_account_minor` checks it when it is given."""

    partner_code: str
    currency: str
    parts: tuple[ToldPart, ...] = ()
    on_account_minor: int | None = None


@dataclass(frozen=True, slots=True)
class NoReceipt:
    """The money is none of a partner's: interest, our own transfer, a refund of a supplier."""


@dataclass(frozen=True, slots=True)
class Leave:
    """None of the candidates is right and nobody knows better yet; the line goes on waiting."""


@dataclass(frozen=True, slots=True)
class LineReview:
    """`revision` is the decision that the person saw."""

    bank_line_id: UUID
    revision: int
    verdict: Accept | Correct | NoReceipt | Leave
    note: str = ""


def is_agreed_no_receipt(review: LineReview, seen: Decision) -> bool:
    """The person says, or agrees, that the line is no receipt."""
    return isinstance(review.verdict, NoReceipt) or (
        isinstance(review.verdict, Accept)
        and review.verdict.choice == 1
        and seen.kind is LineKind.NOT_A_RECEIPT
        and not seen.candidates
    )


def chosen(seen: Decision, choice: int) -> Alternative:
    """The candidate with this number; ChoiceUnknown when the line has fewer."""
    if not 1 <= choice <= len(seen.candidates):
        raise ChoiceUnknown(f"The line has {len(seen.candidates)} candidates; there is no choice {choice}")
    return seen.candidates[choice - 1]


def share_on_account(amount_minor: int, allocations: tuple[Allocation, ...], told_minor: int | None) -> int:
    """What the allocations leave of the line's amount. SharesDiffer when they exceed it or another rest was told."""
    rest = amount_minor - sum(part.amount_minor for part in allocations)
    if rest < 0:
        raise SharesDiffer(f"The allocations exceed the line's amount by {-rest} minor units")
    if told_minor is not None and told_minor != rest:
        raise SharesDiffer(f"{rest} minor units are left on account, not {told_minor}")
    return rest


def reviewed_receipt(seen: Decision, choice: Alternative, review: LineReview) -> Decision:
    """The person's decision that the line is a receipt; what it was chosen from is kept."""
    if isinstance(review.verdict, Accept):
        why = Reason("accepted", f"A person accepted choice {review.verdict.choice}")
    else:
        why = Reason("corrected", "A person told partner and invoices")
    return Decision(
        line_number=0,
        outcome=Outcome.REVIEWED,
        kind=LineKind.RECEIPT,
        partner_code=choice.partner_code,
        allocations=choice.allocations,
        deductions=choice.deductions,
        on_account_minor=choice.on_account_minor,
        score=100,
        reasons=(why, *choice.reasons),
        alternatives=seen.candidates,
    )


def reviewed_no_receipt(seen: Decision, note: str) -> Decision:
    """The person's decision that the money is no partner's."""
    why = Reason("no_receipt", note or "A person says that this is no receipt")
    return Decision(
        line_number=0,
        outcome=Outcome.REVIEWED,
        kind=LineKind.NOT_A_RECEIPT,
        partner_code=None,
        allocations=(),
        deductions=(),
        on_account_minor=0,
        score=100,
        reasons=(why, *seen.reasons),
        alternatives=seen.candidates,
    )


def left_waiting(seen: Decision, note: str) -> Decision:
    """The line waits on as it was, with what the person found."""
    why = Reason("left_waiting", note or "A person looked and left it")
    before = tuple(one for one in seen.reasons if one.code != why.code)
    return replace(seen, reasons=(why, *before), alternatives=seen.candidates)


def put_back(amount_minor: int, booked: Decision, reason: Reason) -> Decision:
    """The line waits again, because its receipt was taken back; what it was booked as is no candidate any more."""
    wrong = (booked.partner_code, booked.allocations, booked.deductions)
    left = tuple(
        one for one in booked.alternatives if (one.partner_code, one.allocations, one.deductions) != wrong
    )
    return Decision(
        line_number=0,
        outcome=Outcome.EXCEPTION,
        kind=LineKind.RECEIPT,
        partner_code=None,
        allocations=(),
        deductions=(),
        on_account_minor=amount_minor,
        score=0,
        reasons=(reason,),
        alternatives=left,
    )
