"""Builds what the matching works on; a test names only what matters to it."""

from datetime import date
from uuid import UUID

from services.payments.domain.bank_statement import StatementLine
from services.payments.domain.decision import Decision
from services.payments.domain.invoice_number import learn_number_patterns
from services.payments.domain.matching import decide_batch, read_batch
from services.payments.domain.matching_policy import default_policy
from services.payments.domain.open_item import OpenInvoice
from services.payments.domain.payer import PartnerIndex, PartnerProfile

SOME_DAY = date(2026, 10, 12)


def a_partner(code: str = "P1", name: str = "Vaigai Tractors Agencies", **given: str) -> PartnerProfile:
    facts = {
        "city": "Madurai",
        "zone": "South",
        "gstin": "",
        "ifsc": "HDFC0001111",
        "bank_account": "50100012345678",
    }
    return PartnerProfile(code=code, name=name, **(facts | given))


def an_invoice(
    serial: int,
    total_minor: int,
    *,
    partner: str = "P1",
    tax_minor: int | None = None,
    number: str = "",
    day: int = 1,
) -> OpenInvoice:
    """Taxed at 18 % unless told otherwise; numbered ENG/26-27/00412."""
    tax = total_minor * 18 // 118 if tax_minor is None else tax_minor
    return OpenInvoice(
        id=UUID(int=serial),
        number=number or f"ENG/26-27/{serial:05d}",
        partner_code=partner,
        issued_on=date(2026, 9, day),
        due_on=date(2026, 10, day),
        currency="INR",
        taxable_minor=total_minor - tax,
        tax_minor=tax,
        total_minor=total_minor,
        open_minor=total_minor,
    )


def a_line(
    narration: str, amount_minor: int = 100_000, *, number: int = 1, reference: str = ""
) -> StatementLine:
    return StatementLine(
        number, 1, SOME_DAY, SOME_DAY, amount_minor, "INR", narration, bank_reference=reference
    )


def decided(
    lines: list[StatementLine], invoices: list[OpenInvoice], partners: list[PartnerProfile] | None = None
) -> list[Decision]:
    index = PartnerIndex(partners if partners is not None else [a_partner()])
    patterns = learn_number_patterns(invoice.number for invoice in invoices)
    batch = read_batch(lines, index, patterns, aliases=(), policy=default_policy())
    return decide_batch(batch, invoices, {})
