"""The messages arriving for one service on one channel, and the ways to answer for those it cannot apply."""

import asyncio
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Self

import structlog
from aio_pika import DeliveryMode, Message
from aio_pika.abc import AbstractChannel, AbstractExchange, AbstractIncomingMessage, AbstractQueue

from shared.errors import Refusal
from shared.messaging.connection import BrokerUnavailable
from shared.messaging.topology import (
    DEAD_LETTERS_EXCHANGE,
    RETRIES_EXCHANGE,
    ServiceTopology,
    declare,
)

ATTEMPT_HEADER = "x-attempt"
REASON_LENGTH_MAX = 500
ANSWER_TIMEOUT_SECONDS = 10

log = structlog.get_logger()


class Intake:
    """Batches until closed; a loss of the channel, even a silent one, is raised as BrokerUnavailable."""

    def __init__(
        self,
        topology: ServiceTopology,
        queue: AbstractQueue,
        *,
        retries: AbstractExchange,
        dead_letters: AbstractExchange,
        silence_seconds: float,
    ) -> None:
        self._topology = topology
        self._queue = queue
        self._retries = retries
        self._dead_letters = dead_letters
        self._silence_seconds = silence_seconds
        self._arrived: asyncio.Queue[AbstractIncomingMessage | None] = asyncio.Queue()
        self._loss: str | None = None
        self._is_closed = False

    @classmethod
    async def open(
        cls, channel: AbstractChannel, topology: ServiceTopology, *, silence_seconds: float
    ) -> Self:
        await declare(channel, topology)
        intake = cls(
            topology,
            await channel.get_queue(topology.main.name, ensure=False),
            retries=await channel.get_exchange(RETRIES_EXCHANGE, ensure=False),
            dead_letters=await channel.get_exchange(DEAD_LETTERS_EXCHANGE, ensure=False),
            silence_seconds=silence_seconds,
        )
        channel.close_callbacks.add(lambda *_: intake._lose("the channel was closed"))
        wire = await channel.get_underlay_channel()
        wire.on_consumer_cancel_callbacks.add(lambda _: intake._lose("the broker cancelled the consumer"))
        await intake._queue.consume(intake._arrive)
        return intake

    def close(self) -> None:
        """No further batch; what has arrived and is not answered for goes back to the queue."""
        self._is_closed = True
        self._arrived.put_nowait(None)

    async def next_batch(self, *, size_max: int, linger_seconds: float) -> list[AbstractIncomingMessage]:
        """At least one message, or none if closed. Lingers once it has one, for the batch to fill."""
        first = await self._first()
        if first is None:
            return []
        batch = [first]
        if self._arrived.qsize() < size_max - 1:
            await asyncio.sleep(linger_seconds)
        while len(batch) < size_max and not self._arrived.empty():
            message = self._arrived.get_nowait()
            if message is None:
                self._arrived.put_nowait(None)
                break
            batch.append(message)
        return batch

    async def postpone(self, message: AbstractIncomingMessage) -> None:
        """Have it delivered again after a while. Acknowledge the original afterwards."""
        attempt = failures_of(message) + 1
        copy = _copy(message, {ATTEMPT_HEADER: attempt})
        await self._retries.publish(copy, self._topology.retry_key(attempt), timeout=ANSWER_TIMEOUT_SECONDS)

    async def bury(self, message: AbstractIncomingMessage, error: Exception) -> None:
        """Put it aside with the reason, for an operator. Acknowledge the original afterwards."""
        reason = error.detail if isinstance(error, Refusal) else repr(error)
        code = error.code if isinstance(error, Refusal) else "fault"
        log.error("message_dead", message_id=message.message_id, type=message.type, code=code, reason=reason)
        headers: dict[str, str | int] = {
            "x-reason": reason[:REASON_LENGTH_MAX],
            "x-code": code,
            "x-service": self._topology.service,
            "x-dead-at": datetime.now(UTC).isoformat(),
            ATTEMPT_HEADER: failures_of(message) + 1,
        }
        copy = _copy(message, headers)
        await self._dead_letters.publish(copy, self._topology.service, timeout=ANSWER_TIMEOUT_SECONDS)

    async def _first(self) -> AbstractIncomingMessage | None:
        while True:
            try:
                first = await asyncio.wait_for(self._arrived.get(), self._silence_seconds)
            except TimeoutError:
                await self._doubt_the_silence()
                continue
            if self._is_closed:
                return None
            if self._loss is not None:
                raise BrokerUnavailable(self._loss)
            return first

    async def _doubt_the_silence(self) -> None:
        """A consumer can vanish without a word; messages that wait while we are idle give it away."""
        if await self._waiting() == 0:
            return
        await asyncio.sleep(min(1.0, self._silence_seconds))
        waiting = await self._waiting()
        if waiting and self._arrived.empty():
            raise BrokerUnavailable(f"{waiting} messages wait and none is delivered")

    async def _waiting(self) -> int:
        """Messages ready at the broker. Raises if the channel or the queue is gone, or nobody answers."""
        declared = await self._queue.channel.declare_queue(
            self._queue.name, passive=True, timeout=self._silence_seconds
        )
        return declared.declaration_result.message_count or 0

    async def _arrive(self, message: AbstractIncomingMessage) -> None:
        self._arrived.put_nowait(message)

    def _lose(self, reason: str) -> None:
        self._loss = reason
        self._arrived.put_nowait(None)


def failures_of(message: AbstractIncomingMessage) -> int:
    """Failures so far. Counted by us: what brokers count differs between their versions."""
    value = message.headers.get(ATTEMPT_HEADER, 0)
    return value if isinstance(value, int) else 0


def _copy(message: AbstractIncomingMessage, headers: Mapping[str, str | int]) -> Message:
    return Message(
        message.body,
        headers=dict(headers),
        content_type=message.content_type,
        delivery_mode=DeliveryMode.PERSISTENT,
        message_id=message.message_id,
        type=message.type,
        app_id=message.app_id,
    )
