"""Reads notifications again that were set aside, after what stood in their way was mended."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from gateway.adapters.salesforce_inbox import add_object_gaps
from gateway.adapters.salesforce_message_bodies import told_in
from gateway.adapters.salesforce_notifications import (
    WAITING,
    Reread,
    Row,
    lock_waiting_notifications,
    message_body,
    note_replays,
)
from gateway.adapters.salesforce_records import RecordId, RecordRow, lock_records
from gateway.application.replay_records import Replayed
from gateway.application.take_in_records import tell_records
from gateway.domain.salesforce_events import Notification
from gateway.domain.salesforce_record import RecordKey, merged
from shared.database import UnitOfWork
from shared.errors import FieldProblem

AT_ONCE: Final = 500
_FORGOTTEN: Final = FieldProblem("", "The message is not kept any more; send the record again, or sweep")


@dataclass(frozen=True, slots=True, kw_only=True)
class NotificationReplay:
    """Which notifications: those named, or all of an object; of those only the ones that still wait."""

    notification_ids: Sequence[UUID] = ()
    object_name: str | None = None
    by: str


async def replay_notifications(work: UnitOfWork, replay: NotificationReplay, *, at: datetime) -> Replayed:
    """At most 500 at a time, the oldest first. One whose record is kept is told by the mapping in force now; one that could
    not be read at all is read from the message as it came, as the program reads it now."""
    rows = await lock_waiting_notifications(
        work.connection, replay.notification_ids, replay.object_name, limit=AT_ONCE
    )
    read = await _read_again(work, rows)
    records = await _merged(work, rows, read)
    told = await tell_records(work, _due(records), at=at)
    for row in rows:
        gap = read[row.id].gap
        await add_object_gaps(work.connection, row.organization_id, [gap] if gap else [], at)
    reread = [_reread(row, read[row.id], records) for row in rows]
    await note_replays(work.connection, reread, by=replay.by, at=at)
    return Replayed(len(reread), told, sum(one.state == "quarantined" for one in reread))


async def _read_again(work: UnitOfWork, rows: Sequence[Row]) -> dict[UUID, Notification]:
    """What each says. Messages are read one by one: each may be as large as sixteen megabytes."""
    found = {row.id: Notification(id=row.notification_id) for row in rows if row.record_id is not None}
    unread = [row for row in rows if row.record_id is None]
    for message_id in dict.fromkeys(row.message_id for row in unread):
        body = await message_body(work.connection, message_id)
        members = [row for row in unread if row.message_id == message_id]
        told = {} if body is None else told_in(members[0].organization_id, members[0].channel, body)
        for row in members:
            known = told.get(row.notification_id)
            forgotten = Notification(id=row.notification_id, problems=(_FORGOTTEN,))
            found[row.id] = known.notification if known else forgotten
    return found


async def _merged(
    work: UnitOfWork, rows: Sequence[Row], read: Mapping[UUID, Notification]
) -> dict[RecordId, RecordRow]:
    """The records of these notifications, locked, with what was read of them now."""
    keys = [key for row in rows if (key := _key(row, read[row.id])) is not None]
    records = await lock_records(work.connection, keys)
    for one in read.values():
        if one.change is not None:
            record = records[one.change.key.organization_id, one.change.key.record_id]
            record.record = merged(record.record, one.change)
    return records


def _due(records: Mapping[RecordId, RecordRow]) -> dict[RecordId, RecordRow]:
    """Those of which nobody was told the latest state."""
    return {
        key: row
        for key, row in records.items()
        if row.told_version != row.record.version or row.state in WAITING
    }


def _reread(row: Row, notification: Notification, records: Mapping[RecordId, RecordRow]) -> Reread:
    key = _key(row, notification)
    if key is not None:
        state = records[key.organization_id, key.record_id].state.value
    else:
        state = "quarantined" if notification.problems else "kept"
    return Reread(id=row.id, state_before=row.state, state=state, notification=notification)


def _key(row: Row, notification: Notification) -> RecordKey | None:
    if notification.change is not None:
        return notification.change.key
    if row.record_id is None:
        return None
    return RecordKey(row.organization_id, row.object_name, row.record_id)
