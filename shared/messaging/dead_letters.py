"""Takes letters out of a service's dead-letter queue, each acknowledged only once it is kept elsewhere."""

import asyncio
import random
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

import structlog
from aio_pika.abc import AbstractIncomingMessage

from shared.messaging.arrivals import Arrivals
from shared.messaging.connection import SETUP_TIMEOUT_SECONDS, connect, disconnect, is_cancelled_by_us
from shared.messaging.intake import CODE_HEADER, DEATHS_HEADER, DIED_AT_HEADER, REASON_HEADER, failures_of
from shared.messaging.topology import DELIVERIES_MAX, dead_letter_queue

BATCH_MAX: Final = 100
LINGER_SECONDS: Final = 0.05
# What the broker says of a message that it put aside itself, in its own words.
BROKER_CODES: Final = {"delivery_limit": "delivered_too_often"}

log = structlog.get_logger()


@dataclass(frozen=True, slots=True, kw_only=True)
class DeadLetter:
    """A message that `service` could not apply. The same message dead again, after a replay, has another `died_at`.

    It has none if neither the service nor the broker put it aside, but somebody by hand.
    """

    service: str
    body: bytes
    message_id: str | None
    type: str | None
    producer: str | None
    code: str
    reason: str
    attempts: int
    died_at: datetime | None


# Keeps all of them or none, and does nothing for one that it has kept before.
Keep = Callable[[Sequence[DeadLetter]], Awaitable[None]]


@dataclass(frozen=True, slots=True, kw_only=True)
class DeadLetterReader:
    """Empties the dead-letter queue of one service; any number of processes may.

    What cannot be kept goes back to the queue, and so does what was kept while the acknowledgement got lost: `keep`
    has to know a letter again.
    """

    url: str
    service: str
    keep: Keep
    silence_seconds: float = 5.0
    pause_seconds_max: float = 30.0

    async def run(self, stop: asyncio.Event) -> None:
        """Read until `stop`; a queue that is not there yet, or not to be reached, is tried again for ever."""
        losses = 0
        while not stop.is_set():
            try:
                async with self._receiving(stop) as arrivals:
                    while letters := await arrivals.next_batch(
                        size_max=BATCH_MAX, linger_seconds=LINGER_SECONDS
                    ):
                        await self.keep([letter_of(self.service, letter) for letter in letters])
                        await letters[-1].ack(multiple=True)
                        losses = 0
                return
            except (Exception, asyncio.CancelledError) as error:
                if is_cancelled_by_us():
                    raise
                losses += 1
                log.warning("dead_letters_wait", service=self.service, losses=losses, error=repr(error))
            await self._pause(losses, stop)

    @asynccontextmanager
    async def _receiving(self, stop: asyncio.Event) -> AsyncIterator[Arrivals]:
        connection = await connect(self.url, name=f"dead letters of {self.service}")
        try:
            async with asyncio.timeout(SETUP_TIMEOUT_SECONDS):
                channel = await connection.channel()
                await channel.set_qos(prefetch_count=BATCH_MAX)
                queue = await channel.get_queue(dead_letter_queue(self.service), ensure=False)
                arrivals = Arrivals(queue, silence_seconds=self.silence_seconds)
                await arrivals.begin(channel)
            closing = asyncio.create_task(_close_on(stop, arrivals))
            try:
                yield arrivals
            finally:
                closing.cancel()
        finally:
            await disconnect(connection)

    async def _pause(self, losses: int, stop: asyncio.Event) -> None:
        longest = min(0.2 * 2 ** min(losses, 10), self.pause_seconds_max)
        try:
            await asyncio.wait_for(stop.wait(), longest * random.uniform(0.5, 1.0))  # noqa: S311 - jitter
        except TimeoutError:
            return


def letter_of(service: str, message: AbstractIncomingMessage) -> DeadLetter:
    """The letter, whether the service put it aside, with its reason, or the broker did, with its own."""
    headers = message.headers
    code, reason = headers.get(CODE_HEADER), headers.get(REASON_HEADER)
    if not isinstance(code, str):
        code, reason = _broker_reason(headers.get(DEATHS_HEADER))
    return DeadLetter(
        service=service,
        body=message.body,
        message_id=message.message_id or None,
        type=message.type or None,
        producer=message.app_id or None,
        code=code,
        reason=reason if isinstance(reason, str) else "",
        attempts=failures_of(message),
        died_at=_died_at(headers.get(DIED_AT_HEADER), headers.get(DEATHS_HEADER)),
    )


def _broker_reason(deaths: object) -> tuple[str, str]:
    said = str(_last_death(deaths).get("reason", "unknown"))
    if said == "delivery_limit":
        reason = f"The broker delivered it {DELIVERIES_MAX} times and it was never answered for."
    else:
        reason = f"The broker put it aside: {said}"
    return BROKER_CODES.get(said, said), reason


def _died_at(by_service: object, deaths: object) -> datetime | None:
    """The instant that stays the same however often the letter is delivered."""
    at = _last_death(deaths).get("time")
    if isinstance(by_service, str):
        try:
            at = datetime.fromisoformat(by_service)
        except ValueError:
            at = None
    if not isinstance(at, datetime):
        return None
    return at if at.tzinfo else at.replace(tzinfo=UTC)


def _last_death(deaths: object) -> dict[str, object]:
    return deaths[0] if isinstance(deaths, list) and deaths and isinstance(deaths[0], dict) else {}


async def _close_on(stop: asyncio.Event, arrivals: Arrivals) -> None:
    await stop.wait()
    arrivals.close()
