import time
from itertools import accumulate, combinations

from hypothesis import given
from hypothesis import strategies as st

from services.payments.domain.subset_sum import RunSums, loose_subsets, runs_within, subset_sums

amounts_of = st.lists(st.integers(1, 60), min_size=1, max_size=9)


@given(amounts_of, st.integers(1, 120), st.integers(0, 10))
def test_loose_subsets_are_exactly_those_of_trying_all(amounts: list[int], low: int, width: int) -> None:
    found = loose_subsets(subset_sums(amounts, size_max=4), low, low + width, found_max=10_000)

    expected = [
        subset
        for size in range(2, 5)
        for subset in combinations(range(len(amounts)), size)
        if low <= sum(amounts[position] for position in subset) <= low + width
    ]
    assert found == expected


@given(amounts_of, st.integers(1, 120))
def test_a_total_is_looked_up_as_a_range_of_one_is_searched(amounts: list[int], total: int) -> None:
    sums = subset_sums(amounts, size_max=4)
    near = loose_subsets(sums, total, total + 1, found_max=10_000)

    found = loose_subsets(sums, total, total, found_max=10_000)

    assert found == [subset for subset in near if sum(amounts[position] for position in subset) == total]


@given(amounts_of, st.integers(1, 200), st.integers(0, 20))
def test_runs_are_exactly_those_of_trying_all(amounts: list[int], low: int, width: int) -> None:
    found = list(runs_within([0, *accumulate(amounts)], low, low + width, length_max=5))

    count = len(amounts)
    assert found == [
        (start, end)
        for start in range(count)
        for end in range(start + 2, min(count, start + 5) + 1)
        if low <= sum(amounts[start:end]) <= low + width
    ]


@given(st.lists(st.integers(1, 60), min_size=1, max_size=40), st.integers(1, 200), st.integers(0, 20))
def test_runs_of_many_amounts_are_looked_up_as_those_of_few_are_searched(
    amounts: list[int], low: int, width: int
) -> None:
    searched = list(runs_within([0, *accumulate(amounts)], low, low + width, length_max=5))

    sums = RunSums(amounts, 5, searches_max=1)
    assert [sums.within(low, low + width) for _ in range(3)] == [searched] * 3


def test_the_search_stops_after_the_bound_when_everything_fits() -> None:
    assert len(loose_subsets(subset_sums([1] * 18, size_max=5), 2, 5, found_max=24)) == 24


def test_eighteen_equal_amounts_take_no_time_to_speak_of() -> None:
    started = time.process_time()

    loose_subsets(subset_sums(range(1000, 1018), size_max=5), 999_999, 999_999, found_max=24)

    assert time.process_time() - started < 0.25
