"""What an order board says of orders, terms and the payment sheet."""

from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from services.partners.domain.board_making import BoardFacts, order_board
from services.partners.domain.order import Hold, HoldKind, Order, OrderLine, OrderState
from services.partners.domain.order_board import AgeBucket, BoardPartner, EarlierBoard, OrderBoard
from services.partners.domain.order_lift import Lifter
from services.partners.domain.payment_sheet import SheetTotals
from services.partners.domain.terms import NO_TERMS, PartnerTerms, PaymentReason, payment_needed
from tests.unit.partners.test_order import a_line, sent

DAY = date(2026, 11, 26)
AT = datetime(2026, 11, 26, 6, 30, tzinfo=UTC)
LAKH = 1_00_000_00


def an_order(number: str, ordered_on: date, *lines: OrderLine, holds: tuple[Hold, ...] = ()) -> Order:
    return Order(
        number=number, partner_code="CP1", ordered_on=ordered_on, currency="INR", lines=lines, holds=holds
    )


def a_board(
    *orders: Order,
    terms: PartnerTerms = NO_TERMS,
    totals: SheetTotals | None = None,
    earlier: EarlierBoard | None = None,
) -> OrderBoard:
    partner = BoardPartner(code="CP1", name="Om Sai", city="Pune", zone="West")
    facts = BoardFacts(
        partner=partner,
        terms=terms,
        orders=orders,
        unlined=(),
        totals=(totals,) if totals else (),
        earlier=earlier,
    )
    return order_board(facts, as_of=AT, day=DAY)


def owes(open_minor: int, *, overdue: int = 0, advances: int = 0, notes: int = 0) -> SheetTotals:
    return SheetTotals(
        currency="INR",
        open_minor=open_minor,
        overdue_minor=overdue,
        advances_minor=advances,
        credit_notes_minor=notes,
    )


def test_lines_with_nothing_open_are_not_on_the_board() -> None:
    done = a_line(number=1, allocated=Decimal(10), dispatches=sent(10))
    half = a_line(number=2, allocated=Decimal(6), dispatches=sent(4))
    cancelled = a_line(number=3, cancelled=Decimal(10))

    board = a_board(an_order("SO-1", DAY, done, half, cancelled))

    assert [(line.key, line.open_quantity, line.state) for line in board.lines] == [
        (("SO-1", 2), Decimal(6), OrderState.PARTLY_DISPATCHED)
    ]


def test_open_value_is_aged_by_order_and_by_promise_and_every_bucket_sums_to_the_whole() -> None:
    board = a_board(
        an_order("SO-1", date(2026, 11, 26), a_line(promised_on=date(2026, 11, 26))),
        an_order("SO-2", date(2026, 11, 10), a_line(promised_on=date(2026, 11, 25))),
        an_order("SO-3", date(2026, 8, 20), a_line(promised_on=date(2026, 9, 1)), a_line(number=2)),
    )

    def filled(buckets: tuple[AgeBucket, ...]) -> list[tuple[int | None, int | None, int]]:
        return [(one.from_days, one.to_days, one.lines) for one in buckets if one.lines]

    assert filled(board.by_order_age) == [(0, 7, 1), (16, 30, 1), (91, None, 2)]
    assert filled(board.by_promise) == [(None, 0, 1), (1, 7, 1), (31, None, 1), (None, None, 1)]
    whole = sum(line.open_minor for line in board.lines)
    for parts in (board.by_order_age, board.by_promise, board.by_state):
        assert sum(one.open_minor for one in parts) == whole


@pytest.mark.parametrize(
    ("terms", "ready", "totals", "needed", "reason"),
    [
        (NO_TERMS, LAKH, owes(9 * LAKH, overdue=9 * LAKH), 0, PaymentReason.NOTHING_NEEDED),
        (PartnerTerms(credit_limit_minor=5 * LAKH), 2_36_000_00, owes(4_20_000_00, advances=20_000_00), 1_36_000_00,
         PaymentReason.OVER_LIMIT),
        (PartnerTerms(credit_limit_minor=5 * LAKH), 0, owes(9 * LAKH), 0, PaymentReason.NOTHING_NEEDED),
        (PartnerTerms(credit_limit_minor=0), LAKH, owes(0, advances=40_000_00, notes=10_000_00), 50_000_00,
         PaymentReason.PREPAID),
        (PartnerTerms(stops_on_overdue=True), LAKH, owes(3 * LAKH, overdue=2 * LAKH, notes=LAKH), LAKH,
         PaymentReason.OVERDUE),
        (PartnerTerms(credit_limit_minor=LAKH, stops_on_overdue=True), LAKH, owes(3 * LAKH, overdue=2 * LAKH), 3 * LAKH,
         PaymentReason.OVER_LIMIT),
        (PartnerTerms(credit_limit_minor=0, currency="USD"), LAKH, owes(3 * LAKH), 0, PaymentReason.NOTHING_NEEDED),
    ],
)  # fmt: skip
def test_payment_before_dispatch_follows_from_terms_and_sheet(
    terms: PartnerTerms, ready: int, totals: SheetTotals, needed: int, reason: PaymentReason
) -> None:
    found = payment_needed(terms, ready, totals)

    assert (found.needed_minor, found.reason) == (needed, reason)


def test_holds_say_who_lifts_them_and_a_payment_says_how_much() -> None:
    ready = a_line(allocated=Decimal(2))
    waiting = a_line(number=2)
    holds = (
        Hold(kind=HoldKind.PAYMENT, since_on=DAY),
        Hold(kind=HoldKind.ENGINEERING, since_on=DAY, line_number=2, note="Drawing of the exhaust"),
    )
    terms = PartnerTerms(credit_limit_minor=0, is_on_hold=True, hold_reason="Cheque came back")

    board = a_board(an_order("SO-1", DAY, ready, waiting, holds=holds), terms=terms, totals=owes(0))

    assert [(one.order_number, one.line_number, one.kind, one.lift.by) for one in board.holds] == [
        (None, None, HoldKind.PARTNER_ON_HOLD, Lifter.COORDINATOR),
        (None, None, HoldKind.PAYMENT, Lifter.PARTNER),
        ("SO-1", None, HoldKind.PAYMENT, Lifter.PARTNER),
        ("SO-1", 2, HoldKind.ENGINEERING, Lifter.ENGINEERING),
    ]
    assert [one.lift.amount_minor for one in board.holds[1:3]] == [LAKH, LAKH]
    assert [line.holds for line in board.lines] == [
        (HoldKind.PAYMENT,),
        (HoldKind.ENGINEERING, HoldKind.PAYMENT),
    ]


def test_promises_are_compared_with_the_last_published_board() -> None:
    promised = date(2026, 12, 1)
    order = an_order("SO-1", DAY, *(a_line(number=number, promised_on=promised) for number in (1, 2, 3)))
    earlier = EarlierBoard(
        number=4, published_at=AT, promises={("SO-1", 1): date(2026, 11, 20), ("SO-1", 2): promised}
    )

    board = a_board(order, earlier=earlier)
    withdrawn = a_board(replace(order, lines=(a_line(promised_on=None),)), earlier=earlier)

    assert [(one.line_number, one.was_on, one.now_on, one.days) for one in board.promise_changes] == [
        (1, date(2026, 11, 20), promised, 11)
    ]
    assert [(one.now_on, one.days) for one in withdrawn.promise_changes] == [(None, None)]
    assert board.compared_with == 4
