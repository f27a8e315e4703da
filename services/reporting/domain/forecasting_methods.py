"""Methods that project a series: each takes the past as floats and gives the next values, nothing else.

Seasonal ones project the series without its season and put it back (classical decomposition, multiplicative where every
value is positive). Naive2 looks for a season by the 90 % test of the autocorrelation, as the M3 and M4 competitions do; the
others also by how much the season explains, because that test misses smooth seasons in three or four years. Parameters are
found on a grid, all of its points at once, by the mean squared error of one step ahead.

- SES, damped trend: Gardner and McKenzie 1985. Theta: Assimakopoulos and Nikolopoulos 2000, as SES with half the drift
  (Hyndman and Billah 2003). Optimised Theta: the dynamic model of Fiorucci et al. 2016.
- For demand with many empty periods: Croston's method with the correction of Syntetos and Boylan 2005.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import pairwise, product
from typing import Final

import numpy as np
from numpy.typing import NDArray

Values = NDArray[np.float64]
Method = Callable[[Values, int, int], Values]

SEASONS_MIN: Final = 3  # with fewer a season cannot be told from chance
ACF_90_PERCENT: Final = 1.645
EXPLAINED_MIN: Final = 4.0  # variance between the periods of a season by that within them
CROSTON_ALPHA: Final = 0.1
_ALPHAS: Final = np.array([0.02, 0.06, 0.1, 0.15, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.98])
_BETAS: Final = np.array([0.01, 0.05, 0.1, 0.2, 0.35, 0.5])
_PHIS: Final = np.array([0.8, 0.9, 0.95, 0.98])
_THETAS: Final = np.array([1.0, 1.5, 2.0, 3.0, 5.0, 10.0, 30.0])


def naive(past: Values, ahead: int, season: int) -> Values:
    """The last value again."""
    return np.repeat(past[-1:], ahead)


def seasonal_naive(past: Values, ahead: int, season: int) -> Values:
    """The last season again; the last value where there is no whole one."""
    if len(past) < season:
        return naive(past, ahead, season)
    return np.resize(past[-season:], ahead)


def naive2(past: Values, ahead: int, season: int) -> Values:
    """The last value without its season, and the season put back."""
    if not passes_autocorrelation(past, season):
        return naive(past, ahead, season)
    found = seasonal_indices(past, season)
    return found.put_back(np.repeat(found.removed(past)[-1:], ahead), len(past))


def simple_smoothing(past: Values, ahead: int, season: int) -> Values:
    """A level that follows the values."""
    return _with_season(past, ahead, season, lambda plain: np.repeat(_smoothed(plain), ahead))


def damped_trend(past: Values, ahead: int, season: int) -> Values:
    """A level and a trend that dies away."""
    return _with_season(past, ahead, season, lambda plain: _damped(plain, ahead))


def theta(past: Values, ahead: int, season: int) -> Values:
    """A level, and half the drift of the whole past."""
    return _with_season(past, ahead, season, lambda plain: _theta(plain, ahead))


def optimised_theta(past: Values, ahead: int, season: int) -> Values:
    """A level and as much of the drift as fits, known step by step."""
    return _with_season(past, ahead, season, lambda plain: _dynamic_theta(plain, ahead))


def croston(past: Values, ahead: int, season: int) -> Values:
    """Demand per period where most periods have none: size by interval, less the bias of that quotient."""
    at = np.flatnonzero(past)
    if len(at) == 0:
        return np.zeros(ahead)
    size, interval = past[at[0]], float(at[0] + 1)
    for before, now in pairwise(at):
        size += CROSTON_ALPHA * (past[now] - size)
        interval += CROSTON_ALPHA * (now - before - interval)
    return np.full(ahead, (1 - CROSTON_ALPHA / 2) * size / interval)


METHODS: Final[Mapping[str, Method]] = {
    "seasonal_naive": seasonal_naive,
    "naive2": naive2,
    "ses": simple_smoothing,
    "damped": damped_trend,
    "theta": theta,
    "optimised_theta": optimised_theta,
}
COMBINED: Final = ("damped", "theta", "optimised_theta")
COMBINATION: Final = "combination"


def projected(past: Values, ahead: int, season: int, names: tuple[str, ...]) -> dict[str, Values]:
    """What each named method says, and the mean of those that are combined."""
    found = {name: METHODS[name](past, ahead, season) for name in names if name != COMBINATION}
    if COMBINATION in names:
        parts = [found[name] if name in found else METHODS[name](past, ahead, season) for name in COMBINED]
        found[COMBINATION] = np.mean(parts, axis=0)
    return found


def is_seasonal(past: Values, season: int) -> bool:
    """By its autocorrelation, or by what the periods of a season explain of the deviations from the trend."""
    if season < 2 or len(past) < SEASONS_MIN * season or np.ptp(past) == 0:
        return False
    return passes_autocorrelation(past, season) or _explained(past, season) > EXPLAINED_MIN


def _explained(past: Values, season: int) -> float:
    trend, half = _trend(past, season)
    deviations = past[half : half + len(trend)] - trend
    places = (np.arange(len(deviations)) + half) % season
    means = np.array([deviations[places == place].mean() for place in range(season)])[places]
    within = float(((deviations - means) ** 2).sum()) / (len(deviations) - season)
    between = float(((means - deviations.mean()) ** 2).sum()) / (season - 1)
    return between / within if within > 0 else (np.inf if between > 0 else 0.0)


def _trend(past: Values, season: int) -> tuple[Values, int]:
    """A centred moving average over one season, and how many values it lacks at each end."""
    weights = np.ones(season) / season if season % 2 else np.r_[0.5, np.ones(season - 1), 0.5] / season
    return np.convolve(past, weights, mode="valid"), len(weights) // 2


def passes_autocorrelation(past: Values, season: int) -> bool:
    """Whether the autocorrelation at one season is beyond chance (one-sided 90 % by Bartlett's formula)."""
    if season < 2 or len(past) < SEASONS_MIN * season:
        return False
    centred = past - past.mean()
    power = float(centred @ centred)
    if power == 0:
        return False
    lags = [float(centred[lag:] @ centred[:-lag]) / power for lag in range(1, season + 1)]
    limit = ACF_90_PERCENT * np.sqrt((1 + 2 * sum(one * one for one in lags[:-1])) / len(past))
    return bool(abs(lags[-1]) > limit)


@dataclass(frozen=True, slots=True)
class Season:
    """What one season adds to each of its periods, or by how much it multiplies them."""

    indices: Values
    is_multiplicative: bool

    def removed(self, past: Values) -> Values:
        pattern = np.resize(self.indices, len(past))
        return past / pattern if self.is_multiplicative else past - pattern

    def put_back(self, future: Values, after: int) -> Values:
        """On the periods behind `after` ones of the past."""
        pattern = np.resize(np.roll(self.indices, -(after % len(self.indices))), len(future))
        return future * pattern if self.is_multiplicative else future + pattern


def seasonal_indices(past: Values, season: int) -> Season:
    """By the classical decomposition: against a centred moving average, the mean of each period of the season."""
    trend, half = _trend(past, season)
    middle = past[half : half + len(trend)]
    is_multiplicative = bool(past.min() > 0 and trend.min() > 0)
    against = middle / trend if is_multiplicative else middle - trend
    places = (np.arange(len(against)) + half) % season
    means = np.array([against[places == place].mean() for place in range(season)])
    means = means / means.mean() if is_multiplicative else means - means.mean()
    if is_multiplicative and means.min() <= 0:
        return Season(np.ones(season), is_multiplicative=True)
    return Season(means, is_multiplicative)


def _with_season(past: Values, ahead: int, season: int, project: Callable[[Values], Values]) -> Values:
    if not is_seasonal(past, season):
        return project(past)
    found = seasonal_indices(past, season)
    return found.put_back(project(found.removed(past)), len(past))


def _smoothed(past: Values) -> float:
    return float(_levels(past)[0])


def _levels(past: Values) -> tuple[float, float]:
    """The last level by the alpha that was best, and that alpha."""
    level = np.full(len(_ALPHAS), past[: min(len(past), 4)].mean())
    lost = np.zeros(len(_ALPHAS))
    for value in past:
        error = value - level
        lost += error * error
        level = level + _ALPHAS * error
    best = int(lost.argmin())
    return float(level[best]), float(_ALPHAS[best])


def _theta(past: Values, ahead: int) -> Values:
    count = len(past)
    if count < 3:
        return np.repeat(past[-1:], ahead)
    steps = np.arange(count)
    drift = float(np.polyfit(steps, past, 1)[0])
    level, alpha = _levels(past)
    return np.asarray(level + drift / 2 * (np.arange(ahead) + (1 - (1 - alpha) ** count) / alpha))


_DAMPED_GRID: Final = np.array(list(product(_ALPHAS[2:], _BETAS, _PHIS))).T


def _damped(past: Values, ahead: int) -> Values:
    if len(past) < 4:
        return np.repeat(past[-1:], ahead)
    alpha, beta, phi = _DAMPED_GRID
    gain = alpha * beta
    first = min(len(past), 6)
    trend = np.full(len(alpha), float(np.polyfit(np.arange(first), past[:first], 1)[0]))
    level = np.full(len(alpha), past[0]) - trend * phi
    lost = np.zeros(len(alpha))
    for value in past:
        damped = phi * trend
        error = value - level - damped
        lost += error * error
        level = level + damped + alpha * error
        trend = damped + gain * error
    best = int(lost.argmin())
    fading = np.cumsum(phi[best] ** np.arange(1, ahead + 1))
    return np.asarray(level[best] + trend[best] * fading)


_THETA_GRID: Final = np.array(list(product(_ALPHAS, _THETAS))).T


def _dynamic_theta(past: Values, ahead: int) -> Values:
    if len(past) < 4:
        return np.repeat(past[-1:], ahead)
    alpha, line = _THETA_GRID
    kept, weight = 1 - alpha, 1 - 1 / line
    level = np.full(len(alpha), past[0])
    mean, slope = np.full(len(alpha), past[0]), np.zeros(len(alpha))
    power = kept.copy()  # kept ** (t - 1) of the step to come
    lost = np.zeros(len(alpha))
    future = np.zeros((ahead, len(alpha)))
    for step in range(2, len(past) + ahead + 1):
        intercept = mean - slope * step / 2
        said = level + weight * (power * intercept + (1 - power * kept) / alpha * slope)
        if step <= len(past):
            value = np.full(len(alpha), past[step - 1])
            if step > 3:
                lost += (value - said) ** 2
        else:
            value = said
            future[step - len(past) - 1] = said
        level = level + alpha * (value - level)
        slope = ((step - 2) * slope + 6 * (value - mean) / step) / (step + 1)
        mean = ((step - 1) * mean + value) / step
        power = power * kept
    return np.asarray(future[:, int(lost.argmin())])
