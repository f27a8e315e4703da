"""The messages arriving from one queue, in batches, and the signs that they no longer do."""

import asyncio

from aio_pika.abc import AbstractChannel, AbstractIncomingMessage, AbstractQueue

from shared.messaging.connection import BrokerUnavailable


class Arrivals:
    """Batches until closed; a loss of the channel, even a silent one, is raised as BrokerUnavailable."""

    def __init__(self, queue: AbstractQueue, *, silence_seconds: float) -> None:
        self._queue = queue
        self._silence_seconds = silence_seconds
        self._arrived: asyncio.Queue[AbstractIncomingMessage | None] = asyncio.Queue()
        self._loss: str | None = None
        self._is_closed = False

    async def begin(self, channel: AbstractChannel) -> None:
        """Have messages delivered from now on."""
        channel.close_callbacks.add(lambda *_: self._lose("the channel was closed"))
        wire = await channel.get_underlay_channel()
        wire.on_consumer_cancel_callbacks.add(lambda _: self._lose("the broker cancelled the consumer"))
        await self._queue.consume(self._arrive)

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
