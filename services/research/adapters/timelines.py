"""What is recorded of a company, an opportunity or a competitor, newest first, within what the caller may read.

Every row is one of: when it happened, its kind, an id, a title, whose act it was, and facts that domain/timeline.py puts
into words. Something that was seen counts at the beginning of its day in India, not when somebody wrote it down.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Final
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from services.research.adapters.companies import VISIBLE_ENTITY, entity_rights
from services.research.adapters.dataset_rows import Row
from shared.identity import Caller

TimelineKey = tuple[datetime, str, str]  # instant, kind, id


async def competitor_timeline(
    connection: AsyncConnection, caller: Caller, code: str, after: TimelineKey | None, limit: int
) -> Sequence[Row]:
    """Its profile, what was seen of it and taken back, and battlecards against it."""
    return await _rows(connection, _COMPETITOR, caller, {"code": code}, (after, limit))


async def opportunity_timeline(
    connection: AsyncConnection, caller: Caller, opportunity_id: UUID, after: TimelineKey | None, limit: int
) -> Sequence[Row]:
    """How the CRM told it, and the research about it."""
    return await _rows(connection, _OPPORTUNITY, caller, {"ids": [opportunity_id]}, (after, limit))


async def company_timeline(
    connection: AsyncConnection, caller: Caller, company_id: UUID, after: TimelineKey | None, limit: int
) -> Sequence[Row]:
    """Its names, what people decided about them, and the opportunities of its accounts and partners with their research."""
    found = await connection.scalars(_OPPORTUNITIES, {"company_id": company_id, **entity_rights(caller)})
    values = {"company_id": company_id, "ids": list(found)}
    return await _rows(connection, _COMPANY, caller, values, (after, limit))


async def _rows(
    connection: AsyncConnection,
    statement: sa.TextClause,
    caller: Caller,
    values: dict[str, object],
    page: tuple[TimelineKey | None, int],
) -> Sequence[Row]:
    after, limit = page
    at, kind, key = after or (None, None, None)
    bounds = {"after_at": at, "after_kind": kind, "after_key": key, "limit": limit}
    return (await connection.execute(statement, {**values, **bounds, **entity_rights(caller)})).all()


def _timeline(*branches: str) -> sa.TextClause:
    return sa.text(
        f"""
        SELECT * FROM ({" UNION ALL ".join(branches)}) AS happened (at, kind, key, title, place, done_by, facts)
        WHERE CAST(:after_key AS text) IS NULL
            OR (at, kind, key) < (CAST(:after_at AS timestamptz), CAST(:after_kind AS text), :after_key)
        ORDER BY at DESC, kind DESC, key DESC LIMIT :limit
        """
    )


_HERE_OR_EVERYWHERE: Final = "(:sees_all OR {of}.zone IS NULL OR {of}.zone = ANY(CAST(:zones AS text[])))"
_OF_COMPETITOR: Final = (
    """
    SELECT v.changed_at, 'profile_written', CAST(v.revision AS text), v.facts ->> 'name', '/v1/competitors/' || c.code,
        v.changed_by, jsonb_build_object('after', v.facts, 'before', v.before)
    FROM competitors AS c
    CROSS JOIN LATERAL (
        SELECT *, lag(facts) OVER (ORDER BY revision) AS before FROM competitor_changes WHERE competitor_id = c.id
    ) AS v
    WHERE c.code = :code
    """,
    f"""
    SELECT CAST(o.seen_on AS timestamp) AT TIME ZONE 'Asia/Kolkata', 'observation', CAST(o.id AS text), o.about,
        '/v1/competitor-observations/' || o.id, o.recorded_by, jsonb_build_object(
            'text', o.value_text, 'number', CAST(o.value_number AS text), 'amount_minor', o.amount_minor,
            'currency', o.currency, 'grade', o.reliability || o.credibility, 'source', o.source,
            'unit', (SELECT unit FROM competitor_attributes AS t WHERE t.code = o.attribute ORDER BY revision DESC LIMIT 1))
    FROM competitor_observations AS o JOIN competitors AS c ON c.id = o.competitor_id
    WHERE c.code = :code AND {_HERE_OR_EVERYWHERE.format(of="o")}
    """,
    f"""
    SELECT w.withdrawn_at, 'observation_withdrawn', CAST(o.id AS text), o.about,
        '/v1/competitor-observations/' || o.id, w.withdrawn_by, jsonb_build_object('text', w.reason)
    FROM competitor_observation_withdrawals AS w JOIN competitor_observations AS o ON o.id = w.observation_id
    JOIN competitors AS c ON c.id = o.competitor_id
    WHERE c.code = :code AND {_HERE_OR_EVERYWHERE.format(of="o")}
    """,
    f"""
    SELECT b.made_at, 'battlecard_made', CAST(b.id AS text), concat_ws(' · ', c.name, b.zone, b.version),
        '/v1/battlecards/' || b.id, b.made_by, jsonb_build_object('text', b.content ->> 'positioning')
    FROM battlecards AS b JOIN competitors AS c ON c.id = b.competitor_id
    WHERE c.code = :code AND {_HERE_OR_EVERYWHERE.format(of="b")}
    """,
)
_OPPORTUNITY_SEEN: Final = "(:sees_all OR COALESCE(o.zone, p.zone) = ANY(CAST(:zones AS text[])))"
# Whoever sees an opportunity need not see all research about it: an assignment may be another zone's.
_ASSIGNED: Final = """
    FROM research_assignments AS a JOIN opportunities AS o ON o.id = a.opportunity_id
    LEFT JOIN entities AS p ON p.source = 'partners' AND p.source_key = COALESCE(a.partner_code, o.partner_code)
"""
_ASSIGNED_SEEN: Final = """
    a.opportunity_id = ANY(CAST(:ids AS uuid[]))
        AND (:sees_all OR COALESCE(a.zone, o.zone, p.zone) = ANY(CAST(:zones AS text[])))
"""
_PLACE: Final = "'/v1/research-assignments/' || a.id"


def _of_brief(kind: str, at: str, done_by: str, text: str) -> str:
    return f"""
    SELECT x.{at}, '{kind}', CAST(x.id AS text), concat_ws(' · ', x.content ->> 'subject', x.version),
        '/v1/research-briefs/' || x.id, x.{done_by}, jsonb_build_object('text', {text})
    {_ASSIGNED} JOIN research_briefs AS x ON x.assignment_id = a.id
    WHERE {_ASSIGNED_SEEN} AND x.{at} IS NOT NULL AND (:sees_all OR x.shared_at IS NOT NULL)
    """


_OF_OPPORTUNITY: Final = (
    f"""
    SELECT v.system_modstamp, 'opportunity_told', o.id || ':' || CAST(v.sequence AS text), v.facts ->> 'name',
        '/v1/opportunities/' || o.id, v.facts ->> 'owner', jsonb_build_object('after', v.facts, 'before', v.before)
    FROM opportunities AS o
    LEFT JOIN entities AS p ON p.source = 'partners' AND p.source_key = o.partner_code
    CROSS JOIN LATERAL (
        SELECT *, lag(facts) OVER (ORDER BY system_modstamp, sequence) AS before
        FROM opportunity_versions WHERE opportunity_id = o.id
    ) AS v
    WHERE o.id = ANY(CAST(:ids AS uuid[])) AND {_OPPORTUNITY_SEEN}
    """,
    f"""
    SELECT a.opened_at, 'assignment_opened', CAST(a.id AS text), a.subject, {_PLACE}, a.opened_by,
        jsonb_build_object('text', 'due on ' || a.due_on)
    {_ASSIGNED} WHERE {_ASSIGNED_SEEN}
    """,
    f"""
    SELECT x.changed_at, 'assignment_changed', CAST(x.id AS text), a.subject, {_PLACE}, x.changed_by,
        jsonb_build_object('field', x.field, 'before', x.before, 'after', x.after, 'note', x.note)
    {_ASSIGNED} JOIN research_assignment_changes AS x ON x.assignment_id = a.id WHERE {_ASSIGNED_SEEN}
    """,
    f"""
    SELECT x.recorded_at, 'evidence_recorded', CAST(x.id AS text), x.source, {_PLACE} || '/evidence', x.recorded_by,
        jsonb_build_object('text', left(x.quotation, 300))
    {_ASSIGNED} JOIN research_evidence AS x ON x.assignment_id = a.id WHERE {_ASSIGNED_SEEN}
    """,
    f"""
    SELECT x.recorded_at, 'finding_recorded', CAST(x.id AS text), a.subject, {_PLACE} || '/findings', x.recorded_by,
        jsonb_build_object('text', left(x.text, 300))
    {_ASSIGNED} JOIN research_findings AS x ON x.assignment_id = a.id WHERE {_ASSIGNED_SEEN}
    """,
    _of_brief("brief_made", "made_at", "made_by", "x.content ->> 'summary'"),
    _of_brief(
        "brief_reviewed",
        "reviewed_at",
        "reviewed_by",
        "concat_ws(': ', x.decision, nullif(x.review_note, ''))",
    ),
    _of_brief("brief_shared", "shared_at", "shared_by", "''"),
)
_OF_COMPANY: Final = (
    f"""
    SELECT e.changed_at, 'name_told', CAST(e.id AS text), e.name, '/v1/companies/' || e.company_id, NULL,
        jsonb_build_object('text', concat_ws(', ', e.source, e.city, e.status))
    FROM entities AS e WHERE e.company_id = :company_id AND {VISIBLE_ENTITY}
    """,
    f"""
    SELECT d.decided_at, 'names_decided', CAST(d.id AS text), left_side.name || ' / ' || right_side.name,
        '/v1/companies/' || CAST(:company_id AS uuid), d.decided_by,
        jsonb_build_object('text', concat_ws(': ', d.verdict, nullif(d.note, '')))
    FROM entity_decisions AS d
    JOIN (SELECT e.* FROM entities AS e WHERE {VISIBLE_ENTITY}) AS left_side ON left_side.id = d.left_id
    JOIN (SELECT e.* FROM entities AS e WHERE {VISIBLE_ENTITY}) AS right_side ON right_side.id = d.right_id
    WHERE :company_id IN (left_side.company_id, right_side.company_id)
    """,
)
_COMPETITOR: Final = _timeline(*_OF_COMPETITOR)
_OPPORTUNITY: Final = _timeline(*_OF_OPPORTUNITY)
_COMPANY: Final = _timeline(*_OF_COMPANY, *_OF_OPPORTUNITY)
_OPPORTUNITIES_MAX: Final = 1_000
_OPPORTUNITIES = sa.text(
    f"""
    SELECT o.id FROM opportunities AS o
    WHERE EXISTS (
        SELECT FROM entities AS e WHERE e.company_id = :company_id AND {VISIBLE_ENTITY} AND (
            e.source = 'partners' AND e.source_key = o.partner_code
            OR e.source = 'accounts' AND e.source_key = o.organization_id || ':' || o.account_record_id))
    ORDER BY o.id DESC LIMIT {_OPPORTUNITIES_MAX}
    """
)
