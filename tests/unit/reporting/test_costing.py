"""What things cost: rolled up, landed, and what is left of their price; always to the paisa."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.reporting.application.run_analysis import analysed
from services.reporting.domain.analysis import AnalysisKind, AnalysisResult
from services.reporting.domain.errors import AnalysisInvalid, BillOfMaterialsCycle, CostUnknown, RateUnknown

BILL = AnalysisKind.BILL_OF_MATERIALS
LANDED = AnalysisKind.LANDED_COST
MARGIN = AnalysisKind.MARGIN_WATERFALL
A_SET = [
    {"item": "SET", "component": "ENGINE", "quantity": "1"},
    {"item": "SET", "component": "MOUNT", "quantity": "2", "scrap_percent": "4"},
    {"item": "SET", "unit_cost": "20.00"},
    {"item": "ENGINE", "unit_cost": "300.00"},
    {"item": "MOUNT", "unit_cost": "12.50"},
]
A_SHIPMENT = [
    {"item": "TURBO", "quantity": "10", "price": "80.00", "weight": "25"},
    {"item": "ECU", "quantity": "4", "price": "50.00", "weight": "0"},
]
FREIGHT = {"name": "Freight", "kind": "freight", "amount": "100.00", "shared_by": "value"}
A_SALE = {
    "product_code": "GEN", "quantity": "1", "list_price": "100.00", "trade_discount_percent": "10",
    "rebate_percent": "2", "terms_days": "60", "cost": "70.00",
}  # fmt: skip


def figures(result: AnalysisResult) -> Mapping[str, Any]:
    return {one.code: one.value for one in result.figures}


def table(result: AnalysisResult, code: str) -> list[dict[str, Any]]:
    found = next(one for one in result.tables if one.code == code)
    return [dict(zip((column.code for column in found.columns), row, strict=True)) for row in found.rows]


def test_a_whole_costs_what_its_parts_cost_in_their_quantities() -> None:
    result = analysed(BILL, A_SET, {})

    assert figures(result) == {"cost_SET": "346.00"}
    assert [(one["part"], one["quantity"], one["cost"]) for one in table(result, "parts")] == [
        ("ENGINE", "1", "300.00"), ("MOUNT", "2.08", "26.00"), ("SET", "1", "20.00"),
    ]  # fmt: skip


def test_a_part_that_many_ways_lead_to_counts_by_each_of_them() -> None:
    rows = [
        {"item": "A", "component": "B", "quantity": "2"}, {"item": "A", "component": "C", "quantity": "1"},
        {"item": "B", "component": "C", "quantity": "3"}, {"item": "C", "unit_cost": "1.10"},
    ]  # fmt: skip

    assert figures(analysed(BILL, rows, {})) == {"cost_A": "7.70"}


def test_circles_and_unknown_costs_are_named() -> None:
    circle = [
        {"item": one, "component": other, "quantity": "1"}
        for one, other in (("A", "B"), ("B", "C"), ("C", "B"))
    ]
    with pytest.raises(BillOfMaterialsCycle, match="B → C → B"):
        analysed(BILL, circle, {})
    with pytest.raises(CostUnknown, match="No cost is told of MOUNT; MOUNT goes into SET"):
        analysed(BILL, A_SET[:4], {})
    with pytest.raises(RateUnknown, match="EUR"):
        analysed(BILL, [{"item": "A", "unit_cost": "1", "currency": "EUR"}], {})
    with pytest.raises(AnalysisInvalid, match="nothing of B"):
        analysed(BILL, [{"item": "A", "unit_cost": "1"}], {"items": ["B"]})


def test_a_deep_bill_is_no_harder_than_a_shallow_one() -> None:
    rows = [{"item": f"L{level}", "component": f"L{level + 1}", "quantity": "1"} for level in range(3000)]

    assert figures(analysed(BILL, [*rows, {"item": "L3000", "unit_cost": "5"}], {})) == {"cost_L0": "5.00"}


def test_duty_on_cif_counts_freight_and_on_fob_does_not() -> None:
    """800.00 and 200.00 of goods share 100.00 of freight by value: 80.00 and 20.00; 7.5 % of 880.00 and of 220.00."""
    options = {"charges": [FREIGHT], "duty_percent": "7.5"}

    cif, fob = (
        analysed(LANDED, A_SHIPMENT, options),
        analysed(LANDED, A_SHIPMENT, options | {"duty_basis": "fob"}),
    )

    assert [(one["charge_1"], one["duty"], one["landed"], one["each"]) for one in table(cif, "lines")] == [
        ("80.00", "66.00", "946.00", "94.6"), ("20.00", "16.50", "236.50", "59.125"),
    ]  # fmt: skip
    assert (figures(cif)["landed"], figures(fob)["duty"]) == ("1182.50", "75.00")


def test_a_charge_that_lines_cannot_share_is_refused_by_their_names() -> None:
    by_volume = {"charges": [FREIGHT | {"shared_by": "volume"}]}

    with pytest.raises(AnalysisInvalid, match="shared by volume, which is not known of TURBO, ECU"):
        analysed(LANDED, A_SHIPMENT, by_volume)
    with pytest.raises(CostUnknown, match="TURBO has no price"):
        analysed(LANDED, [{"item": "TURBO", "quantity": "1"}], {})


def test_what_is_left_of_a_list_price_is_told_step_by_step() -> None:
    result = analysed(MARGIN, [A_SALE], {"annual_rate_percent": "12"})

    shown = {code: value for code, value in figures(result).items() if value not in ("0.00", None)}
    assert shown == {
        "list": "100.00", "trade_discount": "10.00", "invoice": "90.00", "rebate": "1.80", "terms": "1.78",
        "pocket": "86.42", "cost": "70.00", "margin": "16.42", "contribution": "16.42",
        "pocket_percent": "86.42", "margin_percent": "16.42", "contribution_percent": "16.42",
    }  # fmt: skip
    with pytest.raises(CostUnknown, match="GEN has no cost"):
        analysed(MARGIN, [{**A_SALE, "cost": ""}], {})


def test_a_what_if_shows_every_figure_before_and_after() -> None:
    what_if = {
        "rows": [{"column": "unit_cost", "where": {"item": "ENGINE"}, "percent": "10"}],
        "options": {"items": ["SET", "MOUNT"]},
    }

    result = analysed(BILL, A_SET, {"what_if": what_if})

    assert [tuple(one.values()) for one in table(result, "what_if")] == [
        ("Cost of SET", "INR", "346.00", "376.00", "30.00"),
        ("Cost of MOUNT", "INR", None, "12.50", None),
    ]
    assert figures(result) == {"cost_SET": "346.00"}


@pytest.mark.parametrize(
    "what_if",
    [
        {"rows": [{"column": "unit_cost", "where": {"item": "NONE"}, "value": "1"}]},
        {"rows": [{"column": "unit_cost", "percent": "10"}]},
        {"rows": [{"column": "unit_cost"}]},
        {"options": {"colour": "red"}},
        {"options": {"items": 5}},
    ],
)
def test_a_what_if_that_changes_nothing_is_refused(what_if: dict[str, Any]) -> None:
    with pytest.raises(AnalysisInvalid):
        analysed(BILL, A_SET, {"what_if": what_if})


A_PRICE = st.decimals(min_value=0, max_value=99_999, places=2).map(lambda number: f"{number:f}")
A_QUANTITY = st.decimals(min_value="0.001", max_value=999, places=3).map(lambda number: f"{number:f}")
A_LINE = st.fixed_dictionaries(
    {"item": st.just("X"), "quantity": A_QUANTITY, "price": A_PRICE, "weight": A_QUANTITY, "volume": A_QUANTITY,
     "duty_percent": st.sampled_from(["0", "7.5", "18", "33.333"])}
)  # fmt: skip
A_CHARGE = st.fixed_dictionaries(
    {"name": st.just("C"), "kind": st.sampled_from(["freight", "insurance", "handling"]), "amount": A_PRICE,
     "shared_by": st.sampled_from(["weight", "volume", "quantity"])}
)  # fmt: skip


@settings(max_examples=25, deadline=None)
@given(rows=st.lists(A_LINE, min_size=1, max_size=8), charges=st.lists(A_CHARGE, max_size=4))
def test_lines_take_all_of_every_charge_and_no_more(
    rows: list[dict[str, str]], charges: list[dict[str, str]]
) -> None:
    result = analysed(LANDED, rows, {"charges": charges})

    assert all(check.holds for check in result.checks)
    for number, charge in enumerate(charges, 1):
        shared = sum(Decimal(one[f"charge_{number}"]) for one in table(result, "lines"))
        assert shared == Decimal(charge["amount"])
    assert sum(Decimal(one["landed"]) for one in table(result, "lines")) == Decimal(figures(result)["landed"])


@settings(max_examples=25, deadline=None)
@given(costs=st.lists(st.tuples(A_PRICE, A_QUANTITY), min_size=1, max_size=9))
def test_the_parts_of_a_cost_add_up_to_it(costs: list[tuple[str, str]]) -> None:
    rows = [{"item": f"P{place}", "unit_cost": price} for place, (price, _) in enumerate(costs)]
    rows += [
        {"item": "A", "component": f"P{place}", "quantity": quantity, "scrap_percent": "3.7"}
        for place, (_, quantity) in enumerate(costs)
    ]

    result = analysed(BILL, rows, {})

    assert sum(Decimal(one["cost"]) for one in table(result, "parts")) == Decimal(figures(result)["cost_A"])


@settings(max_examples=25, deadline=None)
@given(
    price=A_PRICE,
    quantity=A_QUANTITY,
    discount=st.sampled_from(["0", "7.25", "33.333"]),
    days=st.sampled_from(["0", "45"]),
)
def test_list_less_all_steps_is_the_contribution(price: str, quantity: str, discount: str, days: str) -> None:
    row = A_SALE | {
        "list_price": price,
        "quantity": quantity,
        "promotion_percent": discount,
        "terms_days": days,
    }

    result = analysed(MARGIN, [row], {"annual_rate_percent": "11.3"})

    found = {code: Decimal(value or 0) for code, value in figures(result).items()}
    assert all(check.holds for check in result.checks)
    assert found["invoice"] == found["list"] - found["trade_discount"] - found["promotion"]
    assert found["contribution"] == found["invoice"] - found["rebate"] - found["terms"] - found["cost"]
