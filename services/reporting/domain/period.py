"""The days a report shows."""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from services.reporting.domain.errors import PeriodInvalid
from shared.errors import FieldProblem

DAYS_DEFAULT: Final = 31
YEAR_MIN: Final = 1990
YEAR_MAX: Final = 2199
DAYS_MAX: Final = 731  # two years, so that a month is seen beside the same month of the year before


@dataclass(frozen=True, slots=True)
class Period:
    """From the first to the last day, both included. PeriodInvalid when that is nothing or too much."""

    first_on: date
    last_on: date

    def __post_init__(self) -> None:
        if self.first_on.year < YEAR_MIN or self.last_on.year > YEAR_MAX:
            problem = FieldProblem("query:from", f"expected days from {YEAR_MIN} to {YEAR_MAX}")
            raise PeriodInvalid("The period lies outside of any calendar of ours", problems=[problem])
        days = (self.last_on - self.first_on).days + 1
        if days < 1:
            problem = FieldProblem("query:to", f"expected {self.first_on} or later")
            raise PeriodInvalid("The period ends before it begins", problems=[problem])
        if days > DAYS_MAX:
            problem = FieldProblem("query:from", f"expected at most {DAYS_MAX} days before `to`")
            raise PeriodInvalid(f"{days} days are more than one reply shows", problems=[problem])


def period_shown(first_on: date | None, last_on: date | None, *, newest_on: date) -> Period:
    """The period asked for; what is left out makes it end at the newest day and be 31 days long."""
    if last_on is None:
        last_on = newest_on if first_on is None else max(first_on, newest_on)
    if first_on is None:
        days_before = min(DAYS_DEFAULT - 1, (last_on - date.min).days)
        first_on = last_on - timedelta(days=days_before)
    return Period(first_on, last_on)
