"""Makes all projections anew from the events that were kept: beside those that are read, then switched at once."""

from collections.abc import Sequence
from datetime import UTC, datetime
from itertools import groupby
from typing import Final
from uuid import UUID

from services.reporting.adapters.heard_events import (
    heard_after,
    heard_beside,
    heard_count,
    keep_events,
    note_taken,
)
from services.reporting.adapters.projection_rebuild import (
    begin_beside,
    hold_projections,
    note_rebuild,
    switch,
)
from services.reporting.adapters.unit_of_work import UnitOfWork
from shared.database import Database
from shared.events.envelope import Envelope, Event
from shared.inbox import Subscription
from shared.jobs import Job, enqueue

TASK: Final = "rebuild_projections"
EVENTS_AT_ONCE: Final = 500
Projections = Sequence[Subscription[UnitOfWork]]


async def ask_rebuild(work: UnitOfWork, *, actor: str) -> UUID:
    """The id of the job; one runs at a time."""
    return await enqueue(work.connection, TASK, {}, created_by=actor, lock=TASK, result_url="/v1/projections")


async def keep_heard(work: UnitOfWork, heard: Sequence[Envelope[Event]]) -> None:
    """Before anything else of a batch: who makes projections anew waits for it here."""
    await keep_events(work.connection, heard)


async def rebuild_projections(database: Database, projections: Projections, job: Job) -> None:
    """Harmless to repeat: until the switch nothing but copies of this connection was written."""
    types = {one.event_class.type_name: one.event_class for one in projections}
    own = Database(database.url, application_name="reporting-rebuild", pool_size=1)
    try:
        async with UnitOfWork(own) as work:
            schema = await begin_beside(work.connection)
            count, done, position = max(await heard_count(work.connection), 1), 0, 0
            await work.commit()
            while True:
                before = position
                events, position = await heard_after(work.connection, position, EVENTS_AT_ONCE, types)
                if position == before:
                    break
                await _apply(work, projections, events)
                await work.commit()
                done += len(events)
                percent = min(90, 90 * done // count)
                await job.progress(message="Making copies", counts={"events": done}, percent=percent)
            await _switch(work, projections, job, (schema, done))
    finally:
        await own.close()


async def _switch(work: UnitOfWork, projections: Projections, job: Job, so_far: tuple[str, int]) -> None:
    """What was heard meanwhile, and the switch, while nobody applies events."""
    schema, done = so_far
    types = {one.event_class.type_name: one.event_class for one in projections}
    await job.progress(message="Switching", percent=90)
    await hold_projections(work.connection, schema)
    late = await heard_beside(work.connection, types)
    await _apply(work, projections, late)
    mended = await switch(work.connection, schema)
    await note_rebuild(work.connection, job.id, done + len(late), mended, datetime.now(UTC))
    await work.commit()
    counts = {
        "events": done + len(late),
        "rows_removed": sum(one.removed for one in mended.values()),
        "rows_added": sum(one.added for one in mended.values()),
        "rows_unexplained": sum(one.unexplained for one in mended.values()),
    }
    await job.progress(message="Done", counts=counts, percent=100)


async def _apply(work: UnitOfWork, projections: Projections, events: Sequence[Envelope[Event]]) -> None:
    """As the consumer does: runs of one type together, the order between types kept."""
    for type_name, run in groupby(events, key=lambda one: one.type):
        envelopes = list(run)
        for one in projections:
            if one.event_class.type_name == type_name:
                await one.handler(work, envelopes)
    await note_taken(work.connection, [one.id for one in events])
