"""The notifications that came, with what became of each: listed, shown, and held while they are read again."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection
from uuid_utils.compat import uuid7

from gateway.domain.salesforce_events import Notification

Row = sa.Row[Any]
WAITING: Final = ("quarantined", "unmapped")


@dataclass(frozen=True, slots=True, kw_only=True)
class Reread:
    """A notification that was read again: what it was before, what it is now, and what it says."""

    id: UUID
    state_before: str
    state: str
    notification: Notification


async def notification_rows(
    connection: AsyncConnection, chosen: Mapping[str, Any], after: str | None, limit: int
) -> Sequence[Row]:
    """Notifications in the order they came, after an id."""
    state = chosen["state"]
    # What waited when it came may have been told meanwhile with its record, so both outcomes are looked at.
    outcomes = None if state is None else sorted({state, *WAITING})
    parameters = {"id": None, **chosen, "outcomes": outcomes, "after": after, "limit": limit}
    return (await connection.execute(_LIST, parameters)).all()


async def notification_row(connection: AsyncConnection, notification_id: UUID) -> Row | None:
    """One notification with its message's body, or None."""
    return (await connection.execute(_SHOW, {"id": notification_id})).one_or_none()


async def replays_of(connection: AsyncConnection, notification_id: UUID) -> Sequence[Row]:
    """How it was read again, the first time first."""
    return (await connection.execute(_REPLAYS, {"id": notification_id})).all()


async def lock_waiting_notifications(
    connection: AsyncConnection, ids: Sequence[UUID], object_name: str | None, *, limit: int
) -> Sequence[Row]:
    """Those that still wait, by their ids or all of an object, the oldest first; others' locks are stepped over."""
    parameters = {"ids": list(ids) or None, "object_name": object_name, "limit": limit}
    return (await connection.execute(_LOCK_WAITING, parameters)).all()


async def message_body(connection: AsyncConnection, message_id: UUID) -> bytes | None:
    """A message as it came; None once it was forgotten."""
    body: bytes | None = await connection.scalar(
        sa.text("SELECT body FROM salesforce_messages WHERE id = :id"), {"id": message_id}
    )
    return body


async def note_replays(
    connection: AsyncConnection, reread: Sequence[Reread], *, by: str, at: datetime
) -> None:
    """Store what became of notifications that were read again, and that they were."""
    if reread:
        rows = json.dumps([_values_of(one) for one in reread])
        await connection.execute(_NOTE, {"rows": rows})
        await connection.execute(_ADD_REPLAYS, {"rows": rows, "by": by, "at": at})


def _values_of(one: Reread) -> dict[str, object]:
    change = one.notification.change
    return {
        "id": str(uuid7()),
        "notification_id": str(one.id),
        "state_before": one.state_before,
        "state": one.state,
        "object_name": change.key.object_name if change else one.notification.object_name,
        "record_id": change.key.record_id if change else None,
        "problems": [{"pointer": each.pointer, "detail": each.detail} for each in one.notification.problems],
    }


# A notification that waited is what its record is by now: a later message, its account or a replay may have helped.
_NOTIFICATIONS: Final = """
    SELECT n.id, n.organization_id, n.channel, n.notification_id, n.object_name, n.record_id, n.replay_id,
        n.message_id, m.received_at, r.id AS kept_record_id,
        CASE WHEN n.outcome = ANY('{quarantined,unmapped}') THEN COALESCE(r.state, n.outcome) ELSE n.outcome END AS state,
        CASE WHEN n.outcome = ANY('{quarantined,unmapped}') THEN COALESCE(r.problems, n.problems) ELSE n.problems
            END AS problems
    FROM salesforce_notifications AS n
    JOIN salesforce_messages AS m ON m.id = n.message_id
    LEFT JOIN salesforce_records AS r ON r.organization_id = n.organization_id AND r.record_id = n.record_id
"""
_LIST = sa.text(
    f"""
    SELECT * FROM ({_NOTIFICATIONS}
        WHERE (CAST(:outcomes AS text[]) IS NULL OR n.outcome = ANY(CAST(:outcomes AS text[])))
            AND (CAST(:object_name AS text) IS NULL OR n.object_name = :object_name)
            AND (CAST(:record_id AS text) IS NULL OR n.record_id = :record_id)
            AND (CAST(:channel AS text) IS NULL OR n.channel = :channel)
            AND (CAST(:received_at_gte AS timestamptz) IS NULL OR m.received_at >= :received_at_gte)
            AND (CAST(:after AS uuid) IS NULL OR n.id > CAST(:after AS uuid))
    ) AS told
    WHERE (CAST(:state AS text) IS NULL OR state = :state)
    ORDER BY id LIMIT :limit
    """  # noqa: S608 - the parts are written here
)
_SHOW = sa.text(
    f"SELECT told.*, m.body FROM ({_NOTIFICATIONS} WHERE n.id = :id) AS told"  # noqa: S608 - the parts are written here
    " JOIN salesforce_messages AS m ON m.id = told.message_id"
)
_REPLAYS = sa.text("SELECT * FROM salesforce_notification_replays WHERE notification_id = :id ORDER BY id")
_LOCK_WAITING = sa.text(
    f"""
    WITH held AS (
        SELECT id FROM salesforce_notifications
        WHERE id IN (
            SELECT id FROM ({_NOTIFICATIONS} WHERE n.outcome = ANY('{{quarantined,unmapped}}')) AS told
            WHERE state = ANY('{{quarantined,unmapped}}')
                AND (CAST(:ids AS uuid[]) IS NULL OR id = ANY(CAST(:ids AS uuid[])))
                AND (CAST(:object_name AS text) IS NULL OR object_name = :object_name)
        )
        ORDER BY id LIMIT :limit FOR UPDATE SKIP LOCKED
    )
    SELECT told.* FROM ({_NOTIFICATIONS}) AS told JOIN held USING (id) ORDER BY id
    """  # noqa: S608 - the parts are written here
)
_ROWS: Final = """
    jsonb_to_recordset(CAST(:rows AS jsonb)) AS told (
        id uuid, notification_id uuid, state_before text, state text, object_name text, record_id text, problems jsonb
    )
"""
_NOTE = sa.text(
    f"""
    UPDATE salesforce_notifications AS kept
    SET outcome = told.state, problems = told.problems, object_name = COALESCE(told.object_name, kept.object_name),
        record_id = COALESCE(told.record_id, kept.record_id)
    FROM {_ROWS} WHERE kept.id = told.notification_id
    """  # noqa: S608 - the parts are written here
)
_ADD_REPLAYS = sa.text(
    f"""
    INSERT INTO salesforce_notification_replays (
        id, notification_id, state_before, state, problems, replayed_by, replayed_at
    )
    SELECT id, notification_id, state_before, state, problems, :by, :at FROM {_ROWS}
    """  # noqa: S608 - the parts are written here
)
