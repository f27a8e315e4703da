"""Rows of a projection as series: one value per period under a name, months, quarters or years without a gap."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction
from typing import Final

import numpy as np

from services.reporting.domain.analysis_rows import RowReading, SourceRow
from services.reporting.domain.errors import AnalysisInvalid
from services.reporting.domain.forecasting_methods import Values

SERIES_MAX: Final = 500
HORIZON_MAX: Final = 36
_MONTH: Final = re.compile(r"(\d{4})-(\d{2})")
_QUARTER: Final = re.compile(r"(\d{4})-Q([1-4])")
_YEAR: Final = re.compile(r"(\d{4})")


class Gaps(StrEnum):
    """What a period without a row means."""

    REFUSE = "refuse"
    ZERO = "zero"


@dataclass(frozen=True, slots=True, kw_only=True)
class ProjectionOptions:
    """What is projected: `keys` name a series, `hierarchy` the levels that it is added up to."""

    horizon: int = 12
    keys: tuple[str, ...] = ("product_code",)
    hierarchy: tuple[str, ...] = ()
    unit: str = "INR"
    decimals: int = 2
    coverage_percent: int = 80
    gaps: Gaps = Gaps.REFUSE


@dataclass(frozen=True, slots=True)
class Calendar:
    """Periods as numbers: months since year 0, quarters or years; `season` is how many make a year."""

    season: int

    def text(self, number: int) -> str:
        """As it is written: 2026-10, 2026-Q4 or 2026."""
        year, part = divmod(number, self.season)
        return {12: f"{year:04d}-{part + 1:02d}", 4: f"{year:04d}-Q{part + 1}", 1: f"{year:04d}"}[self.season]


@dataclass(frozen=True, slots=True)
class Series:
    """One series: its path in the hierarchy, its key, and a value per period up to the last of all series."""

    path: tuple[str, ...]
    key: tuple[str, ...]
    first: int
    values: Values


@dataclass(frozen=True, slots=True)
class Batch:
    """All series, which end in the same period."""

    calendar: Calendar
    last: int
    series: tuple[Series, ...]


def series_of(rows: Sequence[SourceRow], options: ProjectionOptions) -> Batch:
    """AnalysisInvalid names rows that cannot be read, periods of different lengths, gaps and values told twice."""
    reading = RowReading(rows)
    reading.need_columns("period", "value", *options.keys, *options.hierarchy)
    told: dict[tuple[tuple[str, ...], tuple[str, ...]], dict[int, float]] = {}
    seasons: set[int] = set()
    for row in reading:
        name = (
            tuple(row.text(column) for column in options.hierarchy),
            tuple(row.text(column) for column in options.keys),
        )
        period = _period(row.text("period"))
        value = row.number_in("value")
        if period is None:
            row.refuse("period", "expected a month as 2026-10, a quarter as 2026-Q4 or a year as 2026")
            continue
        seasons.add(period[0])
        values = told.setdefault(name, {})
        if period[1] in values:
            row.refuse("period", f"{' '.join(name[1])} has a value of this period already")
        values[period[1]] = float(value)
    reading.refuse_problems()
    if len(seasons) != 1:
        raise AnalysisInvalid(
            "Periods are of different lengths; expected months, quarters or years throughout"
        )
    if len(told) > SERIES_MAX:
        raise AnalysisInvalid(f"{len(told)} series in one batch; expected at most {SERIES_MAX}")
    calendar, last = Calendar(seasons.pop()), max(max(values) for values in told.values())
    found = tuple(_series(name, told[name], (calendar, last), options) for name in sorted(told))
    return Batch(calendar, last, found)


def _series(
    name: tuple[tuple[str, ...], tuple[str, ...]],
    told: dict[int, float],
    until: tuple[Calendar, int],
    options: ProjectionOptions,
) -> Series:
    calendar, last = until
    first = min(told)
    missing = [number for number in range(first, last + 1) if number not in told]
    if missing and options.gaps is Gaps.REFUSE:
        raise AnalysisInvalid(
            f"{' '.join(name[1])} has no value of {calendar.text(missing[0])}"
            + (f" and {len(missing) - 1} other periods" if len(missing) > 1 else "")
            + "; say gaps=zero if that means nothing was sold"
        )
    values = np.array([told.get(number, 0.0) for number in range(first, last + 1)])
    return Series(*name, first, values)


def _period(text: str) -> tuple[int, int] | None:
    """The season and the number of a period."""
    if found := _MONTH.fullmatch(text):
        year, month = int(found[1]), int(found[2])
        return (12, year * 12 + month - 1) if 1 <= month <= 12 else None
    if found := _QUARTER.fullmatch(text):
        return 4, int(found[1]) * 4 + int(found[2]) - 1
    if found := _YEAR.fullmatch(text):
        return 1, int(found[1])
    return None


def exact_units(value: float, decimals: int) -> int:
    """A projection in whole units of its last decimal: sums of these are exact."""
    return round(Fraction(value) * int(10**decimals))
