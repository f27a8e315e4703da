"""Analyses that are made again: every version is kept, the newest counts, and each run names the version it was made by."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

import msgspec
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from services.reporting.adapters.analysis_store import Row
from services.reporting.domain.analysis import AnalysisKind
from services.reporting.domain.analysis_letter import LetterCondition
from services.reporting.domain.recipient import Recipient
from shared.identity import RowScope

_VISIBLE: Final = "(:sees_all OR zone = ANY(CAST(:zones AS text[])))"
_NEWEST: Final = """
    SELECT DISTINCT ON (s.id) s.*, c.next_due_at
    FROM saved_analyses s LEFT JOIN saved_analysis_clocks c ON c.saved_analysis_id = s.id
    ORDER BY s.id, s.revision DESC
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class SavedAnalysis:
    """What is analysed again and again: the options, and the name under which rows are told."""

    name: str
    kind: AnalysisKind
    table_name: str
    options: Mapping[str, Any]
    zone: str | None
    partner_code: str | None
    runs_on_new_rows: bool
    cron: str | None = None
    time_zone: str = "Asia/Kolkata"
    recipients: Sequence[Recipient] = ()
    condition: LetterCondition = LetterCondition.ALWAYS


async def add_revision(
    connection: AsyncConnection, key: tuple[UUID, int], saved: SavedAnalysis, *, at: datetime, by: str
) -> None:
    """`key` is id and revision. Hold the analysis before: of two who add one revision the second breaks the key."""
    values = {name: getattr(saved, name) for name in SavedAnalysis.__dataclass_fields__} | {
        "id": key[0], "revision": key[1], "options": msgspec.json.encode(saved.options).decode(), "at": at, "by": by,
        "recipients": msgspec.json.encode(saved.recipients).decode(),
    }  # fmt: skip
    await connection.execute(
        sa.text(
            """
            INSERT INTO saved_analyses (id, revision, name, kind, table_name, options, zone, partner_code,
                runs_on_new_rows, cron, time_zone, recipients, condition, kept_at, kept_by)
            VALUES (:id, :revision, :name, :kind, :table_name, CAST(:options AS jsonb), :zone, :partner_code,
                :runs_on_new_rows, :cron, :time_zone, CAST(:recipients AS jsonb), :condition, :at, :by)
            """
        ),
        values,
    )


async def hold_saved(connection: AsyncConnection, saved_id: UUID) -> None:
    """Until the commit: runs and changes of one saved analysis follow each other."""
    await connection.execute(
        sa.text("SELECT pg_advisory_xact_lock(hashtextextended(:name, 0))"),
        {"name": f"saved-analysis|{saved_id}"},
    )


async def saved_shown(connection: AsyncConnection, scope: RowScope, saved_id: UUID) -> Row | None:
    """The newest version; None for one that is not there or not the caller's to see."""
    statement = f"SELECT * FROM ({_NEWEST}) AS newest WHERE id = :id AND {_VISIBLE}"
    return (
        await connection.execute(sa.text(statement), {"id": saved_id, **scope.parameters()})
    ).one_or_none()


async def listed_saved(
    connection: AsyncConnection, scope: RowScope, *, before: UUID | None, limit: int
) -> Sequence[Row]:
    """Newest versions, those that were saved last first."""
    statement = f"""
        SELECT * FROM ({_NEWEST}) AS newest
        WHERE {_VISIBLE} AND (CAST(:before AS uuid) IS NULL OR id < :before) ORDER BY id DESC LIMIT :limit
    """
    values = {"before": before, "limit": limit, **scope.parameters()}
    return (await connection.execute(sa.text(statement), values)).all()


async def saved_for_rows(connection: AsyncConnection, table_name: str) -> Sequence[Row]:
    """Those that are made again when rows of this name are told."""
    statement = (
        f"SELECT * FROM ({_NEWEST}) AS newest WHERE table_name = :name AND runs_on_new_rows ORDER BY id"
    )
    return (await connection.execute(sa.text(statement), {"name": table_name})).all()


async def newest_table(connection: AsyncConnection, name: str) -> Row | None:
    """The last version of the rows of this name."""
    statement = (
        "SELECT id, zone, version FROM analysis_tables WHERE name = :name ORDER BY version DESC LIMIT 1"
    )
    return (await connection.execute(sa.text(statement), {"name": name})).one_or_none()


async def last_run(connection: AsyncConnection, saved_id: UUID) -> Row | None:
    """The analysis that was made by it last."""
    statement = "SELECT * FROM analyses WHERE saved_analysis_id = :id ORDER BY id DESC LIMIT 1"
    return (await connection.execute(sa.text(statement), {"id": saved_id})).one_or_none()


async def runs_of(
    connection: AsyncConnection, saved_id: UUID, *, before: UUID | None, limit: int
) -> Sequence[Row]:
    """Analyses made by it, the newest first."""
    statement = """
        SELECT * FROM analyses
        WHERE saved_analysis_id = :id AND (CAST(:before AS uuid) IS NULL OR id < :before) ORDER BY id DESC LIMIT :limit
    """
    return (
        await connection.execute(sa.text(statement), {"id": saved_id, "before": before, "limit": limit})
    ).all()
