"""Rows that were told to be analysed, and frozen analyses: written once, read in the rows the caller may see."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

import msgspec
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection
from uuid_utils.compat import uuid7

from services.reporting.domain.analysis import AnalysisKind, AnalysisResult
from services.reporting.domain.analysis_rows import SourceRow
from shared.identity import RowScope

Row = sa.Row[Any]
# Without a zone of its own it is the house's: zones see what is theirs, never what is of all.
_VISIBLE: Final = "(:sees_all OR zone = ANY(CAST(:zones AS text[])))"


@dataclass(frozen=True, slots=True, kw_only=True)
class NewTable:
    """Rows to keep: under a name as its next version, or without one."""

    rows: Sequence[SourceRow]
    name: str | None
    zone: str | None
    partner_code: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class NewAnalysis:
    """An analysis that was made, with the table its rows are in."""

    kind: AnalysisKind
    title: str
    zone: str | None
    partner_code: str | None
    options: Mapping[str, Any]
    table_id: UUID
    rows: Sequence[SourceRow]
    result: AnalysisResult
    saved: tuple[UUID, int] | None = None


async def add_table(connection: AsyncConnection, new: NewTable, *, at: datetime, by: str) -> UUID:
    """Versions of one name follow each other."""
    table_id = uuid7()
    if new.name is not None:
        await connection.execute(_HOLD, {"name": f"analysis-table|{new.name}"})
    await connection.execute(
        _ADD_TABLE,
        {
            "id": table_id,
            "name": new.name,
            "zone": new.zone,
            "partner_code": new.partner_code,
            "columns": _text(_columns(new.rows)),
            "rows": _text(new.rows),
            "row_count": len(new.rows),
            "rows_sha256": rows_sha256(new.rows),
            "at": at,
            "by": by,
        },
    )
    return table_id


async def table_shown(connection: AsyncConnection, scope: RowScope, table_id: UUID) -> Row | None:
    """What is known of a table without its rows; None for one that is not there or not the caller's to see."""
    statement = f"SELECT {_TABLE_FACTS} FROM analysis_tables WHERE id = :id AND {_VISIBLE}"
    return (
        await connection.execute(sa.text(statement), {"id": table_id, **scope.parameters()})
    ).one_or_none()


async def table_rows(connection: AsyncConnection, table_id: UUID) -> list[SourceRow]:
    """All rows of a table, as they came."""
    rows = await connection.scalar(
        sa.text("SELECT rows FROM analysis_tables WHERE id = :id"), {"id": table_id}
    )
    return list(rows or ())


async def listed_tables(
    connection: AsyncConnection, scope: RowScope, name: str | None, *, before: UUID | None, limit: int
) -> Sequence[Row]:
    """Named tables, the newest first."""
    statement = f"""
        SELECT {_TABLE_FACTS} FROM analysis_tables
        WHERE name IS NOT NULL AND {_VISIBLE} AND (CAST(:name AS text) IS NULL OR name = :name)
            AND (CAST(:before AS uuid) IS NULL OR id < :before)
        ORDER BY id DESC LIMIT :limit
    """
    values = {"name": name, "before": before, "limit": limit, **scope.parameters()}
    return (await connection.execute(sa.text(statement), values)).all()


async def add_analysis(connection: AsyncConnection, new: NewAnalysis, *, at: datetime, by: str) -> UUID:
    """Freeze the result: its bytes, and the hash that the database checks."""
    analysis_id = uuid7()
    content = msgspec.json.encode(new.result, order="deterministic")
    await connection.execute(
        _ADD_ANALYSIS,
        {
            "id": analysis_id,
            "kind": new.kind,
            "title": new.title,
            "zone": new.zone,
            "partner_code": new.partner_code,
            "options": _text(new.options),
            "table_id": new.table_id,
            "row_count": len(new.rows),
            "rows_sha256": rows_sha256(new.rows),
            "content": content,
            "content_sha256": hashlib.sha256(content).hexdigest(),
            "saved_analysis_id": new.saved[0] if new.saved else None,
            "saved_revision": new.saved[1] if new.saved else None,
            "at": at,
            "by": by,
        },
    )
    return analysis_id


async def analysis_shown(connection: AsyncConnection, scope: RowScope, analysis_id: UUID) -> Row | None:
    """An analysis with its content; None for one that is not there or not the caller's to see."""
    statement = f"SELECT * FROM analyses WHERE id = :id AND {_VISIBLE}"
    values = {"id": analysis_id, **scope.parameters()}
    return (await connection.execute(sa.text(statement), values)).one_or_none()


async def listed_analyses(
    connection: AsyncConnection,
    scope: RowScope,
    kind: AnalysisKind | None,
    *,
    before: UUID | None,
    limit: int,
) -> Sequence[Row]:
    """Without their content, the newest first."""
    statement = f"""
        SELECT {_ANALYSIS_FACTS} FROM analyses
        WHERE {_VISIBLE} AND (CAST(:kind AS text) IS NULL OR kind = :kind)
            AND (CAST(:before AS uuid) IS NULL OR id < :before)
        ORDER BY id DESC LIMIT :limit
    """
    values = {"kind": kind, "before": before, "limit": limit, **scope.parameters()}
    return (await connection.execute(sa.text(statement), values)).all()


def frozen_result(content: bytes) -> AnalysisResult:
    """The result as it was frozen."""
    return msgspec.json.decode(content, type=AnalysisResult)


def rows_sha256(rows: Sequence[SourceRow]) -> str:
    """The hash of rows in their order; the order of their columns does not count."""
    return hashlib.sha256(msgspec.json.encode(rows, order="sorted")).hexdigest()


def _columns(rows: Sequence[SourceRow]) -> list[str]:
    """In the order of first appearance."""
    return list(dict.fromkeys(name for row in rows for name in row))


def _text(value: object) -> str:
    return msgspec.json.encode(value).decode()


_TABLE_FACTS: Final = (
    "id, name, version, zone, partner_code, column_names, row_count, rows_sha256, told_at, told_by"
)
_ANALYSIS_FACTS: Final = (
    "id, kind, title, zone, partner_code, table_id, row_count, rows_sha256, content_sha256, made_at, made_by"
)
_HOLD: Final = sa.text("SELECT pg_advisory_xact_lock(hashtextextended(:name, 0))")
_ADD_TABLE: Final = sa.text(
    """
    INSERT INTO analysis_tables (id, name, version, zone, partner_code, column_names, rows, row_count, rows_sha256,
        told_at, told_by)
    SELECT :id, CAST(:name AS text),
        CASE WHEN CAST(:name AS text) IS NOT NULL THEN
            (SELECT coalesce(max(version), 0) + 1 FROM analysis_tables WHERE name = :name) END,
        :zone, :partner_code, CAST(:columns AS jsonb), CAST(:rows AS jsonb), :row_count, :rows_sha256, :at, :by
    """
)
_ADD_ANALYSIS: Final = sa.text(
    """
    INSERT INTO analyses (id, kind, title, zone, partner_code, options, table_id, row_count, rows_sha256, content,
        content_sha256, made_at, made_by, saved_analysis_id, saved_revision)
    VALUES (:id, :kind, :title, :zone, :partner_code, CAST(:options AS jsonb), :table_id, :row_count, :rows_sha256,
        :content, :content_sha256, :at, :by, :saved_analysis_id, :saved_revision)
    """
)
