"""Periods that reports name in words, resolved once to days: `previous fiscal month`, `2026-10`, `2026-10-01..2026-10-15`.

A fiscal year runs from April to March and is named by both its calendar years (Companies Act 2013, s. 2(41)); fiscal
months are calendar months, fiscal quarters begin in April, July, October and January.
"""

import calendar
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from typing import Final

from services.reporting.domain.errors import PeriodUnknown
from services.reporting.domain.period import DAYS_MAX, YEAR_MAX, YEAR_MIN
from shared.errors import FieldProblem

FISCAL_YEAR_FIRST_MONTH: Final = 4
_MONTH: Final = re.compile(r"(\d{4})-(\d{2})", re.ASCII)
_DAYS: Final = re.compile(r"(\d{4}-\d{2}-\d{2})\.\.(\d{4}-\d{2}-\d{2})", re.ASCII)
_LAST_DAYS: Final = re.compile(r"last (\d{1,3}) days", re.ASCII)
DAYS_BACK_MAX: Final = 366


class Unit(StrEnum):
    """By what the period before is found: a whole month by the month before, days by as many days."""

    DAYS = "days"
    WEEK = "week"
    MONTH = "month"
    QUARTER = "quarter"
    YEAR = "year"


_MONTHS_IN: Final = {Unit.MONTH: 1, Unit.QUARTER: 3, Unit.YEAR: 12}


@dataclass(frozen=True, slots=True)
class ReportPeriod:
    """From the first to the last day, both included, and the words it was asked for with."""

    expression: str
    first_on: date
    last_on: date
    unit: Unit

    def __post_init__(self) -> None:
        days = (self.last_on - self.first_on).days + 1
        if not 1 <= days <= DAYS_MAX or self.first_on.year < YEAR_MIN or self.last_on.year > YEAR_MAX:
            raise _unknown(self.expression)

    def before(self) -> "ReportPeriod":
        """The period of the same kind just before: of 1 to 26 November as days, 6 to 31 October."""
        months = _MONTHS_IN.get(self.unit)
        if months is None:
            days = (self.last_on - self.first_on).days + 1
            shift = timedelta(days=days)
            return ReportPeriod("period before", self.first_on - shift, self.last_on - shift, self.unit)
        return self._months_earlier(months, "period before")

    def a_year_before(self) -> "ReportPeriod":
        """The same days of the year before; 29 February becomes the 28th."""
        return self._months_earlier(12, "same period a year before")

    def _months_earlier(self, months: int, expression: str) -> "ReportPeriod":
        first_on = _month_shifted(self.first_on, -months)
        is_month_end = (self.last_on + timedelta(days=1)).day == 1
        last_on = _month_shifted(self.last_on, -months)
        if is_month_end:
            last_on = _month_end(last_on)
        return ReportPeriod(expression, first_on, last_on, self.unit)


def resolved_period(expression: str, today: date) -> ReportPeriod:
    """The days that the words mean on `today`, a day in India. PeriodUnknown lists what can be said."""
    words = " ".join(expression.lower().split())
    if words in _NAMED:
        first_on, last_on, unit = _NAMED[words](today)
        return ReportPeriod(words, first_on, last_on, unit)
    if found := _LAST_DAYS.fullmatch(words):
        days = int(found[1])
        if 1 <= days <= DAYS_BACK_MAX:
            return ReportPeriod(words, today - timedelta(days=days - 1), today, Unit.DAYS)
    try:
        if found := _MONTH.fullmatch(words):
            first_on = date(int(found[1]), int(found[2]), 1)
            return ReportPeriod(words, first_on, _month_end(first_on), Unit.MONTH)
        if found := _DAYS.fullmatch(words):
            return ReportPeriod(words, date.fromisoformat(found[1]), date.fromisoformat(found[2]), Unit.DAYS)
    except ValueError as error:
        raise _unknown(expression) from error
    raise _unknown(expression)


def known_expressions() -> str:
    """What a period can be said with, for a person who said something else."""
    return ", ".join([*_NAMED, "last 30 days", "a month as 2026-10", "days as 2026-10-01..2026-10-15"])


def _unknown(expression: str) -> PeriodUnknown:
    problem = FieldProblem("/parameters/period", f"expected one of: {known_expressions()}")
    return PeriodUnknown(f"'{expression[:60]}' is no period that can be shown", problems=[problem])


def _month_end(day: date) -> date:
    return day.replace(day=calendar.monthrange(day.year, day.month)[1])


def _month_shifted(day: date, months: int) -> date:
    count = day.year * 12 + day.month - 1 + months
    year, month = divmod(count, 12)
    return date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))


def _month(today: date, back: int) -> tuple[date, date, Unit]:
    first_on = _month_shifted(today.replace(day=1), -back)
    return first_on, _month_end(first_on), Unit.MONTH


def _quarter(today: date, back: int) -> tuple[date, date, Unit]:
    """The year's quarters are the same whether it begins in January or in April."""
    current = today.replace(month=(today.month - 1) // 3 * 3 + 1, day=1)
    first_on = _month_shifted(current, -3 * back)
    return first_on, _month_end(_month_shifted(first_on, 2)), Unit.QUARTER


def _fiscal_year(today: date, back: int) -> tuple[date, date, Unit]:
    year = today.year - (today.month < FISCAL_YEAR_FIRST_MONTH) - back
    return date(year, 4, 1), date(year + 1, 3, 31), Unit.YEAR


def _week(today: date, back: int) -> tuple[date, date, Unit]:
    """Monday to Sunday."""
    monday = today - timedelta(days=today.weekday() + 7 * back)
    return monday, monday + timedelta(days=6), Unit.WEEK


Days = Callable[[date], tuple[date, date, Unit]]
_NAMED: Final[Mapping[str, Days]] = {
    "today": lambda today: (today, today, Unit.DAYS),
    "yesterday": lambda today: (today - timedelta(days=1), today - timedelta(days=1), Unit.DAYS),
    "this week": lambda today: _week(today, 0),
    "previous week": lambda today: _week(today, 1),
    "this month": lambda today: _month(today, 0),
    "month to date": lambda today: (today.replace(day=1), today, Unit.DAYS),
    "previous month": lambda today: _month(today, 1),
    "previous fiscal month": lambda today: _month(today, 1),
    "this quarter": lambda today: _quarter(today, 0),
    "previous quarter": lambda today: _quarter(today, 1),
    "previous fiscal quarter": lambda today: _quarter(today, 1),
    "this fiscal year": lambda today: _fiscal_year(today, 0),
    "fiscal year to date": lambda today: (_fiscal_year(today, 0)[0], today, Unit.DAYS),
    "previous fiscal year": lambda today: _fiscal_year(today, 1),
}
