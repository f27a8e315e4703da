"""Keeps dead letters, each once, and what becomes of them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection
from uuid_utils.compat import uuid7

from gateway.domain.dead_letter import DeadLetterState, DeadLetterStepKind, digest_of
from shared.messaging.dead_letters import DeadLetter

Row = sa.Row[Any]
CHANGED_MAX: Final = 1_000


@dataclass(frozen=True, slots=True, kw_only=True)
class WantedLetters:
    """What narrows a list or a choice of letters; what is None does not."""

    ids: Sequence[UUID] | None = None
    service: str | None = None
    event_type: str | None = None
    reason_code: str | None = None
    state: DeadLetterState | None = None
    died_at_gte: datetime | None = None
    died_at_lt: datetime | None = None

    def facts(self) -> dict[str, Any]:
        return {
            "ids": None if self.ids is None else list(self.ids),
            "service": self.service,
            "event_type": self.event_type,
            "reason_code": self.reason_code,
            "state": self.state,
            "died_at_gte": self.died_at_gte,
            "died_at_lt": self.died_at_lt,
        }


async def add_letters(connection: AsyncConnection, letters: Sequence[DeadLetter]) -> Sequence[Row]:
    """Keep them and return those that died anew, each as it is now: not what was merely delivered twice.

    Whatever a letter had become, one that died anew waits again. One that nobody says when it died, because somebody
    put it there by hand, counts as delivered twice while it waits.
    """
    digests = [digest_of(letter.body) for letter in letters]
    facts = {
        "ids": [uuid7() for _ in letters],
        "services": [letter.service for letter in letters],
        "digests": digests,
        "bodies": [letter.body for letter in letters],
        "message_ids": [_storable(letter.message_id) for letter in letters],
        "event_types": [_storable(letter.type) for letter in letters],
        "producers": [_storable(letter.producer) for letter in letters],
    }
    deaths = {
        "services": facts["services"],
        "digests": digests,
        "codes": [_storable(letter.code) for letter in letters],
        "reasons": [_storable(letter.reason) for letter in letters],
        "attempts": [letter.attempts for letter in letters],
        "died_at": [letter.died_at for letter in letters],
    }
    await connection.execute(_ADD, {**facts, **deaths})
    died = (await connection.execute(_ADD_DEATHS, deaths)).scalars().all()
    if not died:
        return []
    return (await connection.execute(_RAISE, {"ids": sorted(set(died))})).all()


async def letters_after(
    connection: AsyncConnection, last: UUID | None, wanted: WantedLetters, *, limit: int
) -> Sequence[Row]:
    """The newest first; one row more than the limit. Without their bodies."""
    facts = {**wanted.facts(), "after": last, "limit": limit + 1}
    return (await connection.execute(_LIST, facts)).all()


async def letter_with_body(connection: AsyncConnection, letter_id: UUID) -> Row | None:
    return (await connection.execute(_ONE, {"id": letter_id})).one_or_none()


async def steps_of(connection: AsyncConnection, letter_id: UUID) -> Sequence[Row]:
    """What happened to it, in its order."""
    return (await connection.execute(_STEPS, {"id": letter_id})).all()


async def lock_letters(connection: AsyncConnection, wanted: WantedLetters) -> Sequence[Row]:
    """Those that are wanted, the oldest thousand of them with their bodies, held until the transaction ends."""
    return (await connection.execute(_LOCK, {**wanted.facts(), "limit": CHANGED_MAX})).all()


async def count_letters(connection: AsyncConnection, wanted: WantedLetters) -> int:
    return int((await connection.execute(_COUNT, wanted.facts())).scalar_one())


async def settle_letters(
    connection: AsyncConnection, ids: Sequence[UUID], kind: DeadLetterStepKind, *, by: str, reason: str | None
) -> None:
    """Note what somebody decided; the state is named as the step is."""
    facts = {"ids": list(ids), "kind": kind, "by": by, "reason": reason}
    await connection.execute(_SETTLE, facts)
    await connection.execute(_ADD_STEPS, facts)


def _storable(text: str | None) -> str | None:
    """Headers may hold what the database's texts cannot."""
    return None if text is None else text.replace("\0", "�").encode("utf-8", "replace").decode("utf-8")


_COLUMNS: Final = """
    id, service, message_id, event_type, producer, state, reason_code, reason, attempts, deaths, died_at, kept_at,
    changed_at
"""
_WANTED: Final = """
    (CAST(:ids AS uuid[]) IS NULL OR id = ANY(CAST(:ids AS uuid[])))
    AND (CAST(:service AS text) IS NULL OR service = :service)
    AND (CAST(:event_type AS text) IS NULL OR event_type = :event_type)
    AND (CAST(:reason_code AS text) IS NULL OR reason_code = :reason_code)
    AND (CAST(:state AS text) IS NULL OR state = :state)
    AND (CAST(:died_at_gte AS timestamptz) IS NULL OR died_at >= :died_at_gte)
    AND (CAST(:died_at_lt AS timestamptz) IS NULL OR died_at < :died_at_lt)
"""

# In the order of the key, so that two readers with the same letters wait for each other instead of deadlocking.
_ADD = sa.text(
    """
    INSERT INTO dead_letters (
        id, service, digest, body, message_id, event_type, producer, state, reason_code, reason, attempts, died_at
    )
    SELECT id, service, digest, body, message_id, event_type, producer, 'waiting', code, reason, attempts,
        COALESCE(died_at, now())
    FROM unnest(
        CAST(:ids AS uuid[]), CAST(:services AS text[]), CAST(:digests AS bytea[]), CAST(:bodies AS bytea[]),
        CAST(:message_ids AS text[]), CAST(:event_types AS text[]), CAST(:producers AS text[]),
        CAST(:codes AS text[]), CAST(:reasons AS text[]), CAST(:attempts AS integer[]),
        CAST(:died_at AS timestamptz[])
    ) AS letter (
        id, service, digest, body, message_id, event_type, producer, code, reason, attempts, died_at
    )
    ORDER BY service, digest
    ON CONFLICT (service, digest) DO NOTHING
    """
)
_ADD_DEATHS = sa.text(
    """
    INSERT INTO dead_letter_steps (dead_letter_id, kind, at, reason_code, reason, attempts)
    SELECT kept.id, 'died', COALESCE(death.died_at, now()), death.code, death.reason, death.attempts
    FROM unnest(
        CAST(:services AS text[]), CAST(:digests AS bytea[]), CAST(:codes AS text[]), CAST(:reasons AS text[]),
        CAST(:attempts AS integer[]), CAST(:died_at AS timestamptz[])
    ) AS death (service, digest, code, reason, attempts, died_at)
    JOIN dead_letters AS kept USING (service, digest)
    WHERE death.died_at IS NOT NULL OR kept.state <> 'waiting'
        OR NOT EXISTS (SELECT FROM dead_letter_steps AS step WHERE step.dead_letter_id = kept.id)
    ORDER BY kept.id, death.died_at
    ON CONFLICT (dead_letter_id, at) WHERE kind = 'died' DO NOTHING
    RETURNING dead_letter_id
    """
)
_RAISE = sa.text(
    f"""
    UPDATE dead_letters SET state = 'waiting', changed_at = now(), deaths = death.count, died_at = death.at,
        reason_code = death.reason_code, reason = death.reason, attempts = death.attempts
    FROM (
        SELECT DISTINCT ON (dead_letter_id) dead_letter_id, at, step.reason_code, step.reason, step.attempts,
            count(*) OVER (PARTITION BY dead_letter_id) AS count
        FROM dead_letter_steps AS step WHERE dead_letter_id = ANY(CAST(:ids AS uuid[])) AND kind = 'died'
        ORDER BY dead_letter_id, at DESC
    ) AS death
    WHERE dead_letters.id = death.dead_letter_id
    RETURNING {", ".join(f"dead_letters.{name.strip()}" for name in _COLUMNS.split(","))}
    """  # noqa: S608 - constants only
)
_LIST = sa.text(
    f"""
    SELECT {_COLUMNS} FROM dead_letters
    WHERE (CAST(:after AS uuid) IS NULL OR id < :after) AND {_WANTED} ORDER BY id DESC LIMIT :limit
    """  # noqa: S608 - constants only
)
_ONE = sa.text(f"SELECT {_COLUMNS}, body FROM dead_letters WHERE id = :id")  # noqa: S608 - constants only
_STEPS = sa.text(
    """
    SELECT kind, at, by, reason_code, reason, attempts FROM dead_letter_steps
    WHERE dead_letter_id = :id ORDER BY id
    """
)
_LOCK = sa.text(
    f"""
    SELECT id, service, message_id, event_type, state, body FROM dead_letters
    WHERE {_WANTED} ORDER BY id LIMIT :limit FOR UPDATE
    """  # noqa: S608 - constants only
)
_COUNT = sa.text(f"SELECT count(*) FROM dead_letters WHERE {_WANTED}")  # noqa: S608 - constants only
_SETTLE = sa.text(
    "UPDATE dead_letters SET state = :kind, changed_at = now() WHERE id = ANY(CAST(:ids AS uuid[]))"
)
_ADD_STEPS = sa.text(
    """
    INSERT INTO dead_letter_steps (dead_letter_id, kind, at, by, reason)
    SELECT id, :kind, now(), :by, :reason FROM unnest(CAST(:ids AS uuid[])) AS id
    """
)
