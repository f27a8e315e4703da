import asyncio
import time

import pytest

from gateway.adapters.lane import CROWDED_AFTER_SECONDS, CROWDED_WAIT_SECONDS, WAIT_SECONDS, Lane
from gateway.domain.concurrency import SAMPLES_MIN, ConcurrencyLimit
from gateway.domain.errors import Overloaded


def lane(places: int) -> Lane:
    return Lane("payments", ConcurrencyLimit(least=places, most=places))


async def waiting_in(one: Lane, count: int) -> list[asyncio.Task[None]]:
    tasks = [asyncio.create_task(one.enter()) for _ in range(count)]
    await asyncio.sleep(0)  # each runs until it waits
    assert one.waiting == count
    return tasks


async def test_place_that_comes_free_goes_to_who_waits_longest() -> None:
    one = lane(1)
    await one.enter()
    first, second = await waiting_in(one, 2)
    one.leave()
    await first

    assert not second.done()
    one.leave()
    await second
    assert (one.in_flight, one.waiting) == (1, 0)


async def test_nobody_passes_those_who_wait() -> None:
    one = lane(1)
    await one.enter()
    (waiting,) = await waiting_in(one, 1)

    assert not one.try_enter()
    one.leave()
    assert not one.try_enter()
    await waiting


async def test_who_waits_too_long_is_told_to_come_back_later() -> None:
    one = lane(1)
    await one.enter()

    with pytest.raises(Overloaded) as refused:
        await one.enter()

    assert refused.value.facts["part"] == "payments"
    assert 1 <= int(refused.value.facts["retry_after_seconds"] or 0) <= 4
    one.leave()
    assert one.try_enter()


async def test_caller_who_hangs_up_while_waiting_takes_no_place() -> None:
    one = lane(1)
    await one.enter()
    (waiting,) = await waiting_in(one, 1)
    waiting.cancel()
    await asyncio.gather(waiting, return_exceptions=True)
    one.leave()

    assert one.in_flight == 0


async def test_place_lent_to_a_caller_who_hangs_up_at_that_moment_goes_on() -> None:
    one = lane(1)
    await one.enter()
    leaving, staying = await waiting_in(one, 2)
    one.leave()
    leaving.cancel()
    await staying
    await asyncio.gather(leaving, return_exceptions=True)

    assert one.in_flight == 1


async def test_as_many_as_there_are_places_may_wait_a_second_however_long_the_queue_stands() -> None:
    one = lane(2)
    await one.enter()
    await one.enter()
    begun = one.patience(100.0)
    (first,) = await waiting_in(one, 1)
    one_waits = one.patience(100.0 + 10 * CROWDED_AFTER_SECONDS)
    (second,) = [asyncio.create_task(one.enter())]
    await asyncio.sleep(0)
    both_wait = one.patience(time.monotonic() + 10 * CROWDED_AFTER_SECONDS)
    in_a_burst = one.patience(time.monotonic())
    one.leave()
    one.leave()
    await asyncio.gather(first, second)

    assert (begun, one_waits) == (WAIT_SECONDS, WAIT_SECONDS)
    assert (both_wait, in_a_burst) == (CROWDED_WAIT_SECONDS, WAIT_SECONDS)


def test_before_a_part_that_is_slow_by_nature_one_waits_the_time_of_two_replies() -> None:
    one = lane(2)
    for number in range(SAMPLES_MIN):
        one.limit.observe(1.5, now=float(number), inside=2)

    assert one.patience(100.0) == 3.0


async def test_who_would_wait_too_long_by_what_replies_took_of_late_is_told_at_once() -> None:
    one = lane(1)
    for number in range(SAMPLES_MIN):
        one.limit.observe(0.6, now=float(number), inside=1)
    await one.enter()
    waiting = await waiting_in(
        one, 2
    )  # the second of them may have to wait for 0.6 s, who comes next for 1.2 s

    refused = asyncio.create_task(one.enter())
    await asyncio.sleep(0)

    assert isinstance(refused.exception(), Overloaded)
    for _ in range(3):
        one.leave()
    await asyncio.gather(*waiting)
