"""Bodies of payment sheets."""

from datetime import date, datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field

from services.partners.adapters.sheet_queries import Progress
from services.partners.api.schemas_sheet_differences import SheetProofBody
from services.partners.api.schemas_sheet_memos import (
    PayByBody,
    SheetChequeBody,
    SheetQueryBody,
    TaxAwaitedBody,
)
from services.partners.domain.partner import Partner
from services.partners.domain.payment_sheet import (
    InvoiceStatus,
    Settlement,
    SheetCreditNote,
    SheetInvoice,
    SheetReceipt,
    SheetTotals,
)
from shared.wire import MoneyBody, WireModel, money


class SheetPartner(WireModel):
    """Whose sheet it is."""

    code: str
    name: str
    city: str | None
    zone: str
    gstin: str | None


class SheetTotalsBody(WireModel):
    """Everything the partner has in one currency, also what the lines leave out."""

    open: Annotated[MoneyBody, Field(description="Invoices, less what was received and deducted")]
    overdue: Annotated[MoneyBody, Field(description="The part of `open` that was due before `overdue_on`")]
    advances: Annotated[MoneyBody, Field(description="Payments that no invoice has used yet")]
    credit_notes: Annotated[MoneyBody, Field(description="Issued ones that no invoice has used yet")]
    net_to_pay: Annotated[
        MoneyBody, Field(description="`open` less `advances` and `credit_notes`; may be negative")
    ]


class SheetInvoiceBody(WireModel):
    """An invoice: total = received + credited + deducted + open."""

    number: str
    issued_on: date
    due_on: date
    total: MoneyBody
    received: MoneyBody
    credited: Annotated[MoneyBody, Field(description="Set off with credit notes")]
    deducted: Annotated[MoneyBody, Field(description="Kept back by the payer, e.g. tax deducted at source")]
    open: MoneyBody
    status: InvoiceStatus
    overdue_days: Annotated[int, Field(ge=0)]


class SettlementBody(WireModel):
    """What the receipt settles of one invoice."""

    invoice_number: str
    kind: Annotated[str, Field(description="`money`, or the kind of deduction", examples=["money", "tds"])]
    amount: MoneyBody


class SheetReceiptBody(WireModel):
    """A payment: amount = applied + on account. A reversed one settles nothing any more."""

    received_on: date
    booked_at: datetime
    reference: str
    rail: str
    amount: MoneyBody
    applied: list[SettlementBody]
    deductions: list[SettlementBody]
    on_account: MoneyBody
    is_reversed: bool
    reversed_on: date | None
    reversal_reason: str | None


class SheetCreditNoteBody(WireModel):
    """A credit note: in work without a number, issued: total = applied + refunded + unused."""

    id: UUID
    note_type: Literal["gst", "commercial"]
    is_issued: Annotated[
        bool, Field(description="False while it is asked for or approved: nothing of it counts yet")
    ]
    number: str | None
    issued_on: date | None
    reason_code: str
    total: MoneyBody
    applied: list[SettlementBody]
    refunded: MoneyBody
    unused: MoneyBody


class SheetProjectionBody(WireModel):
    """How far the sheet has heard from the ledger; null before the first fact."""

    newest_fact_at: Annotated[datetime | None, Field(description="When the newest fact in here was told")]
    applied_at: Annotated[datetime | None, Field(description="When facts arrived here last")]
    lag_seconds: Annotated[float | None, Field(description="How long the last facts took from there to here")]


class PaymentSheetBody(WireModel):
    """What a partner owes and has paid."""

    partner: SheetPartner
    as_of: Annotated[datetime, Field(description="The instant all figures belong to")]
    overdue_on: Annotated[date, Field(description="The day that overdue is counted on")]
    receipts_since: date
    projection: SheetProjectionBody
    totals: Annotated[list[SheetTotalsBody], Field(description="One per currency")]
    invoices: list[SheetInvoiceBody]
    receipts: list[SheetReceiptBody]
    credit_notes: list[SheetCreditNoteBody]
    is_complete: Annotated[bool, Field(description="False when there are more lines than one sheet holds")]
    plan: Annotated[list[PayByBody], Field(description="What to pay by when, per currency, overdue first")]
    tax_awaited: Annotated[
        list[TaxAwaitedBody], Field(description="Tax kept back that no certificate shows yet")
    ]
    cheques: Annotated[list[SheetChequeBody], Field(description="In hand, at the bank, or back from it")]
    proof: Annotated[SheetProofBody, Field(description="Whether it is what the ledger says")]
    queries: Annotated[
        list[SheetQueryBody], Field(description="Open questions and disputes, the oldest first")
    ]


def sheet_partner(partner: Partner) -> SheetPartner:
    """The header."""
    details = partner.details
    return SheetPartner(
        code=details.code, name=details.name, city=details.city, zone=details.zone, gstin=details.gstin
    )


def totals_body(totals: SheetTotals) -> SheetTotalsBody:
    """The sums of one currency."""
    return SheetTotalsBody(
        open=money(totals.open_minor, totals.currency),
        overdue=money(totals.overdue_minor, totals.currency),
        advances=money(totals.advances_minor, totals.currency),
        credit_notes=money(totals.credit_notes_minor, totals.currency),
        net_to_pay=money(totals.net_to_pay_minor, totals.currency),
    )


def invoice_body(invoice: SheetInvoice, overdue_on: date) -> SheetInvoiceBody:
    """One line of what is owed."""
    return SheetInvoiceBody(
        number=invoice.number,
        issued_on=invoice.issued_on,
        due_on=invoice.due_on,
        total=money(invoice.total_minor, invoice.currency),
        received=money(invoice.received_minor, invoice.currency),
        credited=money(invoice.credited_minor, invoice.currency),
        deducted=money(invoice.deducted_minor, invoice.currency),
        open=money(invoice.open_minor, invoice.currency),
        status=invoice.status,
        overdue_days=invoice.overdue_days(overdue_on),
    )


def receipt_body(receipt: SheetReceipt) -> SheetReceiptBody:
    """One line of what was paid."""
    return SheetReceiptBody(
        received_on=receipt.received_on,
        booked_at=receipt.booked_at,
        reference=receipt.reference,
        rail=receipt.rail,
        amount=money(receipt.amount_minor, receipt.currency),
        applied=[_settlement_body(one, receipt.currency) for one in receipt.payments],
        deductions=[_settlement_body(one, receipt.currency) for one in receipt.deductions],
        on_account=money(receipt.on_account_minor, receipt.currency),
        is_reversed=receipt.reversed_on is not None,
        reversed_on=receipt.reversed_on,
        reversal_reason=receipt.reversal_reason,
    )


def credit_note_body(note: SheetCreditNote) -> SheetCreditNoteBody:
    """One credit note."""
    return SheetCreditNoteBody(
        id=note.note_id,
        note_type="gst" if note.note_type == "gst" else "commercial",
        is_issued=note.is_issued,
        number=note.number,
        issued_on=note.issued_on,
        reason_code=note.reason_code,
        total=money(note.total_minor, note.currency),
        applied=[_settlement_body(one, note.currency) for one in note.settlements],
        refunded=money(note.refunded_minor, note.currency),
        unused=money(note.unused_minor, note.currency),
    )


def projection_body(progress: Progress | None) -> SheetProjectionBody:
    """How current the sheet is."""
    if progress is None:
        return SheetProjectionBody(newest_fact_at=None, applied_at=None, lag_seconds=None)
    lag = (progress.applied_at - progress.newest_fact_at).total_seconds()
    return SheetProjectionBody(
        newest_fact_at=progress.newest_fact_at,
        applied_at=progress.applied_at,
        lag_seconds=max(0.0, round(lag, 3)),
    )


def _settlement_body(settlement: Settlement, currency: str) -> SettlementBody:
    return SettlementBody(
        invoice_number=settlement.invoice_number,
        kind=settlement.kind,
        amount=money(settlement.amount_minor, currency),
    )
