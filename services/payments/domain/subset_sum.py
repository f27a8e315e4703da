"""Which of a few amounts add up to a total: bounded search that never tries all combinations of many."""

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate

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
class SubsetSums:
    """All sums of up to a few of some amounts, kept as two halves that are joined only when a total is asked for."""

    left: tuple[tuple[int, Subset], ...]
    right: tuple[tuple[int, Subset], ...]
    right_totals: tuple[int, ...]
    size_max: int
    # Where in `right` a total is met first.
    right_places: dict[int, int]


def subset_sums(amounts: Sequence[int], *, size_max: int) -> SubsetSums:
    """Lists 2 × 2^(n/2) sums instead of 2^n; the caller bounds n."""
    half = len(amounts) // 2
    left = _sums(amounts, range(half), size_max)
    right = sorted(_sums(amounts, range(half, len(amounts)), size_max))
    totals = [total for total, _ in right]
    places = dict(zip(reversed(totals), range(len(totals) - 1, -1, -1), strict=True))
    return SubsetSums(tuple(left), tuple(right), tuple(totals), size_max, places)


def loose_subsets(sums: SubsetSums, low: int, high: int, *, found_max: int) -> list[Subset]:
    """Subsets of two or more positions whose sum lies in low … high, smallest first; stops after `found_max`."""
    found: list[Subset] = []
    for total, members, position in _beginnings(sums, low, high):
        while position < len(sums.right) and sums.right_totals[position] <= high - total:
            others = sums.right[position][1]
            if 2 <= len(members) + len(others) <= sums.size_max:
                found.append(members + others)
                if len(found) >= found_max:
                    return sorted(found, key=_size_first)
            position += 1  # noqa: PLW2901 -- the place moves on from where it was found
    return sorted(found, key=_size_first)


def _beginnings(sums: SubsetSums, low: int, high: int) -> list[tuple[int, Subset, int]]:
    """Each sum of the left half with the place in the right half from which sums can complete it."""
    if low == high:
        places = sums.right_places
        return [
            (total, members, places[low - total]) for total, members in sums.left if low - total in places
        ]
    return [
        (total, members, bisect_left(sums.right_totals, low - total))
        for total, members in sums.left
        if total <= high
    ]


def _size_first(subset: Subset) -> tuple[int, Subset]:
    return len(subset), subset


def _sums(amounts: Sequence[int], positions: range, size_max: int) -> list[tuple[int, Subset]]:
    """Smallest subsets first, those of one size in the order of their positions; each is made of a smaller one."""
    found: list[tuple[int, Subset]] = [(0, ())]
    layer = found
    for _ in range(min(size_max, len(positions))):
        layer = [
            (total + amounts[position], (*subset, position))
            for total, subset in layer
            for position in range(subset[-1] + 1 if subset else positions.start, positions.stop)
        ]
        found = found + layer
    return found
