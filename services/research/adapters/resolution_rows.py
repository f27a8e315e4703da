"""Writes what resolutions find: entities of datasets, pairs, companies; and gives out what they compare."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, Final
from uuid import UUID

import msgspec
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from services.research.adapters.dataset_rows import Row
from services.research.domain.entity_source import dataset_source

SOURCE_COLUMNS: Final = "source_key name name_key street city region postcode telephone identifier"


async def copy_records(connection: AsyncConnection, target: Path) -> None:
    """Write all entities as records to compare; an identity that a source vouches for is an identifier."""
    await (await _raw(connection)).copy_from_query(_RECORDS, output=target, format="csv", header=True)


async def load_entities(connection: AsyncConnection, source: Row, file: Path, *, at: datetime) -> None:
    """Bring the entities of a dataset to what its newest version says; those it names no more are kept as such."""
    await connection.execute(sa.text(_STAGE_ENTITIES))
    await (await _raw(connection)).copy_to_table(
        "staged_entities", source=file, format="csv", header=True, columns=SOURCE_COLUMNS.split()
    )
    values = {
        "source": dataset_source(source.dataset),
        "dataset_id": source.dataset_id,
        "version": source.version,
        "at": at,
    }
    await connection.execute(_KEEP_ENTITIES, values)
    await connection.execute(_LEAVE_OUT, values)
    await connection.execute(sa.text("DROP TABLE staged_entities"))


async def load_matches(connection: AsyncConnection, resolution_id: UUID, file: Path) -> None:
    """Replace what was found of the entities that were compared anew."""
    await connection.execute(sa.text(_STAGE_MATCHES))
    await (await _raw(connection)).copy_to_table("staged_matches", source=file, format="csv", header=True)
    await connection.execute(_RETIRE_MATCHES)
    await connection.execute(_KEEP_MATCHES, {"resolution_id": resolution_id})
    await connection.execute(sa.text("DROP TABLE staged_matches"))


async def set_bands(connection: AsyncConnection, bands: Sequence[tuple[list[int], float, str]]) -> None:
    """Say of each pattern of levels from which odds on it is of which band."""
    told = [{"levels": levels, "least": least, "band": band} for levels, least, band in bands]
    await connection.execute(_SET_BANDS, {"rows": msgspec.json.encode(told).decode()})


async def lone_companies(connection: AsyncConnection, *, at: datetime) -> None:
    """A company for each entity that has none yet."""
    await connection.execute(_LONE, {"at": at})


async def touched_members(connection: AsyncConnection, entity_ids: Sequence[UUID] | None) -> Sequence[Row]:
    """The entities of all companies that the ids, or what was not resolved yet, may join or leave."""
    return (
        await connection.execute(_TOUCHED, {"ids": None if entity_ids is None else list(entity_ids)})
    ).all()


async def links_among(connection: AsyncConnection, entity_ids: Sequence[UUID]) -> Sequence[Row]:
    """Current pairs of the band `same`, the surest first."""
    return (await connection.execute(_LINKS, {"ids": list(entity_ids)})).all()


async def decisions_among(connection: AsyncConnection, entity_ids: Sequence[UUID]) -> Sequence[Row]:
    """The last decision on each pair, in the order they were made."""
    return (await connection.execute(_DECISIONS, {"ids": list(entity_ids)})).all()


async def set_companies(
    connection: AsyncConnection, rows: Sequence[Mapping[str, Any]], *, at: datetime
) -> None:
    """Put entities into companies; a company that lost its last entity says which one took them."""
    values = {"rows": msgspec.json.encode(rows).decode(), "at": at}
    await connection.execute(_NEW_COMPANIES, values)
    await connection.execute(_MERGED, values)
    await connection.execute(_SET_COMPANIES, values)
    await connection.execute(_UNMERGED, values)


async def set_held(
    connection: AsyncConnection, entity_ids: Sequence[UUID], held: Sequence[Mapping[str, str]]
) -> None:
    """Which pairs among the entities stay apart against their odds."""
    await connection.execute(_HELD, {"ids": list(entity_ids), "rows": msgspec.json.encode(held).decode()})


async def mark_resolved(connection: AsyncConnection, before: datetime) -> None:
    """What events wrote since may not have been compared; datasets are read by nobody but the resolution at hand."""
    await connection.execute(
        sa.text(
            "UPDATE entities SET is_resolved = true"
            " WHERE NOT is_resolved AND (dataset_id IS NOT NULL OR changed_at < :before)"
        ),
        {"before": before},
    )


async def unresolve_all(connection: AsyncConnection) -> None:
    await connection.execute(sa.text("UPDATE entities SET is_resolved = false WHERE is_resolved"))


async def has_unresolved(connection: AsyncConnection) -> bool:
    return bool(
        await connection.scalar(sa.text("SELECT EXISTS (SELECT 1 FROM entities WHERE NOT is_resolved)"))
    )


async def _raw(connection: AsyncConnection) -> Any:  # noqa: ANN401 - asyncpg's connection behind the pool's
    raw = (await connection.get_raw_connection()).driver_connection
    assert raw is not None
    return raw


_RECORDS: Final = """
    SELECT e.id, e.source, coalesce(s.is_unique, false) AS is_unique, NOT e.is_resolved AS is_new, e.name, e.street, e.city,
        e.region, e.postcode, e.telephone, array_to_string(e.identifiers, '|') AS identifiers
    FROM entities AS e
    LEFT JOIN LATERAL (
        SELECT is_unique FROM entity_source_settings WHERE dataset_id = e.dataset_id ORDER BY revision DESC LIMIT 1
    ) AS s ON e.dataset_id IS NOT NULL
    WHERE e.status <> 'deleted'
"""
_STAGE_ENTITIES: Final = """
    CREATE TEMP TABLE staged_entities (
        source_key text, name text, name_key text, street text, city text, region text, postcode text, telephone text,
        identifier text
    )
"""
_KEEP_ENTITIES = sa.text(
    """
    INSERT INTO entities AS known (source, source_key, name, name_key, street, city, region, postcode, telephone,
        identifiers, status, version, changed_at, dataset_id)
    SELECT :source, source_key, name, name_key, street, city, region, postcode, telephone,
        array_remove(ARRAY[identifier], NULL), 'active', :version, :at, :dataset_id
    FROM staged_entities
    ON CONFLICT (source, source_key) DO UPDATE SET
        name = excluded.name, name_key = excluded.name_key, street = excluded.street, city = excluded.city,
        region = excluded.region, postcode = excluded.postcode, telephone = excluded.telephone,
        identifiers = excluded.identifiers, version = excluded.version, is_present = true,
        changed_at = CASE WHEN (known.name, known.street, known.city, known.region, known.postcode, known.telephone)
            IS DISTINCT FROM (excluded.name, excluded.street, excluded.city, excluded.region, excluded.postcode,
                excluded.telephone) THEN excluded.changed_at ELSE known.changed_at END,
        is_resolved = known.is_resolved AND (
            known.name, known.street, known.city, known.region, known.postcode, known.telephone)
            IS NOT DISTINCT FROM (excluded.name, excluded.street, excluded.city, excluded.region, excluded.postcode,
                excluded.telephone)
    WHERE known.version <= excluded.version
    """
)
_LEAVE_OUT = sa.text(
    "UPDATE entities SET is_present = false WHERE source = :source AND version < :version AND is_present"
)
_STAGE_MATCHES: Final = """
    CREATE TEMP TABLE staged_matches (
        left_id uuid, right_id uuid, bits double precision, rarity_bits double precision, probability double precision,
        name smallint, street smallint, place smallint, postcode smallint, telephone smallint, identifier smallint
    )
"""
_RETIRE_MATCHES = sa.text(
    """
    UPDATE entity_matches AS m SET is_current = false
    FROM entities AS e WHERE NOT e.is_resolved AND m.is_current AND e.id IN (m.left_id, m.right_id)
    """
)
_KEEP_MATCHES = sa.text(
    """
    INSERT INTO entity_matches (left_id, right_id, resolution_id, probability, bits, levels, band, is_current)
    SELECT left_id, right_id, :resolution_id, probability, bits,
        jsonb_build_array(name, street, place, postcode, telephone, identifier), 'review', true
    FROM staged_matches
    ON CONFLICT (left_id, right_id) WHERE is_current DO NOTHING
    """
)
_SET_BANDS = sa.text(
    """
    UPDATE entity_matches AS m SET band = told.band
    FROM json_to_recordset(CAST(:rows AS json)) AS told (levels jsonb, least double precision, band text)
    WHERE m.is_current AND m.levels = told.levels AND m.probability >= told.least AND m.band <> told.band
    """
)
_LONE = sa.text(
    """
    WITH lone AS (
        UPDATE entities SET company_id = gen_random_uuid() WHERE company_id IS NULL RETURNING company_id
    )
    INSERT INTO companies (id, created_at) SELECT company_id, :at FROM lone
    """
)
_TOUCHED = sa.text(
    """
    WITH asked AS (
        SELECT id, company_id FROM entities
        WHERE CASE WHEN CAST(:ids AS uuid[]) IS NULL THEN NOT is_resolved ELSE id = ANY(CAST(:ids AS uuid[])) END
    ), pairs AS (
        SELECT m.left_id, m.right_id FROM entity_matches AS m JOIN asked ON asked.id = m.left_id
        WHERE m.is_current AND m.band = 'same'
        UNION SELECT m.left_id, m.right_id FROM entity_matches AS m JOIN asked ON asked.id = m.right_id
        WHERE m.is_current AND m.band = 'same'
        UNION SELECT d.left_id, d.right_id FROM entity_decisions AS d JOIN asked ON asked.id = d.left_id
        UNION SELECT d.left_id, d.right_id FROM entity_decisions AS d JOIN asked ON asked.id = d.right_id
    ), linked AS (
        SELECT left_id AS id FROM pairs UNION SELECT right_id FROM pairs
    ), those AS (
        SELECT company_id FROM entities JOIN linked USING (id)
        UNION
        SELECT company_id FROM asked WHERE EXISTS (
            SELECT 1 FROM entities AS e WHERE e.company_id = asked.company_id AND e.id <> asked.id)
    )
    SELECT e.id, e.company_id, e.identifiers, CASE WHEN s.is_unique THEN e.source END AS sole_source
    FROM entities AS e JOIN those USING (company_id)
    LEFT JOIN LATERAL (
        SELECT is_unique FROM entity_source_settings WHERE dataset_id = e.dataset_id ORDER BY revision DESC LIMIT 1
    ) AS s ON e.dataset_id IS NOT NULL
    """
)
_LINKS = sa.text(
    """
    SELECT left_id, right_id FROM entity_matches
    WHERE is_current AND band = 'same' AND left_id = ANY(CAST(:ids AS uuid[])) AND right_id = ANY(CAST(:ids AS uuid[]))
    ORDER BY probability DESC, bits DESC, left_id, right_id
    """
)
_DECISIONS = sa.text(
    """
    SELECT * FROM (
        SELECT DISTINCT ON (left_id, right_id) * FROM entity_decisions
        WHERE left_id = ANY(CAST(:ids AS uuid[])) AND right_id = ANY(CAST(:ids AS uuid[]))
        ORDER BY left_id, right_id, id DESC
    ) AS last ORDER BY id
    """
)
_TOLD = "json_to_recordset(CAST(:rows AS json)) AS told (id uuid, company_id uuid, is_new boolean)"
_NEW_COMPANIES = sa.text(
    f"INSERT INTO companies (id, created_at) SELECT DISTINCT company_id, CAST(:at AS timestamptz) FROM {_TOLD} WHERE is_new"
)
_SET_COMPANIES = sa.text(
    f"UPDATE entities AS e SET company_id = told.company_id FROM {_TOLD}"
    " WHERE e.id = told.id AND e.company_id <> told.company_id"
)
_MERGED = sa.text(
    f"""
    UPDATE companies AS c SET merged_into = moved.company_id
    FROM (
        SELECT DISTINCT ON (e.company_id) e.company_id AS was, told.company_id
        FROM {_TOLD} JOIN entities AS e ON e.id = told.id
        WHERE e.company_id NOT IN (SELECT told.company_id FROM {_TOLD})
        ORDER BY e.company_id, told.company_id
    ) AS moved
    WHERE c.id = moved.was
    """
)
_UNMERGED = sa.text(
    f"UPDATE companies AS c SET merged_into = NULL FROM {_TOLD} WHERE c.id = told.company_id AND c.merged_into IS NOT NULL"
)
_HELD = sa.text(
    """
    UPDATE entity_matches AS m SET held_by = told.held_by
    FROM (
        SELECT m.id, h.held_by FROM entity_matches AS m
        LEFT JOIN json_to_recordset(CAST(:rows AS json)) AS h (left_id uuid, right_id uuid, held_by text)
            ON h.left_id = m.left_id AND h.right_id = m.right_id
        WHERE m.is_current AND m.left_id = ANY(CAST(:ids AS uuid[])) AND m.right_id = ANY(CAST(:ids AS uuid[]))
    ) AS told
    WHERE m.id = told.id AND m.held_by IS DISTINCT FROM told.held_by
    """
)
