"""How much the agreement of two records says: odds after Fellegi and Sunter, learnt from the records themselves.

Each comparison of a pair ends on a level. `m` is how often two records of one company end there, `u` how often two of
different companies do; log2(m/u) is the evidence in bits, and bits add up (Fellegi and Sunter, "A Theory for Record
Linkage", JASA 64, 1969). One worked figure: m 0.9 and u 0.001 are 9.8 bits, which turn odds of 1 to 1,000 into 0.9 to 1.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from math import log2
from typing import Final

UNKNOWN: Final = -1
SAME_FROM: Final = 0.95
REVIEW_FROM: Final = 0.30
ROUNDS_MAX: Final = 60
_SETTLED: Final = 1e-5
# What is known before a record was seen weighs as much as so many pairs: a few records alone must not teach nonsense.
MATCHES_BEFORE: Final = 20.0
PAIRS_BEFORE: Final = 200.0
# Of all pairs that blocking finds, the first guess of the share that is one company's.
_FIRST_SHARE: Final = 0.1


class Band(StrEnum):
    """What becomes of a pair."""

    SAME = "same"
    REVIEW = "review"
    DIFFERENT = "different"


@dataclass(frozen=True, slots=True)
class Level:
    """Where a comparison may end, in words, with what is expected of it before anything was learnt."""

    says: str
    m: float
    u: float


@dataclass(frozen=True, slots=True)
class Comparison:
    """Of one thing; the last level is the closest agreement."""

    name: str
    levels: tuple[Level, ...]


COMPARISONS: Final = (
    Comparison(
        "name",
        (
            Level("names differ", 0.05, 0.985),
            Level("names are alike", 0.10, 0.012),
            Level("names are nearly the same", 0.20, 0.0015),
            Level("same words, other legal form", 0.20, 0.0008),
            Level("same name", 0.45, 0.0007),
        ),
    ),
    Comparison(
        "street",
        (
            Level("streets differ", 0.20, 0.975),
            Level("same number in another street", 0.10, 0.02),
            Level("streets are nearly the same", 0.20, 0.004),
            Level("same street", 0.50, 0.001),
        ),
    ),
    Comparison(
        "place",
        (
            Level("other regions", 0.02, 0.88),
            Level("same region, other places", 0.08, 0.10),
            Level("places are nearly the same", 0.10, 0.01),
            Level("same place", 0.80, 0.01),
        ),
    ),
    Comparison(
        "postcode",
        (
            Level("postal codes differ", 0.10, 0.95),
            Level("postal codes are nearly the same", 0.15, 0.04),
            Level("same postal code", 0.75, 0.01),
        ),
    ),
    Comparison(
        "telephone",
        (
            Level("telephone numbers differ", 0.30, 0.9985),
            Level("telephone numbers differ in one digit", 0.05, 0.001),
            Level("same telephone number", 0.65, 0.0005),
        ),
    ),
    Comparison(
        "identifier",
        (
            Level("identifiers differ", 0.01, 0.9989),
            Level("identifiers differ in one sign", 0.04, 0.001),
            Level("same identifier", 0.95, 0.0001),
        ),
    ),
)
Pattern = tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Weights:
    """What was learnt: the share of all pairs that are one company's, and m and u of each level of each comparison."""

    share: float
    m: tuple[tuple[float, ...], ...]
    u: tuple[tuple[float, ...], ...]

    def bits(self, pattern: Pattern) -> tuple[float, ...]:
        """The evidence of each comparison; nothing where one of the two records says nothing."""
        return tuple(
            0.0 if level == UNKNOWN else log2(self.m[place][level] / self.u[place][level])
            for place, level in enumerate(pattern)
        )

    @property
    def bits_before(self) -> float:
        """What two records taken blindly start with."""
        return log2(self.share / (1 - self.share))


def probability(bits: float) -> float:
    """Of being one company, from odds in bits."""
    bounded = max(-500.0, min(500.0, bits))
    return 1 / (1 + 2**-bounded)


def band(chance: float, pattern: Pattern) -> Band:
    """Odds alone never join names that differ: two shops in one house are not one company, unless an identifier says so."""
    names_differ = pattern[0] == 0 and pattern[-1] != len(COMPARISONS[-1].levels) - 1
    if chance >= SAME_FROM and not names_differ:
        return Band.SAME
    return Band.REVIEW if chance >= REVIEW_FROM else Band.DIFFERENT


def learnt_weights(
    candidates: Mapping[Pattern, int], blind: Sequence[Mapping[int, int]], pairs: int
) -> Weights:
    """Expectation and maximisation over the patterns of the pairs that blocking found.

    `blind` are the levels of pairs taken at random, which teach u; `pairs` is how many there are in all: those that
    blocking did not find count as different companies'.
    """
    u = tuple(_blind_shares(place, found) for place, found in enumerate(blind))
    m = tuple(tuple(level.m for level in one.levels) for one in COMPARISONS)
    found = sum(candidates.values())
    all_pairs = max(pairs, found, 1)
    share = _bounded((found * _FIRST_SHARE + 1) / (all_pairs + 2))
    weights = Weights(share, m, u)
    for _ in range(ROUNDS_MAX):
        following = _next_weights(weights, candidates, all_pairs)
        moved = max(
            (
                abs(a - b)
                for one, two in zip(weights.m, following.m, strict=True)
                for a, b in zip(one, two, strict=True)
            ),
            default=0.0,
        )
        weights = following
        if moved < _SETTLED:
            break
    return weights


def _next_weights(weights: Weights, candidates: Mapping[Pattern, int], pairs: int) -> Weights:
    expected = [[MATCHES_BEFORE * level.m for level in one.levels] for one in COMPARISONS]
    matches = 0.0
    for pattern, count in candidates.items():
        chance = probability(weights.bits_before + sum(weights.bits(pattern)))
        matches += chance * count
        for place, level in enumerate(pattern):
            if level != UNKNOWN:
                expected[place][level] += chance * count
    m = tuple(tuple(one / sum(levels) for one in levels) for levels in expected)
    return Weights(_bounded((matches + 1) / (pairs + 2)), m, weights.u)


def _blind_shares(place: int, found: Mapping[int, int]) -> tuple[float, ...]:
    levels = COMPARISONS[place].levels
    counts = [PAIRS_BEFORE * level.u + found.get(number, 0) for number, level in enumerate(levels)]
    return tuple(count / sum(counts) for count in counts)


def _bounded(share: float) -> float:
    return min(max(share, 1e-12), 0.5)


def reasons(weights: Weights, pattern: Pattern) -> list[tuple[str, str, float]]:
    """Comparison, what it says in words, and its bits, the weightiest first; nothing of what is not known."""
    told = [
        (one.name, one.levels[level].says, bits)
        for one, level, bits in zip(COMPARISONS, pattern, weights.bits(pattern), strict=True)
        if level != UNKNOWN
    ]
    return sorted(told, key=lambda reason: -abs(reason[2]))
