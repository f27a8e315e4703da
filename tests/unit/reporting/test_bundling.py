"""What is bought together: exact counts, rules that are more than chance, bundles that pay."""

from collections.abc import Sequence
from itertools import combinations
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.reporting.domain.analysis import AnalysisResult
from services.reporting.domain.bundling import (
    BundlingOptions,
    baskets_of,
    chance_of,
    frequent_sets,
    rules_of,
)
from services.reporting.domain.bundling_result import bundling_analysis
from services.reporting.domain.errors import AnalysisInvalid, CostUnknown

FEW = BundlingOptions(orders_min=1, confidence_min_percent=0)


def rows_of(orders: Sequence[str], **prices: tuple[str, str]) -> list[dict[str, str]]:
    """Each order is the letters of its items."""
    return [
        {"order_number": f"O{number}", "product_code": item}
        | (dict(zip(("price", "cost"), prices[item], strict=True)) if item in prices else {})
        for number, order in enumerate(orders)
        for item in order
    ]


def table(result: AnalysisResult, code: str) -> list[dict[str, Any]]:
    found = next(one for one in result.tables if one.code == code)
    return [dict(zip((column.code for column in found.columns), row, strict=True)) for row in found.rows]


def test_a_rule_says_how_often_and_how_much_more_than_by_chance() -> None:
    """Of 10 orders 4 hold A, 5 hold B, 4 both; as many at random: 4! 6! 5! 5! / (10! 4! 0! 1! 5!) = 5/210."""
    baskets = baskets_of(rows_of(["AB"] * 4 + ["B"] + ["C"] * 5))

    rules = rules_of(baskets, frequent_sets(baskets, 1, 3), FEW)

    rule = next(one for one in rules if one.given == ("A",))
    assert (rule.both, rule.given_count, rule.then_count, rule.orders) == (4, 4, 5, 10)
    assert (rule.confidence, rule.lift, rule.leverage * 5) == (1, 2, 1)
    assert rule.chance == pytest.approx(5 / 210)


def test_limits_are_compared_in_whole_numbers() -> None:
    """29 of 100 is 29 percent, which 0.29 as a float is not."""
    baskets = baskets_of(rows_of(["AB"] * 29 + ["A"] * 71))
    sets = frequent_sets(baskets, 29, 2)

    kept = [
        rules_of(baskets, sets, BundlingOptions(orders_min=29, confidence_min_percent=one))
        for one in (29, 30)
    ]

    assert sets == {("A", "B"): 29}
    assert [{one.given for one in rules} for rules in kept] == [{("A",), ("B",)}, {("B",)}]


@settings(max_examples=25, deadline=None)
@given(
    orders=st.lists(
        st.sets(st.sampled_from("ABCDE"), min_size=1).map(lambda found: "".join(sorted(found))), max_size=25
    ),
    least=st.integers(1, 5),
)
def test_every_set_is_found_with_its_count_and_no_other(orders: list[str], least: int) -> None:
    baskets = baskets_of(rows_of([*orders, "A"]))
    expected = {}
    for size in (2, 3):
        for items in combinations("ABCDE", size):
            count = sum(set(items) <= set(order) for order in orders)
            if count >= least:
                expected[items] = count

    assert frequent_sets(baskets, least, 3) == dict(sorted(expected.items()))


def test_what_is_bought_independently_is_hardly_ever_called_more_than_chance() -> None:
    rng = np.random.default_rng(3)
    orders = ["".join(item for item in "ABCDEFGH" if rng.random() < 0.4) or "A" for _ in range(400)]
    together = [order + ("XY" if rng.random() < 0.2 else "") for order in orders]

    result = bundling_analysis(rows_of(together), BundlingOptions(confidence_min_percent=0, size_max=2))

    found = [
        (one["given"], one["then"]) for one in table(result, "rules") if one["verdict"] == "beyond chance"
    ]
    assert {("X", "Y"), ("Y", "X")} <= set(found)
    assert len(found) <= 4
    assert chance_of(0, 5, 5, 10) == pytest.approx(1.0)


def test_a_bundle_is_priced_and_says_what_it_does_to_profit() -> None:
    """As worked in the module: 10 hold both, 20 each hold one of two that earn 40 and 30."""
    orders = ["AB"] * 10 + ["A"] * 30 + ["B"] * 10 + ["C"] * 150
    prices = {"A": ("100", "60"), "B": ("50", "20"), "C": ("10", "5")}

    result = bundling_analysis(rows_of(orders, **prices), BundlingOptions(orders_min=10))

    (bundle,) = table(result, "bundles")
    assert {name: value for name, value in bundle.items() if name != "items"} == {
        "together": "10", "partly": "40", "prices": "150.00", "costs": "80.00", "price": "135.00",
        "given_away": "150.00", "won": "35.00", "profit": "-115.00", "break_even_percent": "21.43",
        "price_rule": "discount",
    }  # fmt: skip
    assert [(one["item"], one["share"]) for one in table(result, "shares")] == [
        ("A", "90.00"),
        ("B", "45.00"),
    ]
    floored = bundling_analysis(rows_of(orders, **prices), BundlingOptions(margin_floor_percent="50"))
    assert (table(floored, "bundles")[0]["price"], table(floored, "bundles")[0]["price_rule"]) == (
        "160.00",
        "margin floor",
    )
    assert all(check.holds for check in (*result.checks, *floored.checks))


def test_unknown_costs_and_too_many_sets_are_refused_by_name() -> None:
    with pytest.raises(CostUnknown, match="cost of B"):
        bundling_analysis(rows_of(["AB"], A=("1", "1")), FEW)
    with pytest.raises(AnalysisInvalid, match="price of A"):
        bundling_analysis([{"order_number": "1", "product_code": "A", "cost": "1"}], FEW)
    with pytest.raises(AnalysisInvalid, match="More than 20000 sets"):
        frequent_sets(
            baskets_of([{"order_number": "1", "product_code": f"P{one}"} for one in range(220)]), 1, 2
        )
    with pytest.raises(AnalysisInvalid, match="less than 100"):
        bundling_analysis(
            rows_of(["AB"] * 10 + ["C"] * 30, A=("1", "1"), B=("1", "1"), C=("1", "1")),
            BundlingOptions(margin_floor_percent="100"),
        )
