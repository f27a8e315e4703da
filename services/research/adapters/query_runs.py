"""Writes and reads runs of queries; each is seen by who asked it."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

import msgspec
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from services.research.adapters.dataset_rows import VISIBLE, Row, rights_parameters
from services.research.adapters.query_reading import NamedDataset
from services.research.domain.errors import DatasetUnknown, QueryRunUnknown, VersionUnknown
from shared.identity import Caller


async def versions_named(
    connection: AsyncConnection, caller: Caller, named: Sequence[NamedDataset]
) -> list[Row]:
    """The dataset and the version behind each name, in their order. DatasetUnknown for one the caller does not see."""
    found = await connection.execute(
        _VERSIONS,
        {
            "names": [one.name for one in named],
            "versions": [one.version for one in named],
            **rights_parameters(caller),
        },
    )
    rows = list(found.all())
    for one, row in zip(named, rows, strict=True):
        if row.id is None:
            raise DatasetUnknown(f"There is no dataset {one.name}")
        if row.number is None:
            wanted = "a version yet" if one.version is None else f"a version {one.version}"
            raise VersionUnknown(f"{one.name} has not {wanted}")
    return rows


async def add_run(connection: AsyncConnection, facts: Mapping[str, Any]) -> None:
    """A query that was asked."""
    await connection.execute(_ADD, {**facts, "datasets": msgspec.json.encode(facts["datasets"]).decode()})


async def end_run(connection: AsyncConnection, run_id: UUID, **values: object) -> None:
    """Once: what has ended stays as it ended."""
    columns = ", ".join(
        f"{name} = CAST(:{name} AS jsonb)" if name == "columns" else f"{name} = :{name}" for name in values
    )
    if "columns" in values:
        values["columns"] = msgspec.json.encode(values["columns"]).decode()
    await connection.execute(
        sa.text(f"UPDATE dataset_query_runs SET {columns} WHERE id = :id AND state = 'queued'"),
        {**values, "id": run_id},
    )


async def run_to_answer(connection: AsyncConnection, run_id: UUID) -> Row:
    return (
        await connection.execute(sa.text("SELECT * FROM dataset_query_runs WHERE id = :id"), {"id": run_id})
    ).one()


async def keys_of_data(connection: AsyncConnection, datasets: Sequence[Mapping[str, Any]]) -> dict[str, str]:
    """Where the data of each is, by the name the query uses."""
    found = await connection.execute(
        _KEYS, {"ids": [one["id"] for one in datasets], "versions": [one["version"] for one in datasets]}
    )
    return {one["table"]: key for one, key in zip(datasets, found.scalars(), strict=True)}


async def visible_run(connection: AsyncConnection, caller: Caller, run_id: UUID) -> Row:
    """QueryRunUnknown for another's."""
    found = await connection.execute(
        sa.text("SELECT * FROM dataset_query_runs WHERE id = :id AND (:is_admin OR subject = :subject)"),
        {"id": run_id, **rights_parameters(caller)},
    )
    row = found.one_or_none()
    if row is None:
        raise QueryRunUnknown(f"There is no run {run_id}")
    return row


async def run_rows(
    connection: AsyncConnection, caller: Caller, *, before: UUID | None, limit: int
) -> Sequence[Row]:
    """The caller's, the last first."""
    values = {"before": before, "limit": limit, **rights_parameters(caller)}
    return (await connection.execute(_RUNS, values)).all()


_VERSIONS = sa.text(
    f"""
    SELECT d.id, d.name, d.owner, d.seen_by_roles, d.seen_by_subjects, d.exported_by_roles, d.exported_by_subjects,
        d.licence_ends_on, v.number
    FROM unnest(CAST(:names AS text[]), CAST(:versions AS bigint[])) WITH ORDINALITY AS named (name, version, place)
    LEFT JOIN (SELECT * FROM datasets WHERE {VISIBLE}) AS d ON d.name = named.name
    LEFT JOIN dataset_versions AS v
        ON v.dataset_id = d.id AND v.number = COALESCE(named.version, d.current_version)
    ORDER BY named.place
    """
)
_ADD = sa.text(
    """
    INSERT INTO dataset_query_runs (id, sql, rows_max, datasets, state, asked_by, subject, asked_at, job_id)
    VALUES (:id, :sql, :rows_max, CAST(:datasets AS jsonb), 'queued', :asked_by, :subject, :asked_at, :job_id)
    """
)
_KEYS = sa.text(
    """
    SELECT v.data_key
    FROM unnest(CAST(:ids AS uuid[]), CAST(:versions AS bigint[])) WITH ORDINALITY AS named (id, version, place)
    JOIN dataset_versions AS v ON v.dataset_id = named.id AND v.number = named.version
    ORDER BY named.place
    """
)
_RUNS = sa.text(
    """
    SELECT * FROM dataset_query_runs
    WHERE (:is_admin OR subject = :subject) AND (CAST(:before AS uuid) IS NULL OR id < :before)
    ORDER BY id DESC LIMIT :limit
    """
)
