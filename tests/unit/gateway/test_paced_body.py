import asyncio
from collections.abc import Iterable

import pytest
from starlette.types import Message, Receive

from gateway.api.paced_body import Pace, PacedBody
from gateway.domain.errors import BodyTooSlow
from gateway.domain.routing import Route
from shared.errors import TooLarge

ROUTE = Route("payments", "/v1/receipts", 30.0, 1000, "writes", is_long=False)


def pieces(sizes: Iterable[int], *, seconds_between: float = 0.0, is_whole: bool = False) -> Receive:
    """Return a receive that yields pieces of these sizes, then nothing any more."""
    waiting = list(sizes)

    async def receive() -> Message:
        if not waiting:
            await asyncio.Event().wait()
        await asyncio.sleep(seconds_between)
        size = waiting.pop(0)
        return {"type": "http.request", "body": bytes(size), "more_body": bool(waiting) or not is_whole}

    return receive


async def test_body_within_its_size_and_pace_passes() -> None:
    body = PacedBody(pieces([400, 600], is_whole=True), ROUTE)

    assert [len((await body())["body"]) for _ in range(2)] == [400, 600]


async def test_body_is_refused_where_it_becomes_too_large() -> None:
    body = PacedBody(pieces([600, 600]), ROUTE)
    await body()

    with pytest.raises(TooLarge) as refused:
        await body()
    assert refused.value.facts["limit_bytes"] == 1000


async def test_body_that_stops_coming_is_given_up() -> None:
    body = PacedBody(pieces([1]), ROUTE, pace=Pace(idle_seconds=0.05))
    await body()

    with pytest.raises(BodyTooSlow):
        await body()


async def test_body_that_only_drips_is_given_up_although_it_never_stops() -> None:
    drip = pieces([1] * 900, seconds_between=0.02)
    body = PacedBody(drip, ROUTE, pace=Pace(idle_seconds=5, grace_seconds=0.1))

    async def read_all() -> None:
        for _ in range(900):
            await body()

    with pytest.raises(BodyTooSlow):
        await read_all()
    assert body.bytes_seen < 50


async def test_after_the_body_who_hangs_up_is_waited_for_without_end() -> None:
    body = PacedBody(pieces([10], is_whole=True), ROUTE, pace=Pace(idle_seconds=0.01))
    await body()

    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.1):
            await body()
