"""Facts about credit notes, told by payments. Amounts are integers of the currency's smallest unit."""

from dataclasses import dataclass
from datetime import date
from typing import ClassVar
from uuid import UUID

from shared.events.envelope import Event
from shared.events.payments import AmountMinor, Currency


@dataclass(frozen=True, slots=True, kw_only=True)
class CreditNoteState:
    """The note as it is now; `revision` grows with every step, so that an older telling shows.

    `note_type` is gst or commercial; `number` and `issued_on` are null until it is issued.
    """

    note_id: UUID
    note_type: str
    standing: str
    number: str | None
    issued_on: date | None
    partner_code: str
    zone: str | None
    reason_code: str
    currency: Currency
    taxable_minor: AmountMinor
    tax_minor: AmountMinor
    total_minor: AmountMinor
    revision: int


class CreditNoteRequestedV1(Event):
    """Somebody asked for a note; another person will decide."""

    type_name: ClassVar[str] = "salesops.payments.credit_note_requested.v1"
    source: ClassVar[str] = "payments"
    consumers: ClassVar[tuple[str, ...]] = ("partners", "reporting", "gateway")

    note: CreditNoteState


class CreditNoteApprovedV1(Event):
    """Another person approved it; it has no number yet."""

    type_name: ClassVar[str] = "salesops.payments.credit_note_approved.v1"
    source: ClassVar[str] = "payments"
    consumers: ClassVar[tuple[str, ...]] = ("partners", "reporting", "gateway")

    note: CreditNoteState


class CreditNoteIssuedV1(Event):
    """It has a number and is a credit of the partner."""

    type_name: ClassVar[str] = "salesops.payments.credit_note_issued.v1"
    source: ClassVar[str] = "payments"
    consumers: ClassVar[tuple[str, ...]] = ("partners", "reporting", "gateway")

    note: CreditNoteState


class CreditNoteEndedV1(Event):
    """It was refused, withdrawn or, after its issue, cancelled: nothing of it is owed to the partner."""

    type_name: ClassVar[str] = "salesops.payments.credit_note_ended.v1"
    source: ClassVar[str] = "payments"
    consumers: ClassVar[tuple[str, ...]] = ("partners", "reporting", "gateway")

    note: CreditNoteState


class CreditNoteAppliedV1(Event):
    """Something of it was set against invoices; which ones, allocation_changed tells."""

    type_name: ClassVar[str] = "salesops.payments.credit_note_applied.v1"
    source: ClassVar[str] = "payments"
    consumers: ClassVar[tuple[str, ...]] = ("gateway",)

    note: CreditNoteState
    open_minor: AmountMinor


class CreditNoteReportingDueV1(Event):
    """An issued note is not registered with the invoice registration portal `after_days` days."""

    type_name: ClassVar[str] = "salesops.payments.credit_note_reporting_due.v1"
    source: ClassVar[str] = "payments"
    consumers: ClassVar[tuple[str, ...]] = ("gateway",)

    note_id: UUID
    number: str
    partner_code: str
    zone: str | None
    issued_on: date
    after_days: int
    due_on: date


EVENTS: tuple[type[Event], ...] = (
    CreditNoteRequestedV1,
    CreditNoteApprovedV1,
    CreditNoteIssuedV1,
    CreditNoteEndedV1,
    CreditNoteAppliedV1,
    CreditNoteReportingDueV1,
)
