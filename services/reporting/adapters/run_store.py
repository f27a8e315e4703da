"""Runs of reports and their frozen results, within the rows a caller may see."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from hashlib import sha256
from typing import Any, Final
from uuid import UUID

import msgspec
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from services.reporting.adapters.report_rows import Found
from shared.identity import RowScope

Row = sa.Row[Any]

# Whoever sees every row that a run could show may see the run.
_VISIBLE: Final = """
    (:sees_all OR (NOT r.sees_all AND r.zones <@ CAST(:zones AS text[])
        AND (r.own_code IS NULL OR r.own_code = :own_code)))
"""
_SELECT: Final = """
    SELECT r.*, d.name AS definition_name, j.state, j.message, j.failure_code, s.cut_off, s.cut_off_at, s.totals,
        s.rows_count, s.content_sha256, s.details_count, s.details IS NOT NULL AS has_details, v.content AS definition
    FROM report_runs r JOIN report_definitions d ON d.id = r.definition_id
    JOIN report_definition_versions v ON v.definition_id = r.definition_id AND v.revision = r.revision
    LEFT JOIN jobs j ON j.id = r.job_id LEFT JOIN report_results s ON s.run_id = r.id
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class NewRun:
    """A run as it is asked for."""

    id: UUID
    definition_id: UUID
    revision: int
    period: str
    first_on: date
    last_on: date
    period_unit: str
    zone: str | None
    partner_code: str | None
    sees_all: bool
    zones: Sequence[str]
    own_code: str | None
    job_id: UUID
    asked_by: str
    asked_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class NewResult:
    """What a run found, and how far the projections it read were then."""

    cut_off: Mapping[str, object]
    cut_off_at: datetime
    found: Found


async def add_run(connection: AsyncConnection, run: NewRun) -> None:
    names = NewRun.__slots__
    columns, values = ", ".join(names), ", ".join(f":{name}" for name in names)
    await connection.execute(
        sa.text(f"INSERT INTO report_runs ({columns}) VALUES ({values})"),
        {name: getattr(run, name) for name in names},
    )


async def add_result(connection: AsyncConnection, run_id: UUID, result: NewResult) -> None:
    """Once; a run that was repeated by a worker keeps what it found first."""
    await connection.execute(
        sa.text(
            """
            INSERT INTO report_results (run_id, cut_off, cut_off_at, totals, rows_count, content, content_sha256,
                details_count, details)
            VALUES (:run_id, CAST(:cut_off AS jsonb), :cut_off_at, CAST(:totals AS jsonb), :rows_count, :content,
                :sha256, :details_count, :details)
            ON CONFLICT (run_id) DO NOTHING
            """
        ),
        {
            "run_id": run_id,
            "cut_off": msgspec.json.encode(result.cut_off).decode(),
            "cut_off_at": result.cut_off_at,
            "totals": msgspec.json.encode(result.found.totals).decode(),
            "rows_count": result.found.rows_count,
            "content": result.found.content,
            "sha256": sha256(result.found.content).hexdigest(),
            "details_count": result.found.details_count,
            "details": result.found.details,
        },
    )


async def run_of_job(connection: AsyncConnection, run_id: UUID) -> Row:
    """For the worker, whoever asked."""
    return (await connection.execute(sa.text(f"{_SELECT} WHERE r.id = :id"), {"id": run_id})).one()


async def visible_run(connection: AsyncConnection, scope: RowScope, run_id: UUID) -> Row | None:
    statement = sa.text(f"{_SELECT} WHERE r.id = :id AND {_VISIBLE}")
    return (await connection.execute(statement, {"id": run_id, **scope.parameters()})).one_or_none()


async def visible_runs(
    connection: AsyncConnection, scope: RowScope, definition: str | None, *, before: UUID | None, limit: int
) -> Sequence[Row]:
    """The newest first: ids grow with time."""
    statement = sa.text(
        f"""
        {_SELECT} WHERE {_VISIBLE} AND (CAST(:definition AS text) IS NULL OR d.name = :definition)
            AND (CAST(:before AS uuid) IS NULL OR r.id < :before)
        ORDER BY r.id DESC LIMIT :limit
        """
    )
    values = {"definition": definition, "before": before, "limit": limit, **scope.parameters()}
    return (await connection.execute(statement, values)).all()


async def run_before(connection: AsyncConnection, run: Row) -> Row | None:
    """The one before of the same definition that shows the same rows by the same zone and partner."""
    statement = sa.text(
        f"""
        {_SELECT} WHERE r.definition_id = :definition_id AND r.id < :id AND s.run_id IS NOT NULL
            AND r.zone IS NOT DISTINCT FROM CAST(:zone AS text)
            AND r.partner_code IS NOT DISTINCT FROM CAST(:partner_code AS text)
            AND r.sees_all = :sees_all AND r.zones = CAST(:zones AS text[])
            AND r.own_code IS NOT DISTINCT FROM CAST(:own_code AS text)
        ORDER BY r.id DESC LIMIT 1
        """
    )
    names = ("definition_id", "id", "zone", "partner_code", "sees_all", "zones", "own_code")
    return (await connection.execute(statement, {name: getattr(run, name) for name in names})).one_or_none()


async def result_content(connection: AsyncConnection, run_id: UUID) -> bytes:
    return await _bytes(connection, "content", run_id)


async def result_details(connection: AsyncConnection, run_id: UUID) -> bytes:
    return await _bytes(connection, "details", run_id)


async def _bytes(connection: AsyncConnection, column: str, run_id: UUID) -> bytes:
    statement = sa.text(f"SELECT {column} FROM report_results WHERE run_id = :id")
    content = await connection.scalar(statement, {"id": run_id})
    assert isinstance(content, bytes)
    return content
