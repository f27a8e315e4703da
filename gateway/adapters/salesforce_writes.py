"""What waits to be written to Salesforce: the latest state of each record, claimed in batches, with what became of it."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

import msgspec
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection
from uuid_utils.compat import uuid7

from gateway.domain.salesforce_write import Values, WriteState, WriteSubject

# Longer than a batch can be on its way with all its repetitions; then its worker is taken for dead.
CLAIMED_FOR: Final = timedelta(minutes=10)


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """The state a record should have in Salesforce."""

    subject: WriteSubject
    name: str  # what the external id will hold
    values: Values


@dataclass(frozen=True, slots=True, kw_only=True)
class ClaimedWrite:
    """One record that is being sent; `revision` tells whether it changed meanwhile."""

    id: UUID
    subject: WriteSubject
    name: str
    values: Values
    revision: int
    failures: int


@dataclass(frozen=True, slots=True, kw_only=True)
class WriteResult:
    """What became of one claimed record."""

    write: ClaimedWrite
    state: WriteState
    failures: int = 0
    next_attempt_at: datetime | None = None
    record_id: str | None = None
    error_code: str | None = None
    error: str | None = None


async def queue_writes(connection: AsyncConnection, drafts: Sequence[Draft], at: datetime) -> int:
    """Have these states written; of one record the last counts, and what Salesforce has already is left alone.

    Returns how many are new or changed.
    """
    latest = {(draft.subject, draft.name): draft for draft in drafts}
    rows = [
        {"id": str(uuid7()), "subject": draft.subject.value, "name": draft.name, "values": dict(draft.values)}
        for _, draft in sorted(latest.items())
    ]
    if not rows:
        return 0
    queued = await connection.execute(_QUEUE, {"rows": msgspec.json.encode(rows).decode(), "at": at})
    return queued.rowcount


async def claim_writes(
    connection: AsyncConnection, subject: WriteSubject, *, at: datetime, limit: int
) -> list[ClaimedWrite]:
    """Records of one subject that are due, the longest-waiting first; others' claims are stepped over."""
    rows = await connection.execute(
        _CLAIM, {"subject": subject.value, "at": at, "until": at + CLAIMED_FOR, "limit": limit}
    )
    return [
        ClaimedWrite(
            id=row.id,
            subject=subject,
            name=row.name,
            values=row.values,
            revision=row.revision,
            failures=row.failures,
        )
        for row in rows
    ]


async def release_writes(
    connection: AsyncConnection, writes: Iterable[ClaimedWrite], *, due_at: datetime, error: tuple[str, str]
) -> None:
    """Give claimed records back: nothing is known to be wrong with them."""
    await connection.execute(
        _RELEASE,
        {"ids": [write.id for write in writes], "due_at": due_at, "error_code": error[0], "error": error[1]},
    )


async def store_results(connection: AsyncConnection, results: Sequence[WriteResult], at: datetime) -> None:
    """A record that changed while it was sent goes on waiting, with its newer state."""
    rows: list[Mapping[str, Any]] = [
        {
            "id": str(result.write.id),
            "revision": result.write.revision,
            "state": result.state.value,
            "failures": result.failures,
            "next_attempt_at": result.next_attempt_at,
            "record_id": result.record_id,
            "error_code": result.error_code,
            "error": result.error,
        }
        for result in results
    ]
    await connection.execute(_STORE, {"rows": msgspec.json.encode(rows).decode(), "at": at})


async def end_rehearsals(connection: AsyncConnection, at: datetime) -> int:
    """What was only shown waits to be sent, where its mapping is no longer rehearsed."""
    return (await connection.execute(_END_REHEARSALS, {"at": at})).rowcount


async def resend(connection: AsyncConnection, write_id: UUID, at: datetime) -> bool:
    """Have it sent again, whatever became of it; False if there is no such record."""
    return (await connection.execute(_RESEND, {"id": write_id, "at": at})).rowcount == 1


_QUEUE = sa.text(
    """
    INSERT INTO salesforce_writes AS known (
        id, subject, name, values, revision, state, failures, queued_at, next_attempt_at
    )
    SELECT id, subject, name, values, 1, 'waiting', 0, :at, :at
    FROM jsonb_to_recordset(CAST(:rows AS jsonb)) AS told (id uuid, subject text, name text, values jsonb)
    ON CONFLICT (subject, name) DO UPDATE
    SET values = excluded.values, revision = known.revision + 1, state = 'waiting', failures = 0,
        queued_at = excluded.queued_at, next_attempt_at = excluded.next_attempt_at, error_code = NULL, error = NULL
    WHERE known.values <> excluded.values
    """
)
_CLAIM = sa.text(
    """
    UPDATE salesforce_writes SET claimed_until = :until
    WHERE id IN (
        SELECT id FROM salesforce_writes
        WHERE state = 'waiting' AND subject = :subject AND next_attempt_at <= :at
          AND (claimed_until IS NULL OR claimed_until <= :at)
        ORDER BY next_attempt_at, id LIMIT :limit FOR UPDATE SKIP LOCKED
    )
    RETURNING id, name, values, revision, failures
    """
)
_RELEASE = sa.text(
    """
    UPDATE salesforce_writes
    SET claimed_until = NULL, next_attempt_at = :due_at, error_code = :error_code, error = :error
    WHERE id = ANY(CAST(:ids AS uuid[])) AND state = 'waiting'
    """
)
_STORE = sa.text(
    """
    UPDATE salesforce_writes AS kept
    SET claimed_until = NULL, record_id = COALESCE(told.record_id, kept.record_id),
        sent_at = CASE WHEN told.state = 'sent' THEN :at ELSE kept.sent_at END,
        state = CASE WHEN kept.revision = told.revision THEN told.state ELSE kept.state END,
        failures = CASE WHEN kept.revision = told.revision THEN told.failures ELSE kept.failures END,
        next_attempt_at = CASE WHEN kept.revision = told.revision THEN told.next_attempt_at ELSE kept.next_attempt_at END,
        error_code = told.error_code, error = told.error
    FROM jsonb_to_recordset(CAST(:rows AS jsonb)) AS told (
        id uuid, revision bigint, state text, failures integer, next_attempt_at timestamptz, record_id text,
        error_code text, error text
    )
    WHERE kept.id = told.id
    """
)
_END_REHEARSALS = sa.text(
    """
    UPDATE salesforce_writes AS kept SET state = 'waiting', next_attempt_at = :at
    FROM salesforce_write_mappings AS mapping
    WHERE kept.state = 'dry_run' AND mapping.subject = kept.subject AND NOT mapping.is_dry_run
    """
)
_RESEND = sa.text(
    """
    UPDATE salesforce_writes
    SET state = 'waiting', failures = 0, next_attempt_at = :at, revision = revision + 1, error_code = NULL, error = NULL
    WHERE id = :id
    """
)
