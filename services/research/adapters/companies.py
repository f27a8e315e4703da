"""Reads companies, the pairs that wait for people, and decisions, each within what the caller may see."""

from collections.abc import Mapping, Sequence
from typing import Any, Final
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from services.research.adapters.dataset_rows import VISIBLE, Row, rights_parameters
from services.research.domain.errors import CompanyUnknown
from shared.identity import Caller

# An entity is seen by whom its zone is, or who sees the dataset that names it.
VISIBLE_ENTITY: Final = f"""(
    CASE WHEN e.dataset_id IS NULL THEN :sees_all OR e.zone = ANY(CAST(:zones AS text[]))
    ELSE e.dataset_id IN (SELECT id FROM datasets WHERE {VISIBLE}) END
)"""


def entity_rights(caller: Caller) -> dict[str, object]:
    """What `VISIBLE_ENTITY` compares with."""
    return {**caller.row_scope().parameters(), **rights_parameters(caller)}


async def company_rows(
    connection: AsyncConnection, caller: Caller, words: Sequence[str], *, after: tuple[str, str], limit: int
) -> Sequence[Row]:
    """Companies that have a name with all of the words' beginnings, by the first such name."""
    values = {
        "query": " & ".join(f"{word}:*" for word in words),
        "after_name": after[0],
        "after_id": after[1] or "00000000-0000-0000-0000-000000000000",
        "limit": limit,
        **entity_rights(caller),
    }
    return (await connection.execute(_SEARCH, values)).all()


async def company_entities(connection: AsyncConnection, caller: Caller, company_id: UUID) -> Sequence[Row]:
    """CompanyUnknown where nothing of it is the caller's to see."""
    values = {"id": company_id, **entity_rights(caller)}
    rows = (await connection.execute(_ENTITIES, values)).all()
    if not rows:
        raise CompanyUnknown(f"There is no company {company_id}")
    return rows


async def merged_into(connection: AsyncConnection, company_id: UUID) -> UUID | None:
    query = sa.text("SELECT merged_into FROM companies WHERE id = :id")
    found: UUID | None = await connection.scalar(query, {"id": company_id})
    return found


async def matches_within(connection: AsyncConnection, entity_ids: Sequence[UUID]) -> Sequence[Row]:
    """Current pairs among entities, with the weights they were weighed with, the surest first."""
    return (await connection.execute(_WITHIN, {"ids": list(entity_ids)})).all()


async def open_match_rows(
    connection: AsyncConnection, caller: Caller, *, after: tuple[float, str] | None, limit: int
) -> Sequence[Mapping[str, Any]]:
    """Pairs nobody decided yet, and that the odds leave open or that something holds apart, the likeliest first."""
    values = {
        "after": None if after is None else after[0],
        "after_id": None if after is None else after[1],
        "limit": limit,
        **entity_rights(caller),
    }
    return [dict(row._mapping) for row in await connection.execute(_OPEN, values)]


async def visible_entities(
    connection: AsyncConnection, caller: Caller, entity_ids: Sequence[UUID]
) -> Sequence[Row]:
    """Those of the ids that the caller sees."""
    return (await connection.execute(_BY_ID, {"ids": list(entity_ids), **entity_rights(caller)})).all()


async def add_decisions(connection: AsyncConnection, rows: str) -> None:
    await connection.execute(_DECIDE, {"rows": rows})


async def decision_rows(
    connection: AsyncConnection, caller: Caller, *, before: UUID | None, limit: int
) -> Sequence[Row]:
    """The last first; those about entities the caller sees."""
    values = {"before": before, "limit": limit, **entity_rights(caller)}
    return (await connection.execute(_DECISIONS, values)).all()


_SEARCH = sa.text(
    f"""
    SELECT * FROM (
        SELECT e.company_id AS id, min(e.name_key) AS name_key,
            (array_agg(e.name ORDER BY e.dataset_id IS NOT NULL, e.source DESC, e.name_key))[1] AS name,
            count(*) AS entities, array_agg(DISTINCT e.source) AS sources,
            array_remove(array_agg(DISTINCT e.zone), NULL) AS zones
        FROM entities AS e
        WHERE to_tsvector('simple', e.name_key) @@ to_tsquery('simple', :query) AND e.company_id IS NOT NULL
            AND {VISIBLE_ENTITY}
        GROUP BY e.company_id
    ) AS found
    WHERE (name_key, id) > (:after_name, CAST(:after_id AS uuid))
    ORDER BY name_key, id LIMIT :limit
    """
)
_ENTITIES = sa.text(
    f"""
    SELECT e.* FROM entities AS e WHERE e.company_id = :id AND {VISIBLE_ENTITY}
    ORDER BY e.dataset_id IS NOT NULL, e.source DESC, e.name_key, e.id LIMIT 500
    """
)
_WITHIN = sa.text(
    """
    SELECT m.*, r.weights FROM entity_matches AS m JOIN entity_resolutions AS r ON r.id = m.resolution_id
    WHERE m.is_current AND m.left_id = ANY(CAST(:ids AS uuid[])) AND m.right_id = ANY(CAST(:ids AS uuid[]))
    ORDER BY m.probability DESC, m.id LIMIT 500
    """
)
_SIDES = ("left", "right")
_SHOWN = ("id", "source", "source_key", "name", "city", "region", "zone", "identifiers", "company_id")
_OPEN = sa.text(
    f"""
    SELECT m.id, m.probability, m.bits, m.levels, m.band, m.held_by, w.weights,
        {", ".join(f"{side}_side.{name} AS {side}_{name}" for side in _SIDES for name in _SHOWN)}
    FROM entity_matches AS m
    JOIN (SELECT e.* FROM entities AS e WHERE {VISIBLE_ENTITY}) AS left_side ON left_side.id = m.left_id
    JOIN (SELECT e.* FROM entities AS e WHERE {VISIBLE_ENTITY}) AS right_side ON right_side.id = m.right_id
    JOIN entity_resolutions AS w ON w.id = m.resolution_id
    WHERE m.is_current AND (m.band = 'review' OR m.held_by IS NOT NULL)
        AND left_side.company_id <> right_side.company_id
        AND NOT EXISTS (SELECT 1 FROM entity_decisions AS d WHERE d.left_id = m.left_id AND d.right_id = m.right_id
            AND d.verdict <> 'undecided' AND NOT EXISTS (SELECT 1 FROM entity_decisions AS later
                WHERE later.left_id = d.left_id AND later.right_id = d.right_id AND later.id > d.id))
        AND (CAST(:after AS double precision) IS NULL
            OR (m.probability, m.id) < (:after, CAST(:after_id AS uuid)))
    ORDER BY m.probability DESC, m.id DESC LIMIT :limit
    """
)
_BY_ID = sa.text(f"SELECT e.* FROM entities AS e WHERE e.id = ANY(CAST(:ids AS uuid[])) AND {VISIBLE_ENTITY}")
_DECIDE = sa.text(
    """
    INSERT INTO entity_decisions (id, left_id, right_id, verdict, note, decided_by, decided_at)
    SELECT * FROM json_to_recordset(CAST(:rows AS json)) AS told (
        id uuid, left_id uuid, right_id uuid, verdict text, note text, decided_by text, decided_at timestamptz)
    """
)
_DECISIONS = sa.text(
    f"""
    SELECT d.* FROM entity_decisions AS d
    WHERE (CAST(:before AS uuid) IS NULL OR d.id < :before)
        AND EXISTS (SELECT 1 FROM entities AS e WHERE e.id = d.left_id AND {VISIBLE_ENTITY})
        AND EXISTS (SELECT 1 FROM entities AS e WHERE e.id = d.right_id AND {VISIBLE_ENTITY})
    ORDER BY d.id DESC LIMIT :limit
    """
)
