"""A remittance advice: what a partner says it paid, told apart from the bank's credit, and what follows for the credit."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final
from uuid import UUID

from services.payments.domain.chart_of_accounts import DEDUCTION_ACCOUNTS
from services.payments.domain.decision import Allocation, Decision, Deduction, LineKind, Outcome, Reason
from services.payments.domain.instrument import cheque_number_key
from services.payments.domain.line_identity import PREFIX_LENGTH_MIN
from services.payments.domain.received_payment import PaymentPart
from services.payments.domain.transaction_reference import CHEQUE_SHAPE, cleaned_reference
from shared.errors import FieldProblem, Invalid
from shared.money import text_from_minor

# Transfers arrive within a day, a cheque clears within two; what has not come by then should be asked for.
OVERDUE_AFTER_DAYS: Final = 3
_SURE, _CONTRADICTED = 100, 50


class AdviceInvalid(Invalid):
    """The figures or references of an advice contradict each other."""

    code, title = "advice_invalid", "The advice contradicts itself"


@dataclass(frozen=True, slots=True)
class RemittanceAdvice:
    """Valid by construction: it has a reference, and its parts do not exceed its amount; the rest is on account.

    `external_id` and `version` are the record's id and SystemModstamp where a CRM told it.
    """

    partner_code: str
    reference: str
    currency: str
    amount_minor: int
    paid_on: date
    parts: tuple[PaymentPart, ...] = ()
    cheque_number: str = ""
    note: str = ""
    external_id: str = ""
    version: datetime | None = None

    def __post_init__(self) -> None:
        problems = []
        if self.amount_minor <= 0:
            problems.append(FieldProblem("/amount", "expected an amount above zero"))
        if any(part.amount_minor <= 0 for part in self.parts):
            problems.append(FieldProblem("/items", "expected amounts above zero"))
        if any(amount <= 0 for part in self.parts for _, amount in part.deductions):
            problems.append(FieldProblem("/items", "expected deductions above zero"))
        if sum(part.amount_minor for part in self.parts) > self.amount_minor:
            problems.append(FieldProblem("/items", "expected no more than the amount in all"))
        if len({part.item for part in self.parts}) < len(self.parts):
            problems.append(FieldProblem("/items", "expected each item once"))
        if not self.reference_key:
            problems.append(FieldProblem("/reference", "expected a UTR, RRN or cheque number"))
        if problems:
            raise AdviceInvalid("The advice is refused", problems=problems)

    @property
    def reference_key(self) -> str:
        """How the bank's statement will name the payment: without blanks and padding; a cheque by its number."""
        return (
            cheque_number_key(self.cheque_number) if self.cheque_number else cleaned_reference(self.reference)
        )

    def says_the_same(self, other: "RemittanceAdvice") -> bool:
        """Whether two tellings of one payment agree in all that a booking would rest on."""
        return (self.amount_minor, self.currency, self.paid_on, frozenset(self.parts)) == (
            other.amount_minor,
            other.currency,
            other.paid_on,
            frozenset(other.parts),
        )


@dataclass(frozen=True, slots=True)
class ToldAdvice:
    """An advice as it is kept."""

    id: UUID
    advice: RemittanceAdvice
    told_on: date


@dataclass(frozen=True, slots=True)
class AdvisedItem:
    """An open item that advices name."""

    id: UUID
    number: str
    partner_code: str
    currency: str
    open_minor: int


def is_same_payment(advised: str, reference: str) -> bool:
    """Tell whether two references name one payment: equal, or a UTR of which one was cut to ten characters or more."""
    shorter, longer = sorted((advised, reference), key=len)
    if shorter == longer:
        return bool(shorter)
    return len(shorter) >= PREFIX_LENGTH_MIN and not shorter.isdigit() and longer.startswith(shorter)


def is_cheque(reference: str) -> bool:
    """Cheque numbers come again, other references do not."""
    return CHEQUE_SHAPE.fullmatch(reference) is not None


class AdvisedDecisions:
    """Decides credits by their advices; each takes away of the open items what it uses."""

    def __init__(self, items: Mapping[str, AdvisedItem]) -> None:
        self._items = items
        self.used: Counter[UUID] = Counter()

    def decision(self, line_number: int, amount_minor: int, advices: Sequence[ToldAdvice]) -> Decision:
        """Certain when one advice of this amount names open items of its partner; else suggested, with what contradicts."""
        told = min(advices, key=lambda one: (one.advice.amount_minor != amount_minor, one.told_on, one.id))
        advice = told.advice
        reasons = [*_rivalry(advices), *_amount_reasons(advice, amount_minor)]
        allocations, deductions = list[Allocation](), list[Deduction]()
        left, used = amount_minor, Counter[UUID]()
        for part in advice.parts:
            item = self._items.get(part.item)
            contradiction = self._contradiction(part, item, advice)
            if contradiction is not None or item is None:
                reasons += [contradiction] if contradiction else []
                continue
            money = min(part.amount_minor, left)
            if money > 0:
                left -= money
                allocations.append(Allocation(item.id, item.number, money))
                deductions += [Deduction(item.id, item.number, kind, kept) for kind, kept in part.deductions]
                used[item.id] += _total(part)
        if not reasons:
            self.used += used
        return Decision(
            line_number=line_number,
            outcome=Outcome.SUGGESTED if reasons else Outcome.AUTO,
            kind=LineKind.RECEIPT,
            partner_code=advice.partner_code,
            allocations=tuple(allocations),
            deductions=tuple(deductions),
            on_account_minor=left,
            score=_CONTRADICTED if reasons else _SURE,
            reasons=(*reasons, _advised(told)),
        )

    def _contradiction(
        self, part: PaymentPart, item: AdvisedItem | None, advice: RemittanceAdvice
    ) -> Reason | None:
        if item is None or (item.partner_code, item.currency) != (advice.partner_code, advice.currency):
            text = f"The advice names {part.item}, which is no open item of {advice.partner_code} in {advice.currency}"
            return Reason("advised_item_unknown", text)
        unknown = next((kind for kind, _ in part.deductions if kind not in DEDUCTION_ACCOUNTS), None)
        if unknown is not None:
            return Reason(
                "advised_deduction_unknown",
                f"The advice deducts {unknown} of {part.item}, a kind unknown here",
            )
        left = item.open_minor - self.used[item.id]
        if _total(part) > left:
            wanted, is_open = (
                text_from_minor(amount, item.currency) for amount in (_total(part), max(left, 0))
            )
            return Reason(
                "advised_item_settled",
                f"The advice settles {wanted} of {item.number}, of which {is_open} is open",
            )
        return None


def _total(part: PaymentPart) -> int:
    return part.amount_minor + sum(amount for _, amount in part.deductions)


def _rivalry(advices: Sequence[ToldAdvice]) -> list[Reason]:
    if len(advices) < 2:
        return []
    partners = ", ".join(sorted({told.advice.partner_code for told in advices}))
    return [Reason("advices_compete", f"{len(advices)} advices name this payment ({partners})")]


def _amount_reasons(advice: RemittanceAdvice, amount_minor: int) -> list[Reason]:
    if advice.amount_minor == amount_minor:
        return []
    told, paid = (text_from_minor(amount, advice.currency) for amount in (advice.amount_minor, amount_minor))
    return [Reason("advised_amount_differs", f"The advice says {told}, the bank says {paid}")]


def _advised(told: ToldAdvice) -> Reason:
    advice = told.advice
    text = (
        f"{advice.partner_code} advised on {told.told_on} that {advice.reference_key} pays this"
        f" (/v1/remittance-advices/{told.id})"
    )
    return Reason("advised", text)
