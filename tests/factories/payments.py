"""Invoices, receipts, partners and bank lines that are valid as they come; a test names only what matters to it."""

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import Final
from uuid import UUID

from uuid_utils.compat import uuid7

from services.payments.domain.bank_statement import StatementLine
from services.payments.domain.base_value import value_at
from services.payments.domain.invoice import Invoice
from services.payments.domain.journal import JournalEntry, JournalLine
from services.payments.domain.receipt import MONEY, Receipt, ReceiptAllocation
from shared.events.partners import PartnerState, PartnerStatus

ACCOUNT_ID: Final = UUID("0192f0c1-0000-7000-8000-00000000000a")
ACCOUNT_NUMBER: Final = "50200012345678"
ISSUED_ON: Final = date(2026, 10, 1)
RECEIVED_ON: Final = date(2026, 10, 14)
INVOICE_RATE: Final = Decimal("82")


def invoice(number: str = "INV/26-27/004000", *, total_minor: int = 118_000, **changes: object) -> Invoice:
    """18 % tax unless taxable_minor and tax_minor say otherwise; foreign money is worth 82.00 unless value says it."""
    taxable = total_minor * 100 // 118
    facts: dict[str, object] = {
        "id": uuid7(),
        "number": number,
        "partner_code": "CP0001",
        "issued_on": ISSUED_ON,
        "due_on": date(2026, 11, 15),
        "currency": "INR",
        "taxable_minor": taxable,
        "tax_minor": total_minor - taxable,
        "total_minor": total_minor,
    }
    if changes.get("currency", "INR") != "INR":
        facts["value"] = value_at(total_minor, str(changes["currency"]), INVOICE_RATE)
    return Invoice(**{**facts, **changes})  # type: ignore[arg-type] # the changes are the caller's


def receipt(
    allocations: Sequence[ReceiptAllocation] = (), *, on_account_minor: int = 0, **changes: object
) -> Receipt:
    """Money for the allocations and for the account: the amount follows from them."""
    money = sum(part.amount_minor for part in allocations if part.kind == MONEY)
    facts: dict[str, object] = {
        "id": uuid7(),
        "bank_line_id": None,
        "bank_account_id": ACCOUNT_ID,
        "bank_account_number": ACCOUNT_NUMBER,
        "partner_code": "CP0001",
        "currency": "INR",
        "amount_minor": money + on_account_minor,
        "on_account_minor": on_account_minor,
        "received_on": RECEIVED_ON,
        "rail": "NEFT",
        "reference": "HDFCN52026101400000001",
        "cheque_number": "",
        "allocations": tuple(allocations),
    }
    return Receipt(**{**facts, **changes})  # type: ignore[arg-type] # the changes are the caller's


def pays(invoice: Invoice, amount_minor: int | None = None, *, kind: str = MONEY) -> ReceiptAllocation:
    """Settle the invoice, in full unless an amount is given."""
    amount = invoice.total_minor if amount_minor is None else amount_minor
    return ReceiptAllocation(invoice.id, invoice.number, kind, amount)


def journal_entry(*amounts: int, **changes: object) -> JournalEntry:
    """One line per amount, on accounts of their own."""
    facts: dict[str, object] = {
        "id": uuid7(),
        "kind": "receipt",
        "source_id": uuid7(),
        "currency": "INR",
        "effective_on": RECEIVED_ON,
        "description": "Receipt",
        "lines": tuple(JournalLine(f"10{place:02}", amount) for place, amount in enumerate(amounts)),
    }
    return JournalEntry(**{**facts, **changes})  # type: ignore[arg-type] # the changes are the caller's


def partner(code: str = "CP0001", name: str = "SHREE GANESH ELECTRICALS", **changes: object) -> PartnerState:
    facts: dict[str, object] = {
        "code": code,
        "name": name,
        "city": "PUNE",
        "zone": "west",
        "gstin": None,
        "ifsc": None,
        "bank_account": None,
        "status": PartnerStatus.ACTIVE,
        "version": 1,
    }
    return PartnerState(**{**facts, **changes})  # type: ignore[arg-type] # the changes are the caller's


def statement_line(line_number: int = 1, *, amount_minor: int = 118_000, **changes: object) -> StatementLine:
    facts: dict[str, object] = {
        "line_number": line_number,
        "part_number": 1,
        "booked_on": RECEIVED_ON,
        "value_on": RECEIVED_ON,
        "amount_minor": amount_minor,
        "currency": "INR",
        "narration": "NEFT CR-SHREE GANESH ELECTRICALS",
    }
    return StatementLine(**{**facts, **changes})  # type: ignore[arg-type] # the changes are the caller's
