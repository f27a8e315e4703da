"""Takes in a message of Salesforce: each notification once for ever, whole or not at all, with what follows from it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from uuid_utils.compat import uuid7

from gateway.adapters.salesforce_inbox import (
    add_message,
    add_object_gaps,
    claim_notifications,
    note_outcomes,
)
from gateway.application.take_in_records import Outcome, take_in_records
from gateway.domain.salesforce_events import Notification
from shared.database import UnitOfWork
from shared.errors import FieldProblem


@dataclass(frozen=True, slots=True)
class Message:
    """A message whose sender was checked; `body` is as it came."""

    organization_id: str
    channel: str
    body: bytes
    notifications: Sequence[Notification]


@dataclass(frozen=True, slots=True)
class Verdict:
    """What became of one notification; a duplicate was told before and changed nothing."""

    id: str
    outcome: Outcome
    is_duplicate: bool = False
    problems: tuple[FieldProblem, ...] = ()


async def take_in_message(work: UnitOfWork, message: Message, *, at: datetime) -> list[Verdict]:
    """One verdict per notification, in order. Message, records and events stand or fall with the caller's commit."""
    message_id = uuid7()
    naming = (message.organization_id, message.channel, message_id)
    claimed = await claim_notifications(work.connection, naming, message.notifications)
    if claimed:
        await add_message(work.connection, naming, message.body, at)
    new = {one.id: one for one in reversed(message.notifications) if one.id in claimed}
    outcomes = await _outcomes(work, list(reversed(new.values())), at)
    gaps = [one.gap for one in new.values() if one.gap is not None]
    await add_object_gaps(work.connection, message.organization_id, gaps, at)
    noted = {identity: (outcome.value, new[identity]) for identity, outcome in outcomes.items()}
    await note_outcomes(work.connection, message_id, noted)
    return [_verdict(one, outcomes) for one in message.notifications]


async def set_aside_message(
    work: UnitOfWork, message: Message, reason: str, *, at: datetime
) -> list[Verdict]:
    """Keep a message that could not be taken in: every notification is quarantined with the reason, none is lost."""
    problem = FieldProblem("", reason)
    quarantined = [
        Notification(id=one.id, object_name=one.object_name, replay_id=one.replay_id, problems=(problem,))
        for one in message.notifications
    ]
    set_aside = Message(message.organization_id, message.channel, message.body, quarantined)
    return await take_in_message(work, set_aside, at=at)


async def _outcomes(
    work: UnitOfWork, notifications: Sequence[Notification], at: datetime
) -> dict[str, Outcome]:
    readable = [(one.id, one.change) for one in notifications if one.change is not None and not one.problems]
    taken_in = await take_in_records(work, [change for _, change in readable], at=at) if readable else []
    outcomes = {one.id: Outcome.QUARANTINED if one.problems else Outcome.KEPT for one in notifications}
    return outcomes | {identity: outcome for (identity, _), outcome in zip(readable, taken_in, strict=True)}


def _verdict(notification: Notification, outcomes: dict[str, Outcome]) -> Verdict:
    outcome = outcomes.get(notification.id)
    if outcome is None:
        return Verdict(notification.id, Outcome.SUPERSEDED, is_duplicate=True)
    return Verdict(notification.id, outcome, problems=notification.problems)
