"""Which accounts a business fact touches."""

from uuid import UUID

from services.payments.domain.chart_of_accounts import (
    BILLING_CLEARING,
    CUSTOMER_ADVANCES,
    DEDUCTION_ACCOUNTS,
    RECEIVABLES,
    bank_ledger_account,
)
from services.payments.domain.exchange_rate import BASE_CURRENCY
from services.payments.domain.foreign_posting import entry_for_foreign_receipt
from services.payments.domain.invoice import Invoice
from services.payments.domain.journal import JournalEntry, JournalLine
from services.payments.domain.receipt import MONEY, Receipt


def entry_for_invoice(invoice: Invoice, *, entry_id: UUID) -> JournalEntry:
    """Dr receivables / Cr billing clearing: 1,180.00 invoiced is 1,180.00 owed."""
    worth = invoice.value.minor if invoice.value else None
    return JournalEntry(
        id=entry_id,
        kind="invoice",
        source_id=invoice.id,
        currency=invoice.currency,
        effective_on=invoice.issued_on,
        description=f"Invoice {invoice.number}",
        lines=(
            JournalLine(RECEIVABLES, invoice.total_minor, invoice.partner_code, worth),
            JournalLine(BILLING_CLEARING, -invoice.total_minor, None, None if worth is None else -worth),
        ),
    )


def entry_for_receipt(receipt: Receipt, *, entry_id: UUID) -> JournalEntry:
    """Dr bank and what was kept back / Cr receivables and advances.

    An invoice of 1,180.00 paid with 1.00 tax deducted: Dr bank 1,179.00, Dr TDS receivable 1.00,
    Cr receivables 1,180.00.
    """
    if receipt.currency != BASE_CURRENCY:
        return entry_for_foreign_receipt(receipt, entry_id=entry_id)
    settled = sum(part.amount_minor for part in receipt.allocations)
    lines = [JournalLine(bank_ledger_account(receipt.bank_account_number), receipt.amount_minor)]
    lines += _deduction_lines(receipt)
    if settled:
        lines.append(JournalLine(RECEIVABLES, -settled, receipt.partner_code))
    if receipt.on_account_minor:
        lines.append(JournalLine(CUSTOMER_ADVANCES, -receipt.on_account_minor, receipt.partner_code))
    return JournalEntry(
        id=entry_id,
        kind="receipt",
        source_id=receipt.id,
        currency=receipt.currency,
        effective_on=receipt.received_on,
        description=f"Receipt {receipt.reference}".strip(),
        lines=tuple(lines),
    )


def _deduction_lines(receipt: Receipt) -> list[JournalLine]:
    kept_back: dict[str, int] = {}
    for part in receipt.allocations:
        if part.kind != MONEY:
            account = DEDUCTION_ACCOUNTS[part.kind]
            kept_back[account] = kept_back.get(account, 0) + part.amount_minor
    return [
        JournalLine(account, amount, receipt.partner_code) for account, amount in sorted(kept_back.items())
    ]
