"""A payment told otherwise than by a bank statement: entered by hand, or pushed for a virtual account."""

from dataclasses import dataclass
from datetime import date
from typing import Final

from services.payments.domain.instrument import cheque_number_key
from services.payments.domain.transaction_reference import cleaned_reference
from shared.errors import FieldProblem, Invalid

CHANNELS: Final = ("hand", "virtual_account")


class PaymentInvalid(Invalid):
    """The figures or references of a received payment contradict each other."""

    code, title = "payment_invalid", "The payment contradicts itself"


@dataclass(frozen=True, slots=True)
class PaymentPart:
    """Minor units of one invoice or charge, named by number or id; `deductions` are (kind, minor units)."""

    item: str
    amount_minor: int
    deductions: tuple[tuple[str, int], ...] = ()


@dataclass(frozen=True, slots=True)
class ReceivedPayment:
    """Valid by construction: it has a reference, and its parts do not exceed its amount; the rest is on account."""

    bank_account: str
    partner_code: str
    currency: str
    amount_minor: int
    received_on: date
    channel: str
    rail: str
    reference: str
    cheque_number: str = ""
    parts: tuple[PaymentPart, ...] = ()

    def __post_init__(self) -> None:
        problems = []
        if self.amount_minor <= 0:
            problems.append(FieldProblem("/amount", "expected an amount above zero"))
        if any(part.amount_minor <= 0 for part in self.parts):
            problems.append(FieldProblem("/allocations", "expected amounts above zero"))
        if sum(part.amount_minor for part in self.parts) > self.amount_minor:
            problems.append(FieldProblem("/allocations", "expected no more than the amount in all"))
        if not self.reference_key:
            problems.append(FieldProblem("/reference", "expected a UTR, RRN or cheque number"))
        if problems:
            raise PaymentInvalid("The payment is refused", problems=problems)

    @property
    def reference_key(self) -> str:
        """How the bank's statement will name it: without blanks and padding; a cheque by its number."""
        if self.cheque_number:
            return cheque_number_key(self.cheque_number)
        return cleaned_reference(self.reference)

    @property
    def on_account_minor(self) -> int:
        return self.amount_minor - sum(part.amount_minor for part in self.parts)
