"""Events of the payments service; name only what matters."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime
from uuid import UUID

from uuid_utils.compat import uuid7

from shared.events.credit_notes import (
    CreditNoteApprovedV1,
    CreditNoteEndedV1,
    CreditNoteIssuedV1,
    CreditNoteRequestedV1,
    CreditNoteState,
)
from shared.events.envelope import Envelope, Event, envelope_of
from shared.events.instruments import ChequeBouncedV1, ChequeStandingChangedV1
from shared.events.payment_queries import QueryChangedV1
from shared.events.payments import (
    Allocation,
    AllocationChange,
    AllocationChangedV1,
    Deduction,
    InvoiceRegistered,
    InvoicesRegisteredV1,
    ReceiptBooked,
    ReceiptReversedV1,
    ReceiptsBookedV1,
    RefundPaidV1,
    StatementImportedV1,
    TaxCertificateRecordedV1,
)

NOON = datetime(2026, 10, 5, 12, tzinfo=UTC)


def told(event: Event) -> Envelope[Event]:
    """The event in a new envelope."""
    return envelope_of(event, subject="test", partition_key="receivables")


def an_invoice(**facts: object) -> InvoiceRegistered:
    invoice = InvoiceRegistered(
        invoice_id=uuid7(),
        number="INV/1",
        partner_code="CP1",
        issued_on=date(2026, 10, 1),
        due_on=date(2026, 10, 31),
        currency="INR",
        taxable_minor=100_00,
        tax_minor=18_00,
        total_minor=118_00,
    )
    return replace(invoice, **facts)  # type: ignore[arg-type]


def a_receipt(**facts: object) -> ReceiptBooked:
    receipt = ReceiptBooked(
        receipt_id=uuid7(),
        bank_account="50200012345678",
        bank_line_id=uuid7(),
        partner_code="CP1",
        zone="North",
        received_on=date(2026, 10, 5),
        booked_at=NOON,
        currency="INR",
        amount_minor=118_00,
        on_account_minor=0,
        rail="neft",
        reference="HDFCR52026100512345678",
        is_on_time=True,
    )
    return replace(receipt, **facts)  # type: ignore[arg-type]


def paying(invoice: InvoiceRegistered, amount_minor: int) -> Allocation:
    return Allocation(invoice_id=invoice.invoice_id, invoice_number=invoice.number, amount_minor=amount_minor)


def keeping_back(invoice: InvoiceRegistered, kind: str, amount_minor: int) -> Deduction:
    return Deduction(
        invoice_id=invoice.invoice_id, invoice_number=invoice.number, kind=kind, amount_minor=amount_minor
    )


def registered(*invoices: InvoiceRegistered) -> Envelope[Event]:
    return told(InvoicesRegisteredV1(invoices=invoices))


def booked(*receipts: ReceiptBooked) -> Envelope[Event]:
    return told(ReceiptsBookedV1(receipts=receipts))


def used_later(
    receipt: ReceiptBooked,
    invoice: InvoiceRegistered,
    amount_minor: int,
    kind: str = "receipt",
    settled_on: date | None = None,
) -> Envelope[Event]:
    """Money on account set against an invoice; negative when that is taken back."""
    change = AllocationChange(
        allocation_id=uuid7(),
        credit_id=receipt.receipt_id,
        credit_kind="advance",
        partner_code=receipt.partner_code,
        zone=receipt.zone,
        invoice_id=invoice.invoice_id,
        invoice_number=invoice.number,
        kind=kind,
        currency=receipt.currency,
        amount_minor=amount_minor,
        effective_on=date(2026, 10, 7),
        settled_on=settled_on,
    )
    return told(AllocationChangedV1(changes=(change,)))


def sent_back(receipt: ReceiptBooked, amount_minor: int) -> Envelope[Event]:
    return told(
        RefundPaidV1(
            refund_id=uuid7(),
            credit_id=receipt.receipt_id,
            credit_kind="advance",
            partner_code=receipt.partner_code,
            zone=receipt.zone,
            currency=receipt.currency,
            amount_minor=amount_minor,
            refunded_on=date(2026, 10, 9),
            reference="OUT1",
        )
    )


def a_credit_note(**facts: object) -> CreditNoteState:
    note = CreditNoteState(
        note_id=uuid7(),
        note_type="gst",
        standing="issued",
        number="CN/2627/0000001",
        issued_on=date(2026, 10, 6),
        partner_code="CP1",
        zone="North",
        reason_code="goods_returned",
        currency="INR",
        taxable_minor=100_00,
        tax_minor=18_00,
        total_minor=118_00,
        revision=3,
    )
    return replace(note, **facts)  # type: ignore[arg-type]


def noted(note: CreditNoteState) -> Envelope[Event]:
    """How far the note is."""
    events = {
        "requested": CreditNoteRequestedV1,
        "approved": CreditNoteApprovedV1,
        "issued": CreditNoteIssuedV1,
    }
    return told(events.get(note.standing, CreditNoteEndedV1)(note=note))


def credited(note: CreditNoteState, invoice: InvoiceRegistered, amount_minor: int) -> Envelope[Event]:
    """Part of the note set against an invoice."""
    change = AllocationChange(
        allocation_id=uuid7(),
        credit_id=note.note_id,
        credit_kind="credit_note",
        partner_code=note.partner_code,
        zone=note.zone,
        invoice_id=invoice.invoice_id,
        invoice_number=invoice.number,
        kind="receipt",
        currency=note.currency,
        amount_minor=amount_minor,
        effective_on=date(2026, 10, 7),
    )
    return told(AllocationChangedV1(changes=(change,)))


def reversed_receipt(receipt: ReceiptBooked, reversed_on: date = date(2026, 10, 8)) -> Envelope[Event]:
    return told(
        ReceiptReversedV1(
            receipt_id=receipt.receipt_id,
            reason_code="01",
            reversed_on=reversed_on,
            partner_code=receipt.partner_code,
            zone=receipt.zone,
            currency=receipt.currency,
            amount_minor=receipt.amount_minor,
            on_account_minor=receipt.on_account_minor,
            allocations=receipt.allocations,
            deductions=receipt.deductions,
        )
    )


def statement_imported(bank_account: str, statement_id: UUID, lines: Sequence[int]) -> Envelope[Event]:
    """`lines`: how many were booked, suggested, exceptions, duplicates and rejected."""
    booked_count, suggested, exceptions, duplicates, rejected = lines
    return told(
        StatementImportedV1(
            statement_id=statement_id,
            bank_account=bank_account,
            currency="INR",
            line_count=sum(lines),
            new_count=booked_count + suggested + exceptions,
            duplicate_count=duplicates,
            rejected_count=rejected,
            booked_count=booked_count,
            suggested_count=suggested,
            exception_count=exceptions,
        )
    )


def a_cheque(**facts: object) -> ChequeStandingChangedV1:
    """A cheque in hand."""
    told_facts: dict[str, object] = {
        "instrument_id": uuid7(),
        "partner_code": "CP1",
        "zone": "North",
        "cheque_number": "918178",
        "drawee_bank": "HDFC BANK",
        "currency": "INR",
        "amount_minor": 50_00,
        "cheque_on": date(2026, 11, 15),
        "received_on": date(2026, 10, 20),
        "stale_on": date(2027, 2, 15),
        "standing": "held",
        "items": ("INV/1",),
        "revision": 1,
    }
    return ChequeStandingChangedV1.model_validate(told_facts | facts)


def a_query(**facts: object) -> QueryChangedV1:
    """A question that waits for our answer."""
    told_facts: dict[str, object] = {
        "query_id": uuid7(),
        "number": "PQ/2026-27/000001",
        "partner_code": "CP1",
        "category": "payment_difference",
        "subject": "Freight was agreed to be yours",
        "state": "open",
        "opened_at": NOON,
        "due_at": NOON,
        "answered_at": None,
        "closed_at": None,
        "links": (),
        "revision": 1,
    }
    return QueryChangedV1.model_validate(told_facts | facts)


def a_certificate(**facts: object) -> TaxCertificateRecordedV1:
    """Evidence of deducted tax of the third quarter."""
    told_facts: dict[str, object] = {
        "certificate_id": uuid7(),
        "partner_code": "CP1",
        "financial_year": "2026-27",
        "quarter": 3,
        "certificate_number": "ABCD1",
        "evidence": "form_16a",
        "currency": "INR",
        "amount_minor": 40,
        "recorded_at": NOON,
    }
    return TaxCertificateRecordedV1.model_validate(told_facts | facts)


def a_bounce(**facts: object) -> ChequeBouncedV1:
    """A cheque that came back and costs 590.00."""
    told_facts: dict[str, object] = {
        "bounce_id": uuid7(),
        "receipt_id": uuid7(),
        "partner_code": "CP1",
        "zone": "North",
        "cheque_number": "918178",
        "currency": "INR",
        "amount_minor": 50_00,
        "return_code": "01",
        "return_reason": "Funds insufficient",
        "bounced_on": date(2026, 10, 9),
        "charge_number": "BC/2026-27/000001",
        "charge_minor": 590_00,
        "bounces_in_a_year": 1,
        "charge_id": uuid7(),
        "charged_on": date(2026, 10, 9),
    }
    return ChequeBouncedV1.model_validate(told_facts | facts)
