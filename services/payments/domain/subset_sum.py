"""Which of a few amounts add up to a total: bounded search that never tries all combinations of many."""

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate, combinations

Subset = tuple[int, ...]


def runs_within(
    prefix_sums: Sequence[int], low: int, high: int, *, length_max: int
) -> Iterator[tuple[int, int]]:
    """Runs of neighbours [start, end) of two or more whose sum lies in low … high. `prefix_sums` starts with 0 and rises,
    so each start costs one binary search."""
    count = len(prefix_sums) - 1
    for start in range(count - 1):
        base = prefix_sums[start]
        end = bisect_left(prefix_sums, base + low, start + 2)
        last = min(count, start + length_max)
        while end <= last and prefix_sums[end] <= base + high:
            yield start, end
            end += 1


class RunSums:
    """Sums of all runs of neighbours of some amounts. Many amounts are summed once and looked up from then on; of few
    each total is searched, which costs less than the list."""

    _FEW = 24

    def __init__(self, amounts: Sequence[int], length_max: int) -> None:
        self._prefix_sums = [0, *accumulate(amounts)]
        self._length_max = length_max
        self._sums: list[tuple[int, int, int]] | None = None
        if len(amounts) > self._FEW:
            self._sums = sorted(
                (self._prefix_sums[end] - self._prefix_sums[start], start, end)
                for start in range(len(amounts) - 1)
                for end in range(start + 2, min(len(amounts), start + length_max) + 1)
            )

    def within(self, low: int, high: int) -> list[tuple[int, int]]:
        """Runs [start, end) of two or more whose sum lies in low … high, in the order of their starts."""
        if self._sums is None:
            return list(runs_within(self._prefix_sums, low, high, length_max=self._length_max))
        first = bisect_left(self._sums, (low, 0, 0))
        last = bisect_left(self._sums, (high + 1, 0, 0))
        return sorted((start, end) for _, start, end in self._sums[first:last])


@dataclass(frozen=True, slots=True)
class SubsetSums:
    """All sums of up to a few of some amounts, kept as two halves that are joined only when a total is asked for."""

    left: tuple[tuple[int, Subset], ...]
    right: tuple[tuple[int, Subset], ...]
    right_totals: tuple[int, ...]
    size_max: int


def subset_sums(amounts: Sequence[int], *, size_max: int) -> SubsetSums:
    """Lists 2 × 2^(n/2) sums instead of 2^n; the caller bounds n."""
    half = len(amounts) // 2
    left = sorted(_sums(amounts, range(half), size_max), key=lambda item: (len(item[1]), item[1]))
    right = sorted(_sums(amounts, range(half, len(amounts)), size_max))
    return SubsetSums(tuple(left), tuple(right), tuple(total for total, _ in right), size_max)


def loose_subsets(sums: SubsetSums, low: int, high: int, *, found_max: int) -> list[Subset]:
    """Subsets of two or more positions whose sum lies in low … high, smallest first; stops after `found_max`."""
    found: list[Subset] = []
    for total, members in sums.left:
        if total > high:
            continue
        position = bisect_left(sums.right_totals, low - total)
        while position < len(sums.right) and sums.right_totals[position] <= high - total:
            others = sums.right[position][1]
            if 2 <= len(members) + len(others) <= sums.size_max:
                found.append(members + others)
                if len(found) >= found_max:
                    return sorted(found, key=_size_first)
            position += 1
    return sorted(found, key=_size_first)


def _size_first(subset: Subset) -> tuple[int, Subset]:
    return len(subset), subset


def _sums(amounts: Sequence[int], positions: range, size_max: int) -> list[tuple[int, Subset]]:
    return [
        (sum([amounts[position] for position in subset]), subset)
        for size in range(min(size_max, len(positions)) + 1)
        for subset in combinations(positions, size)
    ]
