"""Waits for what other processes do; bounded, and no longer than it takes."""

import asyncio
from collections.abc import Awaitable, Callable


async def until(condition: Callable[[], Awaitable[bool]], *, seconds_max: float = 60) -> None:
    async with asyncio.timeout(seconds_max):
        while not await condition():  # noqa: ASYNC110 - what we wait for is in another process
            await asyncio.sleep(0.02)
