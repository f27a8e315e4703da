"""The messages arriving for one service on one channel, and the ways to answer for those it cannot apply."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Self

import structlog
from aio_pika import DeliveryMode, Message
from aio_pika.abc import AbstractChannel, AbstractExchange, AbstractIncomingMessage, AbstractQueue

from shared.errors import Refusal
from shared.messaging.arrivals import Arrivals
from shared.messaging.topology import (
    ServiceTopology,
    dead_letters_exchange,
    declare,
    retries_exchange,
)

ATTEMPT_HEADER = "x-attempt"
REASON_HEADER = "x-reason"
CODE_HEADER = "x-code"
DIED_AT_HEADER = "x-dead-at"
# The broker's own: each queue that a message died in.
DEATHS_HEADER = "x-death"
REASON_LENGTH_MAX = 500
ANSWER_TIMEOUT_SECONDS = 10

log = structlog.get_logger()


class MessageForged(Refusal):
    """It did not come as it says: it died in a queue of another part, and was told to die as somebody's event."""

    code, status, title = "message_forged", 403, "The message came from the queue of another part"


class Intake(Arrivals):
    """What arrives in the main queue of a service."""

    def __init__(
        self,
        topology: ServiceTopology,
        queue: AbstractQueue,
        *,
        retries: AbstractExchange,
        dead_letters: AbstractExchange,
        silence_seconds: float,
    ) -> None:
        super().__init__(queue, silence_seconds=silence_seconds)
        self._topology = topology
        self._retries = retries
        self._dead_letters = dead_letters

    @classmethod
    async def open(
        cls, channel: AbstractChannel, topology: ServiceTopology, *, silence_seconds: float
    ) -> Self:
        await declare(channel, topology)
        intake = cls(
            topology,
            await channel.get_queue(topology.main.name, ensure=False),
            retries=await channel.get_exchange(retries_exchange(topology.service), ensure=False),
            dead_letters=await channel.get_exchange(dead_letters_exchange(topology.service), ensure=False),
            silence_seconds=silence_seconds,
        )
        await intake.begin(channel)
        return intake

    async def postpone(self, message: AbstractIncomingMessage) -> None:
        """Have it delivered again after a while. Acknowledge the original afterwards."""
        attempt = failures_of(message) + 1
        copy = copy_of(message, {ATTEMPT_HEADER: attempt})
        await self._retries.publish(copy, self._topology.retry_key(attempt), timeout=ANSWER_TIMEOUT_SECONDS)

    async def bury(self, message: AbstractIncomingMessage, error: Exception) -> None:
        """Put it aside with the reason, for an operator. Acknowledge the original afterwards."""
        reason = error.detail if isinstance(error, Refusal) else repr(error)
        code = error.code if isinstance(error, Refusal) else "fault"
        log.error("message_dead", message_id=message.message_id, type=message.type, code=code, reason=reason)
        headers: dict[str, str | int] = {
            REASON_HEADER: reason[:REASON_LENGTH_MAX],
            CODE_HEADER: code,
            "x-service": self._topology.service,
            DIED_AT_HEADER: datetime.now(UTC).isoformat(),
            ATTEMPT_HEADER: failures_of(message) + 1,
        }
        copy = copy_of(message, headers)
        await self._dead_letters.publish(copy, self._topology.service, timeout=ANSWER_TIMEOUT_SECONDS)


def refuse_forged(message: AbstractIncomingMessage, service: str) -> None:
    """Raise MessageForged for what died in a queue that is not the service's own.

    RabbitMQ asks no rights of a routing key under which dead messages of a queue go on (seen on 3.10.8): by such a queue
    any account that may publish some event could publish each. But it writes down where a message died.
    """
    deaths = message.headers.get(DEATHS_HEADER)
    queues = (
        [str(death.get("queue")) for death in deaths if isinstance(death, dict)]
        if isinstance(deaths, list)
        else []
    )
    strange = [queue for queue in queues if not queue.startswith(f"salesops.{service}.")]
    if strange:
        raise MessageForged(f"It died in {strange[0]}, which is none of ours", queue=strange[0])


def failures_of(message: AbstractIncomingMessage) -> int:
    """Failures so far. Counted by us: what brokers count differs between their versions."""
    value = message.headers.get(ATTEMPT_HEADER, 0)
    return value if isinstance(value, int) else 0


def copy_of(message: AbstractIncomingMessage, headers: Mapping[str, str | int]) -> Message:
    """The same message with other headers."""
    return Message(
        message.body,
        headers=dict(headers),
        content_type=message.content_type,
        delivery_mode=DeliveryMode.PERSISTENT,
        message_id=message.message_id,
        type=message.type,
        app_id=message.app_id,
    )
