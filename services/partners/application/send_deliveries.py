"""Sends what is due, channel by channel: leased, attempted, and what came of it kept; any number of workers may.

Exactly once as far as each channel allows: a receiver recognises a letter by its Message-ID, a webhook by its id, and a
file by its name, which are the same however often an attempt is repeated because nobody knows how the one before ended.
"""

import asyncio
import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Protocol

import structlog

from services.partners.adapters.channels.outgoing import Accepted, AttemptFailed, Outgoing
from services.partners.adapters.delivery_claims import SENDER, Claimed, Settled, claim_deliveries, settle
from services.partners.adapters.delivery_rows import Step, add_step
from services.partners.adapters.document_links import DocumentLinks
from services.partners.adapters.unit_of_work import UnitOfWork
from services.partners.application.obtain_file import DocumentFiles, obtain_file
from services.partners.application.prepare_deliveries import AT_ONCE_MAX, OUR_FAULT, prepare_deliveries
from services.partners.domain.delivery import TERMS, Channel, DeliveryState, next_delay
from services.partners.domain.document import Language
from shared.errors import Fault, Refusal
from shared.events.documents import DocumentDeliveredV1, DocumentDeliveryFailedV1
from shared.inbox import DATABASE_ERRORS
from shared.secret_box import SecretBox

LINK_VALID: Final = timedelta(days=60)

log = structlog.get_logger()


class SendsDocuments(Protocol):
    """A channel."""

    async def send(self, outgoing: Outgoing) -> Accepted:
        """Raise AttemptFailed when it was not taken."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SenderParts:
    """What sending takes."""

    files: DocumentFiles
    channels: Mapping[Channel, SendsDocuments]
    links: DocumentLinks
    box: SecretBox
    mail_domain: str
    now: Callable[[], datetime]


class DeliverySender:
    """Begins what is due, channel by channel; a slow channel holds its own places and no other's."""

    def __init__(self, parts: SenderParts) -> None:
        self._parts = parts
        self._database = parts.files.database
        self._under_way: dict[Channel, set[asyncio.Task[None]]] = {channel: set() for channel in TERMS}

    @property
    def channels(self) -> Sequence[Channel]:
        """Those that this process can send by."""
        return tuple(self._parts.channels)

    async def prepare(self) -> bool:
        """Make documents that are wished for; False when there is nothing left to make now."""
        return await prepare_deliveries(self._database, self._parts.now()) == AT_ONCE_MAX

    async def send_due(self) -> int:
        """Begin to send what is due, as far as there is room; return how many were begun."""
        return sum([await self.send_due_by(channel) for channel in self._parts.channels])

    async def send_due_by(self, channel: Channel) -> int:
        """The same of one channel."""
        under_way = self._under_way[channel]
        room = TERMS[channel].at_once - len(under_way)
        if room <= 0:
            return 0
        async with self._database.engine.begin() as connection:
            claimed = await claim_deliveries(connection, channel, room=room, at=self._parts.now())
        for one in claimed:
            task = asyncio.create_task(self._deliver(one))
            under_way.add(task)
            task.add_done_callback(under_way.discard)
        return len(claimed)

    async def has_room(self, channel: Channel) -> None:
        """Return when half of the channel's places are free: what is due is then taken by several at a time."""
        while len(tasks := self._under_way[channel]) > TERMS[channel].at_once // 2:
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)

    def is_full(self, channel: Channel) -> bool:
        """Whether every place of the channel is taken."""
        return len(self._under_way[channel]) >= TERMS[channel].at_once

    async def finished(self) -> None:
        """Return when nothing is under way."""
        while tasks := [task for under_way in self._under_way.values() for task in under_way]:
            await asyncio.wait(tasks)

    async def _deliver(self, claimed: Claimed) -> None:
        failure: AttemptFailed | None = None
        accepted = Accepted("", is_delivered=False)
        try:
            accepted = await self._attempt(claimed)
        except AttemptFailed as error:
            failure = error
        except Refusal as refusal:
            failure = AttemptFailed(refusal.detail, is_final=True)
        except Fault as fault:
            failure = AttemptFailed(fault.detail)
        except DATABASE_ERRORS as error:
            log.warning("delivery_lost", delivery_id=str(claimed.id), reason=type(error).__name__)
            return
        except Exception:
            # Ours to mend, and never silent: without this end it would be leased and lost again for ever.
            log.exception("delivery_broken", delivery_id=str(claimed.id))
            failure = AttemptFailed(OUR_FAULT)
        try:
            async with UnitOfWork(self._database) as work:
                if failure is None:
                    await _note_success(work, claimed, accepted, self._parts.now())
                else:
                    await _note_failure(work, claimed, failure, self._parts.now())
                await work.commit()
        except DATABASE_ERRORS as error:
            # Nothing of it was kept: it comes due again when its lease ends, and goes out under the same id.
            log.warning("delivery_outcome_lost", delivery_id=str(claimed.id), reason=type(error).__name__)

    async def _attempt(self, claimed: Claimed) -> Accepted:
        if claimed.attempts > TERMS[claimed.channel].attempts_max:
            raise AttemptFailed("every attempt ended without a word", is_final=True)
        return await self._parts.channels[claimed.channel].send(await self._outgoing(claimed))

    async def _outgoing(self, claimed: Claimed) -> Outgoing:
        parts, language = self._parts, Language(claimed.language)
        files = [
            await obtain_file(parts.files, claimed.document_id, name, language) for name in claimed.formats
        ]
        sealed = claimed.sealed_secret
        secret = (
            parts.box.open(sealed, owner=claimed.contact_id.bytes) if sealed and claimed.contact_id else None
        )
        return Outgoing(
            delivery_id=claimed.id,
            message_id=f"<{claimed.id}.{claimed.round}@{parts.mail_domain}>",
            channel=claimed.channel,
            address=claimed.address,
            name=claimed.name,
            language=claimed.language,
            document_id=claimed.document_id,
            kind=claimed.kind,
            partner_code=claimed.partner_code,
            partner_name=claimed.partner_name,
            from_on=claimed.from_on,
            to_on=claimed.to_on,
            files=tuple(files),
            is_optional=claimed.is_optional,
            is_reminder=claimed.reminders > 0,
            acknowledge_by_on=claimed.acknowledge_by_on,
            link=parts.links.url(claimed.id, parts.now() + LINK_VALID),
            host_key=claimed.host_key,
            secret=secret,
        )


async def _note_success(work: UnitOfWork, claimed: Claimed, accepted: Accepted, at: datetime) -> None:
    state = DeliveryState.DELIVERED if accepted.is_delivered else DeliveryState.SENT
    if not await settle(work.connection, claimed, Settled(state), at=at):
        return
    await add_step(work.connection, claimed.id, Step(state.value, accepted.said, SENDER), at=at)
    event = DocumentDeliveredV1(
        delivery_id=claimed.id,
        document_id=claimed.document_id,
        kind=claimed.kind,
        partner_code=claimed.partner_code,
        zone=claimed.zone,
        channel=claimed.channel.value,
        attempts=claimed.attempts,
        delivered_at=at,
    )
    work.publish(event, partition_key=f"documents-{claimed.partner_code}", subject=str(claimed.id))


async def _note_failure(work: UnitOfWork, claimed: Claimed, failure: AttemptFailed, at: datetime) -> None:
    chance = random.random()  # noqa: S311 - spreads retries
    delay = None if failure.is_final else next_delay(claimed.channel, claimed.attempts, chance=chance)
    state = DeliveryState.QUEUED
    if delay is None:
        state = DeliveryState.BOUNCED if failure.is_bounce else DeliveryState.FAILED
    next_attempt_at = at + delay if delay else None
    end = Settled(state, failure.reason, next_attempt_at)
    if not await settle(work.connection, claimed, end, at=at):
        return
    step = "attempt_failed" if delay else state.value
    await add_step(work.connection, claimed.id, Step(step, failure.reason, SENDER), at=at)
    if delay is None:
        log.error("delivery_dead", delivery_id=str(claimed.id), channel=claimed.channel.value)
        event = DocumentDeliveryFailedV1(
            delivery_id=claimed.id,
            document_id=claimed.document_id,
            kind=claimed.kind,
            partner_code=claimed.partner_code,
            zone=claimed.zone,
            channel=claimed.channel.value,
            state=state.value,
            reason=failure.reason,
            failed_at=at,
        )
        work.publish(event, partition_key=f"documents-{claimed.partner_code}", subject=str(claimed.id))
