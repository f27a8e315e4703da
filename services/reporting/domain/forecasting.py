"""Projections of many series at once: each with its method and why, intervals, and totals that agree with their parts."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

import numpy as np

from services.reporting.domain.forecasting_intervals import (
    PAST_MIN,
    Origin,
    chosen_method,
    covered,
    pooled_widths,
    rolling_origins,
    scale_of,
    symmetric_error,
)
from services.reporting.domain.forecasting_methods import (
    COMBINATION,
    METHODS,
    Values,
    croston,
    projected,
)
from services.reporting.domain.forecasting_rows import Batch, ProjectionOptions, Series

CANDIDATES: Final = tuple(name for name in METHODS if name != "seasonal_naive")
MEASURED: Final = (*METHODS, COMBINATION)
EMPTY_SHARE: Final = 0.4  # from there on demand is intermittent
Path = tuple[str, ...]


class SeriesClass(StrEnum):
    """What a series is like, which decides who projects it."""

    REGULAR = "regular"
    SHORT = "short"
    CONSTANT = "constant"
    INTERMITTENT = "intermittent"


@dataclass(frozen=True, slots=True)
class Projected:
    """A series, or what is added up from several: its next values, how far they may be off, and where that is known from.

    `missed` are absolute errors from rolling origins in scales; `width` None where nothing is known about them.
    """

    path: Path
    key: Path
    kind: SeriesClass | None
    method: str
    reason: str
    past: Values
    first: int
    values: Values
    scale: float
    missed: tuple[Values, ...]


@dataclass(frozen=True, slots=True)
class Accuracy:
    """How methods did over all rolling origins; None where nothing could be measured."""

    mase: float | None
    smape: float | None
    owa: float | None


@dataclass(frozen=True, slots=True)
class Projection:
    """All series, then the levels of the hierarchy with everything at last; and how well it was done before."""

    series: tuple[Projected, ...]
    totals: tuple[Projected, ...]
    widths: Values | None
    coverage: float | None
    accuracy: Mapping[str, Accuracy]


def projection(batch: Batch, options: ProjectionOptions) -> Projection:
    """No series stops the others: one that cannot be modelled is projected plainly, and says why."""
    season, ahead = batch.calendar.season, options.horizon
    origins = [_origins(one, ahead, season) for one in batch.series]
    series = tuple(
        _projected(one, found, ahead, season) for one, found in zip(batch.series, origins, strict=True)
    )
    totals = _totals(series, origins, options, season)
    errors = [missed for one in (*series, *totals) for missed in one.missed]
    share = options.coverage_percent / 100
    return Projection(
        series,
        totals,
        pooled_widths(errors, ahead, share),
        covered(errors, ahead, share),
        _accuracies(series, batch, origins),
    )


def class_of(values: Values, season: int) -> SeriesClass:
    """Constant before short: a short constant is known well enough."""
    if np.ptp(values) == 0:
        return SeriesClass.CONSTANT
    if len(values) < max(PAST_MIN, season // 2 + 2):
        return SeriesClass.SHORT
    if (values == 0).mean() >= EMPTY_SHARE:
        return SeriesClass.INTERMITTENT
    return SeriesClass.REGULAR


def _origins(series: Series, ahead: int, season: int) -> list[Origin]:
    """Of intermittent and constant series with their own methods only: the others were not made for them."""
    kind = class_of(series.values, season)
    if kind is SeriesClass.REGULAR:
        return rolling_origins(series.values, ahead, season, MEASURED)
    if kind is not SeriesClass.INTERMITTENT:
        return []
    found = rolling_origins(series.values, ahead, season, ("naive2", "seasonal_naive"))
    return [
        Origin(
            one.known,
            one.scale,
            {
                **one.errors,
                "croston": series.values[one.known : one.known + ahead]
                - croston(series.values[: one.known], ahead, season),
            },
        )
        for one in found
    ]


def _projected(series: Series, origins: Sequence[Origin], ahead: int, season: int) -> Projected:
    kind, past = class_of(series.values, season), series.values
    match kind:
        case SeriesClass.CONSTANT:
            method, reason = "constant", f"every value is {past[-1]:g}"
            values = np.repeat(past[-1:], ahead)
        case SeriesClass.SHORT:
            method, reason = "mean", f"{len(past)} values are too few for a method"
            values = np.full(ahead, past.mean())
        case SeriesClass.INTERMITTENT:
            method, reason = "croston", f"{100 * (past == 0).mean():.0f} % of the periods are empty"
            values = croston(past, ahead, season)
        case _:
            method, reason = chosen_method(origins, CANDIDATES)
            values = projected(past, ahead, season, (method,))[method]
    if past.min() >= 0:
        values = np.maximum(values, 0.0)
    missed = tuple(
        np.abs(one.errors[method]) / one.scale for one in origins if method in one.errors and one.scale > 0
    )
    return Projected(
        series.path,
        series.key,
        kind,
        method,
        reason,
        past,
        series.first,
        values,
        scale_of(past, season),
        missed,
    )


def _totals(
    series: Sequence[Projected], origins: Sequence[Sequence[Origin]], options: ProjectionOptions, season: int
) -> tuple[Projected, ...]:
    """Every level of the hierarchy, the narrowest first: sums of what is below, with intervals of their own errors."""
    groups: dict[Path, list[int]] = {}
    for place, one in enumerate(series):
        for depth in range(len(options.hierarchy) + 1):
            groups.setdefault(one.path[:depth], []).append(place)
    return tuple(
        _total(path, [(series[place], origins[place]) for place in groups[path]], season)
        for path in sorted(groups, key=lambda path: (-len(path), path))
    )


def _total(path: Path, parts: Sequence[tuple[Projected, Sequence[Origin]]], season: int) -> Projected:
    first = min(one.first for one, _ in parts)
    last = max(one.first + len(one.past) for one, _ in parts)
    past = np.zeros(last - first)
    for one, _ in parts:
        past[one.first - first :] += one.past
    common = min(len(found) for _, found in parts)
    missed = []
    for place in range(common):
        off = np.abs(sum(found[place].errors[one.method] for one, found in parts))
        behind = len(parts[0][0].past) - parts[0][1][place].known  # the same for all: they end together
        scale = scale_of(past[: len(past) - behind], season)
        if scale > 0:
            missed.append(np.asarray(off / scale))
    return Projected(
        path, (), None, "sum", f"the sum of {len(parts)} series", past, first,
        np.sum([one.values for one, _ in parts], axis=0), scale_of(past, season), tuple(missed),
    )  # fmt: skip


def _accuracies(
    series: Sequence[Projected], batch: Batch, origins: Sequence[Sequence[Origin]]
) -> dict[str, Accuracy]:
    """Over the rolling origins of regular series; OWA is against Naive2, means before the ratio (M4 competition)."""
    names = (*MEASURED, "chosen")
    scaled: dict[str, list[float]] = {name: [] for name in names}
    symmetric: dict[str, list[float]] = {name: [] for name in names}
    for one, found in zip(series, origins, strict=True):
        if one.kind is not SeriesClass.REGULAR:
            continue
        for origin in (origin for origin in found if origin.scale > 0):
            came = one.past[origin.known : origin.known + len(origin.errors[COMBINATION])]
            for name in names:
                errors = origin.errors[one.method if name == "chosen" else name]
                scaled[name].append(float(np.abs(errors).mean()) / origin.scale)
                symmetric[name].append(symmetric_error(came, came - errors))
    if not scaled["naive2"]:
        return {name: Accuracy(None, None, None) for name in names}
    mase = {name: float(np.mean(scaled[name])) for name in names}
    smape = {name: float(np.mean(symmetric[name])) for name in names}
    usual = mase["naive2"], smape["naive2"]
    return {
        name: Accuracy(
            mase[name],
            smape[name],
            (mase[name] / usual[0] + smape[name] / usual[1]) / 2 if min(usual) > 0 else None,
        )
        for name in names
    }
