"""Makes an order board from orders, terms and the payment sheet's totals of the same instant."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Final

from services.partners.domain.order import HoldKind, Order, OrderLine, OrderState
from services.partners.domain.order_board import (
    AgeBucket,
    BoardHold,
    BoardLine,
    BoardPartner,
    EarlierBoard,
    LineKey,
    OrderBoard,
    PromiseChange,
    StateTotal,
    UnlinedOrder,
)
from services.partners.domain.order_lift import LIFTS, Lift
from services.partners.domain.payment_sheet import SheetTotals
from services.partners.domain.terms import PartnerTerms, PaymentNeeded, PaymentReason, payment_needed

Bounds = tuple[int | None, int | None]
ORDER_AGES: Final[tuple[Bounds, ...]] = ((0, 7), (8, 15), (16, 30), (31, 60), (61, 90), (91, None))
PROMISE_AGES: Final[tuple[Bounds, ...]] = ((None, 0), (1, 7), (8, 15), (16, 30), (31, None))
NOT_PROMISED: Final[Bounds] = (None, None)


@dataclass(frozen=True, slots=True, kw_only=True)
class BoardFacts:
    """What is known of one partner at one instant; `totals` are of its payment sheet, one per currency."""

    partner: BoardPartner
    terms: PartnerTerms
    orders: Sequence[Order]
    unlined: Sequence[UnlinedOrder]
    totals: Sequence[SheetTotals]
    earlier: EarlierBoard | None


def order_board(facts: BoardFacts, *, as_of: datetime, day: date) -> OrderBoard:
    """The board of `day`, which is the business day of `as_of`."""
    lines = sorted(_lines(facts.orders, day), key=lambda line: (line.promised_on or date.max, line.key))
    payments = tuple(_payments(facts, lines))
    return OrderBoard(
        partner=facts.partner,
        as_of=as_of,
        day=day,
        compared_with=facts.earlier.number if facts.earlier else None,
        compared_at=facts.earlier.published_at if facts.earlier else None,
        lines=tuple(lines),
        unlined=tuple(facts.unlined),
        holds=tuple(_holds(facts, lines, payments)),
        by_order_age=tuple(_buckets(lines, ORDER_AGES, lambda line: line.age_days)),
        by_promise=tuple(_buckets(lines, (*PROMISE_AGES, NOT_PROMISED), lambda line: line.promise_days)),
        by_state=tuple(_state_totals(lines, is_all_held=facts.terms.is_on_hold)),
        promise_changes=tuple(_promise_changes(lines, facts.earlier.promises if facts.earlier else {})),
        payments=payments,
    )


def _lines(orders: Sequence[Order], day: date) -> Iterator[BoardLine]:
    for order in orders:
        for line in order.lines:
            if line.open_quantity > 0:
                yield _board_line(order, line, day)


def _board_line(order: Order, line: OrderLine, day: date) -> BoardLine:
    return BoardLine(
        order_number=order.number,
        line_number=line.number,
        customer_reference=order.customer_reference,
        product_code=line.product_code,
        description=line.description,
        ordered_on=order.ordered_on,
        requested_on=line.requested_on,
        promised_on=line.promised_on,
        currency=order.currency,
        unit_value_minor=line.unit_value_minor,
        quantity=line.quantity,
        cancelled=line.cancelled,
        allocated=line.allocated,
        dispatched=line.dispatched,
        open_quantity=line.open_quantity,
        open_minor=line.open_minor,
        ready_minor=line.ready_minor,
        state=line.state,
        age_days=max(0, (day - order.ordered_on).days),
        promise_days=(day - line.promised_on).days if line.promised_on else None,
        holds=tuple(sorted({hold.kind for hold in order.holds if hold.line_number in (None, line.number)})),
    )


def _payments(facts: BoardFacts, lines: Sequence[BoardLine]) -> Iterator[PaymentNeeded]:
    totals = {one.currency: one for one in facts.totals}
    for currency in sorted({line.currency for line in lines}):
        ready_minor = sum(line.ready_minor for line in lines if line.currency == currency)
        nothing = SheetTotals(currency=currency, open_minor=0, overdue_minor=0, advances_minor=0)
        yield payment_needed(facts.terms, ready_minor, totals.get(currency, nothing))


def _holds(
    facts: BoardFacts, lines: Sequence[BoardLine], payments: Sequence[PaymentNeeded]
) -> Iterator[BoardHold]:
    """What stops everything of the partner first, then what the sources say of orders with something open."""
    if facts.terms.is_on_hold:
        yield _partner_hold(
            HoldKind.PARTNER_ON_HOLD, facts.terms.hold_reason, LIFTS[HoldKind.PARTNER_ON_HOLD]
        )
    needed = {one.currency: one for one in payments if one.needed_minor}
    for one in needed.values():
        yield _partner_hold(_payment_kind(one), None, _payment_lift(_payment_kind(one), one))
    open_lines = {line.key for line in lines}
    open_orders = {line.order_number for line in lines}
    for order in facts.orders:
        for hold in order.holds:
            is_open = (
                order.number in open_orders
                if hold.line_number is None
                else ((order.number, hold.line_number) in open_lines)
            )
            if is_open:
                yield BoardHold(
                    order_number=order.number,
                    line_number=hold.line_number,
                    kind=hold.kind,
                    since_on=hold.since_on,
                    note=hold.note,
                    lift=_stated_lift(hold.kind, needed.get(order.currency)),
                )


def _partner_hold(kind: HoldKind, note: str | None, lift: Lift) -> BoardHold:
    return BoardHold(order_number=None, line_number=None, kind=kind, since_on=None, note=note, lift=lift)


def _payment_kind(needed: PaymentNeeded) -> HoldKind:
    return HoldKind.PAYMENT if needed.reason is PaymentReason.PREPAID else HoldKind.CREDIT


def _payment_lift(kind: HoldKind, needed: PaymentNeeded) -> Lift:
    return replace(LIFTS[kind], amount_minor=needed.needed_minor, currency=needed.currency)


def _stated_lift(kind: HoldKind, needed: PaymentNeeded | None) -> Lift:
    """A hold for money names what the whole board needs; where nothing is needed any more, a coordinator lifts it."""
    if kind in (HoldKind.CREDIT, HoldKind.PAYMENT) and needed:
        return _payment_lift(kind, needed)
    return LIFTS[kind]


def _buckets(
    lines: Sequence[BoardLine], ages: Sequence[Bounds], days_of: Callable[[BoardLine], int | None]
) -> Iterator[AgeBucket]:
    for currency in sorted({line.currency for line in lines}):
        for bounds in ages:
            chosen = [line for line in lines if line.currency == currency and _is_in(days_of(line), bounds)]
            yield AgeBucket(
                currency=currency,
                from_days=bounds[0],
                to_days=bounds[1],
                lines=len(chosen),
                open_minor=sum(line.open_minor for line in chosen),
            )


def _is_in(days: int | None, bounds: Bounds) -> bool:
    first, last = bounds
    if days is None or bounds == NOT_PROMISED:
        return days is None and bounds == NOT_PROMISED
    return (first is None or days >= first) and (last is None or days <= last)


def _state_totals(lines: Sequence[BoardLine], *, is_all_held: bool) -> Iterator[StateTotal]:
    for currency in sorted({line.currency for line in lines}):
        for state in OrderState:
            chosen = [line for line in lines if (line.currency, line.state) == (currency, state)]
            if chosen:
                yield StateTotal(
                    currency=currency,
                    state=state,
                    lines=len(chosen),
                    open_minor=_open_minor(chosen),
                    ready_minor=sum(line.ready_minor for line in chosen),
                    held_minor=_open_minor(line for line in chosen if line.holds or is_all_held),
                )


def _open_minor(lines: Iterable[BoardLine]) -> int:
    return sum(line.open_minor for line in lines)


def _promise_changes(
    lines: Sequence[BoardLine], promises: Mapping[LineKey, date | None]
) -> Iterator[PromiseChange]:
    """Lines that both boards show; what is new or gone since is not a change of a promise."""
    for line in lines:
        if line.key in promises and promises[line.key] != line.promised_on:
            yield PromiseChange(
                order_number=line.order_number,
                line_number=line.line_number,
                product_code=line.product_code,
                was_on=promises[line.key],
                now_on=line.promised_on,
            )
