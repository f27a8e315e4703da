"""A payment told otherwise than by a bank statement: entered by hand, or pushed for a virtual account."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Final

from services.payments.domain.base_value import BaseValue, value_at, value_credited
from services.payments.domain.exchange_rate import BASE_CURRENCY, RATE_MAX
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
    exchange_rate: Decimal | None = None  # the bank's own, of money in foreign currency
    credited_minor: int | None = None  # paise that the bank credited instead of the foreign money

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
        problems += self._rate_problems()
        if problems:
            raise PaymentInvalid("The payment is refused", problems=problems)

    def _rate_problems(self) -> list[FieldProblem]:
        if self.exchange_rate is None and self.credited_minor is None:
            return []
        if self.currency == BASE_CURRENCY:
            return [FieldProblem("/amount", "expected foreign currency beside a rate or the rupees credited")]
        if self.exchange_rate is not None and self.credited_minor is not None:
            return [FieldProblem("/exchange_rate", "expected nothing: the rupees credited say it")]
        if self.exchange_rate is not None and not 0 < self.exchange_rate <= RATE_MAX:
            return [FieldProblem("/exchange_rate", "expected rupees above zero for one unit")]
        if self.credited_minor is not None and self.credited_minor <= 0:
            return [FieldProblem("/credited", "expected an amount above zero")]
        return []

    @property
    def value(self) -> BaseValue | None:
        """What the teller says it is worth; None in rupees, and where the rate of the day has to say it."""
        if self.credited_minor is not None:
            return value_credited(self.amount_minor, self.currency, self.credited_minor)
        if self.exchange_rate is not None:
            return value_at(self.amount_minor, self.currency, self.exchange_rate)
        return None

    @property
    def reference_key(self) -> str:
        """How the bank's statement will name it: without blanks and padding; a cheque by its number."""
        if self.cheque_number:
            return cheque_number_key(self.cheque_number)
        return cleaned_reference(self.reference)

    @property
    def on_account_minor(self) -> int:
        return self.amount_minor - sum(part.amount_minor for part in self.parts)
