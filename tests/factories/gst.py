"""GST registrations and taxed invoices that are valid as they come; a test names only what matters to it."""

from datetime import date
from decimal import Decimal
from typing import Final

from services.payments.domain.gst_registration import GstRegistration
from services.payments.domain.invoice import Invoice
from services.payments.domain.invoice_tax import InvoiceLine, InvoiceTax, halves
from shared.gstin import gstin_check_character
from tests.factories.payments import invoice


def gstin(state: str = "27", pan: str = "AADCD4821K") -> str:
    """A number with the right check character."""
    start = f"{state}{pan}1Z"
    return start + gstin_check_character(start)


OURS: Final = gstin()
OURS_IN_GUJARAT: Final = gstin("24")
DEALER_IN_MAHARASHTRA: Final = gstin("27", "AAFFS7719Q")
DEALER_IN_KARNATAKA: Final = gstin("29", "AAFFS7719Q")


def registration(number: str = OURS, **changes: object) -> GstRegistration:
    facts: dict[str, object] = {
        "gstin": number,
        "legal_name": "Deccan Engines Limited",
        "trade_name": "Deccan Engines",
        "address": "Plot 14, MIDC, Bhosari",
        "city": "Pune",
        "pin_code": "411026",
        "state_code": number[:2],
        "is_default": number == OURS,
        "valid_from": date(2017, 7, 1),
        "valid_to": None,
        "source": "Certificate REG-06",
    }
    return GstRegistration(**{**facts, **changes})  # type: ignore[arg-type] # the changes are the caller's


def line(
    number: int = 1, taxable_minor: int = 100_000, *, rate: str = "0.18", **changes: object
) -> InvoiceLine:
    """Within a State unless `is_igst`; tax is exact to the minor unit, rounded down."""
    is_igst = bool(changes.pop("is_igst", False))
    tax = int(taxable_minor * Decimal(rate))
    cgst, sgst = (0, 0) if is_igst else halves(tax)
    facts: dict[str, object] = {
        "line_number": number,
        "description": f"Diesel engine, item {number}",
        "hsn": "84089090",
        "quantity": Decimal(2),
        "unit": "NOS",
        "taxable_minor": taxable_minor,
        "tax_rate": Decimal(rate),
        "cgst_minor": cgst,
        "sgst_minor": sgst,
        "igst_minor": tax if is_igst else 0,
    }
    return InvoiceLine(**{**facts, **changes})  # type: ignore[arg-type] # the changes are the caller's


def taxed_invoice(
    *lines: InvoiceLine,
    number: str = "INV/26-27/004000",
    supplier: str = OURS,
    place_of_supply: str = "27",
    **changes: object,
) -> Invoice:
    """An invoice that is the sum of its lines."""
    told = lines or (line(),)
    taxable, tax = sum(one.taxable_minor for one in told), sum(one.tax_minor for one in told)
    return invoice(
        number,
        total_minor=taxable + tax,
        taxable_minor=taxable,
        tax_minor=tax,
        tax=InvoiceTax(supplier, place_of_supply, tuple(told)),
        **changes,
    )
