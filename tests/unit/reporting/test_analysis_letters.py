"""Letters about analyses: one sentence for each kind, figures that moved, and when there is something to write."""

from dataclasses import replace
from typing import Any

import pytest

from services.reporting.adapters.analysis_words import headline, moved_line, shown
from services.reporting.application.run_analysis import analysed
from services.reporting.domain.analysis import AnalysisKind, AnalysisResult
from services.reporting.domain.analysis_letter import LetterCondition, is_to_be_sent, moved_figures
from services.reporting.domain.what_if import since_before


def variance(price: str = "6.00", quantity: str = "10") -> AnalysisResult:
    rows = [
        {"side": "base", "product_code": "A", "quantity": "10", "price": "5.00"},
        {"side": "actual", "product_code": "A", "quantity": quantity, "price": price},
    ]
    return analysed(AnalysisKind.VARIANCE, rows, {"keys": ["product_code"]})


BASKETS = [{"order_number": str(order), "product_code": item} for order in range(10) for item in "AB"]
MONTHS = [{"period": f"2025-{month:02}", "product_code": "A", "value": "10"} for month in range(1, 13)]
SHIPMENT = [{"item": "A", "quantity": "10", "price": "100.00", "duty_percent": "10"}]
MARGINS = [{"product_code": "A", "quantity": "10", "list_price": "100.00", "cost": "60.00"}]
SET = [{"item": "PART", "unit_cost": "7.50"}, {"item": "SET", "component": "PART", "quantity": "2"}]


@pytest.mark.parametrize(
    ("kind", "rows", "options", "sentence"),
    [
        (AnalysisKind.BILL_OF_MATERIALS, SET, {}, "Cost of SET is 15.00 INR"),
        (
            AnalysisKind.LANDED_COST,
            SHIPMENT,
            {},
            "Landed cost is 1,100.00 INR: 100.00 INR on top of goods of 1,000.00 INR",
        ),
        (
            AnalysisKind.PROJECTION,
            MONTHS,
            {"horizon": 2, "keys": ["product_code"], "unit": "pieces", "decimals": 0},
            "Everything over 2 periods comes to 20 pieces",
        ),
        (
            AnalysisKind.BUNDLING,
            BASKETS,
            {},
            "Of 2 rules over 10 orders, 0 are beyond chance; bundles priced: 0",
        ),
    ],
)
def test_an_analysis_says_in_one_sentence_what_it_found(
    kind: AnalysisKind, rows: list[dict[str, str]], options: dict[str, Any], sentence: str
) -> None:
    assert headline(kind, analysed(kind, rows, options)) == sentence


def test_a_margin_is_told_beside_its_list_prices() -> None:
    found = headline(AnalysisKind.MARGIN_WATERFALL, analysed(AnalysisKind.MARGIN_WATERFALL, MARGINS, {}))

    assert found.startswith("Of list prices of 1,000.00 INR, pocket is 1,000.00 INR (100 % of list)")
    assert "margin is 400.00 INR (40 % of list)" in found


@pytest.mark.parametrize(
    ("price", "quantity", "sentence"),
    [
        (
            "6.00",
            "10",
            (
                "Revenue went from 50.00 INR to 60.00 INR, up 10.00 INR (20 %);"
                " the greatest effect is that of price, +10.00 INR"
            ),
        ),
        (
            "5.00",
            "5",
            (
                "Revenue went from 50.00 INR to 25.00 INR, down 25.00 INR (50 %);"
                " the greatest effect is that of volume, -25.00 INR"
            ),
        ),
        ("5.00", "10", "Revenue is 50.00 INR, as in the base"),
    ],
)
def test_a_variance_says_which_way_and_by_what(price: str, quantity: str, sentence: str) -> None:
    assert headline(AnalysisKind.VARIANCE, variance(price, quantity)) == sentence


def test_only_figures_that_moved_are_told_with_what_they_were() -> None:
    moved = moved_figures(variance(), variance("7.00"))

    assert [moved_line(row) for row in moved][:2] == [
        "Price: 10.00 → 20.00 INR (+10.00)",
        "Revenue, actual: 60.00 → 70.00 INR (+10.00)",
    ]
    assert moved_figures(variance(), variance()) == []


def test_letters_go_when_something_else_came_out_than_the_time_before() -> None:
    now = variance()
    other_tables = replace(now, tables=())

    assert is_to_be_sent(LetterCondition.ALWAYS, now, now)
    assert is_to_be_sent(LetterCondition.WHEN_CHANGED, None, now)
    assert is_to_be_sent(LetterCondition.WHEN_CHANGED, variance("7.00"), now)
    assert is_to_be_sent(LetterCondition.WHEN_CHANGED, other_tables, now)
    assert not is_to_be_sent(LetterCondition.WHEN_CHANGED, now, now)
    # The run before was another one, which is no news.
    assert not is_to_be_sent(LetterCondition.WHEN_CHANGED, now, since_before(variance("7.00").figures, now))


def test_figures_are_grouped_as_their_unit_is() -> None:
    assert shown("1234567.50", "INR") == "12,34,567.50 INR"
    assert shown("1234567.50", "USD") == "1,234,567.50 USD"
    assert shown(None, "%") == "–"
