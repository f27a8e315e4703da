"""Subscribes to digests of competitors, and changes subscriptions by new versions."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from uuid_utils.compat import uuid7

from services.research.adapters.competitors import Row, competitor_rows
from services.research.adapters.digests import (
    add_subscription,
    add_subscription_version,
    set_subscription_standing,
    subscription_row,
)
from services.research.adapters.unit_of_work import UnitOfWork
from services.research.application.save_query import next_due
from services.research.domain.assignment import day_in_india
from services.research.domain.errors import DigestSubscriptionInvalid, ZoneNeeded
from shared.errors import FieldProblem, Forbidden, Stale
from shared.identity import Caller, RowScope
from shared.scheduling.timing import ClosedDayRule, Timing

CHOSEN_MAX: Final = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class WantedDigest:
    """No competitors are all of them; without `cron` a digest is made by hand alone."""

    title: str
    competitors: Sequence[str]
    tells_no_change: bool
    cron: str | None
    time_zone: str


async def subscribe_digest(
    work: UnitOfWork, wanted: WantedDigest, zone: str | None, caller: Caller, *, at: datetime
) -> UUID:
    """ZoneNeeded for people of zones who name none of theirs; DigestSubscriptionInvalid; ScheduleInvalid."""
    scope = caller.row_scope()
    if not scope.sees_all and zone not in scope.zones:
        raise ZoneNeeded(f"Name one of your zones: {', '.join(sorted(scope.zones)) or 'you have none'}")
    timing = await _checked(work, wanted, at)
    subscription_id = uuid7()
    owner = caller.owner or caller.subject
    facts = {"id": subscription_id, "owner": owner, "zone": zone, "at": at}
    await add_subscription(work.connection, {**facts, "next_due_at": next_due(timing, at)})
    await add_subscription_version(
        work.connection, _version(subscription_id, 1, wanted, timing, (caller, at))
    )
    return subscription_id


async def change_subscription(
    work: UnitOfWork, change: tuple[UUID, int], wanted: WantedDigest, caller: Caller, *, at: datetime
) -> None:
    """`change` is which one and the revision it was decided on. DigestSubscriptionUnknown; Forbidden; Stale."""
    subscription_id, revision = change
    row = await owned_subscription(work, subscription_id, caller)
    if row.revision != revision:
        raise Stale(f"It is at revision {row.revision}; read it again", revision=row.revision)
    timing = await _checked(work, wanted, at)
    version = _version(subscription_id, revision + 1, wanted, timing, (caller, at))
    await add_subscription_version(work.connection, version)
    standing = {"revision": revision + 1, "next_due_at": next_due(timing, at), "settled_until_at": at}
    await set_subscription_standing(work.connection, subscription_id, **standing)


async def owned_subscription(work: UnitOfWork, subscription_id: UUID, caller: Caller) -> Row:
    """Locked. DigestSubscriptionUnknown; Forbidden to others than its owner and administrators: all of a zone read it."""
    scope: RowScope = caller.row_scope()
    row = await subscription_row(work.connection, scope, subscription_id, for_update=True)
    if "admin" not in caller.roles and row.owner not in (caller.subject, caller.owner):
        raise Forbidden("Its owner changes it, or an administrator")
    return row


async def _checked(work: UnitOfWork, wanted: WantedDigest, at: datetime) -> Timing | None:
    rows = await competitor_rows(work.connection, limit=CHOSEN_MAX, codes=wanted.competitors)
    known = {row.code for row in rows}
    problems = [
        FieldProblem(f"/competitors/{place}", f"there is no competitor {code}")
        for place, code in enumerate(wanted.competitors)
        if code not in known
    ]
    if problems:
        raise DigestSubscriptionInvalid("The digest would be about nobody", problems=problems)
    if wanted.cron is None:
        return None
    return Timing(
        cron=wanted.cron,
        time_zone=wanted.time_zone,
        on_closed_day=ClosedDayRule.RUN,
        valid_from=day_in_india(at),
        valid_to=None,
    )


def _version(
    subscription_id: UUID, revision: int, wanted: WantedDigest, timing: Timing | None, who: tuple[Caller, datetime]
) -> dict[str, object]:  # fmt: skip
    caller, at = who
    return {
        "subscription_id": subscription_id,
        "revision": revision,
        "title": wanted.title,
        "competitors": list(dict.fromkeys(wanted.competitors)),
        "tells_no_change": wanted.tells_no_change,
        "cron": timing.cron if timing else None,
        "time_zone": wanted.time_zone,
        "valid_from": day_in_india(at),
        "set_by": caller.actor,
        "set_at": at,
    }
