"""Delivers what waits: claimed for a minute, sent, and what came of it kept; any number of workers may."""

import asyncio
import random
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Final
from uuid import UUID

import structlog

from gateway.adapters.webhook_deliveries import (
    Claimed,
    cancel_waiting,
    claim_deliveries,
    give_back,
    note_attempt,
)
from gateway.adapters.webhook_endpoints import (
    change_endpoint,
    count_failure,
    count_success,
    hold_endpoint,
    sealed_secrets,
)
from gateway.domain.webhook import DeliveryState, EndpointState, hold, next_delay
from shared.database import Database, UnitOfWork
from shared.events.webhooks import WebhookEndpointStoppedV1
from shared.inbox import DATABASE_ERRORS
from shared.secret_box import SecretBox, SecretUnreadable
from shared.webhooks.attempt import Outcome, Reply
from shared.webhooks.client import WebhookClient
from shared.webhooks.signature import signatures

AT_ONCE_MAX: Final = 64
POLL_SECONDS: Final = 0.5
OUTAGE_SECONDS: Final = 2.0
USER_AGENT: Final = "SalesOps-Webhooks/1"

log = structlog.get_logger()


class WebhookSender:
    """Sends until it is stopped; one slow endpoint holds four of its sixty-four places and no more."""

    def __init__(self, database: Database, client: WebhookClient, box: SecretBox) -> None:
        self._database = database
        self._client = client
        self._box = box
        self._under_way: set[asyncio.Task[None]] = set()

    async def run(self, stop: asyncio.Event) -> None:
        """Deliver until `stop`; what is under way is finished, what was claimed by the dead comes due again."""
        while not stop.is_set():
            pause = POLL_SECONDS
            try:
                if await self.send_due():
                    pause = 0.02
            except DATABASE_ERRORS as error:
                log.warning("webhooks_wait", reason=type(error).__name__)
                pause = OUTAGE_SECONDS
            try:
                await asyncio.wait_for(stop.wait(), pause)
            except TimeoutError:
                continue
        await self.finished()

    async def send_due(self) -> int:
        """Begin to send what is due, as far as there is room; return how many were begun."""
        room = AT_ONCE_MAX - len(self._under_way)
        if room == 0:
            return 0
        async with self._database.engine.begin() as connection:
            claimed = await claim_deliveries(connection, room=room)
            sealed = await sealed_secrets(connection, [one.endpoint_id for one in claimed])
        for one in claimed:
            task = asyncio.create_task(self._deliver(one, sealed))
            self._under_way.add(task)
            task.add_done_callback(self._under_way.discard)
        return len(claimed)

    async def finished(self) -> None:
        """Return when nothing is under way."""
        while self._under_way:
            await asyncio.wait(self._under_way)

    async def _deliver(self, claimed: Claimed, sealed: Mapping[UUID, Sequence[bytes]]) -> None:
        at = datetime.now(UTC)
        try:
            if claimed.body is None:
                async with self._database.engine.begin() as connection:
                    await give_back(connection, claimed, DeliveryState.CANCELLED)
                return
            reply = await self._sent(claimed, claimed.body, sealed.get(claimed.endpoint_id, ()), at)
            async with UnitOfWork(self._database) as work:
                await settle(work, claimed, reply, at)
                await work.commit()
        except DATABASE_ERRORS as error:
            # Nothing of it was kept: it comes due again when its lease ends, and is sent a second time.
            log.warning("webhook_outcome_lost", delivery_id=str(claimed.id), reason=type(error).__name__)
        except SecretUnreadable as fault:
            log.error("webhook_secret_unreadable", endpoint_id=str(claimed.endpoint_id), reason=fault.detail)

    async def _sent(self, claimed: Claimed, body: str, sealed: Sequence[bytes], at: datetime) -> Reply:
        secrets = [self._box.open(one, owner=claimed.endpoint_id.bytes) for one in sealed]
        message_id, timestamp = str(claimed.event_id), int(at.timestamp())
        headers = {
            "Content-Type": "application/json",
            "User-Agent": USER_AGENT,
            "webhook-id": message_id,
            "webhook-timestamp": str(timestamp),
            "webhook-signature": signatures(secrets, message_id=message_id, timestamp=timestamp, body=body),
        }
        return await self._client.post(claimed.url, headers, body)


async def settle(work: UnitOfWork, claimed: Claimed, reply: Reply, at: datetime) -> None:
    """Keep the attempt and decide what follows: done, later, or never; nothing when the lease was lost meanwhile."""
    attempts = claimed.attempts + 1
    chance = random.random()  # noqa: S311 - spreads retries
    delay = next_delay(attempts, reply, chance=chance)
    state = _state_after(reply, delay)
    if not await give_back(work.connection, claimed, state, delay=delay):
        return
    await note_attempt(work.connection, claimed.id, at, reply)
    if reply.outcome is Outcome.DELIVERED:
        await count_success(work.connection, claimed.endpoint_id)
        return
    failures = await count_failure(work.connection, claimed.endpoint_id)
    await hold_endpoint(work.connection, claimed.endpoint_id, hold(failures, reply))
    if reply.outcome is Outcome.GONE:
        await cancel_waiting(work.connection, claimed.endpoint_id)
        await _stop(work, claimed, EndpointState.DISABLED, "it answered 410 Gone")
    elif state is DeliveryState.FAILED:
        reason = f"a delivery failed {attempts} times over three days, last with {_said(reply)}"
        await _stop(work, claimed, EndpointState.PAUSED, reason)


def _state_after(reply: Reply, delay: timedelta | None) -> DeliveryState:
    if reply.outcome is Outcome.DELIVERED:
        return DeliveryState.DELIVERED
    is_over = delay is None or reply.outcome is Outcome.GONE
    return DeliveryState.FAILED if is_over else DeliveryState.WAITING


async def _stop(work: UnitOfWork, claimed: Claimed, state: EndpointState, reason: str) -> None:
    """Stop the endpoint and tell its owner, as an event and so on its stream."""
    await change_endpoint(work.connection, claimed.endpoint_id, state=state.value, state_reason=reason)
    event = WebhookEndpointStoppedV1(
        endpoint_id=claimed.endpoint_id,
        owner=claimed.owner,
        state=state.value,
        reason=reason,
        stopped_at=datetime.now(UTC),
    )
    work.publish(event, partition_key=f"webhook-endpoint-{claimed.endpoint_id}")


def _said(reply: Reply) -> str:
    return f"status {reply.status}" if reply.status is not None else str(reply.error)
