"""The table of live events: written in the order of its commits, read by everybody from where they were."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from gateway.domain.live_event import KEPT_DAYS, RESUMABLE_HOURS, Audience, LiveEvent

PAGE_MAX: Final = 500
RESENT_MAX: Final = 10_000
_PRUNED_AT_ONCE: Final = 10_000


@dataclass(frozen=True, slots=True, kw_only=True)
class UntoldEvent:
    """A live event that has no position yet."""

    id: UUID
    type: str
    occurred_at: datetime
    partner_code: str | None
    zone: str | None
    recipient: str | None
    body: str


async def hold_the_telling(connection: AsyncConnection) -> None:
    """Be the only one who gives out positions until this transaction ends.

    A lock of a transaction is released after its rows can be seen, so that the next one to hold it, and whoever
    reads its rows, sees ours as well. Without it a reader could pass a position that is committed later.
    """
    await connection.execute(_HOLD)


async def keep_live_events(connection: AsyncConnection, untold: Sequence[UntoldEvent]) -> list[LiveEvent]:
    """Store them in their order and return them with their positions; hold the telling before."""
    rows = await connection.execute(
        _KEEP,
        {
            "ids": [one.id for one in untold],
            "types": [one.type for one in untold],
            "times": [one.occurred_at for one in untold],
            "partners": [one.partner_code for one in untold],
            "zones": [one.zone for one in untold],
            "recipients": [one.recipient for one in untold],
            "bodies": [one.body for one in untold],
        },
    )
    return sorted((_event(row) for row in rows), key=lambda event: event.position)


async def live_events_after(
    connection: AsyncConnection, position: int, *, limit: int = PAGE_MAX
) -> list[LiveEvent]:
    """Return the next ones, whoever may hear them."""
    return [_event(row) for row in await connection.execute(_AFTER, {"position": position, "limit": limit})]


async def audible_after(
    connection: AsyncConnection, position: int, audience: Audience, subject: str, *, limit: int
) -> list[LiveEvent]:
    """Return the next ones that the subject, being of the audience, hears; the same rule as `Audience.hears`."""
    facts = {
        "position": position,
        "limit": limit,
        "types": sorted(audience.types),
        "subject": subject,
        "sees_all": audience.scope.sees_all,
        "own_partner": audience.scope.partner_code,
        "own_zones": sorted(audience.scope.zones),
        "partner_code": audience.partner_code,
        "zone": audience.zone,
    }
    return [_event(row) for row in await connection.execute(_AUDIBLE, facts)]


async def live_events_between(
    connection: AsyncConnection, since: datetime, until: datetime, *, limit: int = RESENT_MAX
) -> list[LiveEvent]:
    """Return what was told in that time, whoever may hear it."""
    facts = {"since": since, "until": until, "limit": limit}
    return [_event(row) for row in await connection.execute(_BETWEEN, facts)]


async def newest_position(connection: AsyncConnection) -> int:
    """Return the position given out last, also of events that are forgotten by now; 0 before the first."""
    return int(await connection.scalar(_NEWEST) or 0)


async def is_resumable(connection: AsyncConnection, position: int) -> bool:
    """Tell whether everything after the position is still there and not older than a day."""
    found = (await connection.execute(_RESUMABLE, {"position": position})).one()
    if position > found.newest:
        return False  # of another database, or of one that was restored
    oldest_kept = found.newest + 1 if found.oldest is None else found.oldest
    is_whole = position >= oldest_kept - 1
    return is_whole and (found.age is None or found.age <= timedelta(hours=RESUMABLE_HOURS))


async def prune_live_events(connection: AsyncConnection) -> int:
    """Forget a bounded number of those older than a week; returns how many went."""
    kept = timedelta(days=KEPT_DAYS)
    return (await connection.execute(_PRUNE, {"kept": kept, "rows_max": _PRUNED_AT_ONCE})).rowcount


def _event(row: sa.Row[Any]) -> LiveEvent:
    return LiveEvent(
        position=row.position,
        id=row.id,
        type=row.type,
        occurred_at=row.occurred_at,
        partner_code=row.partner_code,
        zone=row.zone,
        recipient=row.recipient,
        body=row.body,
    )


_HOLD = sa.text("SELECT pg_advisory_xact_lock(hashtext('live_events'))")

_KEEP = sa.text(
    """
    INSERT INTO live_events (id, type, occurred_at, partner_code, zone, recipient, body)
    SELECT id, type, occurred_at, partner_code, zone, recipient, body
    FROM unnest(
        CAST(:ids AS uuid[]), CAST(:types AS text[]), CAST(:times AS timestamptz[]), CAST(:partners AS text[]),
        CAST(:zones AS text[]), CAST(:recipients AS text[]), CAST(:bodies AS text[])
    ) WITH ORDINALITY AS told (id, type, occurred_at, partner_code, zone, recipient, body, place)
    ORDER BY place
    RETURNING position, id, type, occurred_at, partner_code, zone, recipient, body
    """
)

_AFTER = sa.text(
    """
    SELECT position, id, type, occurred_at, partner_code, zone, recipient, body FROM live_events
    WHERE position > :position ORDER BY position LIMIT :limit
    """
)

_BETWEEN = sa.text(
    """
    SELECT position, id, type, occurred_at, partner_code, zone, recipient, body FROM live_events
    WHERE told_at >= :since AND told_at < :until ORDER BY position LIMIT :limit
    """
)

_AUDIBLE = sa.text(
    """
    SELECT position, id, type, occurred_at, partner_code, zone, recipient, body FROM live_events
    WHERE position > :position AND type = ANY(CAST(:types AS text[]))
      AND CASE WHEN recipient IS NOT NULL THEN recipient = :subject ELSE
          (CAST(:partner_code AS text) IS NULL OR partner_code = :partner_code)
          AND (CAST(:zone AS text) IS NULL OR zone = :zone)
          AND (:sees_all OR partner_code = CAST(:own_partner AS text) OR zone = ANY(CAST(:own_zones AS text[])))
      END
    ORDER BY position LIMIT :limit
    """
)

_NEWEST = sa.text("SELECT CASE WHEN is_called THEN last_value ELSE 0 END FROM live_events_position_seq")

_RESUMABLE = sa.text(
    """
    SELECT (SELECT CASE WHEN is_called THEN last_value ELSE 0 END FROM live_events_position_seq) AS newest,
        (SELECT min(position) FROM live_events) AS oldest,
        (SELECT now() - told_at FROM live_events WHERE position > :position ORDER BY position LIMIT 1) AS age
    """
)

_PRUNE = sa.text(
    """
    DELETE FROM live_events WHERE position IN (
        SELECT position FROM live_events WHERE told_at < now() - CAST(:kept AS interval)
        ORDER BY position LIMIT :rows_max
    )
    """
)
