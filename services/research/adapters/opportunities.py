"""Opportunities: written as the CRM tells them, each telling kept, and read within a caller's zones."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any, Final
from uuid import UUID

import msgspec
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection
from uuid_utils.compat import uuid7

from services.research.domain.opportunity import Opportunity
from shared.identity import RowScope

Row = sa.Row[Any]
RecordKey = tuple[str, str]  # organization and record
VERSIONS_MAX: Final = 500


async def keep_tellings(
    connection: AsyncConnection, told: Sequence[Opportunity], at: datetime
) -> dict[RecordKey, UUID]:
    """Keep every telling, and of each opportunity the later state; any order ends alike. Returns their ids here."""
    rows = [{**asdict(one), "id": str(uuid7())} for one in told]
    parameters = {"rows": msgspec.json.encode(rows).decode(), "at": at}
    await connection.execute(_KEEP_LATEST, parameters)
    kept = await connection.execute(_KEEP_VERSIONS, parameters)
    return {(row.organization_id, row.record_id): row.id for row in kept}


async def opportunity_rows(
    connection: AsyncConnection, scope: RowScope, chosen: Mapping[str, Any], after: UUID | None, limit: int
) -> Sequence[Row]:
    """Those a caller sees, in the order they were first heard of, after an id."""
    parameters = {**_NOTHING_CHOSEN, **chosen, **scope.parameters(), "after": after, "limit": limit}
    return (await connection.execute(_LIST, parameters)).all()


async def opportunity_row(connection: AsyncConnection, scope: RowScope, opportunity_id: UUID) -> Row | None:
    """One a caller sees, or None."""
    rows = await opportunity_rows(connection, scope, {"id": opportunity_id}, None, 1)
    return rows[0] if rows else None


async def version_rows(connection: AsyncConnection, opportunity_id: UUID) -> Sequence[Row]:
    """How it was told, the latest state first."""
    return (await connection.execute(_VERSIONS, {"id": opportunity_id, "limit": VERSIONS_MAX})).all()


_NOTHING_CHOSEN: Final[Mapping[str, None]] = dict.fromkeys(
    ("id", "stage", "partner_code", "zone", "is_closed", "research_requested", "close_on_gte", "close_on_lte")
)
_TOLD: Final = """
    json_to_recordset(CAST(:rows AS json)) AS told (
        id uuid, organization_id text, record_id text, system_modstamp timestamptz, sequence bigint, name text,
        stage text, partner_code text, zone text, account_record_id text, owner text, currency text,
        amount_minor bigint, close_on date, probability_percent bigint, is_closed boolean, is_won boolean,
        is_deleted boolean, research_requested boolean
    )
"""
_FACTS: Final = (
    "system_modstamp", "sequence", "name", "stage", "partner_code", "zone", "account_record_id", "owner", "currency",
    "amount_minor", "close_on", "probability_percent", "is_closed", "is_won", "is_deleted", "research_requested",
)  # fmt: skip
_KEEP_LATEST = sa.text(
    f"""
    INSERT INTO opportunities AS known (id, organization_id, record_id, {", ".join(_FACTS)}, heard_at)
    SELECT DISTINCT ON (organization_id, record_id) id, organization_id, record_id, {", ".join(_FACTS)},
        CAST(:at AS timestamptz)
    FROM {_TOLD} ORDER BY organization_id, record_id, system_modstamp DESC, sequence DESC
    ON CONFLICT (organization_id, record_id) DO UPDATE
    SET {", ".join(f"{name} = excluded.{name}" for name in (*_FACTS, "heard_at"))}
    WHERE (known.system_modstamp, known.sequence) < (excluded.system_modstamp, excluded.sequence)
    """
)
_KEEP_VERSIONS = sa.text(
    f"""
    WITH told AS (
        SELECT known.id, told.organization_id, told.record_id, told.system_modstamp, told.sequence,
            to_jsonb(told) - ARRAY['id', 'organization_id', 'record_id', 'system_modstamp', 'sequence'] AS facts
        FROM {_TOLD} JOIN opportunities AS known USING (organization_id, record_id)
    ), kept AS (
        INSERT INTO opportunity_versions (opportunity_id, system_modstamp, sequence, facts, heard_at)
        SELECT id, system_modstamp, sequence, facts, :at FROM told
        ON CONFLICT DO NOTHING
    )
    SELECT DISTINCT id, organization_id, record_id FROM told
    """
)
_LIST = sa.text(
    """
    SELECT * FROM (
        SELECT o.id, o.organization_id, o.record_id, o.name, o.stage, o.partner_code, e.name AS partner_name,
            COALESCE(o.zone, e.zone) AS zone, o.account_record_id, o.owner, o.currency, o.amount_minor, o.close_on,
            o.probability_percent, o.is_closed, o.is_won, o.is_deleted, o.research_requested, o.system_modstamp,
            o.heard_at
        FROM opportunities AS o
        LEFT JOIN entities AS e ON e.source = 'partners' AND e.source_key = o.partner_code
        WHERE (CAST(:id AS uuid) IS NULL OR o.id = :id)
            AND (CAST(:after AS uuid) IS NULL OR o.id > :after)
            AND (CAST(:stage AS text) IS NULL OR o.stage = :stage)
            AND (CAST(:partner_code AS text) IS NULL OR o.partner_code = :partner_code)
            AND (CAST(:is_closed AS boolean) IS NULL OR o.is_closed = :is_closed)
            AND (CAST(:research_requested AS boolean) IS NULL OR o.research_requested = :research_requested)
            AND (CAST(:close_on_gte AS date) IS NULL OR o.close_on >= :close_on_gte)
            AND (CAST(:close_on_lte AS date) IS NULL OR o.close_on <= :close_on_lte)
    ) AS seen
    WHERE (:sees_all OR zone = ANY(CAST(:zones AS text[]))) AND (CAST(:zone AS text) IS NULL OR zone = :zone)
    ORDER BY id LIMIT :limit
    """
)
_VERSIONS = sa.text(
    """
    SELECT system_modstamp, facts, heard_at FROM opportunity_versions WHERE opportunity_id = :id
    ORDER BY system_modstamp DESC, sequence DESC LIMIT :limit
    """
)
