"""What the law allows for credit notes, as dated data: grounds, deadline, declarations, clocks."""

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from services.payments.domain.errors import (
    AgreementMissing,
    DeadlinePassed,
    DeclarationMissing,
    ReasonNotAllowed,
)


@dataclass(frozen=True, slots=True)
class Reason:
    """A ground on which a type of note may be asked for, from a day on."""

    note_type: str
    code: str
    name: str
    ground: str
    needs_agreement: bool
    needs_invoices: bool
    counts_goods: bool
    is_tax_only: bool
    is_allowed: bool


@dataclass(frozen=True, slots=True)
class NoteRules:
    """Periods and duties that hold on a day. `declare_until` is (month, day) after the financial year of supply."""

    declare_until: tuple[int, int]
    needs_itc_declaration: bool
    reporting_days: int | None
    cancel_hours: int
    ims_pending_periods: int
    return_due_day: int = 20


@dataclass(frozen=True, slots=True)
class Claim:
    """What somebody says to justify a note."""

    agreement_reference: str
    is_itc_reversal_declared: bool
    has_invoices: bool


def refuse_ground(reason: Reason | None, claim: Claim, code: str) -> Reason:
    """The reason when the claim meets it; ReasonNotAllowed or AgreementMissing otherwise."""
    if reason is None or not reason.is_allowed:
        raise ReasonNotAllowed(
            f"{code} is no ground for a note of this type; see GET /v1/credit-note-reasons"
        )
    if reason.needs_invoices and not claim.has_invoices:
        raise ReasonNotAllowed(f"{code} needs the invoices it is about")
    if reason.needs_agreement and not claim.agreement_reference:
        raise AgreementMissing(
            f"{code} needs the reference of an agreement made at or before the supply ({reason.ground})"
        )
    return reason


def refuse_undeclared(rules: NoteRules, claim: Claim, *, is_registered: bool) -> None:
    """Proviso of section 34(2): a registered recipient has reversed the credit it took, and says so."""
    if rules.needs_itc_declaration and is_registered and not claim.is_itc_reversal_declared:
        raise DeclarationMissing(
            "Tax is reduced only when the recipient reversed the credit it took: is_itc_reversal_declared"
            " (CGST Act 2017, proviso of section 34(2))"
        )


def first_year(financial_year: str) -> int:
    """The calendar year in which it begins: 2627 begins in 2026."""
    return 2000 + int(financial_year[:2])


def declaration_deadline(financial_year: str, rules: NoteRules, annual_return_on: date | None) -> date:
    """Section 34(2): 30 November after the year of supply, or the day of its annual return if that is earlier.

    Supplies of April 2025 to March 2026 (2526): 30 November 2026.
    """
    month, day = rules.declare_until
    last = date(first_year(financial_year) + 1, month, day)
    return last if annual_return_on is None else min(last, annual_return_on)


def refuse_late(deadline: date, on: date, financial_year: str) -> None:
    """DeadlinePassed after it; a commercial note is possible for ever."""
    if on > deadline:
        raise DeadlinePassed(
            f"Supplies of {financial_year} could be credited with GST until {deadline} (CGST Act 2017, section 34(2));"
            " ask for a commercial note"
        )


def reporting_due_on(issued_on: date, rules: NoteRules) -> date | None:
    """The last day on which the invoice registration portal takes a note; None without a limit."""
    return None if rules.reporting_days is None else issued_on + timedelta(days=rules.reporting_days)


@dataclass(frozen=True, slots=True)
class CreditPart:
    """What is to be credited: of an invoice, of a line of it, or of neither (commercial notes).

    Of a line either a value, goods that came back, or tax charged too high; amounts are minor units.
    """

    invoice: str | None
    line_number: int | None
    amount_minor: int | None
    quantity: Decimal | None
    tax_minor: int | None
    description: str
