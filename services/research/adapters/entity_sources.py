"""Writes and reads which columns of datasets name companies; seen by whoever sees the dataset."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

import msgspec
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from services.research.adapters.dataset_rows import VISIBLE, Row, rights_parameters
from shared.identity import Caller


async def add_setting(connection: AsyncConnection, facts: Mapping[str, Any]) -> None:
    """A new revision; the one before stays."""
    await connection.execute(_ADD, {**facts, "names": msgspec.json.encode(facts["names"]).decode()})


async def source_rows(
    connection: AsyncConnection, caller: Caller, *, after: str, limit: int, dataset: str | None = None
) -> Sequence[Row]:
    """As they are set now, by the names of their datasets."""
    values = {"after": after, "limit": limit, "dataset": dataset, **rights_parameters(caller)}
    return (await connection.execute(_LIST, values)).all()


async def is_source(connection: AsyncConnection, dataset_ids: Sequence[UUID]) -> bool:
    """Whether any of the datasets names companies."""
    return bool(await connection.scalar(_IS_SOURCE, {"ids": list(dataset_ids)}))


async def sources_to_read(connection: AsyncConnection) -> Sequence[Row]:
    """Those whose newest version, as it is set now, was not read yet."""
    return (await connection.execute(_TO_READ)).all()


async def mark_read(connection: AsyncConnection, source: Row) -> None:
    """Its version was read as it was set."""
    await connection.execute(
        sa.text(
            "UPDATE entity_source_settings SET read_version = :version"
            " WHERE dataset_id = :dataset_id AND revision = :revision"
        ),
        {"version": source.version, "dataset_id": source.dataset_id, "revision": source.revision},
    )


_NEWEST = """
    SELECT DISTINCT ON (s.dataset_id) s.*, d.name AS dataset, d.current_version
    FROM entity_source_settings AS s JOIN datasets AS d ON d.id = s.dataset_id
"""
_ADD = sa.text(
    """
    INSERT INTO entity_source_settings (dataset_id, revision, names, is_unique, set_by, set_at)
    SELECT :dataset_id, coalesce(max(revision), 0) + 1, CAST(:names AS jsonb), :is_unique, :set_by, :set_at
    FROM entity_source_settings WHERE dataset_id = :dataset_id
    """
)
_LIST = sa.text(
    f"""
    SELECT * FROM (
        {_NEWEST}
        WHERE d.name > :after AND (CAST(:dataset AS text) IS NULL OR d.name = :dataset)
            AND s.dataset_id IN (SELECT id FROM datasets WHERE {VISIBLE})
        ORDER BY s.dataset_id, s.revision DESC
    ) AS newest ORDER BY dataset LIMIT :limit
    """
)
_IS_SOURCE = sa.text(
    f"""
    SELECT EXISTS (SELECT 1 FROM ({_NEWEST} WHERE s.dataset_id = ANY(CAST(:ids AS uuid[]))
        ORDER BY s.dataset_id, s.revision DESC) AS newest)
    """
)
_TO_READ = sa.text(
    f"""
    SELECT newest.dataset_id, newest.revision, newest.dataset, newest.names, newest.current_version AS version, v.data_key
    FROM ({_NEWEST} ORDER BY s.dataset_id, s.revision DESC) AS newest
    JOIN dataset_versions AS v ON v.dataset_id = newest.dataset_id AND v.number = newest.current_version
    WHERE newest.read_version IS DISTINCT FROM newest.current_version
    """
)
