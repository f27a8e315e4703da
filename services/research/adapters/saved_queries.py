"""Writes and reads saved queries; each is seen by its owner and by administrators."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final
from uuid import UUID

import msgspec
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from services.research.adapters.dataset_rows import Row, rights_parameters
from services.research.domain.errors import SavedQueryUnknown
from shared.identity import Caller


async def add_saved_query(connection: AsyncConnection, facts: Mapping[str, Any]) -> None:
    """Where it stands; a version has to follow."""
    await connection.execute(_ADD, dict(facts))


async def add_query_version(connection: AsyncConnection, facts: Mapping[str, Any]) -> None:
    parameters = msgspec.json.encode(facts["parameters"]).decode()
    await connection.execute(_ADD_VERSION, {**facts, "parameters": parameters})


async def set_standing(connection: AsyncConnection, saved_query_id: UUID, **values: object) -> None:
    columns = ", ".join(f"{name} = :{name}" for name in values)
    await connection.execute(
        sa.text(f"UPDATE saved_queries SET {columns} WHERE id = :id"), {**values, "id": saved_query_id}
    )


async def saved_query(
    connection: AsyncConnection, caller: Caller, saved_query_id: UUID, *, for_update: bool = False
) -> Row:
    """As its newest version says. SavedQueryUnknown for another's."""
    lock = "FOR UPDATE OF q" if for_update else ""
    values = {"id": saved_query_id, **rights_parameters(caller)}
    row = (await connection.execute(sa.text(f"{_SHOWN} AND q.id = :id {lock}"), values)).one_or_none()
    if row is None:
        raise SavedQueryUnknown(f"There is no saved query {saved_query_id}")
    return row


async def saved_query_rows(
    connection: AsyncConnection, caller: Caller, *, before: UUID | None, limit: int
) -> Sequence[Row]:
    """The caller's, those saved last first."""
    values = {"before": before, "limit": limit, **rights_parameters(caller)}
    return (await connection.execute(_LIST, values)).all()


async def due_rows(connection: AsyncConnection, at: datetime, *, limit: int) -> Sequence[Row]:
    """Those that are due, locked; what another worker holds is left to it."""
    return (await connection.execute(_DUE, {"at": at, "limit": limit})).all()


async def add_saved_run(connection: AsyncConnection, facts: Mapping[str, Any]) -> None:
    """Once per due instant: a second telling of it changes nothing."""
    arguments = msgspec.json.encode(facts["arguments"]).decode()
    empty = dict.fromkeys(("run_id", "failure_code", "failure_detail", "due_at"))
    await connection.execute(_ADD_RUN, {**empty, **facts, "arguments": arguments})


async def saved_run_rows(
    connection: AsyncConnection, saved_query_id: UUID, *, before: UUID | None, limit: int
) -> Sequence[Row]:
    """The last first, each with where its answer stands."""
    return (await connection.execute(_RUNS, {"id": saved_query_id, "before": before, "limit": limit})).all()


async def last_answers(connection: AsyncConnection, saved_query_id: UUID) -> Sequence[Row]:
    """The two runs answered last, the later first."""
    return (await connection.execute(_ANSWERS, {"id": saved_query_id})).all()


_SHOWN: Final = """
    SELECT q.id, q.owner, q.revision, q.settled_until_at, q.next_due_at, q.created_at, v.title, v.sql, v.parameters,
        v.rows_max, v.cron, v.time_zone, v.valid_from, v.roles, v.set_by, v.set_at
    FROM saved_queries AS q
    JOIN saved_query_versions AS v ON v.saved_query_id = q.id AND v.revision = q.revision
    WHERE (:is_admin OR q.owner = :subject)
"""
_ADD = sa.text(
    """
    INSERT INTO saved_queries (id, owner, revision, settled_until_at, next_due_at, created_at)
    VALUES (:id, :owner, 1, :at, :next_due_at, :at)
    """
)
_ADD_VERSION = sa.text(
    """
    INSERT INTO saved_query_versions (saved_query_id, revision, title, sql, parameters, rows_max, cron, time_zone,
        valid_from, roles, set_by, set_at)
    VALUES (:saved_query_id, :revision, :title, :sql, CAST(:parameters AS jsonb), :rows_max, :cron, :time_zone,
        :valid_from, :roles, :set_by, :set_at)
    """
)
_LIST = sa.text(
    f"{_SHOWN} AND (CAST(:before AS uuid) IS NULL OR q.id < :before) ORDER BY q.id DESC LIMIT :limit"
)
_DUE = sa.text(
    """
    SELECT q.id, q.owner, q.revision, q.settled_until_at, q.next_due_at, v.sql, v.parameters, v.rows_max, v.cron,
        v.time_zone, v.valid_from, v.roles
    FROM saved_queries AS q
    JOIN saved_query_versions AS v ON v.saved_query_id = q.id AND v.revision = q.revision
    WHERE q.next_due_at <= :at ORDER BY q.next_due_at LIMIT :limit FOR UPDATE OF q SKIP LOCKED
    """
)
_ADD_RUN = sa.text(
    """
    INSERT INTO saved_query_runs (id, saved_query_id, revision, due_at, arguments, outcome, run_id, failure_code,
        failure_detail, asked_by, asked_at)
    VALUES (:id, :saved_query_id, :revision, :due_at, CAST(:arguments AS jsonb), :outcome, :run_id, :failure_code,
        :failure_detail, :asked_by, :asked_at)
    ON CONFLICT (saved_query_id, due_at) DO NOTHING
    """
)
_RUNS = sa.text(
    """
    SELECT s.*, coalesce(r.state, s.outcome) AS state, r.rows, r.is_cut, coalesce(s.failure_code, r.failure_code) AS code,
        coalesce(s.failure_detail, r.failure_detail) AS detail
    FROM saved_query_runs AS s LEFT JOIN dataset_query_runs AS r ON r.id = s.run_id
    WHERE s.saved_query_id = :id AND (CAST(:before AS uuid) IS NULL OR s.id < :before)
    ORDER BY s.id DESC LIMIT :limit
    """
)
_ANSWERS = sa.text(
    """
    SELECT r.* FROM saved_query_runs AS s JOIN dataset_query_runs AS r ON r.id = s.run_id
    WHERE s.saved_query_id = :id AND r.state = 'succeeded' ORDER BY s.id DESC LIMIT 2
    """
)
