"""Every notification of Salesforce is claimed once by its id; the message it came in is kept as it came."""

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection
from uuid_utils.compat import uuid7

from gateway.domain.salesforce_events import Notification, ObjectGap

BODIES_KEPT_DAYS: Final = 90
_FORGOTTEN_AT_ONCE: Final = 1_000


MessageName = tuple[str, str, UUID]  # organization, channel and id of a message


async def add_message(connection: AsyncConnection, name: MessageName, body: bytes, at: datetime) -> None:
    """Keep a message as it came; its notifications may be claimed before, in the same transaction."""
    organization_id, channel, message_id = name
    values = {
        "id": message_id, "organization_id": organization_id, "channel": channel, "body": body, "at": at
    }  # fmt: skip
    await connection.execute(_ADD_MESSAGE, values)


async def claim_notifications(
    connection: AsyncConnection, message: MessageName, notifications: Sequence[Notification]
) -> set[str]:
    """Ids of those that were never told before; waits for a transaction that claims the same ones at this moment.

    Sorted, so that two batches wait instead of deadlocking.
    """
    by_id = {one.id: one for one in reversed(notifications)}
    in_order = [by_id[one] for one in sorted(by_id)]
    organization_id, channel, message_id = message
    rows = await connection.execute(
        _CLAIM,
        {
            "organization_id": organization_id,
            "channel": channel,
            "message_id": message_id,
            "ids": [uuid7() for _ in in_order],
            "notification_ids": [one.id for one in in_order],
            "objects": [one.change.key.object_name if one.change else one.object_name for one in in_order],
            "records": [one.change.key.record_id if one.change else None for one in in_order],
            "replay_ids": [one.replay_id for one in in_order],
        },
    )
    return set(rows.scalars())


async def note_outcomes(
    connection: AsyncConnection, message_id: UUID, outcomes: Mapping[str, tuple[str, Notification]]
) -> None:
    """Store what became of the notifications of a message, by their ids."""
    if not outcomes:
        return
    rows = [
        {
            "notification_id": identity,
            "outcome": outcome,
            "problems": [{"pointer": one.pointer, "detail": one.detail} for one in notification.problems],
        }
        for identity, (outcome, notification) in outcomes.items()
    ]
    await connection.execute(_NOTE, {"message_id": message_id, "rows": json.dumps(rows)})


async def add_object_gaps(
    connection: AsyncConnection, organization_id: str, gaps: Sequence[ObjectGap], at: datetime
) -> None:
    """Note that all of these objects has to be fetched since then; the earliest holds until the sweep takes it away."""
    for gap in gaps:
        values = {
            "organization_id": organization_id, "object_name": gap.object_name, "since": gap.since, "at": at
        }  # fmt: skip
        await connection.execute(_ADD_GAP, values)


async def object_gaps(connection: AsyncConnection, organization_id: str) -> dict[str, datetime]:
    """Since when everything of an object has to be fetched, by object."""
    rows = await connection.execute(_GAPS, {"organization_id": organization_id})
    return {row.object_name: row.since for row in rows}


async def close_object_gap(
    connection: AsyncConnection, organization_id: str, object_name: str, fetched_from: datetime
) -> None:
    """Everything of the object since `fetched_from` was fetched: a gap that begins no earlier is closed."""
    values = {"organization_id": organization_id, "object_name": object_name, "from": fetched_from}
    await connection.execute(_CLOSE_GAP, values)


async def records_with_gaps(
    connection: AsyncConnection, organization_id: str, limit: int
) -> dict[str, list[str]]:
    """Ids of records of which only the fact of a change is known, by object; they have to be fetched one by one."""
    rows = await connection.execute(_RECORD_GAPS, {"organization_id": organization_id, "limit": limit})
    found: dict[str, list[str]] = {}
    for row in rows:
        found.setdefault(row.object_name, []).append(row.record_id)
    return found


async def forget_bodies(connection: AsyncConnection) -> int:
    """Take away messages' bodies older than ninety days; that their notifications came is known for ever."""
    gone = await connection.execute(_FORGET, {"days": BODIES_KEPT_DAYS, "limit": _FORGOTTEN_AT_ONCE})
    return gone.rowcount


_ADD_MESSAGE = sa.text(
    "INSERT INTO salesforce_messages (id, organization_id, channel, received_at, body)"
    " VALUES (:id, :organization_id, :channel, :at, :body)"
)
_CLAIM = sa.text(
    """
    INSERT INTO salesforce_notifications (
        organization_id, channel, notification_id, id, message_id, object_name, record_id, replay_id, outcome, problems
    )
    SELECT :organization_id, :channel, notification_id, id, :message_id, object_name, record_id, replay_id, 'kept', '[]'
    FROM unnest(
        CAST(:notification_ids AS text[]), CAST(:ids AS uuid[]), CAST(:objects AS text[]), CAST(:records AS text[]),
        CAST(:replay_ids AS text[])
    ) AS told (notification_id, id, object_name, record_id, replay_id)
    ON CONFLICT (organization_id, channel, notification_id) DO NOTHING
    RETURNING notification_id
    """
)
_NOTE = sa.text(
    """
    UPDATE salesforce_notifications AS kept SET outcome = told.outcome, problems = told.problems
    FROM jsonb_to_recordset(CAST(:rows AS jsonb)) AS told (notification_id text, outcome text, problems jsonb)
    WHERE kept.message_id = :message_id AND kept.notification_id = told.notification_id
    """
)
_ADD_GAP = sa.text(
    """
    INSERT INTO salesforce_object_gaps (organization_id, object_name, since, told_at)
    VALUES (:organization_id, :object_name, :since, :at)
    ON CONFLICT (organization_id, object_name)
    DO UPDATE SET since = LEAST(salesforce_object_gaps.since, excluded.since), told_at = excluded.told_at
    """
)
_GAPS = sa.text(
    "SELECT object_name, since FROM salesforce_object_gaps WHERE organization_id = :organization_id"
)
_CLOSE_GAP = sa.text(
    "DELETE FROM salesforce_object_gaps WHERE organization_id = :organization_id AND object_name = :object_name"
    " AND since >= :from"
)
_RECORD_GAPS = sa.text(
    """
    SELECT object_name, record_id FROM salesforce_records
    WHERE organization_id = :organization_id AND gap_stamp IS NOT NULL
    ORDER BY object_name, record_id LIMIT :limit
    """
)
_FORGET = sa.text(
    """
    UPDATE salesforce_messages SET body = NULL WHERE id IN (
        SELECT id FROM salesforce_messages
        WHERE body IS NOT NULL AND received_at < now() - make_interval(days => :days) LIMIT :limit
    )
    """
)
