"""An order of a partner: what was asked for, promised, set aside and sent, and the state that follows from it."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import ROUND_HALF_UP, Decimal
from enum import StrEnum
from typing import Final

from services.partners.domain.errors import OrderInvalid
from shared.errors import FieldProblem

QUANTITY_PLACES: Final = 3
LINES_MAX: Final = 200
_NOTHING: Final = Decimal(0)


class HoldKind(StrEnum):
    """Why goods do not leave."""

    CREDIT = "credit"
    PAYMENT = "payment_before_dispatch"
    DOCUMENTS = "documents_missing"
    ENGINEERING = "engineering"
    ALLOCATION = "allocation"
    PRICE = "price"
    PARTNER_REQUEST = "partner_request"
    PARTNER_ON_HOLD = "partner_on_hold"


class OrderState(StrEnum):
    """How far a line is, and an order with all its lines; in the order of progress."""

    OPEN = "open"
    PARTLY_ALLOCATED = "partly_allocated"
    ALLOCATED = "allocated"
    PARTLY_DISPATCHED = "partly_dispatched"
    DISPATCHED = "dispatched"
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True, kw_only=True)
class Dispatch:
    """Goods that left: how many, when, with whom, and the invoice that asks for them."""

    quantity: Decimal
    dispatched_on: date
    transporter: str | None = None
    lr_number: str | None = None
    invoice_number: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Hold:
    """Something that stops an order, or one of its lines, as the source says it."""

    kind: HoldKind
    since_on: date
    note: str | None = None
    line_number: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderLine:
    """One product of an order; dispatched <= allocated <= quantity - cancelled, or OrderInvalid.

    `unit_value_minor` is without tax. Parts always sum: what is open is worth the whole less what was sent.
    """

    number: int
    product_code: str
    description: str
    quantity: Decimal
    unit_value_minor: int
    tax_percent: Decimal = _NOTHING
    requested_on: date | None = None
    promised_on: date | None = None
    allocated: Decimal = _NOTHING
    cancelled: Decimal = _NOTHING
    dispatches: tuple[Dispatch, ...] = ()

    def __post_init__(self) -> None:
        problems = list(self._problems())
        if problems:
            raise OrderInvalid(f"Line {self.number} cannot be like this", problems=problems)

    @property
    def dispatched(self) -> Decimal:
        return sum((one.quantity for one in self.dispatches), _NOTHING)

    @property
    def wanted(self) -> Decimal:
        """What was ordered and not cancelled."""
        return self.quantity - self.cancelled

    @property
    def open_quantity(self) -> Decimal:
        return self.wanted - self.dispatched

    @property
    def ready_quantity(self) -> Decimal:
        """Set aside and not sent."""
        return self.allocated - self.dispatched

    @property
    def state(self) -> OrderState:
        if self.wanted == 0:
            return OrderState.CANCELLED
        if self.dispatched > 0:
            return OrderState.DISPATCHED if self.open_quantity == 0 else OrderState.PARTLY_DISPATCHED
        if self.allocated > 0:
            return OrderState.ALLOCATED if self.allocated == self.wanted else OrderState.PARTLY_ALLOCATED
        return OrderState.OPEN

    @property
    def value_minor(self) -> int:
        return self.worth_minor(self.wanted)

    @property
    def open_minor(self) -> int:
        """Without tax."""
        return self.value_minor - self.worth_minor(self.dispatched)

    @property
    def ready_minor(self) -> int:
        """With tax: what the next dispatch will be invoiced at."""
        percent = 100 + self.tax_percent
        return self.worth_minor(self.allocated, percent) - self.worth_minor(self.dispatched, percent)

    def worth_minor(self, quantity: Decimal, percent: Decimal = Decimal(100)) -> int:
        """Value of a quantity at `percent` of the unit value, halves rounded up: 1.5 of 33.33 is 50.00."""
        exact = quantity * self.unit_value_minor * percent / 100
        return int(exact.quantize(Decimal(1), rounding=ROUND_HALF_UP))

    def _problems(self) -> Iterator[FieldProblem]:
        quantities = {"quantity": self.quantity, "allocated": self.allocated, "cancelled": self.cancelled}
        quantities |= {f"dispatches/{at}/quantity": one.quantity for at, one in enumerate(self.dispatches)}
        for name, quantity in quantities.items():
            if quantity < 0 or quantity != round(quantity, QUANTITY_PLACES):
                yield FieldProblem(
                    f"/{name}", f"expected at least 0 with at most {QUANTITY_PLACES} decimal digits"
                )
        if self.quantity <= 0:
            yield FieldProblem("/quantity", "expected more than 0")
        if self.unit_value_minor < 0:
            yield FieldProblem("/unit_value", "expected at least 0")
        if self.cancelled > self.quantity:
            yield FieldProblem("/cancelled", f"expected at most the quantity, {self.quantity}")
        if self.allocated > self.wanted:
            yield FieldProblem("/allocated", f"expected at most {self.wanted}, ordered less cancelled")
        if self.dispatched > self.allocated:
            yield FieldProblem(
                "/dispatches", f"expected at most {self.allocated} together, what is allocated"
            )


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """An order as one source told it whole. OrderInvalid when lines or holds contradict each other."""

    number: str
    partner_code: str
    ordered_on: date
    currency: str
    lines: tuple[OrderLine, ...]
    holds: tuple[Hold, ...] = ()
    customer_reference: str | None = None

    def __post_init__(self) -> None:
        numbers = [line.number for line in self.lines]
        problems = []
        if len(set(numbers)) < len(numbers):
            problems.append(FieldProblem("/lines", "a line number is there twice"))
        if len(numbers) > LINES_MAX:
            problems.append(FieldProblem("/lines", f"expected at most {LINES_MAX} lines"))
        unknown = {hold.line_number for hold in self.holds} - {None, *numbers}
        if unknown:
            problems.append(FieldProblem("/holds", f"no line {min(filter(None, unknown), default=0)}"))
        if problems:
            raise OrderInvalid(f"Order {self.number} cannot be like this", problems=problems)

    @property
    def state(self) -> OrderState:
        return state_of(line.state for line in self.lines)

    @property
    def is_held(self) -> bool:
        return bool(self.holds)

    @property
    def value_minor(self) -> int:
        return sum(line.value_minor for line in self.lines)

    @property
    def open_minor(self) -> int:
        return sum(line.open_minor for line in self.lines)


@dataclass(frozen=True, slots=True, order=True)
class Stamp:
    """When the source changed what it tells; of one instant the higher version of the source is the later."""

    modified_at: datetime
    source_version: int = 0


def state_of(states: Iterable[OrderState]) -> OrderState:
    """The state of an order from those of its lines: cancelled lines do not count unless all are."""
    counting = [state for state in states if state is not OrderState.CANCELLED]
    if not counting:
        return OrderState.CANCELLED
    if len(set(counting)) == 1:
        return counting[0]
    if _any_of(counting, OrderState.DISPATCHED, OrderState.PARTLY_DISPATCHED):
        return OrderState.PARTLY_DISPATCHED
    return OrderState.PARTLY_ALLOCATED


def _any_of(states: Sequence[OrderState], *wanted: OrderState) -> bool:
    return any(state in wanted for state in states)
