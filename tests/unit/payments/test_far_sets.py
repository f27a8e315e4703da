from datetime import date
from decimal import Decimal
from itertools import combinations

from hypothesis import given
from hypothesis import strategies as st

from services.payments.domain.decision import Outcome
from services.payments.domain.deduction_terms import NO_PARTNER_TERMS, DiscountTerm, PartnerTerms, TdsRule
from services.payments.domain.far_sets import far_sets, few_within, near_within, shares_kept
from services.payments.domain.matching_policy import default_policy
from services.payments.domain.open_book import OpenBook
from tests.unit.payments.matching_factories import a_line, a_partner, an_invoice, decided

UNNAMED = "NEFT CR-HDFC0001111-VAIGAI TRACTORS AGENCIES-HDFCN26274967055"
amounts_of = st.lists(st.integers(1, 60), min_size=1, max_size=12)


@given(amounts_of, st.integers(1, 150), st.integers(0, 5))
def test_few_are_exactly_the_sets_of_two_to_four_that_trying_all_finds(
    amounts: list[int], low: int, width: int
) -> None:
    found = sorted(few_within(amounts, low, low + width))

    expected = [
        positions
        for size in (2, 3, 4)
        for positions in combinations(range(len(amounts)), size)
        if low <= sum(amounts[position] for position in positions) <= low + width
    ]
    assert found == sorted(expected)


@given(amounts_of, st.integers(1, 150))
def test_near_ones_are_the_sets_of_up_to_five_among_eight_neighbours(amounts: list[int], total: int) -> None:
    found = sorted(near_within(amounts, total, total))

    expected = [
        positions
        for size in (2, 3, 4, 5)
        for positions in combinations(range(len(amounts)), size)
        if positions[-1] - positions[0] < 8 and sum(amounts[position] for position in positions) == total
    ]
    assert found == sorted(expected)


def test_a_set_is_found_less_the_tax_on_each_of_its_invoices() -> None:
    payables = open_payables({n: 1_000_003 * n + 7 * n**3 for n in range(1, 60)})
    chosen = (3, 21, 34, 50)
    kept = sum((payables[place].taxable_minor * 1 + 500) // 1000 for place in chosen)

    sets = far_sets(
        sum(payables[place].open_minor for place in chosen) - kept, payables, [Decimal("0.001")], found_max=24
    )

    assert chosen in sets


def test_no_more_sets_are_found_than_asked_for() -> None:
    payables = open_payables(dict.fromkeys(range(1, 60), 50_000))

    assert len(far_sets(200_000, payables, [], found_max=24)) == 24


def test_shares_are_those_of_the_day_and_without_our_number_the_higher_tax() -> None:
    rule = TdsRule("TDS194Q", Decimal("0.001"), date(2021, 7, 1), None, "section 194Q")
    ended = TdsRule("TCS", Decimal("0.01"), date(2020, 10, 1), date(2021, 6, 30), "section 206C(1H)")
    discount = DiscountTerm("P1", Decimal(2), 30, date(2026, 4, 1), None)

    shares = shares_kept([rule, ended], PartnerTerms(discounts=(discount,)), date(2026, 10, 12))

    assert shares == [Decimal("0.001"), Decimal("0.02")]
    assert shares_kept([rule], NO_PARTNER_TERMS, date(2021, 6, 30)) == []


def test_a_set_with_gaps_that_nothing_else_explains_is_offered_first_and_not_booked() -> None:
    totals = {n: 1_000_003 * n + 7 * n**3 for n in range(401, 440)}
    invoices = [an_invoice(n, total, day=1 + (n - 401) % 28) for n, total in totals.items()]
    meant = (404, 419, 427)

    decision = decided([a_line(UNNAMED, sum(totals[n] for n in meant))], invoices)[0]

    assert (decision.outcome, decision.allocations) == (Outcome.AUTO, ())
    assert [a.invoice_number[-3:] for a in decision.alternatives[0].allocations] == ["404", "419", "427"]


def test_a_round_sum_on_account_is_not_explained_by_chance() -> None:
    invoices = [an_invoice(n, 5_000_000 + 1_000 * n, day=1 + n % 28) for n in range(401, 440)]

    decision = decided([a_line(UNNAMED, 20_000_000)], invoices)[0]

    assert not decision.alternatives[0].allocations


def open_payables(totals: dict[int, int]):
    invoices = [an_invoice(n, total, day=1 + n % 28) for n, total in totals.items()]
    return (
        OpenBook.of(invoices, default_policy(), keys=(), amounts_minor=()).account(a_partner().code).payables
    )
