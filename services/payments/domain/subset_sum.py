"""Which of a few amounts add up to a total: bounded search that never tries all combinations of many."""

from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import accumulate, combinations, repeat

_HALVES_KEPT = 64
_SMALL = 65_536  # places fit into two bytes
Subset = tuple[int, ...]


def runs_within(
    prefix_sums: Sequence[int], low: int, high: int, *, length_max: int
) -> Iterator[tuple[int, int]]:
    """Runs of neighbours [start, end) of two or more whose sum lies in low … high. `prefix_sums` starts with 0 and rises,
    so each start costs one binary search; all of them are made in one go, because few starts have such a run."""
    count = len(prefix_sums) - 1
    wanted = [base + low for base in prefix_sums[: max(0, count - 1)]]
    firsts = map(bisect_left, repeat(prefix_sums), wanted)
    for start, first in enumerate(firsts):
        if first > count:
            return
        most = prefix_sums[start] + high
        if prefix_sums[first] > most:
            continue
        last = min(count, start + length_max)
        end = max(first, start + 2)
        while end <= last and prefix_sums[end] <= most:
            yield start, end
            end += 1


class RunSums:
    """Sums of all runs of neighbours of some amounts. Of few amounts, and for the first totals of many, the runs are
    searched, which costs less than listing all sums; the list pays off for an account that is asked often. Thousands of
    accounts may have one, so it is two rows of bare numbers: the sums, and which run each of them is."""

    _FEW = 24
    _SEARCHES = 40

    def __init__(self, amounts: Sequence[int], length_max: int) -> None:
        self._prefix_sums = array("q", [0, *accumulate(amounts)])
        self._length_max = length_max
        self._searches = 0
        self._sums: Sequence[int] | None = None
        self._runs: Sequence[int] = ()

    def within(self, low: int, high: int, holding: Collection[int] | None = None) -> list[tuple[int, int]]:
        """Runs [start, end) of two or more whose sum lies in low … high, in the order of their starts; where `holding` is
        given, those with one of these places."""
        if holding is not None:
            return self._around(holding, low, high)
        self._searches += 1
        if self._searches > self._SEARCHES and len(self._prefix_sums) - 1 > self._FEW and self._sums is None:
            self._list()
        if self._sums is None:
            return list(runs_within(self._prefix_sums, low, high, length_max=self._length_max))
        first = bisect_left(self._sums, low)
        last = bisect_right(self._sums, high, first)
        runs = (divmod(self._runs[place], self._length_max + 1) for place in range(first, last))
        return sorted((start, start + length) for start, length in runs)

    def _around(self, places: Collection[int], low: int, high: int) -> list[tuple[int, int]]:
        """Only the few starts from which a run reaches one of the places are looked at."""
        sums, count = self._prefix_sums, len(self._prefix_sums) - 1
        found = set()
        for place in places:
            for start in range(max(0, place + 1 - self._length_max), min(place, count - 2) + 1):
                most = sums[start] + high
                end = max(place + 1, start + 2)
                end = bisect_left(sums, sums[start] + low, end, min(count, start + self._length_max) + 1)
                while end <= min(count, start + self._length_max) and sums[end] <= most:
                    found.add((start, end))
                    end += 1
        return sorted(found)

    def _list(self) -> None:
        count, prefixes, longest = len(self._prefix_sums) - 1, self._prefix_sums, self._length_max
        sums: list[int] = []
        runs: list[int] = []
        for start in range(count - 1):
            ends = prefixes[start + 2 : start + longest + 1]
            base = prefixes[start]
            sums += [end - base for end in ends]
            first = start * (longest + 1) + 2
            runs += range(first, first + len(ends))
        order = sorted(range(len(sums)), key=sums.__getitem__)
        self._sums = array("q", [sums[place] for place in order])
        self._runs = array("I", [runs[place] for place in order])


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

    Thousands of partners have theirs at a time, so each keeps bare numbers: `left` and `right` have the totals of the
    halves' subsets in rising order, and `left_places` and `right_places` whose they are.
    """

    left_half: _Half
    right_half: _Half
    left: Sequence[int]
    left_places: Sequence[int]
    right: Sequence[int]
    right_places: Sequence[int]
    size_max: int


def subset_sums(amounts: Sequence[int], *, size_max: int) -> SubsetSums:
    """Lists 2 × 2^(n/2) sums instead of 2^n; the caller bounds n."""
    middle = len(amounts) // 2
    left_half, right_half = _half(0, middle, size_max), _half(middle, len(amounts), size_max)
    left, right = _rising(left_half, amounts), _rising(right_half, amounts)
    return SubsetSums(left_half, right_half, *left, *right, size_max)


def _rising(half: _Half, amounts: Sequence[int]) -> tuple[Sequence[int], Sequence[int]]:
    totals = half.totals(amounts)
    small = "H" if len(totals) <= _SMALL else "I"
    places = array(small, sorted(half.in_order, key=totals.__getitem__))
    return array("q", [totals[place] for place in places]), places


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
    """Sums of the left half that sums of the right half complete, with the place of the first of these."""
    totals = sums.left[: bisect_right(sums.left, high)]
    right = list(sums.right)
    firsts = map(bisect_left, repeat(right), map(low.__sub__, totals))
    right.append(right[-1] + high + 1)  # more than can be needed
    found = [
        (place, total, first)
        for place, total, first in zip(sums.left_places, totals, firsts, strict=False)
        if total + right[first] <= high
    ]
    return [(total, sums.left_half.subsets[place], first) for place, total, first in sorted(found)]


def _size_first(subset: Subset) -> tuple[int, Subset]:
    return len(subset), subset
