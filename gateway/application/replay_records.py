"""Reads quarantined and unmapped records again, after their mapping was mended."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from gateway.adapters.salesforce_records import RecordState, lock_unread_records
from gateway.application.take_in_records import tell_records
from shared.database import UnitOfWork

AT_ONCE: Final = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Replay:
    """Which records: those named, or all of an object; of those only the ones that nobody was told of."""

    record_ids: Sequence[UUID] = ()
    object_name: str | None = None


@dataclass(frozen=True, slots=True)
class Replayed:
    """How many were read again, and how many of them were told now."""

    read: int
    told: int
    still_quarantined: int


async def replay_records(work: UnitOfWork, replay: Replay, *, at: datetime) -> Replayed:
    """At most 500 at a time, the oldest first; who has more asks again until nothing is read."""
    rows = await lock_unread_records(
        work.connection, list(replay.record_ids), replay.object_name, limit=AT_ONCE
    )
    told = await tell_records(work, rows, at=at)
    waiting = sum(row.state is RecordState.QUARANTINED for row in rows.values())
    return Replayed(len(rows), told, waiting)
