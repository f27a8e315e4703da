"""Items of runs on their way to the deliveries: claimed in batches, each with what its document is about."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from services.partners.domain.delivery import Channel
from services.partners.domain.document import DocumentKind, Period
from services.partners.domain.schedule import ScheduleChannel

ATTEMPTS_MAX: Final = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedItem:
    """One kind of document for one partner that waits to be queued, with what the rule said when its run fired."""

    run_id: UUID
    schedule_id: UUID
    partner_code: str
    kind: DocumentKind
    period: Period
    document_id: UUID | None
    roles: tuple[str, ...]
    channel: Channel | None  # None leaves it to each contact's own
    release_at: datetime | None
    formats: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ItemOutcome:
    """What became of an item: its wish among the deliveries, or why there is none. Without both it is tried again."""

    item: PlannedItem
    request_id: UUID | None = None
    reason: str | None = None


async def claim_planned(connection: AsyncConnection, limit: int) -> list[PlannedItem]:
    """Items that nobody else has, the oldest runs first, locked until the commit."""
    rows = await connection.execute(sa.text(_CLAIM), {"limit": limit})
    return [_item(row) for row in rows]


async def settle_items(connection: AsyncConnection, outcomes: Sequence[ItemOutcome], at: datetime) -> None:
    """Write what became of them in one statement; what was tried too often has failed."""
    await connection.execute(
        sa.text(_SETTLE),
        {
            "runs": [one.item.run_id for one in outcomes],
            "partners": [one.item.partner_code for one in outcomes],
            "kinds": [one.item.kind.value for one in outcomes],
            "requests": [one.request_id for one in outcomes],
            "reasons": [one.reason for one in outcomes],
            "at": at,
        },
    )


_CLAIM: Final = """
    SELECT i.run_id, i.schedule_id, i.partner_code, i.kind, i.document_id, r.release_at, v.recipient_roles, v.channel,
        v.formats,
        coalesce(d.from_on, CAST(r.due_at AT TIME ZONE 'Asia/Kolkata' AS date)) AS from_on,
        coalesce(d.to_on, CAST(r.due_at AT TIME ZONE 'Asia/Kolkata' AS date)) AS to_on
    FROM document_schedule_items i
    JOIN document_schedule_runs r ON r.id = i.run_id
    JOIN document_schedule_versions v ON v.schedule_id = r.schedule_id AND v.revision = r.revision
    LEFT JOIN documents d ON d.id = i.document_id
    WHERE i.state = 'planned'
    ORDER BY i.attempts, i.run_id, i.partner_code, i.kind LIMIT :limit FOR UPDATE OF i SKIP LOCKED
"""
_SETTLE: Final = f"""
    UPDATE document_schedule_items i SET attempts = i.attempts + 1, request_id = o.request_id,
        state = CASE WHEN o.request_id IS NOT NULL THEN 'queued'
            WHEN o.reason IS NOT NULL OR i.attempts + 1 >= {ATTEMPTS_MAX} THEN 'failed' ELSE 'planned' END,
        reason = CASE WHEN o.request_id IS NULL AND o.reason IS NULL AND i.attempts + 1 >= {ATTEMPTS_MAX}
            THEN 'Something went wrong on our side' ELSE o.reason END,
        settled_at = :at
    FROM unnest(CAST(:runs AS uuid[]), CAST(:partners AS text[]), CAST(:kinds AS text[]), CAST(:requests AS uuid[]),
        CAST(:reasons AS text[])) AS o (run_id, partner_code, kind, request_id, reason)
    WHERE i.run_id = o.run_id AND i.partner_code = o.partner_code AND i.kind = o.kind
"""


def _item(row: sa.Row[Any]) -> PlannedItem:
    first: date = row.from_on
    return PlannedItem(
        run_id=row.run_id,
        schedule_id=row.schedule_id,
        partner_code=row.partner_code,
        kind=DocumentKind(row.kind),
        period=Period(first, row.to_on),
        document_id=row.document_id,
        roles=tuple(row.recipient_roles),
        channel=None if row.channel == ScheduleChannel.CONTACT.value else Channel(row.channel),
        release_at=row.release_at,
        formats=tuple(row.formats),
    )
