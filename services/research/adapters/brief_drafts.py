"""Writes and reads drafts of briefs, and what is held of the company behind an assignment, within a caller's rights."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any, Final
from uuid import UUID

import msgspec
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from services.research.adapters.companies import VISIBLE_ENTITY, entity_rights
from services.research.adapters.dataset_rows import VISIBLE, Row, rights_parameters
from services.research.domain.errors import BriefDraftUnknown
from shared.identity import Caller

NAMES_MAX: Final = 50
DATASETS_MAX: Final = 10
STRANGERS_NAMED: Final = 5


async def add_draft(connection: AsyncConnection, facts: Mapping[str, Any]) -> None:
    """One that a job will make."""
    names = ", ".join(facts)
    bound = ", ".join(f":{name}" for name in facts)
    await connection.execute(
        sa.text(f"INSERT INTO research_brief_drafts ({names}) VALUES ({bound})"), dict(facts)
    )


async def draft_row(connection: AsyncConnection, draft_id: UUID) -> Row:
    """BriefDraftUnknown for one that is not there."""
    query = sa.text("SELECT * FROM research_brief_drafts WHERE id = :id")
    row = (await connection.execute(query, {"id": draft_id})).one_or_none()
    if row is None:
        raise BriefDraftUnknown(f"There is no draft {draft_id}")
    return row


async def draft_rows(
    connection: AsyncConnection, assignment_id: UUID, before: UUID | None, limit: int
) -> Sequence[Row]:
    """The last asked first."""
    values = {"assignment": assignment_id, "before": before, "limit": limit}
    return (await connection.execute(_DRAFTS, values)).all()


async def keep_draft(
    connection: AsyncConnection, draft_id: UUID, content: Mapping[str, Any], sha256: str, at: datetime
) -> None:
    """Once: what was made stays."""
    told = msgspec.json.encode(content).decode()
    await connection.execute(_KEEP, {"id": draft_id, "content": told, "sha256": sha256, "at": at})


async def datasets_seen(connection: AsyncConnection, caller: Caller, names: Sequence[str]) -> set[str]:
    """Those of the names that the caller may see now."""
    query = sa.text(f"SELECT name FROM datasets WHERE name = ANY(CAST(:names AS text[])) AND {VISIBLE}")
    found = await connection.scalars(query, {"names": list(names), **rights_parameters(caller)})
    return set(found)


async def entities_called(
    connection: AsyncConnection, caller: Caller, assignment: Row, name_keys: Sequence[str]
) -> Sequence[Row]:
    """Entities that an assignment names: its partner, the account of its opportunity, and whoever is written so."""
    values = {
        "partner": assignment.partner_code,
        "opportunity": assignment.opportunity_id,
        "name_keys": list(name_keys),
    }
    return (await connection.execute(_CALLED, {**values, **entity_rights(caller)})).all()


async def datasets_of(
    connection: AsyncConnection, caller: Caller, sources: Sequence[str], today: date
) -> Sequence[Row]:
    """Datasets that the caller sees and whose licence lasts, in the version that its names were read from."""
    values = {
        "names": [one.removeprefix("dataset:") for one in sources],
        "today": today,
        **rights_parameters(caller),
    }
    return (await connection.execute(_DATASETS, values)).all()


async def around(connection: AsyncConnection, dataset: str, region: str, company_ids: Sequence[UUID]) -> Row:
    """Other companies that a dataset names in a region: how many, how many neither partner nor account, keys of a few."""
    values = {"source": f"dataset:{dataset}", "region": region, "companies": list(company_ids)}
    return (await connection.execute(_AROUND, values)).one()


async def partners_in(
    connection: AsyncConnection, zone: str, company_ids: Sequence[UUID], limit: int
) -> Sequence[Row]:
    """Active partners of ours in a zone, by name."""
    values = {"zone": zone, "companies": list(company_ids), "limit": limit}
    return (await connection.execute(_PARTNERS, values)).all()


_DRAFTS = sa.text(
    """
    SELECT * FROM research_brief_drafts
    WHERE assignment_id = :assignment AND (CAST(:before AS uuid) IS NULL OR id < :before) ORDER BY id DESC LIMIT :limit
    """
)
_KEEP = sa.text(
    """
    UPDATE research_brief_drafts SET content = CAST(:content AS jsonb), content_sha256 = :sha256, made_at = :at
    WHERE id = :id AND content IS NULL
    """
)
_ACCOUNT = """(
    SELECT organization_id || ':' || account_record_id FROM opportunities WHERE id = CAST(:opportunity AS uuid)
)"""
_CALLED = sa.text(
    f"""
    SELECT e.*, CASE WHEN e.source = 'partners' AND e.source_key = :partner THEN 'partner'
        WHEN e.source = 'accounts' AND e.source_key = {_ACCOUNT} THEN 'account' ELSE 'written' END AS named_as
    FROM entities AS e
    WHERE (e.source = 'partners' AND e.source_key = :partner OR e.source = 'accounts' AND e.source_key = {_ACCOUNT}
        OR e.name_key = ANY(CAST(:name_keys AS text[]))) AND {VISIBLE_ENTITY}
    ORDER BY e.dataset_id IS NOT NULL, e.source DESC, e.source_key LIMIT {NAMES_MAX}
    """
)
_DATASETS = sa.text(
    f"""
    SELECT DISTINCT ON (s.dataset_id) s.names, s.read_version AS version, d.name, d.title, d.profile, v.data_key
    FROM entity_source_settings AS s
    JOIN (SELECT * FROM datasets WHERE {VISIBLE}) AS d ON d.id = s.dataset_id
    JOIN dataset_versions AS v ON v.dataset_id = s.dataset_id AND v.number = s.read_version
    WHERE d.name = ANY(CAST(:names AS text[])) AND (d.licence_ends_on IS NULL OR d.licence_ends_on >= :today)
    ORDER BY s.dataset_id, s.revision DESC LIMIT {DATASETS_MAX}
    """
)
_AROUND = sa.text(
    f"""
    WITH others AS (
        SELECT e.company_id, e.source_key, e.name, EXISTS (
            SELECT FROM entities AS k WHERE k.company_id = e.company_id AND k.source IN ('partners', 'accounts')
        ) AS is_known
        FROM entities AS e
        WHERE e.source = :source AND e.is_present AND lower(e.region) = lower(:region)
            AND (e.company_id IS NULL OR e.company_id <> ALL(CAST(:companies AS uuid[])))
    )
    SELECT count(DISTINCT coalesce(CAST(company_id AS text), source_key)) AS others,
        count(DISTINCT coalesce(CAST(company_id AS text), source_key)) FILTER (WHERE NOT is_known) AS strangers,
        (array_agg(source_key ORDER BY name, source_key) FILTER (WHERE NOT is_known))[1:{STRANGERS_NAMED}] AS keys_named
    FROM others
    """
)
_PARTNERS = sa.text(
    """
    SELECT e.* FROM entities AS e
    WHERE e.source = 'partners' AND e.status = 'active' AND e.zone = :zone
        AND (e.company_id IS NULL OR e.company_id <> ALL(CAST(:companies AS uuid[])))
    ORDER BY e.name, e.source_key LIMIT :limit
    """
)
