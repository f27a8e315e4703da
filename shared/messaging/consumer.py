"""Receives events in batches, has each applied once, and acknowledges after the commit.

A batch that fails is taken apart and applied one message at a time, so that one bad message cannot hold
the others. A refusal is final and goes to the dead letters with its reason; a fault waits in a retry queue
and goes there after some attempts. While something we stand on is down, the batch is kept and tried again
in place, which costs no attempt.
"""

import asyncio
import random
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass

import structlog
from aio_pika.abc import AbstractIncomingMessage
from prometheus_client import Counter

from shared.errors import Refusal, UpstreamUnavailable
from shared.events.envelope import Envelope, Event, decode
from shared.messaging.connection import (
    SETUP_TIMEOUT_SECONDS,
    BrokerUnavailable,
    connect,
    disconnect,
    is_cancelled_by_us,
    is_loss,
)
from shared.messaging.failpoints import failpoint
from shared.messaging.fed_queues import QueueWatch, keep_bound
from shared.messaging.former_queues import empty_former_queues
from shared.messaging.intake import Intake, failures_of, refuse_forged
from shared.messaging.topology import ServiceTopology

# Does all of a batch in one transaction, each event once. Raises Refusal if an event can never be applied,
# UpstreamUnavailable if nothing can be applied at the moment.
Apply = Callable[[Sequence[Envelope[Event]]], Awaitable[None]]

log = structlog.get_logger()
messages_total = Counter("event_messages", "Messages taken from the broker", ["service", "outcome"])


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsumerLimits:
    batch_max: int = 256
    prefetch: int = 512
    linger_seconds: float = 0.005
    attempts_max: int = 5
    silence_seconds: float = 5.0
    pause_seconds_max: float = 10.0
    bind_seconds: float = 30.0


class _Stopping(Exception):
    """We are to stop while an outage lasts; what is unanswered goes back to the queue."""


class Consumer:
    """Takes the events of one service, in the process that runs it; any number of processes may."""

    def __init__(
        self,
        url: str,
        topology: ServiceTopology,
        types: Mapping[str, type[Event]],
        apply: Apply,
        *,
        limits: ConsumerLimits | None = None,
    ) -> None:
        self._url = url
        self._topology = topology
        self._types = types
        self._apply = apply
        self._limits = limits or ConsumerLimits()
        self._watch = QueueWatch(topology)

    async def run(self, stop: asyncio.Event) -> None:
        """Consume until `stop`, reconnecting for ever; the batch at hand is finished first."""
        losses = 0
        while not stop.is_set():
            try:
                async with self._receiving(stop) as intake:
                    losses = 0
                    await self._consume(intake, stop)
            except _Stopping:
                return
            except (Exception, asyncio.CancelledError) as error:
                if is_cancelled_by_us() or not (is_loss(error) or isinstance(error, BrokerUnavailable)):
                    raise
                losses += 1
                log.warning("broker_lost", service=self._topology.service, losses=losses, error=repr(error))
                await self._pause(losses, stop)

    @asynccontextmanager
    async def _receiving(self, stop: asyncio.Event) -> AsyncIterator[Intake]:
        connection = await connect(self._url, name=f"{self._topology.service} consumer")
        try:
            async with asyncio.timeout(SETUP_TIMEOUT_SECONDS):
                await self._watch.look(connection)
                channel = await connection.channel(publisher_confirms=True, on_return_raises=True)
                await channel.set_qos(prefetch_count=self._limits.prefetch)
                intake = await Intake.open(
                    channel, self._topology, silence_seconds=self._limits.silence_seconds
                )
            beside = (
                asyncio.create_task(_close_on(stop, intake)),
                asyncio.create_task(empty_former_queues(connection, self._topology)),
                asyncio.create_task(keep_bound(connection, self._watch, self._limits.bind_seconds)),
            )
            try:
                yield intake
            finally:
                for task in beside:
                    task.cancel()
        finally:
            await disconnect(connection)

    async def _consume(self, intake: Intake, stop: asyncio.Event) -> None:
        limits = self._limits
        while messages := await intake.next_batch(
            size_max=limits.batch_max, linger_seconds=limits.linger_seconds
        ):
            batch = await self._readable(intake, messages)
            if await self._failure(list(batch.values()), stop) is None:
                self._count("applied", len(batch))
            else:
                await self._apply_singly(intake, messages, batch, stop)
            failpoint("after_commit_before_ack")
            if not messages[-1].processed:
                await messages[-1].ack(multiple=True)

    async def _readable(self, intake: Intake, messages: list[AbstractIncomingMessage]) -> "_Batch":
        readable: _Batch = {}
        for position, message in enumerate(messages):
            try:
                refuse_forged(message, self._topology.service)
                envelope = decode(message.body, self._types)
            except Refusal as refusal:
                await intake.bury(message, refusal)
                self._count("dead")
                continue
            if envelope is None:
                self._count("ignored")
            else:
                readable[position] = envelope
        return readable

    async def _apply_singly(
        self, intake: Intake, messages: list[AbstractIncomingMessage], batch: "_Batch", stop: asyncio.Event
    ) -> None:
        log.info("batch_taken_apart", service=self._topology.service, size=len(batch))
        for position, envelope in batch.items():
            failure = await self._failure([envelope], stop)
            if failure is None:
                self._count("applied")
            else:
                await self._answer(intake, messages[position], failure)
            await messages[position].ack(multiple=True)

    async def _answer(self, intake: Intake, message: AbstractIncomingMessage, failure: Exception) -> None:
        if isinstance(failure, Refusal) or failures_of(message) + 1 >= self._limits.attempts_max:
            await intake.bury(message, failure)
            self._count("dead")
            return
        log.warning("message_postponed", message_id=message.message_id, type=message.type, exc_info=failure)
        await intake.postpone(message)
        self._count("postponed")

    async def _failure(self, batch: list[Envelope[Event]], stop: asyncio.Event) -> Exception | None:
        """Apply `batch`, waiting while there is an outage; None if done, else what the batch met."""
        outages = 0
        while batch:
            try:
                await self._apply(batch)
            except UpstreamUnavailable as error:
                outages += 1
                log.warning("outage", service=self._topology.service, outages=outages, error=error.detail)
                await self._pause(outages, stop)
                if stop.is_set():
                    raise _Stopping from error
            except Exception as error:  # noqa: BLE001 - whatever a handler raises is answered for
                return error
            else:
                return None
        return None

    async def _pause(self, failures: int, stop: asyncio.Event) -> None:
        longest = min(0.1 * 2 ** min(failures, 10), self._limits.pause_seconds_max)
        try:
            await asyncio.wait_for(stop.wait(), longest * random.uniform(0.5, 1.0))  # noqa: S311 - jitter
        except TimeoutError:
            return

    def _count(self, outcome: str, amount: int = 1) -> None:
        messages_total.labels(self._topology.service, outcome).inc(amount)


# Position in the batch of messages → what it said.
_Batch = dict[int, Envelope[Event]]


async def _close_on(stop: asyncio.Event, intake: Intake) -> None:
    await stop.wait()
    intake.close()
