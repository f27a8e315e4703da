"""Figures far from those of their group, by measures that a few wild figures cannot move.

`mad`: the modified z-score 0.6745 · |x - median| / MAD, where 3.5 is a usual bound (Iglewicz and Hoaglin, How to Detect
and Handle Outliers, ASQC 1993, p. 11). Of 10, 11, 12, 13, 90 the median is 12 and the MAD 1, so that 90 stands at
0.6745 · 78 = 52.61. `tukey`: how many ranges between the quartiles a figure lies outside of them, where 1.5 is outside and
3 far out (Tukey, Exploratory Data Analysis, Addison-Wesley 1977, p. 44).
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from math import exp, log
from statistics import median, quantiles
from typing import Final

from services.reporting.domain.data_checks.rule import Check, OutlierMethod, Scale
from services.reporting.domain.data_checks.table import Finding, ReviewedTable, Surroundings
from services.reporting.domain.data_checks.typed_values import number_of

CONSISTENCY: Final = 0.6745  # the third quartile of the standard normal distribution
GROUP_ROWS_MIN: Final = 12
Figures = Sequence[tuple[int, float]]


def outlying(check: Check, table: ReviewedTable, _around: Surroundings) -> Iterator[Finding]:
    """Figures at a larger distance than the rule allows, group by group; small groups say nothing."""
    name = check.fields[0]
    is_logarithmic = check.scale is Scale.LOGARITHMIC
    groups: dict[tuple[str, ...], list[tuple[int, float]]] = defaultdict(list)
    named = table.tuples(check.group_by) if check.group_by else [()] * len(table)
    for position, text in table.filled(name):
        value = number_of(text)
        if value is not None and (value > 0 or not is_logarithmic):
            groups[named[position]].append((position, log(value) if is_logarithmic else float(value)))
    for group, figures in groups.items():
        if len(figures) >= (check.group_rows_min or GROUP_ROWS_MIN):
            yield from _of_group(check, table, " / ".join(group), figures)


def _of_group(check: Check, table: ReviewedTable, group: str, figures: Figures) -> Iterator[Finding]:
    name, limit = check.fields[0], float(check.distance_max or 0)
    middle, distances = distances_of(figures, check.method or OutlierMethod.MAD)
    shown = exp(middle) if check.scale is Scale.LOGARITHMIC else middle
    for (position, _), distance in zip(figures, distances, strict=True):
        if distance > limit:
            where = f" of {group}" if group else ""
            why = f"far from the others{where}: their median is {shown:.6g}, distance {distance:.1f} by {check.method}"
            told = {"median": f"{shown:.6g}", "distance": f"{distance:.2f}", "rows": str(len(figures))}
            yield Finding(position, name, table.column(name)[position].strip(), why, evidence=told)


def distances_of(figures: Figures, method: OutlierMethod) -> tuple[float, list[float]]:
    """The median, and how far each figure is; none where the middle half is all the same, which has no measure."""
    values = [value for _, value in figures]
    middle = median(values)
    if method is OutlierMethod.TUKEY:
        first, _, third = quantiles(values, n=4, method="inclusive")
        span = third - first
        if not span:
            return middle, [0.0] * len(values)
        return middle, [max(first - value, value - third, 0.0) / span for value in values]
    deviation = median(abs(value - middle) for value in values)
    if not deviation:
        return middle, [0.0] * len(values)
    return middle, [CONSISTENCY * abs(value - middle) / deviation for value in values]
