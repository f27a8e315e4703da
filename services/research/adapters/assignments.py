"""Research assignments: written with their questions and changes, and read within a caller's zones."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

import msgspec
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection
from uuid_utils.compat import uuid7

from services.research.domain.assignment import Clock
from shared.identity import RowScope

Row = sa.Row[Any]
EVERYTHING: Final = RowScope(sees_all=True, zones=frozenset(), partner_code=None)


@dataclass(frozen=True, slots=True, kw_only=True)
class NewAssignment:
    """`partner_code` and `zone` only of a free subject: an opportunity has its own, which may change."""

    id: UUID
    origin: str
    opportunity_id: UUID | None
    subject: str
    partner_code: str | None
    zone: str | None
    assignee: str
    clock: Clock
    questions: Sequence[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One field that somebody changed."""

    field: str
    before: str | None
    after: str


async def add_assignments(
    connection: AsyncConnection, new: Sequence[NewAssignment], *, by: str, at: datetime
) -> list[UUID]:
    """Store them with their questions; the CRM's wish opens one per opportunity for ever. Returns those that were new."""
    rows = [
        {
            "id": str(one.id),
            "origin": one.origin,
            "opportunity_id": one.opportunity_id and str(one.opportunity_id),
            "subject": one.subject,
            "partner_code": one.partner_code,
            "zone": one.zone,
            "assignee": one.assignee,
            "due_on": one.clock.due_on.isoformat(),
            "due_at": one.clock.due_at.isoformat(),
            "due_soon_at": one.clock.due_soon_at.isoformat(),
        }
        for one in sorted(new, key=lambda one: (str(one.opportunity_id), one.id))
    ]
    added = await connection.execute(_ADD, {"rows": msgspec.json.encode(rows).decode(), "by": by, "at": at})
    ids = list(added.scalars())
    for one in new:
        if one.id in ids:
            await add_questions(connection, one.id, one.questions, by=by, at=at)
    return ids


async def add_questions(
    connection: AsyncConnection, assignment_id: UUID, questions: Sequence[str], *, by: str, at: datetime
) -> None:
    """Ask these too, after those asked before."""
    values = {"assignment_id": assignment_id, "questions": list(questions), "by": by, "at": at}
    await connection.execute(_ADD_QUESTIONS, {**values, "ids": [uuid7() for _ in questions]})


async def assignment_for_update(connection: AsyncConnection, assignment_id: UUID) -> Row | None:
    """Locked until the transaction ends."""
    query = sa.text("SELECT * FROM research_assignments WHERE id = :id FOR UPDATE")
    return (await connection.execute(query, {"id": assignment_id})).one_or_none()


async def change_assignment_row(connection: AsyncConnection, assignment_id: UUID, **values: object) -> None:
    """Set the given columns and count the revision."""
    columns = ", ".join(f"{name} = :{name}" for name in values)
    await connection.execute(
        sa.text(
            f"UPDATE research_assignments SET {columns}{', ' if columns else ''}revision = revision + 1 WHERE id = :id"
        ),
        {**values, "id": assignment_id},
    )


async def note_changes(
    connection: AsyncConnection, assignment: Row, changes: Sequence[Change], **how: object
) -> None:
    """Keep what was changed; `how` has note, by and at."""
    await connection.execute(
        _NOTE_CHANGES,
        {
            "ids": [uuid7() for _ in changes],
            "assignment_id": assignment.id,
            "revision": assignment.revision + 1,
            "fields": [one.field for one in changes],
            "befores": [one.before for one in changes],
            "afters": [one.after for one in changes],
            **how,
        },
    )


async def claim_due(connection: AsyncConnection, kind: str, at: datetime, limit: int) -> list[UUID]:
    """Assignments to be told of now, once per due date; `kind` is due_soon or overdue."""
    return list((await connection.execute(_CLAIM[kind], {"at": at, "limit": limit})).scalars())


async def assignment_rows(
    connection: AsyncConnection,
    scope: RowScope,
    chosen: Mapping[str, Any],
    after: tuple[datetime, UUID] | None = None,
    limit: int = 1,
) -> Sequence[Row]:
    """Those a caller sees, the most urgent first, after (due_at, id). `chosen` leaves out what does not matter."""
    parameters: dict[str, Any] = {
        **_NOTHING_CHOSEN,
        **chosen,
        **scope.parameters(),
        "after_due_at": after[0] if after else None,
        "after_id": after[1] if after else None,
        "limit": limit,
    }
    return (await connection.execute(_LIST, parameters)).all()


async def question_rows(connection: AsyncConnection, assignment_id: UUID) -> Sequence[Row]:
    """In the order they were asked."""
    query = sa.text("SELECT * FROM research_questions WHERE assignment_id = :id ORDER BY position")
    return (await connection.execute(query, {"id": assignment_id})).all()


async def change_rows(connection: AsyncConnection, assignment_id: UUID) -> Sequence[Row]:
    """The first change first."""
    query = sa.text("SELECT * FROM research_assignment_changes WHERE assignment_id = :id ORDER BY id")
    return (await connection.execute(query, {"id": assignment_id})).all()


_NOTHING_CHOSEN: Final[Mapping[str, None]] = dict.fromkeys(
    ("ids", "state", "assignee", "opportunity_id", "partner_code", "is_overdue", "due_on_lte", "at")
)
_ADD = sa.text(
    """
    INSERT INTO research_assignments (
        id, origin, opportunity_id, subject, partner_code, zone, assignee, state, due_on, due_at, due_soon_at,
        opened_by, opened_at, revision
    )
    SELECT id, origin, opportunity_id, subject, partner_code, zone, assignee, 'open', due_on, due_at, due_soon_at,
        :by, :at, 1
    FROM json_to_recordset(CAST(:rows AS json)) AS told (
        id uuid, origin text, opportunity_id uuid, subject text, partner_code text, zone text, assignee text,
        due_on date, due_at timestamptz, due_soon_at timestamptz
    )
    ON CONFLICT (opportunity_id) WHERE origin = 'crm' DO NOTHING
    RETURNING id
    """
)
_ADD_QUESTIONS = sa.text(
    """
    INSERT INTO research_questions (id, assignment_id, position, question, asked_by, asked_at)
    SELECT told.id, :assignment_id, told.place + (
            SELECT COALESCE(max(position), 0) FROM research_questions WHERE assignment_id = :assignment_id
        ), told.question, :by, :at
    FROM unnest(CAST(:ids AS uuid[]), CAST(:questions AS text[])) WITH ORDINALITY AS told (id, question, place)
    """
)
_NOTE_CHANGES = sa.text(
    """
    INSERT INTO research_assignment_changes (
        id, assignment_id, revision, field, before, after, note, changed_by, changed_at
    )
    SELECT id, :assignment_id, :revision, field, before, after, :note, :by, :at
    FROM unnest(
        CAST(:ids AS uuid[]), CAST(:fields AS text[]), CAST(:befores AS text[]), CAST(:afters AS text[])
    ) AS told (id, field, before, after)
    """
)
_CLAIM: Final = {
    kind: sa.text(
        f"""
        UPDATE research_assignments AS a SET {kind}_told_at = :at FROM (
            SELECT id FROM research_assignments
            WHERE state IN ('open', 'in_progress') AND {kind}_told_at IS NULL AND {reached}
            ORDER BY due_at, id LIMIT :limit FOR UPDATE SKIP LOCKED
        ) AS due WHERE a.id = due.id RETURNING a.id
        """
    )
    for kind, reached in (("due_soon", "due_soon_at <= :at AND due_at > :at"), ("overdue", "due_at <= :at"))
}
# Of an opportunity the partner and the zone are those of now: who takes it over sees its research.
_LIST = sa.text(
    """
    SELECT * FROM (
        SELECT a.id, a.origin, a.opportunity_id, o.record_id AS opportunity_record_id, o.name AS opportunity_name,
            o.stage AS opportunity_stage, a.subject, COALESCE(a.partner_code, o.partner_code) AS partner_code,
            COALESCE(a.zone, o.zone, e.zone) AS zone, a.assignee, a.state, a.due_on, a.due_at, a.opened_by,
            a.opened_at, a.started_at, a.ended_at, a.revision
        FROM research_assignments AS a
        LEFT JOIN opportunities AS o ON o.id = a.opportunity_id
        LEFT JOIN entities AS e ON e.source = 'partners' AND e.source_key = COALESCE(a.partner_code, o.partner_code)
        WHERE (CAST(:ids AS uuid[]) IS NULL OR a.id = ANY(:ids))
            AND (CAST(:state AS text) IS NULL OR a.state = :state)
            AND (CAST(:assignee AS text) IS NULL OR a.assignee = :assignee)
            AND (CAST(:opportunity_id AS uuid) IS NULL OR a.opportunity_id = :opportunity_id)
            AND (CAST(:due_on_lte AS date) IS NULL OR a.due_on <= :due_on_lte)
            AND (CAST(:is_overdue AS boolean) IS NULL
                OR (a.ended_at IS NULL AND a.due_at <= CAST(:at AS timestamptz)) = :is_overdue)
            AND (CAST(:after_id AS uuid) IS NULL OR (a.due_at, a.id) > (CAST(:after_due_at AS timestamptz), :after_id))
    ) AS seen
    WHERE (:sees_all OR zone = ANY(CAST(:zones AS text[])))
        AND (CAST(:partner_code AS text) IS NULL OR partner_code = :partner_code)
    ORDER BY due_at, id LIMIT :limit
    """
)
