"""Writes entities as their sources tell them."""

from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime

import msgspec
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from services.research.domain.entity import Entity


async def keep_newest(
    connection: AsyncConnection, source: str, entities: Sequence[Entity], *, at: datetime
) -> None:
    """Write each entity unless a later version of it is known; any order of tellings ends the same."""
    rows = [{**asdict(entity), "name_key": entity.name_key} for entity in entities]
    await connection.execute(
        sa.text(
            """
            INSERT INTO entities AS known (
                source, source_key, name, name_key, city, zone, gstin, status, version, changed_at, street, region, postcode,
                identifiers)
            SELECT DISTINCT ON (source_key) :source, source_key, name, name_key, city, zone, gstin, status,
                version, CAST(:at AS timestamptz), street, region, postcode, identifiers
            FROM json_to_recordset(CAST(:rows AS json)) AS told (
                source_key text, name text, name_key text, city text, zone text, gstin text, status text,
                version bigint, street text, region text, postcode text, identifiers text[])
            ORDER BY source_key, version DESC
            ON CONFLICT (source, source_key) DO UPDATE SET
                name = excluded.name, name_key = excluded.name_key, city = excluded.city,
                zone = excluded.zone, gstin = excluded.gstin, status = excluded.status,
                version = excluded.version, changed_at = excluded.changed_at, street = excluded.street,
                region = excluded.region, postcode = excluded.postcode, identifiers = excluded.identifiers,
                is_resolved = false
            WHERE known.version < excluded.version
            """
        ),
        {"source": source, "rows": msgspec.json.encode(rows).decode(), "at": at},
    )
