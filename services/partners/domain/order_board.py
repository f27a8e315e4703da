"""The order board of a partner as of one instant: what is open, how old, what stops it and what would lift it.

A board is plain data that can be frozen: dates, decimals, texts and amounts in minor units. `order_board` makes it.
"""

from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal

from services.partners.domain.order import HoldKind, OrderState
from services.partners.domain.order_lift import Lift
from services.partners.domain.partner import PartnerDetails
from services.partners.domain.terms import PaymentNeeded

LineKey = tuple[str, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class BoardHold:
    """A hold on an order, one of its lines, or, without an order number, on everything of the partner."""

    order_number: str | None
    line_number: int | None
    kind: HoldKind
    since_on: date | None
    note: str | None
    lift: Lift


@dataclass(frozen=True, slots=True, kw_only=True)
class BoardLine:
    """A line of which something is still to be sent. Days count to the day of the board.

    `promise_days` is positive when the promise is broken by so many days, negative when it is still to come, None
    without a promise. `open_minor` is without tax, `ready_minor` with tax.
    """

    order_number: str
    line_number: int
    customer_reference: str | None
    product_code: str
    description: str
    ordered_on: date
    requested_on: date | None
    promised_on: date | None
    currency: str
    unit_value_minor: int
    quantity: Decimal
    cancelled: Decimal
    allocated: Decimal
    dispatched: Decimal
    open_quantity: Decimal
    open_minor: int
    ready_minor: int
    state: OrderState
    age_days: int
    promise_days: int | None
    holds: tuple[HoldKind, ...]

    @property
    def key(self) -> LineKey:
        return self.order_number, self.line_number


@dataclass(frozen=True, slots=True, kw_only=True)
class AgeBucket:
    """Open lines of one currency whose days are from `from_days` to `to_days`; None is without an end.

    Of buckets by promise, from -infinity to 0 is what is not late; both None is what nobody promised.
    """

    currency: str
    from_days: int | None
    to_days: int | None
    lines: int
    open_minor: int


@dataclass(frozen=True, slots=True, kw_only=True)
class StateTotal:
    """Open lines of one currency in one state; `held_minor` is the part that a hold stops."""

    currency: str
    state: OrderState
    lines: int
    open_minor: int
    ready_minor: int
    held_minor: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PromiseChange:
    """A line whose promise differs from the last published board; None is no promise."""

    order_number: str
    line_number: int
    product_code: str
    was_on: date | None
    now_on: date | None

    @property
    def days(self) -> int | None:
        """Later by so many days; negative is earlier, None when one of the two is no date."""
        return (self.now_on - self.was_on).days if self.now_on and self.was_on else None


@dataclass(frozen=True, slots=True, kw_only=True)
class UnlinedOrder:
    """An order that only the CRM told: its value, not yet its lines."""

    order_number: str
    ordered_on: date | None
    currency: str
    stated_minor: int | None
    crm_status: str


@dataclass(frozen=True, slots=True, kw_only=True)
class BoardPartner:
    """Whose board it is."""

    code: str
    name: str
    city: str | None
    zone: str

    @classmethod
    def of(cls, details: PartnerDetails) -> "BoardPartner":
        return cls(code=details.code, name=details.name, city=details.city, zone=details.zone)


@dataclass(frozen=True, slots=True, kw_only=True)
class EarlierBoard:
    """The last published board: which it was, and what it promised of each line."""

    number: int
    published_at: datetime
    promises: dict[LineKey, date | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderBoard:
    """Everything one board shows; lines by promise, then order. `compared_with` is the number of the board before."""

    partner: BoardPartner
    as_of: datetime
    day: date
    compared_with: int | None
    compared_at: datetime | None
    lines: tuple[BoardLine, ...]
    unlined: tuple[UnlinedOrder, ...]
    holds: tuple[BoardHold, ...]
    by_order_age: tuple[AgeBucket, ...]
    by_promise: tuple[AgeBucket, ...]
    by_state: tuple[StateTotal, ...]
    promise_changes: tuple[PromiseChange, ...]
    payments: tuple[PaymentNeeded, ...]

    @property
    def orders(self) -> int:
        """How many orders have something open."""
        return len({line.order_number for line in self.lines}) + len(self.unlined)

    def says_the_same_as(self, other: "OrderBoard") -> bool:
        """Of the same day, whatever the instants, and whichever boards the two were compared with."""
        compared = replace(
            other,
            as_of=self.as_of,
            compared_with=self.compared_with,
            compared_at=self.compared_at,
            promise_changes=self.promise_changes,
        )
        return compared == self
