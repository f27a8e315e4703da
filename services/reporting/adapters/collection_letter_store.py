"""Who gets letters about a collection, what is queued for them, and what became of it."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final
from uuid import UUID

import msgspec
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection
from uuid_utils.compat import uuid7

from services.reporting.adapters.collection_store import LATEST, STANDING, VISIBLE, whose
from services.reporting.adapters.letter_list import LetterList
from services.reporting.adapters.letter_store import LetterTable
from services.reporting.domain.collection_letter import LetterOccasion
from services.reporting.domain.recipient import Recipient
from shared.identity import Caller

Row = sa.Row[Any]


async def add_recipients(connection: AsyncConnection, recipients: Mapping[UUID, Sequence[Recipient]]) -> None:
    """By respondent."""
    told = [
        {"respondent_id": respondent_id, "address": one.address, "name": one.name}
        for respondent_id, people in recipients.items()
        for one in people
    ]
    statement = """
        INSERT INTO collection_recipients (respondent_id, address, name)
        SELECT * FROM json_to_recordset(CAST(:told AS json)) AS told (respondent_id uuid, address text, name text)
    """
    await connection.execute(sa.text(statement), {"told": msgspec.json.encode(told).decode()})


async def queue_letters(
    connection: AsyncConnection, occasions: Sequence[tuple[UUID, LetterOccasion, int]], at: datetime
) -> None:
    """To everybody who gets letters of the respondent; each once: respondent, occasion, and the days or version of it."""
    statement = sa.text(
        "SELECT respondent_id, name, address FROM collection_recipients WHERE respondent_id = ANY(CAST(:ids AS uuid[]))"
        " ORDER BY respondent_id, address"
    )
    people: dict[UUID, list[Row]] = {}
    for row in await connection.execute(statement, {"ids": [one[0] for one in occasions]}):
        people.setdefault(row.respondent_id, []).append(row)
    letters = [
        {
            "id": uuid7(), "respondent_id": respondent_id, "occasion": occasion, "number": number,
            "name": one.name, "address": one.address,
        }
        for respondent_id, occasion, number in occasions
        for one in people.get(respondent_id, ())
    ]  # fmt: skip
    values = {"at": at, "letters": msgspec.json.encode(letters).decode()}
    await connection.execute(_QUEUE, values)


async def respondent_now(connection: AsyncConnection, respondent_id: UUID) -> Row:
    """The respondent with its rows, where it stands, the version of its latest submission, and what it is asked for."""
    statement = f"""
        SELECT r.*, {STANDING} AS state, coalesce(s.version, 0) AS version, c.due_at, EXISTS (
            SELECT FROM collection_closings x WHERE x.collection_id = c.id) AS is_closed
        FROM collection_respondents r {LATEST} JOIN template_collections c ON c.id = r.collection_id
        WHERE r.id = :id
    """
    return (await connection.execute(sa.text(statement), {"id": respondent_id})).one()


async def submission_of_version(connection: AsyncConnection, respondent_id: UUID, version: int) -> UUID:
    statement = sa.text("SELECT id FROM submissions WHERE respondent_id = :id AND version = :version")
    found: UUID = (
        await connection.execute(statement, {"id": respondent_id, "version": version})
    ).scalar_one()
    return found


def visible_letters(caller: Caller, collection_id: UUID) -> LetterList:
    """Of respondents that the caller sees."""
    return LetterList(LetterTable.COLLECTIONS, "collection", collection_id, _LETTERS, whose(caller))


_LETTERS: Final = f"""
    SELECT l.id, l.respondent_id, r.name AS respondent, l.occasion, l.number, l.name, l.address, l.state, l.attempts,
        l.next_attempt_at, l.said, l.queued_at, l.ended_at
    FROM collection_letters l JOIN collection_respondents r ON r.id = l.respondent_id
    WHERE r.collection_id = :owner_id AND {VISIBLE}
"""
_QUEUE: Final = sa.text(
    """
    INSERT INTO collection_letters
        (id, respondent_id, occasion, number, name, address, state, attempts, next_attempt_at, queued_at)
    SELECT id, respondent_id, occasion, number, name, address, 'queued', 0, :at, :at
    FROM json_to_recordset(CAST(:letters AS json)) AS told (
        id uuid, respondent_id uuid, occasion text, number bigint, name text, address text)
    ON CONFLICT (respondent_id, occasion, number, address) DO NOTHING
    """
)
