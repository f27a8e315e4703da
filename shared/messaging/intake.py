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
    DEAD_LETTERS_EXCHANGE,
    RETRIES_EXCHANGE,
    ServiceTopology,
    declare,
)

ATTEMPT_HEADER = "x-attempt"
REASON_HEADER = "x-reason"
CODE_HEADER = "x-code"
DIED_AT_HEADER = "x-dead-at"
REASON_LENGTH_MAX = 500
ANSWER_TIMEOUT_SECONDS = 10

log = structlog.get_logger()


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
            retries=await channel.get_exchange(RETRIES_EXCHANGE, ensure=False),
            dead_letters=await channel.get_exchange(DEAD_LETTERS_EXCHANGE, ensure=False),
            silence_seconds=silence_seconds,
        )
        await intake.begin(channel)
        return intake

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
            REASON_HEADER: reason[:REASON_LENGTH_MAX],
            CODE_HEADER: code,
            "x-service": self._topology.service,
            DIED_AT_HEADER: datetime.now(UTC).isoformat(),
            ATTEMPT_HEADER: failures_of(message) + 1,
        }
        copy = _copy(message, headers)
        await self._dead_letters.publish(copy, self._topology.service, timeout=ANSWER_TIMEOUT_SECONDS)


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
