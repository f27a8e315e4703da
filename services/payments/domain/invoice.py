"""An invoice as billing issued it."""

import re
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from services.payments.domain.base_value import BaseValue
from services.payments.domain.invoice_tax import InvoiceTax
from shared.errors import FieldProblem, Invalid

ROUND_OFF_MINOR = 100  # section 170 of the CGST Act 2017: totals may be rounded to the rupee


class InvoiceInvalid(Invalid):
    """An invoice whose own figures contradict each other."""

    code, title = "invoice_invalid", "The invoice contradicts itself"


@dataclass(frozen=True, slots=True)
class Invoice:
    """Amounts in minor units; taxable + tax = total but for the round-off to the rupee.

    `value` is what a foreign total is worth in rupees at the rate of its day; the rate may be looked up later.
    """

    id: UUID
    number: str
    partner_code: str
    issued_on: date
    due_on: date
    currency: str
    taxable_minor: int
    tax_minor: int
    total_minor: int
    tax: InvoiceTax | None = None
    value: BaseValue | None = None

    def __post_init__(self) -> None:
        problems = []
        if self.total_minor <= 0:
            problems.append(FieldProblem("/total_amount", "expected an amount above zero"))
        if min(self.taxable_minor, self.tax_minor) < 0:
            problems.append(FieldProblem("/taxable_amount", "expected amounts that are not negative"))
        if abs(self.total_minor - self.taxable_minor - self.tax_minor) > ROUND_OFF_MINOR:
            problems.append(
                FieldProblem("/total_amount", "expected taxable_amount + tax_amount, rounded to 1.00 at most")
            )
        if self.due_on < self.issued_on:
            problems.append(FieldProblem("/due_date", "expected a day that is not before issue_date"))
        if self.tax is not None:
            problems += self.tax.problems(self.taxable_minor, self.tax_minor)
        if problems:
            raise InvoiceInvalid(f"Invoice {self.number} is refused", problems=problems)


def invoice_number_key(number: str) -> str:
    """How numbers are compared: capital letters and digits only, so INV/26-27/0042 is inv26270042."""
    return re.sub(r"[^0-9A-Z]", "", number.upper())
