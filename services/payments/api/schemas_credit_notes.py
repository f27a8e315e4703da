"""Bodies of credit notes."""

from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field

from services.payments.adapters.queries.listing import Row
from services.payments.api.schemas_invoices import DocumentNumber, PartnerCode
from services.payments.application.request_credit_note import RequestCreditNote
from services.payments.domain.credit_note import NoteType
from services.payments.domain.credit_note_rules import CreditPart
from services.payments.domain.errors import CreditNoteInvalid
from shared.wire import MoneyBody, WireModel, money

NoteTypeName = Literal["gst", "commercial"]
StandingName = Literal["requested", "approved", "refused", "withdrawn", "issued", "cancelled"]
Text = Annotated[str, Field(min_length=3, max_length=500)]


class CreditPartDraft(WireModel):
    """What to credit: of a line an amount before tax, goods that came back, or tax charged too high.

    Without `line_number` an amount goes over the lines in proportion to what is left of them. A commercial note
    credits amounts of whole invoices, or of none.
    """

    invoice: Annotated[DocumentNumber | UUID | None, Field(description="Its number or id")] = None
    line_number: Annotated[int | None, Field(ge=1, le=10_000)] = None
    amount: Annotated[MoneyBody | None, Field(description="Before tax; the tax of the supply is added")] = (
        None
    )
    quantity: Annotated[
        Decimal | None, Field(gt=0, max_digits=15, decimal_places=3, description="Goods that came back")
    ] = None
    tax_amount: Annotated[MoneyBody | None, Field(description="Tax alone, for tax charged too high")] = None
    description: Annotated[str, Field(max_length=300, examples=["Two engines with cracked housings"])] = ""

    def part(self, currency: str) -> CreditPart:
        """The domain's part; CreditNoteInvalid for an amount in another currency or not above zero."""
        return CreditPart(
            invoice=None if self.invoice is None else str(self.invoice),
            line_number=self.line_number,
            amount_minor=_minor(self.amount, currency),
            quantity=self.quantity,
            tax_minor=_minor(self.tax_amount, currency),
            description=self.description,
        )


def _minor(amount: MoneyBody | None, currency: str) -> int | None:
    if amount is None:
        return None
    if amount.currency != currency or amount.minor() <= 0:
        raise CreditNoteInvalid(f"Each amount is in {currency} and above zero")
    return amount.minor()


class CreditNoteDraft(WireModel):
    """A request; another person decides on it."""

    note_type: Annotated[
        NoteTypeName,
        Field(description="`gst` reduces tax (CGST Act, section 34); `commercial` has no effect on tax"),
    ]
    partner_code: PartnerCode
    reason_code: Annotated[
        str,
        Field(
            pattern=r"^[a-z_]{3,40}$", description="See /v1/credit-note-reasons", examples=["goods_returned"]
        ),
    ]
    reason_text: Annotated[
        Text, Field(examples=["Two engines with cracked housings came back on 12 October"])
    ]
    agreement_reference: Annotated[
        str, Field(max_length=200, description="Of the agreement that a discount after the supply rests on")
    ] = ""
    is_itc_reversal_declared: Annotated[
        bool, Field(description="A registered recipient told that it reversed the credit it took")
    ] = False
    currency: Annotated[str, Field(pattern=r"^[A-Z]{3}$", description="ISO 4217", examples=["INR"])] = "INR"
    parts: Annotated[list[CreditPartDraft], Field(min_length=1, max_length=500)]

    def command(self) -> RequestCreditNote:
        """The use case's command."""
        return RequestCreditNote(
            note_type=NoteType(self.note_type),
            partner_code=self.partner_code,
            reason_code=self.reason_code,
            reason_text=self.reason_text,
            agreement_reference=self.agreement_reference.strip(),
            is_itc_reversal_declared=self.is_itc_reversal_declared,
            currency=self.currency,
            parts=tuple(part.part(self.currency) for part in self.parts),
        )


class ApprovalDraft(WireModel):
    remark: Annotated[str, Field(max_length=500)] = ""


class NoteReasonDraft(WireModel):
    """Why it is refused, withdrawn or cancelled; it stays in the history."""

    reason: Annotated[Text, Field(examples=["The engines were not ours"])]


class IssueDraft(WireModel):
    """Nothing to say: the day is today in India, the number the next one."""


class CreditNoteLineBody(WireModel):
    """One line of the note."""

    invoice_number: str | None
    line_number: int | None
    description: str
    hsn: str
    quantity: Annotated[str | None, Field(description="Of goods that came back")]
    unit: str
    tax_rate: Annotated[str, Field(description="A fraction, of the original supply", examples=["0.18"])]
    taxable_amount: MoneyBody
    cgst: MoneyBody
    sgst: MoneyBody
    igst: MoneyBody


class CreditNoteEventBody(WireModel):
    standing: StandingName
    detail: str
    at: datetime
    actor: str


class CreditNoteBody(WireModel):
    """A credit note; the ETag of its reply is its revision."""

    id: UUID
    note_type: NoteTypeName
    standing: StandingName
    number: Annotated[str | None, Field(examples=["CN/2627/0000123"], description="Given at the issue")]
    issued_on: date | None
    partner_code: str
    partner_name: str
    supplier_gstin: str
    place_of_supply: Annotated[str, Field(description="State code; empty for a commercial note")]
    supply_year: Annotated[str, Field(description="Financial year of the invoices", examples=["2627"])]
    reason_code: str
    reason_text: str
    agreement_reference: str
    is_itc_reversal_declared: bool
    taxable_amount: MoneyBody
    cgst: MoneyBody
    sgst: MoneyBody
    igst: MoneyBody
    total_amount: MoneyBody
    open_amount: Annotated[
        MoneyBody | None, Field(description="Not applied or refunded yet; null before the issue")
    ]
    requested_by: str
    requested_at: datetime
    decided_by: str | None
    decided_at: datetime | None
    issued_by: str | None
    issued_at: datetime | None
    revision: int


class EInvoiceBody(WireModel):
    """How far the registration with the invoice registration portal is."""

    standing: Literal["pending", "registered", "refused", "cancel_pending", "cancelled", "cancel_refused"]
    irn: Annotated[str | None, Field(description="Invoice reference number, 64 hexadecimal characters")]
    ack_no: str | None
    ack_at: datetime | None
    due_on: Annotated[date | None, Field(description="Last day on which the portal takes the note")]
    failures: Annotated[int, Field(description="Attempts that the portal did not answer")]
    last_error: str


class CreditNoteDetailBody(CreditNoteBody):
    """A credit note with its lines and history."""

    einvoice: Annotated[
        EInvoiceBody | None, Field(description="Null for a note that is not to be registered")
    ]
    lines: list[CreditNoteLineBody]
    events: list[CreditNoteEventBody]


def note_body(row: Row) -> CreditNoteBody:
    """The reply for one note of a list."""
    return CreditNoteBody(**_facts(row))


def note_detail_body(
    row: Row, lines: Sequence[Row], events: Sequence[Row], einvoice: Row | None
) -> CreditNoteDetailBody:
    """The reply for one note."""
    return CreditNoteDetailBody(
        **_facts(row),
        einvoice=None if einvoice is None else einvoice_body(einvoice),
        lines=[_line_body(line, row.currency) for line in lines],
        events=[
            CreditNoteEventBody(standing=one.standing, detail=one.detail, at=one.at, actor=one.actor)
            for one in events
        ],
    )


def einvoice_body(row: Row) -> EInvoiceBody:
    """The reply for one registration."""
    return EInvoiceBody(**{name: getattr(row, name) for name in EInvoiceBody.model_fields})


_SAME = (
    "id", "note_type", "standing", "number", "issued_on", "partner_code", "partner_name", "supplier_gstin",
    "place_of_supply", "supply_year", "reason_code", "reason_text", "agreement_reference",
    "is_itc_reversal_declared", "requested_by", "requested_at", "decided_by", "decided_at", "issued_by", "issued_at",
    "revision",
)  # fmt: skip


def _facts(row: Row) -> dict[str, object]:
    amounts = {
        "taxable_amount": row.taxable_minor,
        "cgst": row.cgst_minor,
        "sgst": row.sgst_minor,
        "igst": row.igst_minor,
        "total_amount": row.total_minor,
    }
    return {
        **{name: getattr(row, name) for name in _SAME},
        **{name: money(minor, row.currency) for name, minor in amounts.items()},
        "open_amount": None if row.open_minor is None else money(row.open_minor, row.currency),
    }


def _line_body(line: Row, currency: str) -> CreditNoteLineBody:
    return CreditNoteLineBody(
        invoice_number=line.invoice_number,
        line_number=line.line_number,
        description=line.description,
        hsn=line.hsn,
        quantity=f"{line.quantity.normalize():f}" if line.quantity else None,
        unit=line.unit,
        tax_rate=f"{line.tax_rate.normalize():f}",
        taxable_amount=money(line.taxable_minor, currency),
        cgst=money(line.cgst_minor, currency),
        sgst=money(line.sgst_minor, currency),
        igst=money(line.igst_minor, currency),
    )
