"""Facts told by payments. Amounts are integers of the currency's smallest unit."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Annotated, ClassVar
from uuid import UUID

from pydantic import Field

from shared.events.envelope import ITEMS_PER_EVENT_MAX, Event

Currency = Annotated[str, Field(pattern=r"^[A-Z]{3}$", description="ISO 4217 code")]
BASE = Field(description="what an amount in foreign currency is worth in paise; null in rupees")
AmountMinor = Annotated[int, Field(description="in the smallest unit of the currency, e.g. paise")]


@dataclass(frozen=True, slots=True, kw_only=True)
class InvoiceRegistered:
    invoice_id: UUID
    number: str
    partner_code: str
    issued_on: date
    due_on: date
    currency: Currency
    taxable_minor: AmountMinor
    tax_minor: AmountMinor
    total_minor: AmountMinor
    base_minor: Annotated[int | None, BASE] = None


class InvoicesRegisteredV1(Event):
    """Invoices became open items."""

    type_name: ClassVar[str] = "salesops.payments.invoices_registered.v1"
    source: ClassVar[str] = "payments"
    consumers: ClassVar[tuple[str, ...]] = ("partners", "reporting", "gateway")

    invoices: Annotated[tuple[InvoiceRegistered, ...], Field(max_length=ITEMS_PER_EVENT_MAX)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Allocation:
    """What one receipt pays of one invoice."""

    invoice_id: UUID
    invoice_number: str
    amount_minor: AmountMinor


@dataclass(frozen=True, slots=True, kw_only=True)
class Deduction:
    """What the payer kept back of one invoice, e.g. tax deducted at source."""

    invoice_id: UUID
    invoice_number: str
    kind: str
    amount_minor: AmountMinor


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceiptBooked:
    """`received_on` is the bank's date, `booked_at` the instant of our booking."""

    receipt_id: UUID
    bank_account: str
    bank_line_id: UUID | None
    partner_code: str
    zone: str | None
    received_on: date
    booked_at: datetime
    currency: Currency
    amount_minor: AmountMinor
    on_account_minor: AmountMinor
    rail: str
    reference: str
    is_on_time: bool
    allocations: tuple[Allocation, ...] = ()
    deductions: tuple[Deduction, ...] = ()
    base_minor: Annotated[int | None, BASE] = None


class ReceiptsBookedV1(Event):
    """Receipts entered the ledger."""

    type_name: ClassVar[str] = "salesops.payments.receipts_booked.v1"
    source: ClassVar[str] = "payments"
    consumers: ClassVar[tuple[str, ...]] = ("partners", "reporting", "gateway")

    receipts: Annotated[tuple[ReceiptBooked, ...], Field(max_length=ITEMS_PER_EVENT_MAX)]


class ReceiptReversedV1(Event):
    """A receipt was taken back; what it had paid is open again."""

    type_name: ClassVar[str] = "salesops.payments.receipt_reversed.v1"
    source: ClassVar[str] = "payments"
    consumers: ClassVar[tuple[str, ...]] = ("partners", "reporting", "gateway")

    receipt_id: UUID
    reason_code: str
    reversed_on: date
    partner_code: str | None
    zone: str | None
    currency: Currency
    amount_minor: AmountMinor
    on_account_minor: AmountMinor
    allocations: tuple[Allocation, ...] = ()
    deductions: tuple[Deduction, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class AllocationChange:
    """What a receipt (`advance`) or `credit_note` settles of an item from now on; negative when taken back.

    `kind` is `receipt` for what uses the credit, otherwise the deduction it explains.
    """

    allocation_id: UUID
    credit_id: UUID
    credit_kind: str
    partner_code: str
    zone: str | None
    invoice_id: UUID
    invoice_number: str
    kind: str
    currency: Currency
    amount_minor: AmountMinor
    effective_on: date
    settled_on: Annotated[
        date | None, Field(description="The day of what is taken back; else that of the change itself")
    ] = None


class AllocationChangedV1(Event):
    """Credits were set against items, or no longer are, after their booking."""

    type_name: ClassVar[str] = "salesops.payments.allocation_changed.v1"
    source: ClassVar[str] = "payments"
    consumers: ClassVar[tuple[str, ...]] = ("partners", "reporting", "gateway")

    changes: Annotated[tuple[AllocationChange, ...], Field(max_length=ITEMS_PER_EVENT_MAX)]


class RefundPaidV1(Event):
    """Money of an advance or credit note was sent back to the partner."""

    type_name: ClassVar[str] = "salesops.payments.refund_paid.v1"
    source: ClassVar[str] = "payments"
    consumers: ClassVar[tuple[str, ...]] = ("partners", "reporting", "gateway")

    refund_id: UUID
    credit_id: UUID
    credit_kind: str
    partner_code: str
    zone: str | None
    currency: Currency
    amount_minor: AmountMinor
    refunded_on: date
    reference: str


class TaxCertificateRecordedV1(Event):
    """Evidence that a payer handed tax it had deducted to the tax office; negative takes an earlier one back."""

    type_name: ClassVar[str] = "salesops.payments.tax_certificate_recorded.v1"
    source: ClassVar[str] = "payments"
    consumers: ClassVar[tuple[str, ...]] = ("partners",)

    certificate_id: UUID
    partner_code: str
    financial_year: Annotated[str, Field(description="e.g. 2026-27", examples=["2026-27"])]
    quarter: Annotated[int, Field(description="1 is April to June")]
    certificate_number: str
    evidence: str
    currency: Currency
    amount_minor: AmountMinor
    recorded_at: datetime


class StatementImportedV1(Event):
    """A bank statement was read to its end."""

    type_name: ClassVar[str] = "salesops.payments.statement_imported.v1"
    source: ClassVar[str] = "payments"
    consumers: ClassVar[tuple[str, ...]] = ("reporting", "gateway")

    statement_id: UUID
    bank_account: str
    currency: Currency
    line_count: int
    new_count: int
    duplicate_count: int
    rejected_count: int
    booked_count: int
    suggested_count: int
    exception_count: int


class ReceiptUnidentifiedV1(Event):
    """Money came in and nobody knows whose it is."""

    type_name: ClassVar[str] = "salesops.payments.receipt_unidentified.v1"
    source: ClassVar[str] = "payments"
    consumers: ClassVar[tuple[str, ...]] = ("gateway",)

    bank_line_id: UUID
    bank_account: str
    currency: Currency
    amount_minor: AmountMinor
    received_on: date
    due_at: datetime
    zone: str | None = None


class BookingAtRiskV1(Event):
    """The 24 hours of a credit are running out: `level` percent of them are gone."""

    type_name: ClassVar[str] = "salesops.payments.booking_at_risk.v1"
    source: ClassVar[str] = "payments"
    consumers: ClassVar[tuple[str, ...]] = ("gateway",)

    bank_line_id: UUID
    bank_account: str
    currency: Currency
    amount_minor: AmountMinor
    received_on: date
    due_at: datetime
    zone: str | None = None
    level: Annotated[int | None, Field(description="Percent of the time that is gone: 50, 80 or 100")] = None
    credited_at: datetime | None = None
    is_identified: bool | None = None
    owner_role: Annotated[
        str | None, Field(description="Who should act: the zone's own rule, else its head")
    ] = None
    owner_address: str | None = None


class BookingOverdueV1(Event):
    """The 24 hours of a credit ran out before it was booked; `booked_at` tells that it was booked late meanwhile."""

    type_name: ClassVar[str] = "salesops.payments.booking_overdue.v1"
    source: ClassVar[str] = "payments"
    consumers: ClassVar[tuple[str, ...]] = ("reporting", "gateway")

    bank_line_id: UUID
    bank_account: str
    currency: Currency
    amount_minor: AmountMinor
    received_on: date
    due_at: datetime
    zone: str | None = None
    level: Annotated[int | None, Field(description="Percent of the time that is gone: 50, 80 or 100")] = None
    credited_at: datetime | None = None
    is_identified: bool | None = None
    owner_role: Annotated[
        str | None, Field(description="Who should act: the zone's own rule, else its head")
    ] = None
    owner_address: str | None = None
    booked_at: datetime | None = None
    cause: Annotated[str | None, Field(description="Why it was late, as far as somebody said")] = None


EVENTS: tuple[type[Event], ...] = (
    InvoicesRegisteredV1,
    ReceiptsBookedV1,
    ReceiptReversedV1,
    AllocationChangedV1,
    RefundPaidV1,
    TaxCertificateRecordedV1,
    StatementImportedV1,
    ReceiptUnidentifiedV1,
    BookingAtRiskV1,
    BookingOverdueV1,
)
