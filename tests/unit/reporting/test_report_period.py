"""Periods in words: what they mean on a day, and what lies before them."""

from datetime import date

import pytest

from services.reporting.domain.errors import PeriodUnknown
from services.reporting.domain.report_period import resolved_period

TODAY = date(2026, 11, 26)


@pytest.mark.parametrize(
    ("expression", "first_on", "last_on"),
    [
        ("today", date(2026, 11, 26), date(2026, 11, 26)),
        ("Previous  Fiscal Month", date(2026, 10, 1), date(2026, 10, 31)),
        ("month to date", date(2026, 11, 1), date(2026, 11, 26)),
        ("previous quarter", date(2026, 7, 1), date(2026, 9, 30)),
        ("this fiscal year", date(2026, 4, 1), date(2027, 3, 31)),
        ("previous fiscal year", date(2025, 4, 1), date(2026, 3, 31)),
        ("this week", date(2026, 11, 23), date(2026, 11, 29)),
        ("last 7 days", date(2026, 11, 20), date(2026, 11, 26)),
        ("2026-02", date(2026, 2, 1), date(2026, 2, 28)),
        ("2026-10-01..2026-10-15", date(2026, 10, 1), date(2026, 10, 15)),
    ],
)
def test_words_mean_days(expression: str, first_on: date, last_on: date) -> None:
    period = resolved_period(expression, TODAY)

    assert (period.first_on, period.last_on) == (first_on, last_on)


@pytest.mark.parametrize(
    ("expression", "before", "year_before"),
    [
        ("2026-03", ("2026-02-01", "2026-02-28"), ("2025-03-01", "2025-03-31")),
        ("2025-02", ("2025-01-01", "2025-01-31"), ("2024-02-01", "2024-02-29")),
        ("2026-11-01..2026-11-26", ("2026-10-06", "2026-10-31"), ("2025-11-01", "2025-11-26")),
        ("this fiscal year", ("2025-04-01", "2026-03-31"), ("2025-04-01", "2026-03-31")),
        ("this quarter", ("2026-07-01", "2026-09-30"), ("2025-10-01", "2025-12-31")),
    ],
)
def test_what_lies_before_is_of_the_same_kind(
    expression: str, before: tuple[str, str], year_before: tuple[str, str]
) -> None:
    period = resolved_period(expression, TODAY)

    found = [(str(one.first_on), str(one.last_on)) for one in (period.before(), period.a_year_before())]

    assert found == [before, year_before]


@pytest.mark.parametrize(
    "expression",
    [
        "",
        "the other day",
        "2026-13",
        "2026-10-15..2026-10-01",
        "last 0 days",
        "1026-10",
        "2020-01-01..2026-01-01",
    ],
)
def test_what_names_no_period_is_refused_with_what_does(expression: str) -> None:
    with pytest.raises(PeriodUnknown) as refused:
        resolved_period(expression, TODAY)

    assert "previous fiscal month" in refused.value.problems[0].detail
