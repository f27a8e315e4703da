"""Collections and whom they ask: written once, read with where each respondent stands, within a caller's rows."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

import msgspec
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from services.reporting.domain.template_collection import CollectionPlan, RespondentKind
from shared.identity import Caller

Row = sa.Row[Any]

# Whoever may see the rows of its partner or zone, and the person who is asked, see a respondent.
VISIBLE: Final = (
    "(:sees_all OR r.partner_code = :own_code OR r.zone = ANY(CAST(:zones AS text[])) OR r.person = :person)"
)
# The latest submission says where a respondent stands.
STANDING: Final = """
    CASE WHEN s.id IS NULL THEN 'asked' WHEN k.submission_id IS NULL THEN 'received'
        WHEN d.submission_id IS NULL THEN 'checked' WHEN d.is_accepted THEN 'accepted' ELSE 'returned' END
"""
LATEST: Final = """
    LEFT JOIN LATERAL (
        SELECT id, version, sent_by, sent_at FROM submissions WHERE respondent_id = r.id ORDER BY version DESC LIMIT 1
    ) s ON true
    LEFT JOIN submission_checks k ON k.submission_id = s.id
    LEFT JOIN submission_decisions d ON d.submission_id = s.id
"""
_COLLECTION: Final = """
    SELECT c.*, t.name AS template, v.content, x.closed_at, x.closed_by, x.note AS closing_note
    FROM template_collections c JOIN templates t ON t.id = c.template_id
    JOIN template_versions v ON v.template_id = c.template_id AND v.revision = c.revision
    LEFT JOIN collection_closings x ON x.collection_id = c.id
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class NewRespondent:
    """Who is asked, and the rows their workbook comes with."""

    id: UUID
    kind: RespondentKind
    key: str
    name: str
    partner_code: str | None
    zone: str | None
    person: str | None
    rows: Sequence[Mapping[str, str]]


@dataclass(frozen=True, slots=True, kw_only=True)
class NewCollection:
    """A collection as it is opened, of one version of a template."""

    id: UUID
    template_id: UUID
    revision: int
    plan: CollectionPlan
    signing_key: bytes
    opened_by: str
    opened_at: datetime


def whose(caller: Caller) -> dict[str, object]:
    """What statements compare respondents with."""
    return {**caller.row_scope().parameters(), "person": caller.subject}


async def add_collection(
    connection: AsyncConnection, new: NewCollection, respondents: Sequence[NewRespondent]
) -> None:
    plan = new.plan
    await connection.execute(
        sa.text(
            """
            INSERT INTO template_collections (id, template_id, revision, title, first_month, months, due_at, remind_days,
                escalate_days, accepts_clean, signing_key, opened_by, opened_at)
            VALUES (:id, :template_id, :revision, :title, :first_month, :months, :due_at, :remind_days, :escalate_days,
                :accepts_clean, :signing_key, :opened_by, :opened_at)
            """
        ),
        {
            **{name: getattr(new, name) for name in ("id", "template_id", "revision", "signing_key")},
            **{name: getattr(plan, name) for name in CollectionPlan.__slots__},
            "remind_days": list(plan.remind_days),
            "opened_by": new.opened_by,
            "opened_at": new.opened_at,
        },
    )
    told = [{name: getattr(one, name) for name in NewRespondent.__slots__} for one in respondents]
    statement = """
        INSERT INTO collection_respondents (id, collection_id, kind, key, name, partner_code, zone, person, rows)
        SELECT id, :collection_id, kind, key, name, partner_code, zone, person, rows
        FROM json_to_recordset(CAST(:respondents AS json)) AS told (
            id uuid, kind text, key text, name text, partner_code text, zone text, person text, rows jsonb)
    """
    values = {"collection_id": new.id, "respondents": msgspec.json.encode(told).decode()}
    await connection.execute(sa.text(statement), values)


async def add_closing(
    connection: AsyncConnection, collection_id: UUID, *, actor: str, at: datetime, note: str | None
) -> bool:
    """False when it is closed already."""
    statement = """
        INSERT INTO collection_closings (collection_id, closed_by, closed_at, note) VALUES (:id, :actor, :at, :note)
        ON CONFLICT DO NOTHING
    """
    values = {"id": collection_id, "actor": actor, "at": at, "note": note}
    return bool((await connection.execute(sa.text(statement), values)).rowcount)


async def hold_collection(connection: AsyncConnection, collection_id: UUID, *, is_closing: bool) -> None:
    """Until the transaction ends: whoever takes in or accepts waits for whoever closes, and not for each other."""
    lock = "FOR UPDATE" if is_closing else "FOR SHARE"
    statement = sa.text(f"SELECT FROM template_collections WHERE id = :id {lock}")
    await connection.execute(statement, {"id": collection_id})


async def is_collection_open(connection: AsyncConnection, collection_id: UUID) -> bool:
    statement = sa.text("SELECT NOT EXISTS (SELECT FROM collection_closings WHERE collection_id = :id)")
    return bool(await connection.scalar(statement, {"id": collection_id}))


async def visible_collection(connection: AsyncConnection, caller: Caller, collection_id: UUID) -> Row | None:
    """With its template's version."""
    statement = sa.text(
        f"""
        {_COLLECTION} WHERE c.id = :id AND (:sees_all OR EXISTS (
            SELECT FROM collection_respondents r WHERE r.collection_id = c.id AND {VISIBLE}))
        """
    )
    return (await connection.execute(statement, {"id": collection_id, **whose(caller)})).one_or_none()


async def visible_collections(
    connection: AsyncConnection, caller: Caller, template: str | None, *, before: UUID | None, limit: int
) -> Sequence[Row]:
    """The newest first: ids grow with time."""
    statement = sa.text(
        f"""
        {_COLLECTION} WHERE (CAST(:template AS text) IS NULL OR t.name = :template)
            AND (CAST(:before AS uuid) IS NULL OR c.id < :before)
            AND (:sees_all OR EXISTS (
                SELECT FROM collection_respondents r WHERE r.collection_id = c.id AND {VISIBLE}))
        ORDER BY c.id DESC LIMIT :limit
        """
    )
    values = {"template": template, "before": before, "limit": limit, **whose(caller)}
    return (await connection.execute(statement, values)).all()


async def standings(
    connection: AsyncConnection, caller: Caller, ids: Sequence[UUID]
) -> dict[UUID, dict[str, int]]:
    """How many respondents that the caller sees stand where, by collection."""
    statement = sa.text(
        f"""
        SELECT r.collection_id, {STANDING} AS state, count(*) AS found FROM collection_respondents r {LATEST}
        WHERE r.collection_id = ANY(CAST(:ids AS uuid[])) AND {VISIBLE} GROUP BY 1, 2 ORDER BY 1, 2
        """
    )
    found: dict[UUID, dict[str, int]] = {one: {} for one in ids}
    for row in await connection.execute(statement, {"ids": list(ids), **whose(caller)}):
        found[row.collection_id][row.state] = row.found
    return found


async def visible_respondents(
    connection: AsyncConnection,
    caller: Caller,
    among: tuple[UUID, str | None],
    *,
    after: UUID | None,
    limit: int,
) -> Sequence[Row]:
    """Of a collection, those of one state perhaps; in the order they were named, with where each stands."""
    statement = sa.text(
        f"""
        SELECT * FROM (
            SELECT r.id, r.kind, r.key, r.name, r.partner_code, r.zone, r.person, jsonb_array_length(r.rows) AS rows_count,
                s.id AS submission_id, s.version, s.sent_at, k.findings_count, {STANDING} AS state,
                n.reminders, n.is_escalated
            FROM collection_respondents r {LATEST}
            LEFT JOIN LATERAL (
                SELECT count(*) FILTER (WHERE notice = 'reminder') AS reminders,
                    coalesce(bool_or(notice = 'escalated'), false) AS is_escalated
                FROM collection_notices WHERE respondent_id = r.id
            ) n ON true
            WHERE r.collection_id = :collection_id AND {VISIBLE}
                AND (CAST(:after AS uuid) IS NULL OR r.id > :after)
        ) AS found WHERE CAST(:state AS text) IS NULL OR state = :state ORDER BY id LIMIT :limit
        """
    )
    values = {
        "collection_id": among[0],
        "state": among[1], "after": after, "limit": limit, **whose(caller)
    }  # fmt: skip
    return (await connection.execute(statement, values)).all()


async def visible_respondent(
    connection: AsyncConnection, caller: Caller, collection_id: UUID, respondent_id: UUID
) -> Row | None:
    """With the rows that the workbook comes with."""
    statement = sa.text(
        f"SELECT r.* FROM collection_respondents r"
        f" WHERE r.collection_id = :collection_id AND r.id = :id AND {VISIBLE}"
    )
    values = {"collection_id": collection_id, "id": respondent_id, **whose(caller)}
    return (await connection.execute(statement, values)).one_or_none()


async def claim_notices(connection: AsyncConnection, at: datetime, limit: int) -> Sequence[Row]:
    """Notices to be told now, each once: of open collections, to whom sent nothing that still may be accepted.

    Of several reminders that are due the latest is told; the days of others are over.
    """
    return (await connection.execute(_CLAIM, {"at": at, "limit": limit})).all()


_CLAIM: Final = sa.text(
    f"""
    WITH waiting AS (
        SELECT r.id AS respondent_id, c.id AS collection_id, c.due_at, c.remind_days, c.escalate_days, c.opened_at
        FROM template_collections c JOIN collection_respondents r ON r.collection_id = c.id {LATEST}
        WHERE NOT EXISTS (SELECT FROM collection_closings x WHERE x.collection_id = c.id)
            AND {STANDING} IN ('asked', 'returned')
    ), due AS (
        SELECT DISTINCT ON (respondent_id) respondent_id, 'reminder' AS notice, days
        FROM waiting CROSS JOIN LATERAL unnest(remind_days) AS days
        WHERE due_at - days * INTERVAL '1 day' <= :at AND :at < due_at
            AND due_at - days * INTERVAL '1 day' > opened_at
        ORDER BY respondent_id, days
    ), late AS (
        SELECT respondent_id, 'overdue' AS notice, CAST(0 AS bigint) AS days FROM waiting WHERE due_at <= :at
        UNION ALL
        SELECT respondent_id, 'escalated', escalate_days FROM waiting
        WHERE due_at + escalate_days * INTERVAL '1 day' <= :at
    ), claimed AS (
        INSERT INTO collection_notices (respondent_id, notice, days, told_at)
        SELECT f.respondent_id, f.notice, f.days, :at FROM (SELECT * FROM due UNION ALL SELECT * FROM late) f
        WHERE NOT EXISTS (
            SELECT FROM collection_notices n
            WHERE n.respondent_id = f.respondent_id AND n.notice = f.notice AND n.days = f.days)
        ORDER BY f.respondent_id, f.notice LIMIT :limit
        ON CONFLICT DO NOTHING RETURNING respondent_id, notice, days
    )
    SELECT m.notice, m.days, r.id AS respondent_id, r.kind, r.name, r.partner_code, r.zone, r.person, c.id AS collection_id,
        c.title, c.due_at, c.opened_by, t.name AS template
    FROM claimed m JOIN collection_respondents r ON r.id = m.respondent_id
    JOIN template_collections c ON c.id = r.collection_id JOIN templates t ON t.id = c.template_id
    ORDER BY r.id, m.notice
    """
)
