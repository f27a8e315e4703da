"""How far off projections were on parts of the past that they did not know, and the intervals that follow from it.

Rolling origins: the past is cut, projected, compared with what came. Errors of all series of a batch, each divided by the
series' own scale, are pooled by how far ahead they looked; the interval takes as much of them as it is to cover (split
conformal prediction: the ⌈(n+1)·share⌉-th of n absolute errors). Native intervals of common libraries, which trust their
model, cover too little.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import ceil
from typing import Final

import numpy as np

from services.reporting.domain.forecasting_methods import (
    COMBINATION,
    SEASONS_MIN,
    Values,
    is_seasonal,
    projected,
)

ORIGINS_MAX: Final = 3
PAST_MIN: Final = 8  # of a cut past: shorter ones say nothing about a method
POOL_MIN: Final = 10  # errors for one step ahead; fewer are pooled over neighbouring steps
BETTER_BY: Final = 0.25


@dataclass(frozen=True, slots=True)
class Origin:
    """A cut of the past: how many values were known, the scale of these, and each method's errors behind it."""

    known: int
    scale: float
    errors: Mapping[str, Values]


def scale_of(past: Values, season: int) -> float:
    """The mean absolute step of the seasonal naive method, of the naive where there are too few seasons; 0 for a constant.

    It is what MASE divides by (Hyndman and Koehler 2006).
    """
    lag = season if len(past) > season else 1
    return float(np.abs(past[lag:] - past[:-lag]).mean()) if len(past) > 1 else 0.0


def rolling_origins(past: Values, ahead: int, season: int, names: tuple[str, ...]) -> list[Origin]:
    """The last cut first, each a third of the horizon earlier; none of a past that is too short.

    A past with a season is not cut so short that the season is lost: errors without it would say nothing of the method.
    """
    step = max(1, ahead // 3)
    least = SEASONS_MIN * season if is_seasonal(past, season) else min(2 * season, 24)
    found = []
    for place in range(ORIGINS_MAX):
        known = len(past) - ahead - place * step
        if known < max(PAST_MIN, least):
            break
        cut, came = past[:known], past[known : known + ahead]
        said = projected(cut, ahead, season, names)
        found.append(Origin(known, scale_of(cut, season), {name: came - one for name, one in said.items()}))
    return found


def chosen_method(origins: Sequence[Origin], names: tuple[str, ...]) -> tuple[str, str]:
    """The method and why. The combination, unless another was better from every origin, and by a quarter in the mean.

    The best of a few origins is often best by chance: choosing it outright makes projections worse than the combination.
    """
    if len(origins) < ORIGINS_MAX:
        return COMBINATION, "too few origins to prefer a single method"
    missed = {
        name: [float(np.abs(origin.errors[name]).mean()) for origin in origins]
        for name in (*names, COMBINATION)
    }
    best = min(names, key=lambda name: sum(missed[name]))
    usual = missed[COMBINATION]
    is_better = all(one < other for one, other in zip(missed[best], usual, strict=True))
    if is_better and sum(missed[best]) < sum(usual) * (1 - BETTER_BY):
        by = 100 * (1 - sum(missed[best]) / sum(usual))
        return best, f"better than the combination from every origin, by {by:.0f} % in the mean"
    return COMBINATION, "no single method was better from every origin by a quarter"


def pooled_widths(errors: Sequence[Values], ahead: int, share: float) -> Values | None:
    """Half widths in scales, by steps ahead; never narrower further ahead. None when there is nothing to pool.

    `errors` are absolute, scaled, each as long as was looked ahead. Steps with few errors take those of their neighbours.
    """
    if not errors:
        return None
    table = np.array(errors)
    widths = np.empty(ahead)
    for step in range(ahead):
        reach = 0
        while table[:, max(0, step - reach) : step + reach + 1].size < POOL_MIN and reach < ahead:
            reach += 1
        pool = np.sort(table[:, max(0, step - reach) : step + reach + 1].ravel())
        place = min(len(pool), ceil((len(pool) + 1) * share))
        widths[step] = pool[place - 1]
    return np.maximum.accumulate(widths)


def covered(errors: Sequence[Values], ahead: int, share: float) -> float | None:
    """What share of errors lies within widths that were made without them: each is left out in turn of at most ten parts."""
    parts = min(len(errors), 10)
    if parts < 2:
        return None
    inside = total = 0
    for part in range(parts):
        rest = [one for place, one in enumerate(errors) if place % parts != part]
        widths = pooled_widths(rest, ahead, share)
        assert widths is not None
        for one in errors[part::parts]:
            inside += int((one <= widths).sum())
            total += len(one)
    return inside / total


def symmetric_error(came: Values, said: Values) -> float:
    """sMAPE in percent: 200 |came − said| / (|came| + |said|), nought where both are nought."""
    sizes = np.abs(came) + np.abs(said)
    parts = np.divide(2 * np.abs(came - said), sizes, out=np.zeros_like(sizes), where=sizes > 0)
    return float(100 * parts.mean())
