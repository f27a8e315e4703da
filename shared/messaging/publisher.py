"""Sends messages and learns of each whether the broker took it."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from types import TracebackType
from typing import Self
from uuid import UUID

import structlog
from aio_pika.abc import AbstractChannel, AbstractConnection, DeliveryMode
from aio_pika.exceptions import DeliveryError, PublishError
from aiormq.abc import AbstractChannel as WireChannel
from pamqp.commands import Basic

from shared.events.envelope import CONTENT_TYPE
from shared.messaging.connection import (
    BROKER_ERRORS,
    SETUP_TIMEOUT_SECONDS,
    BrokerUnavailable,
    connect,
    disconnect,
    is_cancelled_by_us,
    is_loss,
)
from shared.messaging.topology import EVENTS_EXCHANGE, declare_events_exchange, retries_exchange

CONFIRM_TIMEOUT_SECONDS = 10.0

log = structlog.get_logger()


class Outcome(StrEnum):
    """Only CONFIRMED is success: every queue that wants the message holds it durably."""

    CONFIRMED = "confirmed"
    UNROUTABLE = "unroutable"
    REFUSED = "refused"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Outgoing:
    """`is_mandatory`: nobody wanting it is a failure, not a success. A `recipient` is the one service that gets it."""

    id: UUID
    type: str
    body: bytes
    is_mandatory: bool = True
    recipient: str | None = None


class Publisher:
    """One connection and one confirmed channel, opened at need and again after a loss."""

    def __init__(
        self, url: str, *, name: str, confirm_timeout_seconds: float = CONFIRM_TIMEOUT_SECONDS
    ) -> None:
        self._url = url
        self._name = name
        self._confirm_timeout_seconds = confirm_timeout_seconds
        self._connection: AbstractConnection | None = None
        self._channel: AbstractChannel | None = None
        self._opening = asyncio.Lock()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def publish(self, messages: Sequence[Outgoing]) -> list[Outcome]:
        """Send in order, all in flight at once; the caller bounds their number.

        An outcome is UNKNOWN if the connection broke or no answer came in time: send it again.
        Raises BrokerUnavailable if nothing was sent.
        """
        channel = await self._open_channel()
        wire = await channel.get_underlay_channel()
        errors: list[BaseException] = []
        outcomes = await asyncio.gather(*(self._send(wire, message, errors) for message in messages))
        if errors:
            log.warning("publishing_unanswered", messages=len(errors), first_error=repr(errors[0]))
            await self.close()
        return outcomes

    async def close(self) -> None:
        connection, self._connection, self._channel = self._connection, None, None
        if connection is not None:
            await disconnect(connection)

    async def _open_channel(self) -> AbstractChannel:
        async with self._opening:
            if self._channel is not None and not self._channel.is_closed:
                return self._channel
            await self.close()
            try:
                self._channel = await self._connect()
            except (*BROKER_ERRORS, asyncio.CancelledError) as error:
                if is_cancelled_by_us():
                    raise
                await self.close()
                raise BrokerUnavailable(f"the broker cannot be reached: {error!r}") from error
            return self._channel

    async def _connect(self) -> AbstractChannel:
        self._connection = await connect(self._url, name=self._name)
        async with asyncio.timeout(SETUP_TIMEOUT_SECONDS):
            channel = await self._connection.channel(publisher_confirms=True, on_return_raises=True)
            await declare_events_exchange(channel)
        return channel

    async def _send(self, channel: WireChannel, message: Outgoing, errors: list[BaseException]) -> Outcome:
        try:
            await channel.basic_publish(
                message.body,
                # What waits for another attempt comes back to its one service through the same exchange.
                exchange=retries_exchange(message.recipient) if message.recipient else EVENTS_EXCHANGE,
                routing_key=message.recipient or message.type,
                properties=Basic.Properties(
                    content_type=CONTENT_TYPE,
                    delivery_mode=DeliveryMode.PERSISTENT,
                    message_id=str(message.id),
                    message_type=message.type,
                    app_id=self._name,
                ),
                mandatory=message.is_mandatory,
                timeout=self._confirm_timeout_seconds,
            )
        except PublishError:
            return Outcome.UNROUTABLE
        except DeliveryError:
            return Outcome.REFUSED
        except (Exception, asyncio.CancelledError) as error:
            if is_cancelled_by_us() or not is_loss(error):
                raise
            errors.append(error)
            return Outcome.UNKNOWN
        return Outcome.CONFIRMED
