"""A change of revenue or margin is taken apart, and the parts add up to it."""

from collections.abc import Mapping
from decimal import Decimal
from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.reporting.domain.analysis import AnalysisResult
from services.reporting.domain.errors import AnalysisInvalid, CostUnknown, RateUnknown
from services.reporting.domain.variance_result import variance_analysis
from services.reporting.domain.variance_rows import ExchangeRate, Measure, PriceMethod, VarianceOptions

EFFECTS = "currency price joint cost volume mix mix_between mix_within new discontinued returns adjustments"


def row(side: str, product_code: str, quantity: str, price: str = "", **others: str) -> dict[str, str]:
    return {"side": side, "product_code": product_code, "quantity": quantity, "price": price, **others}


TWO_PRODUCTS = [
    row("base", "A", "10", "5.00"),
    row("base", "B", "90", "2.00"),
    row("actual", "A", "12", "6.00"),
    row("actual", "B", "98", "2.00"),
]


def figures(result: AnalysisResult) -> Mapping[str, Decimal]:
    return {one.code: Decimal(one.value) for one in result.figures if one.value is not None}


def effects(result: AnalysisResult) -> dict[str, str]:
    return {
        one.code: one.value or ""
        for one in result.figures
        if one.code in EFFECTS.split() and one.value != "0.00"
    }


def test_a_change_is_price_volume_and_mix() -> None:
    """A: 12 - 10 at 5.00, of which growth of all by a tenth explains one; B: 98 is one less than that growth."""
    result = variance_analysis(TWO_PRODUCTS, VarianceOptions())

    assert effects(result) == {"price": "12.00", "volume": "23.00", "mix": "3.00"}
    assert (figures(result)["base"], figures(result)["actual"]) == (Decimal("230.00"), Decimal("268.00"))
    assert [(check.code, check.residual) for check in result.checks] == [
        ("residual", "0.00"),
        ("lines", "0.00"),
    ]


@pytest.mark.parametrize(
    ("method", "expected"),
    [
        (PriceMethod.THREE_WAY, {"price": "10.00", "joint": "2.00", "volume": "23.00", "mix": "3.00"}),
        (PriceMethod.SYMMETRIC, {"price": "11.00", "volume": "23.50", "mix": "3.50"}),
    ],
)
def test_the_joint_effect_goes_where_it_was_asked_to_go(
    method: PriceMethod, expected: dict[str, str]
) -> None:
    assert effects(variance_analysis(TWO_PRODUCTS, VarianceOptions(price_method=method))) == expected


def test_currency_is_taken_out_before_price() -> None:
    """100 USD at 80 become 110 USD at 84: ₹ 440 came by the rate, ₹ 800 by the price at the old rate."""
    rows = [row("base", "A", "10", "10", currency="USD"), row("actual", "A", "10", "11", currency="USD")]
    rates = (ExchangeRate(currency="USD", base="80", actual="84"),)

    assert effects(variance_analysis(rows, VarianceOptions(rates=rates))) == {
        "currency": "440.00",
        "price": "800.00",
    }
    with pytest.raises(RateUnknown, match="USD"):
        variance_analysis(rows, VarianceOptions())


def test_new_discontinued_returned_and_adjusted_stand_in_lines_of_their_own() -> None:
    rows = [
        row("base", "GONE", "2", "50"),
        row("actual", "NEW", "1", "30"),
        row("base", "KEPT", "1", "10"),
        row("actual", "KEPT", "1", "10"),
        row("actual", "KEPT", "-1", "10"),
        {"side": "actual", "product_code": "KEPT", "quantity": "0", "amount": "-4.50"},
    ]

    assert effects(variance_analysis(rows, VarianceOptions())) == {
        "new": "30.00",
        "discontinued": "-100.00",
        "returns": "-10.00",
        "adjustments": "-4.50",
    }


def test_margin_tells_price_and_cost_apart_and_a_missing_cost_by_name() -> None:
    """Price of one +2 and cost of one +0.50, each on the 12 that were sold; volume and mix on the old margin of 2."""
    rows = [row("base", "A", "10", "5", cost="3"), row("actual", "A", "12", "7", cost="3.50")]

    assert effects(variance_analysis(rows, VarianceOptions(measure=Measure.MARGIN))) == {
        "price": "24.00",
        "cost": "-6.00",
        "volume": "4.00",
    }
    with pytest.raises(CostUnknown, match="A has no cost in row 2"):
        variance_analysis([rows[0], row("actual", "A", "12", "7")], VarianceOptions(measure=Measure.MARGIN))


def test_quantities_of_different_units_are_never_added() -> None:
    rows = [
        row("base", "OIL", "100", "2", unit="litre"),
        row("actual", "OIL", "110", "2", unit="litre"),
        row("base", "PUMP", "1", "1000", unit="piece"),
        row("actual", "PUMP", "2", "1000", unit="piece"),
    ]

    result = variance_analysis(rows, VarianceOptions())

    assert effects(result) == {"volume": "1020.00"}
    units = next(table for table in result.tables if table.code == "units")
    assert [one[:4] for one in units.rows] == [
        ("litre", "100", "110", "20.00"),
        ("piece", "1", "2", "1000.00"),
    ]
    assert "litre, piece" in result.notes[1]


def test_levels_are_the_sums_of_what_is_below_them() -> None:
    rows = [one | {"zone": zone} for one, zone in product(TWO_PRODUCTS, ("West", "North"))]

    result = variance_analysis(rows, VarianceOptions(hierarchy=("zone",), mix_by="zone"))

    levels = next(table for table in result.tables if table.code == "levels")
    codes = [column.code for column in levels.columns]
    shown = [dict(zip(codes, one, strict=True)) for one in levels.rows]
    assert [(one["level"], one["zone"], one["change"]) for one in shown] == [
        ("0", None, "76.00"), ("1", "North", "38.00"), ("1", "West", "38.00"),
    ]  # fmt: skip
    assert (shown[0]["mix_between"], shown[0]["mix_within"]) == ("0.00", "6.00")
    assert {one["residual"] for one in shown} == {"0.00"}


def test_every_cell_that_cannot_be_taken_is_named() -> None:
    rows = [row("plan", "A", "ten", "5"), row("actual", "", "1"), row("base", "A", "1", "1e5")]

    with pytest.raises(AnalysisInvalid) as refused:
        variance_analysis(rows, VarianceOptions())

    assert [problem.pointer for problem in refused.value.problems] == [
        "row 1 column side", "row 1 column quantity", "row 2 column product_code", "row 2 column price",
        "row 3 column price",
    ]  # fmt: skip


@pytest.mark.parametrize(
    "options",
    [
        VarianceOptions(keys=()),
        VarianceOptions(keys=("quantity",)),
        VarianceOptions(hierarchy=("product_code",)),
        VarianceOptions(mix_by="zone"),
        VarianceOptions(keys=("customer",)),
        VarianceOptions(rates=(ExchangeRate(currency="USD", base="0", actual="1"),)),
    ],
)
def test_options_that_name_nothing_are_refused(options: VarianceOptions) -> None:
    with pytest.raises(AnalysisInvalid):
        variance_analysis(TWO_PRODUCTS, options)


A_NUMBER = st.decimals(min_value=0, max_value=9999, places=3).map(lambda number: f"{number:f}")
A_ROW = st.fixed_dictionaries(
    {
        "side": st.sampled_from(["base", "actual"]),
        "product_code": st.sampled_from(["A", "B", "C", "D"]),
        "zone": st.sampled_from(["West", "North"]),
        "quantity": st.decimals(min_value=-99, max_value=999, places=2).map(lambda number: f"{number:f}"),
        "amount": st.decimals(min_value=-9999, max_value=99999, places=2).map(lambda number: f"{number:f}"),
        "cost": A_NUMBER,
        "currency": st.sampled_from(["INR", "USD", "JPY"]),
        "unit": st.sampled_from(["piece", "litre"]),
    }
)
SOME_OPTIONS = st.builds(
    VarianceOptions,
    currency=st.sampled_from(["INR", "JPY"]),
    hierarchy=st.just(("zone",)),
    mix_by=st.sampled_from([None, "zone", "product_code"]),
    measure=st.sampled_from(list(Measure)),
    price_method=st.sampled_from(list(PriceMethod)),
    rates=st.just(
        (
            ExchangeRate(currency="USD", base="83.1275", actual="84.9"),
            ExchangeRate(currency="JPY", base="0.5521", actual="0.5613"),
            ExchangeRate(currency="INR", base="1.77", actual="1.81"),
        )
    ),
)


@settings(max_examples=25, deadline=None)
@given(rows=st.lists(A_ROW, min_size=1, max_size=12), options=SOME_OPTIONS)
def test_the_parts_of_any_change_add_up_to_it_exactly(
    rows: list[dict[str, str]], options: VarianceOptions
) -> None:
    """In all, on each level and in each line; and the levels are sums of their lines."""
    result = variance_analysis(rows, options)

    found = figures(result)
    assert sum(found[code] for code in EFFECTS.split() if code in found) == found["actual"] - found["base"]
    assert all(check.holds for check in result.checks)
    levels, _, lines = result.tables
    for table in (levels, lines):
        place = [column.code for column in table.columns].index("base")
        for one in table.rows:
            base, actual, change, *parts, residual = (Decimal(cell or "0") for cell in one[place:])
            assert change == actual - base == sum(parts)
            assert residual == 0
    at = [column.code for column in levels.columns].index("actual")
    of_zones = sum(Decimal(one[at] or "0") for one in levels.rows if one[0] == "1")
    assert of_zones == found["actual"]
