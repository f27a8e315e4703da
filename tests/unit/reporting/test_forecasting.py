"""Projections: methods on series whose next values are known, who projects what and why, intervals, totals that agree."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.reporting.domain.analysis import AnalysisResult
from services.reporting.domain.errors import AnalysisInvalid
from services.reporting.domain.forecasting_intervals import covered, pooled_widths, symmetric_error
from services.reporting.domain.forecasting_methods import METHODS, croston, is_seasonal, projected
from services.reporting.domain.forecasting_result import projected_value, projection_analysis
from services.reporting.domain.forecasting_rows import Gaps, ProjectionOptions

MONTHS = np.arange(72)
PATTERN = np.array([80, 90, 100, 110, 120, 130, 120, 110, 100, 90, 80, 70]) / 100


def rows_of(name: str, values: Sequence[float], **others: str) -> list[dict[str, str]]:
    """Months that end in December 2025."""
    first = 2026 * 12 - len(values)
    return [
        {
            "period": f"{number // 12}-{number % 12 + 1:02d}",
            "value": f"{value:.2f}",
            "product_code": name,
            **others,
        }
        for number, value in enumerate(values, first)
    ]


def table(result: AnalysisResult, code: str) -> list[dict[str, Any]]:
    found = next(one for one in result.tables if one.code == code)
    return [dict(zip((column.code for column in found.columns), row, strict=True)) for row in found.rows]


def projections(result: AnalysisResult) -> Sequence[Sequence[Any]]:
    return next(one for one in result.tables if one.code == "projections").rows


def noise(seed: int, size: int, scale: float) -> np.ndarray:
    return np.random.default_rng(seed).normal(0, scale, size)


@pytest.mark.parametrize("name", METHODS)
def test_every_method_repeats_a_constant_and_finds_a_season(name: str) -> None:
    constant, seasonal = np.full(40, 7.0), 100 * PATTERN[MONTHS % 12]

    assert METHODS[name](constant, 6, 12) == pytest.approx(np.full(6, 7.0))
    assert METHODS[name](seasonal, 12, 12) == pytest.approx(100 * PATTERN, rel=0.02)


def test_theta_follows_half_the_drift_and_the_damped_trend_fades() -> None:
    line = 100.0 + 2 * MONTHS

    theta, damped = (projected(line, 12, 1, (name,))[name] for name in ("theta", "damped"))

    assert np.diff(theta) == pytest.approx(np.ones(11), abs=0.01)
    assert np.all(np.diff(np.diff(damped)) <= 1e-9)
    assert 0 < np.diff(damped)[-1] < 2


def test_a_season_below_nought_is_added_and_chance_is_no_season() -> None:
    signed = 50 * (PATTERN[MONTHS % 12] - 1)

    assert METHODS["naive2"](signed, 12, 12) == pytest.approx(50 * (PATTERN - 1), abs=1)
    assert is_seasonal(signed, 12)
    assert not is_seasonal(noise(4, 72, 1), 12)
    assert not is_seasonal(np.full(72, 3.0), 12)


def test_intermittent_demand_is_size_by_interval() -> None:
    """Every fourth period 8: two a period, less a twentieth, by which the quotient is known to be too large."""
    assert croston(np.tile([0.0, 0.0, 0.0, 8.0], 12), 3, 12) == pytest.approx(np.full(3, 2 * 0.95))


def test_no_series_stops_the_others_and_each_says_who_projects_it() -> None:
    regular = 100 * PATTERN[MONTHS % 12] + noise(1, 72, 3)
    rows = [
        *rows_of("REGULAR", regular),
        *rows_of("CONSTANT", [5.0] * 30),
        *rows_of("SHORT", [1.0, 2.0, 6.0]),
        *rows_of("RARE", [0.0, 0.0, 0.0, 8.0] * 12),
        *rows_of("NOTHING", [0.0] * 20),
    ]

    result = projection_analysis(rows, ProjectionOptions(horizon=6))

    assert {one["product_code"]: (one["class"], one["method"]) for one in table(result, "series")} == {
        "REGULAR": ("regular", "combination"), "CONSTANT": ("constant", "constant"), "SHORT": ("short", "mean"),
        "RARE": ("intermittent", "croston"), "NOTHING": ("constant", "constant"),
    }  # fmt: skip
    values = {(name, period): (value, *ends) for name, period, value, *ends in projections(result)}
    assert values["CONSTANT", "2026-06"] == ("5.00", "5.00", "5.00")
    assert values["SHORT", "2026-01"][0] == "3.00"
    low, high = (float(end) for end in values["REGULAR", "2026-03"][1:])
    assert low < 100 < high
    assert projected_value(result, {"product_code": "SHORT"}, "2026-01") == "3.00"
    assert projected_value(result, {"product_code": "SHORT"}, "2027-01") is None


def test_intervals_hold_about_as_many_cases_as_they_promise() -> None:
    """Thirty series of noise around a season: what comes is drawn as what was."""
    rng = np.random.default_rng(7)
    series = [200 * PATTERN[np.arange(72) % 12] + rng.normal(0, 10, 72) for _ in range(30)]
    rows = [row for place, one in enumerate(series) for row in rows_of(f"P{place:02d}", one[:-12])]

    result = projection_analysis(rows, ProjectionOptions(horizon=12))

    ends = [(float(low), float(high)) for *_, low, high in projections(result)]
    came = [value for one in series for value in one[-12:]]
    inside = [low <= value <= high for (low, high), value in zip(ends, came, strict=True)]
    reported = next(float(one.value or 0) for one in result.figures if one.code == "coverage")
    assert 0.77 <= np.mean(inside) <= 0.9
    assert 75 <= reported <= 90


def test_widths_take_the_share_of_pooled_errors_and_never_shrink() -> None:
    errors = [np.array([place / 10, place / 20]) for place in range(1, 21)]

    widths = pooled_widths(errors, 2, 0.8)

    assert widths is not None
    assert widths == pytest.approx([1.7, 1.7])  # the 17th of 20 at the first step: ⌈21 · 0.8⌉
    assert covered(errors, 2, 0.8) == pytest.approx(0.9, abs=0.1)
    assert pooled_widths([], 2, 0.8) is None
    assert covered(errors[:1], 2, 0.8) is None


def test_symmetric_errors_of_nothing_are_nothing() -> None:
    assert symmetric_error(np.array([0.0, 10.0]), np.array([0.0, 30.0])) == pytest.approx(50.0)


@settings(max_examples=8, deadline=None)
@given(
    data=st.lists(
        st.tuples(st.sampled_from(["West", "North"]), st.integers(3, 40), st.integers(0, 2**20)),
        min_size=1,
        max_size=5,
    )
)
def test_totals_are_the_sums_of_their_series_on_every_level(data: list[tuple[str, int, int]]) -> None:
    rows = [
        row
        for place, (zone, count, seed) in enumerate(data)
        for row in rows_of(f"P{place}", np.abs(noise(seed, count, 50)), zone=zone)
    ]

    result = projection_analysis(rows, ProjectionOptions(horizon=3, hierarchy=("zone",)))

    def sums(found: list[dict[str, Any]]) -> Mapping[str, Decimal]:
        return {
            period: sum((Decimal(one["value"]) for one in found if one["period"] == period), Decimal(0))
            for period in ("2026-01", "2026-02", "2026-03")
        }

    totals = table(result, "totals")
    everything = sums([one for one in totals if one["zone"] is None])
    assert (
        everything
        == sums([one for one in totals if one["zone"] is not None])
        == sums(table(result, "projections"))
    )
    assert all(check.holds for check in result.checks)


@pytest.mark.parametrize(
    ("rows", "told"),
    [
        ([*rows_of("A", [1.0]), *rows_of("A", [1.0])], "cells of 2 rows"),
        ([{"period": "October", "value": "1", "product_code": "A"}], "cells of 1 rows"),
        (
            [*rows_of("A", [1.0]), {"period": "2025-Q1", "value": "1", "product_code": "A"}],
            "different lengths",
        ),
        ([rows_of("A", [1.0, 2.0, 3.0])[place] for place in (0, 2)], "A has no value of 2025-11"),
        (rows_of("A", [1e15, 1e16]), "larger than"),
    ],
)
def test_rows_that_are_no_series_are_refused(rows: list[dict[str, str]], told: str) -> None:
    with pytest.raises(AnalysisInvalid, match=told):
        projection_analysis(rows, ProjectionOptions())


def test_a_gap_is_nothing_sold_only_if_somebody_says_so() -> None:
    rows = [row for place, row in enumerate(rows_of("A", [4.0] * 9)) if place != 4]

    result = projection_analysis(rows, ProjectionOptions(horizon=1, gaps=Gaps.ZERO))

    assert table(result, "series")[0]["values"] == "9"


@pytest.mark.parametrize(("period", "following"), [("2025-Q4", "2026-Q1"), ("2025", "2026")])
def test_quarters_and_years_are_periods_too(period: str, following: str) -> None:
    result = projection_analysis(
        [{"period": period, "value": "3", "product_code": "A"}], ProjectionOptions(horizon=1)
    )

    assert table(result, "projections")[0]["period"] == following
