"""Which days a report shows."""

from datetime import date

import pytest

from services.reporting.domain.errors import PeriodInvalid
from services.reporting.domain.period import Period, period_shown

NEWEST = date(2026, 10, 31)


@pytest.mark.parametrize(
    ("first_on", "last_on", "shown"),
    [
        (None, None, (date(2026, 10, 1), NEWEST)),
        (None, date(2026, 1, 31), (date(2026, 1, 1), date(2026, 1, 31))),
        (date(2026, 10, 20), None, (date(2026, 10, 20), NEWEST)),
        (date(2026, 11, 5), None, (date(2026, 11, 5), date(2026, 11, 5))),
        (NEWEST, NEWEST, (NEWEST, NEWEST)),
    ],
)
def test_what_is_left_out_ends_at_the_newest_day_and_lasts_31_days(
    first_on: date | None, last_on: date | None, shown: tuple[date, date]
) -> None:
    assert period_shown(first_on, last_on, newest_on=NEWEST) == Period(*shown)


@pytest.mark.parametrize(
    ("first_on", "last_on"),
    [
        (date(2026, 10, 2), date(2026, 10, 1)),
        (date(2024, 10, 30), date(2026, 10, 31)),
        (date.min, date.min),
        (date.max, date.max),
    ],
)
def test_empty_endless_and_faraway_periods_are_refused(first_on: date, last_on: date) -> None:
    with pytest.raises(PeriodInvalid):
        Period(first_on, last_on)


def test_two_years_are_shown() -> None:
    assert Period(date(2024, 10, 31), date(2026, 10, 31)).first_on == date(2024, 10, 31)
