"""Bodies of our GST registrations."""

from datetime import date
from typing import Annotated

from pydantic import Field

from services.payments.adapters.queries.listing import Row
from services.payments.domain.gst_registration import GstRegistration
from services.payments.domain.indian_state import state_name
from shared.wire import Day, WireModel

Gstin = Annotated[
    str,
    Field(pattern=r"^[0-9]{2}[A-Z]{5}[0-9]{4}[A-Z][1-9A-Z][A-Z][0-9A-Z]$", examples=["27AAPFU0939F1ZV"]),
]
StateCode = Annotated[str, Field(pattern=r"^[0-9]{2}$", examples=["27"], description="First of a GSTIN")]
Line = Annotated[str, Field(min_length=1, max_length=200)]


class GstRegistrationDraft(WireModel):
    """Who we are on documents of law from a day on."""

    gstin: Gstin
    legal_name: Annotated[Line, Field(examples=["Deccan Engines Limited"])]
    trade_name: Annotated[str, Field(max_length=200)] = ""
    address: Annotated[Line, Field(examples=["Plot 14, MIDC, Bhosari"], description="Street and place")]
    city: Annotated[Line, Field(examples=["Pune"])]
    pin_code: Annotated[str, Field(pattern=r"^[1-9][0-9]{5}$", examples=["411026"])]
    state_code: StateCode
    is_default: Annotated[bool, Field(description="Supplies that name no registration are from this one")] = (
        False
    )
    valid_from: Day
    valid_to: Annotated[Day | None, Field(description="Last day of a registration that was given up")] = None
    source: Annotated[
        str, Field(min_length=3, max_length=300, examples=["Certificate REG-06 of 1 July 2017"])
    ]

    def registration(self) -> GstRegistration:
        """The domain's registration; GstRegistrationInvalid when number, State or days contradict each other."""
        return GstRegistration(**self.model_dump())


class GstRegistrationBody(WireModel):
    """A registration as it is said to be from `valid_from` on."""

    gstin: str
    legal_name: str
    trade_name: str
    address: str
    city: str
    pin_code: str
    state_code: str
    state: str
    is_default: bool
    valid_from: date
    valid_to: date | None
    source: str


def registration_body(row: Row) -> GstRegistrationBody:
    """The reply for one registration."""
    return GstRegistrationBody(
        gstin=row.gstin,
        legal_name=row.legal_name,
        trade_name=row.trade_name,
        address=row.address,
        city=row.city,
        pin_code=row.pin_code,
        state_code=row.state_code,
        state=state_name(row.state_code),
        is_default=row.is_default,
        valid_from=row.valid_from,
        valid_to=row.valid_to,
        source=row.source,
    )
