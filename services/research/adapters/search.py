"""Full-text search over everything the service holds, within what the caller may read of each kind.

Prose is found by stems (`deliveries` finds `delivery`), names of companies by their own words. Each kind is asked by its
index and by the same right as its own route; the reply can hold nothing that the caller could not read there.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from services.research.adapters.companies import VISIBLE_ENTITY, entity_rights
from services.research.adapters.dataset_rows import VISIBLE, Row
from services.research.adapters.searched_words import SEARCHED_WORDS
from services.research.domain.errors import SearchTooWide
from services.research.domain.search import GREATER, HIT_BEGINS, HIT_ENDS, LESS, HitKind, names_wanted
from shared.errors import FieldProblem
from shared.identity import Caller


@dataclass(frozen=True, slots=True)
class Sought:
    """Words as they were typed, and the kinds to look among."""

    words: str
    kinds: Sequence[HitKind]


HitKey = tuple[float, str, str]  # rank, kind, id


@dataclass(frozen=True, slots=True, kw_only=True)
class _Searched:
    """A kind in SQL: `x` is its table with `words`; `place` is what its path names."""

    table: str
    joins: str = ""
    title: str
    place: str = "CAST(x.id AS text)"
    zone: str = "NULL"
    at: str
    is_seen: str = "true"


_IN_ZONE: Final = "(:sees_all OR {zone} = ANY(CAST(:zones AS text[])))"
_HERE_OR_EVERYWHERE: Final = "(:sees_all OR x.zone IS NULL OR x.zone = ANY(CAST(:zones AS text[])))"
_PARTNER: Final = """
    LEFT JOIN entities AS p ON p.source = 'partners' AND p.source_key = COALESCE(a.partner_code, o.partner_code)
"""
# The zone of an assignment is that of now, as adapters/assignments.py says it.
_OF_ASSIGNMENT: Final = f"""
    JOIN research_assignments AS a ON a.id = x.assignment_id LEFT JOIN opportunities AS o ON o.id = a.opportunity_id
    {_PARTNER}
"""
_ASSIGNED_ZONE: Final = "COALESCE(a.zone, o.zone, p.zone)"
_ASSIGNED_SEEN: Final = _IN_ZONE.format(zone=_ASSIGNED_ZONE)


def _of_assignment(table: str, *, title: str, at: str, **changes: str) -> _Searched:
    facts = {"place": "CAST(x.assignment_id AS text)", "zone": _ASSIGNED_ZONE, "is_seen": _ASSIGNED_SEEN}
    return _Searched(table=table, joins=_OF_ASSIGNMENT, title=title, at=at, **{**facts, **changes})


_OPPORTUNITY_ZONE: Final = "COALESCE(x.zone, p.zone)"
_SEARCHED: Final[Mapping[HitKind, _Searched]] = {
    HitKind.COMPETITOR: _Searched(table="competitors", title="x.name", place="x.code", at="x.created_at"),
    HitKind.OBSERVATION: _Searched(
        table="competitor_observations",
        title="x.about",
        zone="x.zone",
        at="x.recorded_at",
        is_seen=f"""{_HERE_OR_EVERYWHERE} AND NOT EXISTS (
            SELECT FROM competitor_observation_withdrawals AS w WHERE w.observation_id = x.id)""",
    ),
    HitKind.BATTLECARD: _Searched(
        table="battlecards",
        joins="JOIN competitors AS c ON c.id = x.competitor_id",
        title="c.name || ' · ' || x.version",
        zone="x.zone",
        at="x.made_at",
        is_seen=_HERE_OR_EVERYWHERE,
    ),
    HitKind.OPPORTUNITY: _Searched(
        table="opportunities",
        joins="LEFT JOIN entities AS p ON p.source = 'partners' AND p.source_key = x.partner_code",
        title="x.name",
        zone=_OPPORTUNITY_ZONE,
        at="x.system_modstamp",
        is_seen=_IN_ZONE.format(zone=_OPPORTUNITY_ZONE),
    ),
    HitKind.ASSIGNMENT: _Searched(
        table="research_assignments",
        joins="""
            LEFT JOIN opportunities AS o ON o.id = x.opportunity_id
            LEFT JOIN entities AS p ON p.source = 'partners'
                AND p.source_key = COALESCE(x.partner_code, o.partner_code)
        """,
        title="x.subject",
        zone="COALESCE(x.zone, o.zone, p.zone)",
        at="x.opened_at",
        is_seen=_IN_ZONE.format(zone="COALESCE(x.zone, o.zone, p.zone)"),
    ),
    HitKind.QUESTION: _of_assignment("research_questions", title="a.subject", at="x.asked_at"),
    HitKind.EVIDENCE: _of_assignment("research_evidence", title="x.source", at="x.recorded_at"),
    HitKind.FINDING: _of_assignment("research_findings", title="a.subject", at="x.recorded_at"),
    HitKind.PAGE: _of_assignment(
        "research_fetches",
        title="COALESCE(NULLIF(x.title, ''), x.url)",
        at="x.asked_at",
        place="CAST(x.assignment_id AS text) || '/fetches/' || CAST(x.id AS text)",
        is_seen=f"{_ASSIGNED_SEEN} AND x.state = 'kept'",
    ),
    HitKind.BRIEF: _of_assignment(
        "research_briefs",
        title="x.content ->> 'subject'",
        at="x.made_at",
        place="CAST(x.id AS text)",
        is_seen=f"{_ASSIGNED_SEEN} AND (:sees_all OR x.shared_at IS NOT NULL)",
    ),
    HitKind.DATASET: _Searched(
        table="datasets", title="x.title", place="x.name", at="x.created_at", is_seen=VISIBLE
    ),
}


async def hit_rows(
    connection: AsyncConnection,
    caller: Caller,
    sought: Sought,
    *,
    after: HitKey | None,
    limit: int,
) -> Sequence[Row]:
    """The best first. SearchTooWide for words that would find everything, or nothing at all."""
    tree = await connection.scalar(_TREE, {"words": sought.words})
    if tree in ("", "T"):  # PostgreSQL says T of a search that only leaves out
        expected = "expected a word, or words in quotes; -word leaves out"
        raise SearchTooWide("The search names nothing", problems=[FieldProblem("query:q", expected)])
    rank, kind, found_id = after or (None, None, None)
    values = {
        "words": sought.words,
        "names": names_wanted(sought.words),
        "after_rank": rank,
        "after_kind": kind,
        "after_id": found_id,
        "limit": limit,
        "marks": f"StartSel={HIT_BEGINS}, StopSel={HIT_ENDS}, MaxWords=30, MinWords=12, ShortWord=0",
        **entity_rights(caller),
    }
    return (await connection.execute(_statement(sought.kinds), values)).all()


def _statement(kinds: Sequence[HitKind]) -> sa.TextClause:
    branches = [_COMPANIES if kind is HitKind.COMPANY else _branch(kind, _SEARCHED[kind]) for kind in kinds]
    return sa.text(
        f"""
        WITH asked AS (
            SELECT websearch_to_tsquery('english', :words) AS prose, websearch_to_tsquery('simple', :names) AS names
        )
        SELECT kind, id, place, title, zone, at, rank,
            CASE kind WHEN 'company' THEN ts_headline('simple', {_UNMARKED}, (SELECT names FROM asked), :marks)
            ELSE ts_headline('english', {_UNMARKED}, (SELECT prose FROM asked), :marks) END AS marked
        FROM (
            SELECT * FROM ({" UNION ALL ".join(branches)}) AS found
            WHERE CAST(:after_id AS text) IS NULL
                OR (rank, kind, id) < (CAST(:after_rank AS double precision), CAST(:after_kind AS text), :after_id)
            ORDER BY rank DESC, kind DESC, id DESC LIMIT :limit
        ) AS page
        ORDER BY rank DESC, kind DESC, id DESC
        """
    )


def _branch(kind: HitKind, one: _Searched) -> str:
    return f"""
        SELECT '{kind}' AS kind, CAST(x.id AS text) AS id, {one.place} AS place, {one.title} AS title,
            {one.zone} AS zone, {one.at} AS at, x.words,
            CAST(ts_rank(setweight(to_tsvector('english', {one.title}), 'A') || to_tsvector('english', x.words),
                (SELECT prose FROM asked), 1) AS double precision) AS rank
        FROM (SELECT *, {SEARCHED_WORDS[one.table]} AS words FROM {one.table}) AS x {one.joins}
        WHERE to_tsvector('english', x.words) @@ (SELECT prose FROM asked) AND {one.is_seen}
    """


# ts_headline would leave out what looks like a tag of HTML, and this is text.
_UNMARKED: Final = f"translate(words, '<>{HIT_BEGINS}{HIT_ENDS}', '{LESS}{GREATER}')"
_TREE = sa.text("SELECT querytree(websearch_to_tsquery('simple', :words))")
_COMPANIES: Final = f"""
    SELECT 'company' AS kind, CAST(e.company_id AS text) AS id, CAST(e.company_id AS text) AS place,
        (array_agg(e.name ORDER BY e.dataset_id IS NOT NULL, e.source DESC, e.name_key))[1] AS title,
        min(e.zone) AS zone, max(e.changed_at) AS at, string_agg(DISTINCT e.name, ' · ') AS words,
        max(CAST(ts_rank(setweight(to_tsvector('simple', e.name_key), 'A'), (SELECT names FROM asked), 1)
            AS double precision)) AS rank
    FROM entities AS e
    WHERE to_tsvector('simple', e.name_key) @@ (SELECT names FROM asked) AND e.company_id IS NOT NULL
        AND {VISIBLE_ENTITY}
    GROUP BY e.company_id
"""
