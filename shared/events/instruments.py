"""Facts about cheques, told by payments."""

from datetime import date
from typing import Annotated, ClassVar
from uuid import UUID

from pydantic import Field

from shared.events.envelope import Event
from shared.events.payments import AmountMinor, Currency


class ChequeBouncedV1(Event):
    """A cheque came back: its receipt was taken back, its invoices are open again."""

    type_name: ClassVar[str] = "salesops.payments.cheque_bounced.v1"
    source: ClassVar[str] = "payments"
    consumers: ClassVar[tuple[str, ...]] = ("partners", "gateway")

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
    charge_id: Annotated[UUID | None, Field(description="The open item of the charge, if there is one")] = (
        None
    )
    charged_on: date | None = None
    is_news: Annotated[
        bool,
        Field(description="Long known, and told for those who keep what a bounce cost: no news to people"),
    ] = True


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


class ChequeStandingChangedV1(Event):
    """A cheque in hand as it is now: a promise until the bank credits it. The later revision wins."""

    type_name: ClassVar[str] = "salesops.payments.cheque_standing_changed.v1"
    source: ClassVar[str] = "payments"
    consumers: ClassVar[tuple[str, ...]] = ("partners",)

    instrument_id: UUID
    partner_code: str
    zone: str | None
    cheque_number: str
    drawee_bank: str
    currency: Currency
    amount_minor: AmountMinor
    cheque_on: Annotated[date, Field(description="The date written on it; before it no bank takes it")]
    received_on: date
    stale_on: Annotated[date, Field(description="From this day no bank pays it")]
    standing: Annotated[str, Field(description="held, deposited, cleared, bounced or withdrawn")]
    items: Annotated[tuple[str, ...], Field(description="What the partner means it for, in its own words")]
    revision: int


EVENTS: tuple[type[Event], ...] = (ChequeBouncedV1, BounceDeadlineNearV1, ChequeStandingChangedV1)
