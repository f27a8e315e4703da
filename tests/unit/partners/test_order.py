"""Quantities and states of orders: what may be, and what follows from what."""

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.partners.domain.errors import OrderInvalid
from services.partners.domain.order import Dispatch, Hold, HoldKind, Order, OrderLine, OrderState, state_of

DAY = date(2026, 11, 2)
STEP = Decimal("0.001")


def a_line(**facts: object) -> OrderLine:
    line = {
        "number": 1,
        "product_code": "GEN-62",
        "description": "Diesel generator 62.5 kVA",
        "quantity": Decimal(10),
        "unit_value_minor": 50_000_00,
    }
    return OrderLine(**(line | facts))  # type: ignore[arg-type] # facts by name


def sent(*quantities: object) -> tuple[Dispatch, ...]:
    return tuple(Dispatch(quantity=Decimal(str(one)), dispatched_on=DAY) for one in quantities)


def an_order(*lines: OrderLine, holds: tuple[Hold, ...] = ()) -> Order:
    return Order(number="SO-1", partner_code="CP1", ordered_on=DAY, currency="INR", lines=lines, holds=holds)


@st.composite
def lines(draw: st.DrawFn) -> OrderLine:
    """A line as it may be: nested parts of its quantity, in thousandths."""
    quantity = draw(st.integers(1, 10**7))
    cancelled = draw(st.integers(0, quantity))
    allocated = draw(st.integers(0, quantity - cancelled))
    dispatched = draw(st.integers(0, allocated))
    first = draw(st.integers(0, dispatched))
    return a_line(
        quantity=quantity * STEP,
        cancelled=cancelled * STEP,
        allocated=allocated * STEP,
        dispatches=sent(first * STEP, (dispatched - first) * STEP),
        unit_value_minor=draw(st.integers(0, 10**9)),
        tax_percent=draw(st.sampled_from([Decimal(0), Decimal(18), Decimal("2.5")])),
    )


@settings(max_examples=40)
@given(lines())
def test_parts_of_a_line_nest_and_sum(line: OrderLine) -> None:
    assert 0 <= line.dispatched <= line.allocated <= line.wanted <= line.quantity
    assert line.dispatched + line.open_quantity + line.cancelled == line.quantity
    assert line.worth_minor(line.dispatched) + line.open_minor == line.value_minor
    assert line.open_minor >= 0
    assert line.ready_minor >= 0
    assert (line.open_quantity == 0) == (line.state in (OrderState.DISPATCHED, OrderState.CANCELLED))


@settings(max_examples=30)
@given(st.lists(lines(), min_size=1, max_size=4))
def test_the_state_of_an_order_follows_from_its_lines(parts: list[OrderLine]) -> None:
    state = state_of(line.state for line in parts)

    wanted = sum(line.wanted for line in parts)
    dispatched = sum(line.dispatched for line in parts)
    assert (state is OrderState.CANCELLED) == (wanted == 0)
    assert (state is OrderState.DISPATCHED) == (wanted > 0 and dispatched == wanted)
    assert (state is OrderState.PARTLY_DISPATCHED) == (0 < dispatched < wanted)
    if state is OrderState.OPEN:
        assert sum(line.allocated for line in parts) == 0


@pytest.mark.parametrize(
    ("facts", "pointers"),
    [
        ({"quantity": Decimal(0)}, ["/quantity"]),
        ({"quantity": Decimal("1.2345")}, ["/quantity"]),
        ({"allocated": Decimal(11)}, ["/allocated"]),
        ({"cancelled": Decimal(4), "allocated": Decimal(7)}, ["/allocated"]),
        ({"cancelled": Decimal(11)}, ["/cancelled", "/allocated"]),
        ({"allocated": Decimal(3), "dispatches": sent(2, 2)}, ["/dispatches"]),
        ({"unit_value_minor": -1}, ["/unit_value"]),
    ],
)
def test_quantities_that_contradict_each_other_are_refused_by_field(
    facts: dict[str, object], pointers: list[str]
) -> None:
    with pytest.raises(OrderInvalid) as refusal:
        a_line(**facts)

    assert [problem.pointer for problem in refusal.value.problems] == pointers


def test_what_is_ready_is_worth_its_price_with_tax_and_halves_are_rounded_up() -> None:
    line = a_line(
        quantity=Decimal(2),
        allocated=Decimal("1.5"),
        dispatches=sent(1),
        unit_value_minor=33_33,
        tax_percent=Decimal(18),
    )

    assert (line.value_minor, line.open_minor) == (66_66, 33_33)
    assert line.ready_minor == 58_99 - 39_33


def test_a_line_twice_and_a_hold_on_no_line_are_refused() -> None:
    hold = Hold(kind=HoldKind.ENGINEERING, since_on=DAY, line_number=7)

    with pytest.raises(OrderInvalid) as refusal:
        an_order(a_line(), a_line(), holds=(hold,))

    assert [problem.pointer for problem in refusal.value.problems] == ["/lines", "/holds"]
