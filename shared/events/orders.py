"""Facts told by partners about orders: the order book as sources tell it."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Annotated, ClassVar

from pydantic import Field

from shared.events.envelope import ITEMS_PER_EVENT_MAX, Event


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderLineState:
    """A line; quantities are decimal texts, dispatched <= allocated <= quantity - cancelled.

    Amounts are in minor units without tax; what is open is worth the whole less what was sent.
    """

    number: int
    product_code: str
    quantity: str
    cancelled: str
    allocated: str
    dispatched: str
    state: str
    value_minor: int
    open_minor: int
    requested_on: date | None = None
    promised_on: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderTold:
    """The order as it is now; `version` grows with every change, so that an older telling shows."""

    order_number: str
    partner_code: str
    version: int
    ordered_on: date
    currency: str
    state: str
    is_held: bool
    value_minor: int
    open_minor: int
    source: str
    modified_at: datetime
    lines: tuple[OrderLineState, ...]


class OrdersRecordedV1(Event):
    """Orders were told for the first time."""

    type_name: ClassVar[str] = "salesops.partners.orders_recorded.v1"
    source: ClassVar[str] = "partners"
    consumers: ClassVar[tuple[str, ...]] = ("reporting",)

    orders: Annotated[tuple[OrderTold, ...], Field(max_length=ITEMS_PER_EVENT_MAX)]


class OrdersChangedV1(Event):
    """Orders changed; each is told whole."""

    type_name: ClassVar[str] = "salesops.partners.orders_changed.v1"
    source: ClassVar[str] = "partners"
    consumers: ClassVar[tuple[str, ...]] = ("reporting",)

    orders: Annotated[tuple[OrderTold, ...], Field(max_length=ITEMS_PER_EVENT_MAX)]


EVENTS: tuple[type[Event], ...] = (OrdersRecordedV1, OrdersChangedV1)
