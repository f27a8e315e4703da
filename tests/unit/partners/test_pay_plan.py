"""What to pay by when: overdue first, credits on what is due earliest, cheques for memory only."""

from datetime import date, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from services.partners.domain.pay_plan import DueAmount, pay_plan
from services.partners.domain.sheet_memos import SheetCheque

TODAY = date(2026, 11, 26)


def due(days: int, open_minor: int, currency: str = "INR", invoices: int = 1) -> DueAmount:
    return DueAmount(
        currency=currency, due_on=TODAY + timedelta(days=days), invoices=invoices, open_minor=open_minor
    )


def a_cheque(days: int, amount_minor: int, standing: str = "held", stale_days: int = 90) -> SheetCheque:
    return SheetCheque(
        cheque_number="918178",
        drawee_bank="HDFC BANK",
        currency="INR",
        amount_minor=amount_minor,
        cheque_on=TODAY + timedelta(days=days),
        received_on=TODAY - timedelta(days=100),
        stale_on=TODAY + timedelta(days=stale_days),
        standing=standing,
        items=(),
    )


def test_overdue_comes_first_in_one_line_and_credits_cover_it_first() -> None:
    plan = pay_plan([due(0, 50), due(-9, 60), due(-1, 40), due(5, 30)], {"INR": 120}, [], on=TODAY)

    assert [
        (one.pay_by, one.invoices, one.covered_minor, one.to_pay_minor, one.running_minor) for one in plan
    ] == [
        (None, 2, 100, 0, 0),
        (TODAY, 1, 20, 30, 30),
        (TODAY + timedelta(days=5), 1, 0, 30, 60),
    ]


def test_cheques_are_remembered_from_their_date_on_and_lower_nothing() -> None:
    cheques = [a_cheque(3, 70), a_cheque(-3, 5), a_cheque(1, 9, "bounced"), a_cheque(-95, 9, stale_days=0)]

    plan = pay_plan([due(-1, 40), due(2, 30), due(3, 30)], {}, cheques, on=TODAY)

    assert [(one.running_minor, one.cheques_by_then_minor, one.left_after_cheques_minor) for one in plan] == [
        (40, 5, 35),
        (70, 5, 65),
        (100, 75, 25),
    ]


def test_a_credit_in_one_currency_covers_nothing_in_another() -> None:
    plan = pay_plan([due(1, 40), due(1, 30, "USD")], {"INR": 100}, [], on=TODAY)

    assert [(one.currency, one.to_pay_minor) for one in plan] == [("INR", 0), ("USD", 30)]


AMOUNTS = st.integers(1, 10**12)


@settings(max_examples=60)
@given(st.lists(st.tuples(st.integers(-400, 400), AMOUNTS), max_size=12), st.integers(0, 10**13))
def test_what_is_to_pay_in_all_is_what_is_open_less_the_credits(
    dues: list[tuple[int, int]], credit: int
) -> None:
    lines = [due(days, minor) for days, minor in dict(dues).items()]

    plan = pay_plan(lines, {"INR": credit}, [], on=TODAY)

    open_minor = sum(one.open_minor for one in lines)
    assert sum(one.open_minor for one in plan) == open_minor
    assert sum(one.to_pay_minor for one in plan) == max(0, open_minor - credit)
    assert all(one.to_pay_minor >= 0 for one in plan)
    if plan:
        assert plan[-1].running_minor == max(0, open_minor - credit)
