from hypothesis import given
from hypothesis import strategies as st

from gateway.domain.rate_limit import Cell, Quota

TEN_A_MINUTE = Quota("reads", 10, 60)


def used(times: int, *, now: float, quota: Quota = TEN_A_MINUTE) -> Cell:
    cell = Cell(quota, "u-1")
    for _ in range(times):
        assert cell.take(now)
    return cell


def test_whole_quota_may_be_used_at_once_and_no_more() -> None:
    cell = used(10, now=1000.0)

    assert not cell.take(1000.0)
    assert cell.remaining(1000.0) == 0


def test_refused_requests_cost_nothing() -> None:
    cell = used(10, now=1000.0)
    for _ in range(100):
        cell.take(1000.0)

    assert cell.take(1006.0)


def test_quota_comes_back_evenly_and_not_at_once_at_a_seam() -> None:
    cell = used(10, now=1000.0)

    assert [cell.take(1012.0) for _ in range(3)] == [True, True, False]


def test_reply_tells_what_is_left_and_when_all_is_there_again() -> None:
    cell = used(4, now=1000.0)

    assert cell.header(1000.0) == b'"reads";r=6;t=24'
    assert TEN_A_MINUTE.policy == b'"reads";q=10;w=60'


def test_retry_after_is_the_first_second_at_which_a_request_is_admitted() -> None:
    cell = used(10, now=1000.0)
    seconds = cell.seconds_until_next(1000.0)

    assert seconds == 6
    assert cell.take(1000.0 + seconds)


def test_what_others_used_counts_once_it_is_known() -> None:
    cell = used(2, now=1000.0)
    cell.told(2, level_seconds=54.0, now=1000.0)  # nine of ten are used, two of them ours

    assert cell.take(1000.0)
    assert not cell.take(1000.0)


def test_what_is_used_while_telling_is_kept() -> None:
    cell = used(2, now=1000.0)
    count = cell.untold
    cell.take(1000.0)
    cell.told(count, level_seconds=12.0, now=1000.0)

    assert (cell.untold, cell.remaining(1000.0)) == (1, 7)


def test_what_was_refilled_while_nobody_could_be_told_is_not_told_any_more() -> None:
    cell = used(10, now=1000.0)

    assert cell.used_seconds(1030.0) == 30.0
    assert cell.used_seconds(1100.0) == 0.0


@given(
    st.integers(1, 500),
    st.lists(st.floats(0, 5, allow_nan=False, allow_infinity=False), min_size=1, max_size=400),
)
def test_no_span_of_time_admits_more_than_the_quota_and_its_refilling(
    requests: int, gaps: list[float]
) -> None:
    cell = Cell(Quota("writes", requests, 60), "u-1")
    now, admitted = 1000.0, 0
    for gap in gaps:
        now += gap
        admitted += cell.take(now)

    assert admitted <= requests + (now - 1000.0) * requests / 60 + 1e-3


@given(st.integers(2, 6), st.integers(16, 200), st.lists(st.integers(0, 5), max_size=400))
def test_processes_that_tell_each_other_admit_at_most_what_they_may_hold_untold_beyond_the_quota(
    processes: int, requests: int, turns: list[int]
) -> None:
    quota = Quota("reads", requests, 60)
    cells = [Cell(quota, "u-1") for _ in range(processes)]
    shared_level, admitted = 0.0, 0
    for turn in turns:
        cell = cells[turn % processes]
        if cell.untold >= quota.untold_max:
            shared_level += cell.used_seconds(0.0) if cell.full_at else 0.0
            cell.told(cell.untold, shared_level, 0.0)
        admitted += cell.take(0.0)

    assert admitted <= requests + (processes - 1) * quota.untold_max
