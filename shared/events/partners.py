"""Facts told by partners."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated, ClassVar

from pydantic import Field

from shared.events.envelope import ITEMS_PER_EVENT_MAX, Event


class PartnerStatus(StrEnum):
    ACTIVE = "active"
    ON_HOLD = "on_hold"
    CLOSED = "closed"


@dataclass(frozen=True, slots=True, kw_only=True)
class PartnerState:
    """The partner as it is now; `version` grows with every change, so that an older telling shows."""

    code: str
    name: str
    city: str | None
    zone: str
    gstin: str | None
    ifsc: str | None
    bank_account: str | None
    status: PartnerStatus
    version: int
    legal_name: str | None = None
    address: str | None = None
    pin_code: str | None = None
    state_code: str | None = None
    pan: str | None = None
    tan: str | None = None
    territory: str | None = None
    shipping_address: str | None = None
    shipping_city: str | None = None
    shipping_pin_code: str | None = None
    shipping_state_code: str | None = None
    merged_into: str | None = None


class PartnersRegisteredV1(Event):
    """Partners entered the master."""

    type_name: ClassVar[str] = "salesops.partners.partners_registered.v1"
    source: ClassVar[str] = "partners"
    consumers: ClassVar[tuple[str, ...]] = ("payments", "reporting", "research", "gateway")

    partners: Annotated[tuple[PartnerState, ...], Field(max_length=ITEMS_PER_EVENT_MAX)]


class PartnersChangedV1(Event):
    """Partners in the master changed; each is told whole."""

    type_name: ClassVar[str] = "salesops.partners.partners_changed.v1"
    source: ClassVar[str] = "partners"
    consumers: ClassVar[tuple[str, ...]] = ("payments", "reporting", "research", "gateway")

    partners: Annotated[tuple[PartnerState, ...], Field(max_length=ITEMS_PER_EVENT_MAX)]


EVENTS: tuple[type[Event], ...] = (PartnersRegisteredV1, PartnersChangedV1)
