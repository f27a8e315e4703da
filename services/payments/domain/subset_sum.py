"""Which of a few amounts add up to a total: bounded search that never tries all combinations of many."""

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from itertools import combinations

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


def loose_subsets(
    amounts: Sequence[int], low: int, high: int, *, size_max: int, found_max: int
) -> list[Subset]:
    """Subsets of two to `size_max` positions whose sum lies in low … high, smallest first; stops after `found_max`.

    Meets in the middle: two halves are listed once (2 × 2^(n/2)) and joined by binary search. The caller bounds n.
    """
    half = len(amounts) // 2
    left = _sums(amounts, range(half), size_max)
    right = sorted(_sums(amounts, range(half, len(amounts)), size_max))
    right_sums = [total for total, _ in right]
    found: list[Subset] = []
    for total, members in sorted(left, key=lambda item: (len(item[1]), item[1])):
        position = bisect_left(right_sums, low - total)
        while position < len(right) and right_sums[position] <= high - total:
            others = right[position][1]
            if 2 <= len(members) + len(others) <= size_max:
                found.append(members + others)
                if len(found) >= found_max:
                    return sorted(found, key=lambda subset: (len(subset), subset))
            position += 1
    return sorted(found, key=lambda subset: (len(subset), subset))


def _sums(amounts: Sequence[int], positions: range, size_max: int) -> list[tuple[int, Subset]]:
    return [
        (sum(amounts[position] for position in subset), subset)
        for size in range(min(size_max, len(positions)) + 1)
        for subset in combinations(positions, size)
    ]
