"""Which of a few amounts add up to a total: bounded search that never tries all combinations of many."""

from array import array
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import accumulate, combinations

_HALVES_KEPT = 64
Subset = tuple[int, ...]


def runs_within(
    prefix_sums: Sequence[int], low: int, high: int, *, length_max: int
) -> Iterator[tuple[int, int]]:
    """Runs of neighbours [start, end) of two or more whose sum lies in low … high. `prefix_sums` starts with 0 and rises,
    so each start costs one binary search."""
    count = len(prefix_sums) - 1
    for start in range(count - 1):
        base = prefix_sums[start]
        if base + low > prefix_sums[count]:
            return
        last = min(count, start + length_max)
        end = bisect_left(prefix_sums, base + low, start + 2, last + 1)
        while end <= last and prefix_sums[end] <= base + high:
            yield start, end
            end += 1


class RunSums:
    """Sums of all runs of neighbours of some amounts. Of few amounts, and for the first totals of many, the runs are
    searched, which costs less than listing all sums; the list pays off for an account that is asked often."""

    _FEW = 24
    _SEARCHES = 10

    def __init__(self, amounts: Sequence[int], length_max: int) -> None:
        self._prefix_sums = [0, *accumulate(amounts)]
        self._length_max = length_max
        self._searches = 0
        self._sums: list[tuple[int, int, int]] | None = None

    def within(self, low: int, high: int) -> list[tuple[int, int]]:
        """Runs [start, end) of two or more whose sum lies in low … high, in the order of their starts."""
        self._searches += 1
        if self._sums is None and self._searches > self._SEARCHES:
            self._sums = self._listed()
        if self._sums is None:
            return list(runs_within(self._prefix_sums, low, high, length_max=self._length_max))
        first = bisect_left(self._sums, (low, 0, 0))
        last = bisect_left(self._sums, (high + 1, 0, 0))
        return sorted((start, end) for _, start, end in self._sums[first:last])

    def _listed(self) -> list[tuple[int, int, int]] | None:
        count, sums = len(self._prefix_sums) - 1, self._prefix_sums
        if count <= self._FEW:
            return None
        return sorted(
            (sums[end] - sums[start], start, end)
            for start in range(count - 1)
            for end in range(start + 2, min(count, start + self._length_max) + 1)
        )


@dataclass(frozen=True, slots=True)
class _Half:
    """The subsets of some neighbouring positions, smallest first, whatever the amounts at them are. Each but the empty
    one is a subset before it, by its place, with one more position; `in_order` has the places by the subsets."""

    subsets: tuple[Subset, ...]
    made_of: tuple[tuple[int, int], ...]
    in_order: tuple[int, ...]

    def totals(self, amounts: Sequence[int]) -> list[int]:
        totals = [0]
        for smaller, position in self.made_of:
            totals.append(totals[smaller] + amounts[position])
        return totals


@lru_cache(maxsize=_HALVES_KEPT)
def _half(start: int, stop: int, size_max: int) -> _Half:
    positions = range(start, stop)
    sizes = range(min(size_max, len(positions)) + 1)
    subsets = tuple(subset for size in sizes for subset in combinations(positions, size))
    places = {subset: place for place, subset in enumerate(subsets)}
    made_of = tuple((places[subset[:-1]], subset[-1]) for subset in subsets[1:])
    return _Half(subsets, made_of, tuple(sorted(places.values(), key=subsets.__getitem__)))


@dataclass(frozen=True, slots=True)
class SubsetSums:
    """All sums of up to a few of some amounts, kept as two halves that are joined only when a total is asked for.

    Thousands of partners have theirs at a time, so each keeps bare numbers: `left` has the totals of the left half's
    subsets, `right` those of the right half's in rising order, and `right_places` whose they are.
    """

    left_half: _Half
    right_half: _Half
    left: Sequence[int]
    right: Sequence[int]
    right_places: Sequence[int]
    size_max: int


def subset_sums(amounts: Sequence[int], *, size_max: int) -> SubsetSums:
    """Lists 2 × 2^(n/2) sums instead of 2^n; the caller bounds n."""
    middle = len(amounts) // 2
    left_half, right_half = _half(0, middle, size_max), _half(middle, len(amounts), size_max)
    totals = right_half.totals(amounts)
    places = array("I", sorted(right_half.in_order, key=totals.__getitem__))
    right = array("q", [totals[place] for place in places])
    return SubsetSums(left_half, right_half, array("q", left_half.totals(amounts)), right, places, size_max)


def loose_subsets(sums: SubsetSums, low: int, high: int, *, found_max: int) -> list[Subset]:
    """Subsets of two or more positions whose sum lies in low … high, smallest first; stops after `found_max`."""
    found: list[Subset] = []
    for total, members, start in _beginnings(sums, low, high):
        for place in range(start, len(sums.right)):
            if sums.right[place] > high - total:
                break
            others = sums.right_half.subsets[sums.right_places[place]]
            if 2 <= len(members) + len(others) <= sums.size_max:
                found.append(members + others)
                if len(found) >= found_max:
                    return sorted(found, key=_size_first)
    return sorted(found, key=_size_first)


def _beginnings(sums: SubsetSums, low: int, high: int) -> list[tuple[int, Subset, int]]:
    """Sums of the left half with the place in the right half from which on sums may complete them."""
    lefts = zip(sums.left, sums.left_half.subsets, strict=True)
    if low == high:
        last = len(sums.right) - 1
        first_places = dict(zip(reversed(sums.right), range(last, -1, -1), strict=True))
        return [
            (total, members, first_places[low - total])
            for total, members in lefts
            if low - total in first_places
        ]
    return [
        (total, members, bisect_left(sums.right, low - total)) for total, members in lefts if total <= high
    ]


def _size_first(subset: Subset) -> tuple[int, Subset]:
    return len(subset), subset
