"""Tells, once each, that the time of a collection runs out, that it ran out, and that its owner has to act; closes it."""

from datetime import datetime
from typing import Final
from uuid import UUID

from services.reporting.adapters.collection_facts import tell_closed, tell_due
from services.reporting.adapters.collection_letter_store import queue_letters
from services.reporting.adapters.collection_store import (
    Row,
    add_closing,
    claim_notices,
    hold_collection,
    standings,
    visible_collection,
)
from services.reporting.adapters.unit_of_work import UnitOfWork
from services.reporting.domain.collection_letter import LetterOccasion
from services.reporting.domain.errors import CollectionClosed, CollectionUnknown
from services.reporting.domain.template_collection import Notice
from shared.identity import Caller

AT_ONCE_MAX: Final = 500


async def watch_collections(work: UnitOfWork, at: datetime) -> int:
    """How many were told of now; the rest follows with the next call."""
    rows = await claim_notices(work.connection, at, AT_ONCE_MAX)
    for row in rows:
        tell_due(work, row)
    await queue_letters(work.connection, [told for row in rows if (told := _letter(row))], at)
    return len(rows)


def _letter(row: Row) -> tuple[UUID, LetterOccasion, int] | None:
    """The respondent's; of an escalation the owner hears."""
    if row.notice == Notice.ESCALATED:
        return None
    return row.respondent_id, LetterOccasion(row.notice), row.days


async def close_collection(
    work: UnitOfWork, caller: Caller, collection_id: UUID, note: str | None, at: datetime
) -> None:
    """What was accepted is its data set from now on. CollectionClosed for one that is closed."""
    await hold_collection(work.connection, collection_id, is_closing=True)
    if await visible_collection(work.connection, caller, collection_id) is None:
        raise CollectionUnknown("There is no such collection", collection_id=str(collection_id))
    if not await add_closing(work.connection, collection_id, actor=caller.actor, at=at, note=note):
        raise CollectionClosed("The collection is closed already")
    collection = await visible_collection(work.connection, caller, collection_id)
    assert collection is not None
    tell_closed(work, collection, (await standings(work.connection, caller, [collection_id]))[collection_id])
