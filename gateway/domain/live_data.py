"""What a live event says about its resource: the `data` of each type, stable and without anything of the inside.

Within v1 only optional fields are added. Amounts are decimal texts with their currency.
"""

from datetime import date, datetime
from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from shared.wire import MoneyBody

PartnerCode = Annotated[str, Field(description="Code of the channel partner", examples=["CP0001"])]
Zone = Annotated[
    str | None, Field(description="Sales zone of the partner, as known when it happened", examples=["South"])
]
BankAccount = Annotated[str, Field(description="Number of our account", examples=["50200012345678"])]


DocumentKindName = Annotated[str, Field(description="What the document is", examples=["payment_sheet"])]
ChannelName = Annotated[str, Field(description="email, sftp, webhook or portal", examples=["email"])]


class LiveModel(BaseModel):
    """Open to fields that come later: a reader ignores what it does not know."""

    model_config = ConfigDict(frozen=True)


class InvoicePart(LiveModel):
    """What a receipt settles of one invoice, or what its payer kept back."""

    invoice_id: UUID
    invoice_number: Annotated[str, Field(examples=["INV/26-27/004000"])]
    kind: Annotated[
        str, Field(description="receipt: money; otherwise the deduction, e.g. TDS194Q", examples=["receipt"])
    ]
    amount: MoneyBody


class ReceiptBookedData(LiveModel):
    """A receipt entered the ledger."""

    receipt_id: UUID
    partner_code: PartnerCode
    zone: Zone
    bank_account: BankAccount
    received_on: Annotated[date, Field(description="The bank's day of the credit")]
    booked_at: datetime
    amount: MoneyBody
    on_account: Annotated[MoneyBody, Field(description="What settles no invoice yet")]
    rail: Annotated[str, Field(description="How it was paid", examples=["NEFT"])]
    reference: Annotated[str, Field(description="UTR or RRN", examples=["HDFCR52026101400000001"])]
    is_on_time: Annotated[bool, Field(description="Booked within its 24 hours")]
    settles: list[InvoicePart]


class ReceiptReversedData(LiveModel):
    """A receipt was taken back; what it had settled is open again."""

    receipt_id: UUID
    partner_code: Annotated[str | None, Field(description="Null when nobody was known to have paid")]
    zone: Zone
    reason_code: Annotated[str, Field(examples=["cheque_bounced"])]
    reversed_on: date
    amount: MoneyBody
    reopens: list[InvoicePart]


class AllocationChangedData(LiveModel):
    """A credit was set against an invoice after its booking, or no longer is."""

    allocation_id: UUID
    credit_id: Annotated[UUID, Field(description="The receipt or credit note that is used")]
    credit_kind: Annotated[str, Field(description="advance (of a receipt) or credit_note")]
    partner_code: PartnerCode
    zone: Zone
    invoice_id: UUID
    invoice_number: str
    kind: Annotated[str, Field(description="receipt: of the credit; otherwise the deduction it explains")]
    amount: Annotated[MoneyBody, Field(description="Negative when it is taken back")]
    effective_on: date


class RefundPaidData(LiveModel):
    """Money of a credit was sent back to the partner."""

    refund_id: UUID
    credit_id: UUID
    credit_kind: str
    partner_code: PartnerCode
    zone: Zone
    amount: MoneyBody
    refunded_on: date
    reference: str


class BankStatementImportedData(LiveModel):
    """A bank statement was read to its end; how many of its lines became what."""

    bank_statement_id: UUID
    bank_account: BankAccount
    currency: str
    line_count: int
    new_count: int
    duplicate_count: int
    rejected_count: int
    booked_count: int
    suggested_count: int
    exception_count: int


class CreditWaitingData(LiveModel):
    """A credit of the bank whose 24 hours run, or ran out."""

    bank_line_id: UUID
    bank_account: BankAccount
    zone: Annotated[str | None, Field(description="Zone whose people should act; null while nobody knows")]
    amount: MoneyBody
    received_on: date
    due_at: Annotated[datetime, Field(description="When it has to be booked")]
    level: Annotated[int | None, Field(description="Percent of its time that is gone: 50, 80 or 100")] = None
    is_identified: Annotated[bool | None, Field(description="Whether its payer is known")] = None
    owner_role: Annotated[str | None, Field(description="Who should act")] = None
    booked_at: Annotated[datetime | None, Field(description="When it was booked late meanwhile")] = None
    cause: Annotated[str | None, Field(description="Why it was late, as far as somebody said")] = None


class CreditNoteData(LiveModel):
    """A credit note as it stands now."""

    credit_note_id: UUID
    note_type: Annotated[str, Field(description="gst or commercial")]
    standing: Annotated[str, Field(examples=["issued"])]
    number: Annotated[str | None, Field(description="Null until it is issued")]
    issued_on: date | None
    partner_code: PartnerCode
    zone: Zone
    reason_code: Annotated[str, Field(examples=["goods_returned"])]
    total: MoneyBody
    revision: Annotated[int, Field(description="Grows with every step: of two tellings the higher one holds")]
    open: Annotated[MoneyBody | None, Field(description="What is left of it, when some was used")] = None


class CreditNoteReportingDueData(LiveModel):
    """An issued note is not registered with the invoice registration portal yet."""

    credit_note_id: UUID
    number: str
    partner_code: PartnerCode
    zone: Zone
    issued_on: date
    due_on: date


class ChequeBouncedData(LiveModel):
    """A cheque came back: its receipt was taken back."""

    bounce_id: UUID
    receipt_id: UUID
    partner_code: PartnerCode
    zone: Zone
    cheque_number: str
    amount: MoneyBody
    charge: Annotated[MoneyBody, Field(description="What the partner is charged for it")]
    return_code: str
    return_reason: str
    bounced_on: date
    bounces_in_a_year: int


class BounceDeadlineData(LiveModel):
    """A day that the law sets for a returned cheque is near."""

    bounce_id: UUID
    partner_code: PartnerCode
    zone: Zone
    cheque_number: str
    deadline: Annotated[str, Field(description="Which of the days of section 138 it is")]
    due_on: date


class PaymentQueryData(LiveModel):
    """A question about a payment."""

    payment_query_id: UUID
    number: str
    partner_code: PartnerCode
    zone: Zone
    category: str
    subject: str | None = None
    owner: Annotated[str | None, Field(description="Who answers it")] = None
    due_at: datetime | None = None
    answered_at: datetime | None = None
    is_on_time: bool | None = None


class ResearchAssignmentData(LiveModel):
    """Research that somebody asked for."""

    research_assignment_id: Annotated[UUID, Field(description="The assignment")]
    opportunity_id: Annotated[UUID | None, Field(description="Null for a free subject")]
    opportunity_record_id: Annotated[str | None, Field(description="Salesforce's id of it")]
    subject: str
    partner_code: Annotated[str | None, Field(description="Whom it concerns")]
    zone: Zone
    assignee: Annotated[str, Field(description="Who does it")]
    due_on: date
    due_at: Annotated[datetime, Field(description="The end of that day in India")]
    delivered_at: Annotated[datetime | None, Field(description="When it was delivered; UTC")] = None
    is_on_time: bool | None = None


class AccountStatementData(LiveModel):
    """A partner's account statement was frozen and may be read."""

    account_statement_id: UUID
    number: str
    partner_code: PartnerCode
    zone: Zone
    kind: Annotated[str, Field(description="activity or outstanding")]
    title: str
    from_on: date
    to_on: date
    balances: Annotated[
        list[MoneyBody], Field(description="Owed at its end; negative in the partner's favour")
    ]
    supersedes_id: UUID | None
    published_at: datetime


class DocumentPublishedData(LiveModel):
    """A version of a document for a partner was frozen or taken in."""

    document_id: UUID
    kind: DocumentKindName
    partner_code: PartnerCode
    zone: Zone
    title: str
    number: str
    from_on: date
    to_on: date
    version: Annotated[int, Field(description="1 for the first of its period")]
    supersedes_id: UUID | None
    published_at: datetime


class DocumentDeliveredData(LiveModel):
    """A recipient has a document."""

    delivery_id: UUID
    document_id: UUID
    kind: DocumentKindName
    partner_code: PartnerCode
    zone: Zone
    channel: ChannelName
    attempts: Annotated[int, Field(description="How often it was tried")]
    delivered_at: datetime


class DocumentDeliveryFailedData(LiveModel):
    """A delivery bounced, or every attempt failed."""

    delivery_id: UUID
    document_id: Annotated[UUID | None, Field(description="Null when the document could not be made")]
    kind: DocumentKindName
    partner_code: PartnerCode
    zone: Zone
    channel: ChannelName
    state: Annotated[str, Field(description="bounced or failed", examples=["bounced"])]
    reason: str
    failed_at: datetime


class DocumentAcknowledgedData(LiveModel):
    """A partner agrees to what a document says."""

    document_id: UUID
    kind: DocumentKindName
    partner_code: PartnerCode
    zone: Zone
    title: str
    acknowledged_by: str
    acknowledged_at: datetime


class BalanceConfirmationData(LiveModel):
    """A partner's balance: asked about, reminded of, confirmed or disputed."""

    balance_confirmation_id: UUID
    number: str
    partner_code: PartnerCode
    zone: Zone
    as_of: date | None = None
    due_on: date | None = None
    balance: Annotated[MoneyBody | None, Field(description="What our books say")] = None
    partner_balance: Annotated[MoneyBody | None, Field(description="What the partner's books say")] = None
    is_reconciled: bool | None = None
    reminder: Annotated[int | None, Field(description="The how-manieth reminder")] = None
    query_number: Annotated[str | None, Field(description="The question that a dispute opened")] = None


class PaymentSheetDifferenceData(LiveModel):
    """An account whose payment sheet is, or was, not what the ledger says."""

    difference_id: Annotated[
        UUID, Field(description="Id of the difference, in `/v1/payment-sheet-differences`")
    ]
    partner_code: PartnerCode
    zone: str | None
    currency: Annotated[str, Field(description="Of the account", examples=["INR"])]
    noticed_at: datetime
    agreed_at: Annotated[datetime | None, Field(description="When both were the same again")] = None
    figures: Annotated[
        list[str],
        Field(description="Which figures differ; empty when it agrees", examples=[["invoices_minor"]]),
    ] = []


class ScheduleMissedData(LiveModel):
    """A run of a schedule of documents did not begin when it was due."""

    schedule_id: UUID
    name: Annotated[str, Field(description="What people call the schedule", examples=["Morning sheets"])]
    due_at: datetime
    reason: Annotated[str, Field(description="late, skipped or not_started", examples=["late"])]
    noticed_at: datetime
    late_seconds: Annotated[int, Field(description="From when it was due to when it was noticed")]


class PartnerData(LiveModel):
    """A partner as it is in the master now."""

    code: PartnerCode
    name: str
    city: str | None
    zone: str
    status: Annotated[str, Field(description="active, on_hold or closed")]
    version: Annotated[
        int, Field(description="Grows with every change: of two tellings the higher one holds")
    ]


class WebhookStoppedData(LiveModel):
    """An endpoint that nothing is sent to until somebody resumes it."""

    webhook_endpoint_id: Annotated[UUID, Field(description="Id of the endpoint")]
    state: Annotated[str, Field(description="paused after three days of failures, disabled after a 410")]
    reason: Annotated[str, Field(description="What happened")]
    stopped_at: Annotated[datetime, Field(description="When it was stopped; UTC")]


class WebhookTestedData(LiveModel):
    """Tells of nothing but itself."""

    webhook_endpoint_id: Annotated[UUID, Field(description="Id of the endpoint")]
    asked_by: Annotated[str, Field(description="Who tries it out, by the token's subject")]


class DeadLetterData(LiveModel):
    """A message that a service could not apply; the letter itself says why in words."""

    dead_letter_id: Annotated[UUID, Field(description="Id of the letter")]
    service: Annotated[str, Field(description="Who could not apply it", examples=["partners"])]
    event_type: Annotated[
        str | None,
        Field(
            description="Type of the message, if it names one",
            examples=["salesops.payments.receipts_booked.v1"],
        ),
    ]
    reason_code: Annotated[
        str,
        Field(
            description="`fault`, `delivered_too_often`, or the code of the refusal",
            examples=["event_unreadable"],
        ),
    ]
    deaths: Annotated[int, Field(description="How often it has died; above 1 after a replay", examples=[1])]
    died_at: Annotated[datetime, Field(description="When it died last; UTC")]
