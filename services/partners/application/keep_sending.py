"""Makes and sends documents for as long as the process runs: one loop makes them, one of each channel sends."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Final

import structlog

from services.partners.application.send_deliveries import DeliverySender
from services.partners.domain.delivery import Channel
from shared.inbox import DATABASE_ERRORS

POLL_SECONDS: Final = 1.0
OUTAGE_SECONDS: Final = 5.0

log = structlog.get_logger()


async def keep_sending(sender: DeliverySender, stop: asyncio.Event) -> None:
    """Deliver until `stop`; what is under way is finished, what was leased by the dead comes due again."""
    async with asyncio.TaskGroup() as loops:
        loops.create_task(_repeat(sender.prepare, stop))
        for channel in sender.channels:
            loops.create_task(_repeat(_sending(sender, channel), stop))
    await sender.finished()


def _sending(sender: DeliverySender, channel: Channel) -> Callable[[], Awaitable[bool]]:
    """True when there may be more that is due: then the next are taken as soon as there is room for them."""

    async def send() -> bool:
        await sender.has_room(channel)
        return await sender.send_due_by(channel) > 0 and sender.is_full(channel)

    return send


async def _repeat(step: Callable[[], Awaitable[bool]], stop: asyncio.Event) -> None:
    while not stop.is_set():
        try:
            pause = 0.0 if await step() else POLL_SECONDS
        except DATABASE_ERRORS as error:
            log.warning("deliveries_wait", reason=type(error).__name__)
            pause = OUTAGE_SECONDS
        if pause:
            try:
                await asyncio.wait_for(stop.wait(), pause)
            except TimeoutError:
                continue
