"""Which of a few amounts add up to a total: bounded search that never tries all combinations of many."""

from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import accumulate, combinations, repeat
from typing import Any

import numpy as np

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

    def __init__(self, amounts: Sequence[int], length_max: int, *, searches_max: int = 80) -> None:
        self._prefix_sums = array("q", [0, *accumulate(amounts)])
        self._length_max = length_max
        self._searches_left = searches_max
        self._sums: Sequence[int] | None = None
        self._runs: Sequence[int] = ()

    def within(self, low: int, high: int, holding: Collection[int] | None = None) -> list[tuple[int, int]]:
        """Runs [start, end) of two or more whose sum lies in low … high, in the order of their starts; where `holding` is
        given, those with one of these places."""
        if holding is not None:
            return self._around(holding, low, high)
        if len(self._prefix_sums) - 1 <= self._FEW:
            return list(runs_within(self._prefix_sums, low, high, length_max=self._length_max))
        self._searches_left -= 1
        if self._searches_left < 0 and self._sums is None:
            self._list()
        if self._sums is None:
            return self._searched(low, high)
        first = bisect_left(self._sums, low)
        last = bisect_right(self._sums, high, first)
        runs = (divmod(self._runs[place], self._length_max + 1) for place in range(first, last))
        return sorted((start, start + length) for start, length in runs)

    def _searched(self, low: int, high: int) -> list[tuple[int, int]]:
        """As `runs_within`, all starts at once: of each, the first end that reaches `low`."""
        sums = np.frombuffer(self._prefix_sums, np.int64)
        firsts = np.searchsorted(sums, sums[:-2] + low)
        is_hit = sums.take(firsts, mode="clip") <= sums[:-2] + high
        starts = np.flatnonzero(is_hit & (firsts < len(sums))).tolist()
        return [
            (start, end)
            for start in starts
            for end in self._ends(start, max(int(firsts[start]), start + 2), self._prefix_sums[start] + high)
        ]

    def _ends(self, start: int, first: int, most: int) -> range:
        last = min(len(self._prefix_sums) - 1, start + self._length_max)
        return range(
            first, bisect_right(self._prefix_sums, most, first, last + 1) if first <= last else first
        )

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
        prefixes, longest = np.frombuffer(self._prefix_sums, np.int64), self._length_max
        starts = np.arange(len(prefixes) - 1)
        by_length = range(2, min(longest, len(starts)) + 1)
        sums = np.concatenate([prefixes[length:] - prefixes[:-length] for length in by_length])
        runs = np.concatenate(
            [starts[: len(prefixes) - length] * (longest + 1) + length for length in by_length]
        )
        order = np.argsort(sums, kind="stable")
        self._sums = array("q", sums[order].tobytes())
        self._runs = array("I", runs[order].astype(np.uint32).tobytes())


_Numbers = np.ndarray[tuple[int], np.dtype[np.int64]]
_Places = np.ndarray[tuple[int], np.dtype[np.integer[Any]]]


@dataclass(frozen=True, slots=True)
class _Half:
    """The subsets of some neighbouring positions, smallest first, whatever the amounts at them are. `members` has a row of
    positions for each, filled up with one behind the last that has no amount; `in_order` the places by the subsets."""

    subsets: tuple[Subset, ...]
    members: np.ndarray[tuple[int, int], np.dtype[np.intp]]
    in_order: _Places

    def rising(self, amounts: _Numbers) -> tuple[_Numbers, _Places]:
        """The totals of the subsets in rising order, and whose they are; of equal ones in the order of the subsets."""
        totals = amounts[self.members].sum(axis=1)
        places = self.in_order[np.argsort(totals[self.in_order], kind="stable")]
        return totals[places], places.astype(np.uint16 if len(places) <= _SMALL else np.uint32)


@lru_cache(maxsize=_HALVES_KEPT)
def _half(start: int, stop: int, size_max: int, nothing: int) -> _Half:
    positions = range(start, stop)
    longest = min(size_max, len(positions))
    subsets = tuple(subset for size in range(longest + 1) for subset in combinations(positions, size))
    members = np.array([[*subset, *[nothing] * (longest - len(subset))] for subset in subsets], np.intp)
    in_order = np.array(sorted(range(len(subsets)), key=subsets.__getitem__), np.intp)
    return _Half(subsets, members.reshape(len(subsets), longest), in_order)


@dataclass(frozen=True, slots=True)
class SubsetSums:
    """All sums of up to a few of some amounts, kept as two halves that are joined only when a total is asked for.

    Thousands of partners have theirs at a time, so each keeps bare numbers: `left` and `right` have the totals of the
    halves' subsets in rising order, and `left_places` and `right_places` whose they are.
    """

    left_half: _Half
    right_half: _Half
    left: _Numbers
    left_places: _Places
    right: _Numbers
    right_places: _Places
    size_max: int


def subset_sums(amounts: Sequence[int], *, size_max: int) -> SubsetSums:
    """Lists 2 × 2^(n/2) sums instead of 2^n; the caller bounds n."""
    count = len(amounts)
    left_half = _half(0, count // 2, size_max, count)
    right_half = _half(count // 2, count, size_max, count)
    given = np.array([*amounts, 0], np.int64)
    return SubsetSums(left_half, right_half, *left_half.rising(given), *right_half.rising(given), size_max)


def loose_subsets(sums: SubsetSums, low: int, high: int, *, found_max: int) -> list[Subset]:
    """Subsets of two or more positions whose sum lies in low … high, smallest first; stops after `found_max`."""
    found: list[Subset] = []
    for members, first, last in _beginnings(sums, low, high):
        for place in sums.right_places[first:last].tolist():
            others = sums.right_half.subsets[place]
            if 2 <= len(members) + len(others) <= sums.size_max:
                found.append(members + others)
                if len(found) >= found_max:
                    return sorted(found, key=_size_first)
    return sorted(found, key=_size_first)


def _beginnings(sums: SubsetSums, low: int, high: int) -> list[tuple[Subset, int, int]]:
    """Subsets of the left half, smallest first, that some of the right half complete, and from where to where these are."""
    firsts = np.searchsorted(sums.right, low - sums.left)
    lasts = np.searchsorted(sums.right, high - sums.left, "right")
    hits = np.flatnonzero(lasts > firsts)
    hits = hits[np.argsort(sums.left_places[hits])]
    subsets = map(sums.left_half.subsets.__getitem__, sums.left_places[hits].tolist())
    return list(zip(subsets, firsts[hits].tolist(), lasts[hits].tolist(), strict=True))


def _size_first(subset: Subset) -> tuple[int, Subset]:
    return len(subset), subset
