from itertools import count

import pytest

from gateway.domain.concurrency import ConcurrencyLimit

CLOCK = count(1000)


def after(limit: ConcurrencyLimit, seconds: float, *, windows: int) -> int:
    """Let so many windows of equal replies pass and return the limit."""
    for _ in range(windows):
        now = float(next(CLOCK))
        for _ in range(10):
            limit.observe(seconds, now, inside=limit.value)
    return limit.value


def test_limit_shrinks_while_replies_are_slow_but_never_below_the_least() -> None:
    limit = ConcurrencyLimit(least=16, most=100)

    assert 60 < after(limit, 0.5, windows=4) < 90
    assert after(limit, 0.5, windows=60) == 16


def test_limit_grows_one_by_one_while_replies_are_quick() -> None:
    limit = ConcurrencyLimit(least=16, most=100)
    low = after(limit, 0.5, windows=60)

    assert after(limit, 0.01, windows=5) == low + 5
    assert after(limit, 0.01, windows=500) == 100


def test_a_few_slow_replies_among_quick_ones_change_nothing() -> None:
    limit = ConcurrencyLimit(least=16, most=100)
    for number in range(200):
        limit.observe(5.0 if number % 5 == 0 else 0.01, 1000.0 + number, inside=20)

    assert limit.value == 100


@pytest.mark.parametrize("service_seconds", [0.003, 0.01, 0.04])
def test_limit_settles_where_a_busy_part_still_answers_quickly(service_seconds: float) -> None:
    limit = ConcurrencyLimit(least=16, most=256)
    now = 0.0
    for _ in range(4000):  # one worker inside: with n in flight a reply takes n times as long
        now += 0.05
        limit.observe(limit.value * service_seconds, now, inside=limit.value)

    assert limit.value >= 16
    assert limit.value * service_seconds <= 0.15 or limit.value == 16


def settled(service_seconds: float, seconds_each: float, *, callers: int) -> list[int]:
    """The limits before a part that does for all inside what takes as long for one, and a little for each of them."""
    limit, limits = ConcurrencyLimit(least=16, most=192), []
    for window in range(1000):
        inside = min(callers, limit.value)
        for left in range(inside, 0, -1):  # they are answered together
            limit.observe(service_seconds + inside * seconds_each, float(window), inside=left)
        limits.append(limit.value)
    return limits[200:]


@pytest.mark.parametrize("service_seconds", [0.11, 0.2, 0.3])
def test_part_that_answers_many_together_is_given_so_many_of_64_callers_that_none_is_refused(
    service_seconds: float,
) -> None:
    limits = settled(service_seconds, 0.001, callers=64)

    assert min(limits) >= 64 / 2  # as many as there are places may wait, however long that goes on


def test_part_that_gains_from_many_gets_no_more_than_it_answers_within_half_a_second() -> None:
    limits = settled(0.2, 0.005, callers=1000)

    assert 40 <= min(limits) <= max(limits) <= 62


def test_part_that_hardly_gains_from_more_keeps_its_replies_short() -> None:
    limits = settled(0.02, 0.003, callers=1000)

    assert max(limits) <= 30
