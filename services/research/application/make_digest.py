"""Makes digests of competitors: by hand, and by the clock, each due instant once and none in silence."""

import hashlib
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final
from uuid import UUID

import msgspec
from uuid_utils.compat import uuid7

from services.research.adapters.assignments import EVERYTHING
from services.research.adapters.competitors import Row, attributes, competitor_rows, products_of
from services.research.adapters.digests import (
    add_digest,
    add_digest_run,
    due_subscriptions,
    last_digest,
    newest_cards,
    set_subscription_standing,
)
from services.research.adapters.observations import live_observations
from services.research.adapters.unit_of_work import UnitOfWork
from services.research.application.save_query import timing_of
from services.research.application.subscribe_digest import owned_subscription
from services.research.domain.assignment import day_in_india
from services.research.domain.competitor_digest import (
    Found,
    change_count,
    digest_content,
    known_of,
    summary_of,
)
from services.research.domain.observation import standings
from shared.events.research import CompetitorDigestSharedV1
from shared.identity import Caller, RowScope
from shared.scheduling.holiday_calendar import ALWAYS_OPEN
from shared.scheduling.planned_runs import due_runs, settlement
from shared.scheduling.timing import CatchUp

AT_ONCE_MAX: Final = 20
COMPETITORS_MAX: Final = 200
BY: Final = "system:schedule"


async def make_digest(work: UnitOfWork, subscription_id: UUID, caller: Caller, *, at: datetime) -> UUID:
    """The run, which says whether anything was to tell. DigestSubscriptionUnknown; Forbidden."""
    row = await owned_subscription(work, subscription_id, caller)
    return await _settle_run(work, row, None, caller.actor, at)


async def fire_digests(work: UnitOfWork, at: datetime) -> int:
    """Of digests nobody made in time the newest is made up for; those left out have a row. Returns how many."""
    rows = await due_subscriptions(work.connection, at, limit=AT_ONCE_MAX)
    for row in rows:
        await _settle(work, row, at)
    return len(rows)


async def _settle(work: UnitOfWork, row: Row, at: datetime) -> None:
    timing = timing_of(row)
    assert timing is not None, "only what has times is ever due"
    runs, following = due_runs(timing, ALWAYS_OPEN, row.settled_until_at, at)
    parted = settlement(runs, CatchUp.NEWEST, at, more_follow=following is not None and following <= at)
    for run in parted.skipped:
        left_out = {"due_at": run.due_at, "outcome": "skipped", "asked_by": BY, "asked_at": at}
        await _note(work, row, left_out)
    for run in parted.fired:
        await _settle_run(work, row, run.due_at, BY, at)
    settled = runs[-1].due_at if runs else at
    await set_subscription_standing(work.connection, row.id, settled_until_at=settled, next_due_at=following)


async def _settle_run(work: UnitOfWork, row: Row, due_at: datetime | None, by: str, at: datetime) -> UUID:
    digest_id = await _frozen(work, row, by, at)
    outcome = "unchanged" if digest_id is None else "made"
    asked = {"due_at": due_at, "asked_by": by, "asked_at": at}
    return await _note(work, row, {**asked, "outcome": outcome, "digest_id": digest_id})


async def _frozen(work: UnitOfWork, row: Row, by: str, at: datetime) -> UUID | None:
    """None when nothing changed and nobody wants to hear that. The subscription is locked."""
    found = await _found(work, row, at)
    last = await last_digest(work.connection, row.id)
    content = digest_content(
        found, last.known if last else None, since=last.made_at if last else None, zone=row.zone
    )
    if not change_count(content) and not row.tells_no_change:
        return None
    digest_id = uuid7()
    facts = {
        "id": digest_id,
        "subscription_id": row.id,
        "number": last.number + 1 if last else 1,
        "title": row.title,
        "zone": row.zone,
        "content": content,
        "content_sha256": hashlib.sha256(msgspec.json.encode(content, order="deterministic")).hexdigest(),
        "known": known_of(found),
        "made_by": by,
        "made_at": at,
    }
    await add_digest(work.connection, facts)
    event = CompetitorDigestSharedV1(
        digest_id=digest_id,
        subscription_id=row.id,
        number=last.number + 1 if last else 1,
        title=row.title,
        zone=row.zone,
        competitors=tuple(one["code"] for one in content["competitors"]),
        changes=change_count(content),
        summary=summary_of(content),
        since_at=last.made_at if last else None,
        made_at=at,
    )
    work.publish(event, partition_key=str(row.id), subject=str(digest_id))
    return digest_id


async def _found(work: UnitOfWork, row: Row, at: datetime) -> Found:
    """Of all zones, or what everybody and the people of its zone may know."""
    connection = work.connection
    chosen: Sequence[str] | None = row.competitors or None
    makers = [
        one for one in await competitor_rows(connection, limit=COMPETITORS_MAX, codes=chosen)
        if chosen is not None or not one.is_ours
    ]  # fmt: skip
    codes = [one.code for one in makers]
    readers = (
        EVERYTHING
        if row.zone is None
        else RowScope(sees_all=False, zones=frozenset({row.zone}), partner_code=None)
    )
    known = await attributes(connection)
    observations = await live_observations(connection, readers, codes)
    return Found(
        names={one.code: one.name for one in makers},
        products={(one.code, product.code): product.name for one in makers for product in products_of(one)},
        attributes=known,
        standings=standings(observations, known, day_in_india(at)),
        cards=await newest_cards(connection, readers, codes),
    )


async def _note(work: UnitOfWork, row: Row, facts: Mapping[str, object]) -> UUID:
    run_id = uuid7()
    same = {"id": run_id, "subscription_id": row.id, "revision": row.revision}
    await add_digest_run(work.connection, {**same, **facts})
    return run_id
