"""Facts about cheques, told by payments."""

from datetime import date
from typing import ClassVar
from uuid import UUID

from shared.events.envelope import Event
from shared.events.payments import AmountMinor, Currency


class ChequeBouncedV1(Event):
    """A cheque came back: its receipt was taken back, its invoices are open again."""

    type_name: ClassVar[str] = "salesops.payments.cheque_bounced.v1"
    source: ClassVar[str] = "payments"
    consumers: ClassVar[tuple[str, ...]] = ("gateway",)

    bounce_id: UUID
    receipt_id: UUID
    partner_code: str
    zone: str | None
    cheque_number: str
    currency: Currency
    amount_minor: AmountMinor
    return_code: str
    return_reason: str
    bounced_on: date
    charge_number: str | None
    charge_minor: AmountMinor
    bounces_in_a_year: int


class BounceDeadlineNearV1(Event):
    """A day that section 138 of the Negotiable Instruments Act sets for a returned cheque is near."""

    type_name: ClassVar[str] = "salesops.payments.bounce_deadline_near.v1"
    source: ClassVar[str] = "payments"
    consumers: ClassVar[tuple[str, ...]] = ("gateway",)

    bounce_id: UUID
    partner_code: str
    zone: str | None
    cheque_number: str
    deadline: str
    due_on: date


EVENTS: tuple[type[Event], ...] = (ChequeBouncedV1, BounceDeadlineNearV1)
