"""What respondents sent, what the check found, what was decided, and the rows and figures of what was accepted."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

import msgspec
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from services.reporting.adapters.collection_store import VISIBLE, whose
from services.reporting.domain.submission_check import Checked
from shared.identity import Caller

Row = sa.Row[Any]
_STATE: Final = """
    CASE WHEN k.submission_id IS NULL THEN 'received' WHEN d.submission_id IS NULL THEN 'checked'
        WHEN d.is_accepted THEN 'accepted' ELSE 'returned' END
"""
_SELECT: Final = f"""
    SELECT s.id, s.respondent_id, s.version, s.media_type, s.content_sha256, length(s.content) AS size_bytes, s.job_id,
        s.sent_by, s.sent_at, r.collection_id, r.kind, r.key, r.name, r.partner_code, r.zone, r.person, c.due_at,
        s.sent_at > c.due_at AS is_late, k.rows_count, k.findings_count, k.checked_at, d.note, d.decided_by, d.decided_at,
        {_STATE} AS state, NOT EXISTS (
            SELECT FROM submissions o WHERE o.respondent_id = s.respondent_id AND o.version > s.version) AS is_latest
    FROM submissions s JOIN collection_respondents r ON r.id = s.respondent_id
    JOIN template_collections c ON c.id = r.collection_id
    LEFT JOIN submission_checks k ON k.submission_id = s.id
    LEFT JOIN submission_decisions d ON d.submission_id = s.id
"""
# The version of each respondent that counts: the last that was accepted.
COUNTING: Final = """
    SELECT DISTINCT ON (r.id) s.id, s.version, r.id AS respondent_id, r.name, r.partner_code, r.zone
    FROM collection_respondents r JOIN submissions s ON s.respondent_id = r.id
    JOIN submission_decisions d ON d.submission_id = s.id AND d.is_accepted
    WHERE r.collection_id = :collection_id ORDER BY r.id, s.version DESC
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class NewSubmission:
    """A file as it was sent."""

    id: UUID
    respondent_id: UUID
    media_type: str
    content: bytes
    content_sha256: str
    job_id: UUID
    sent_by: str
    sent_at: datetime


async def add_submission(connection: AsyncConnection, new: NewSubmission) -> None:
    """As the next version of its respondent's, who is locked: two at once get two versions."""
    await connection.execute(
        sa.text("SELECT FROM collection_respondents WHERE id = :id FOR UPDATE"), {"id": new.respondent_id}
    )
    statement = """
        INSERT INTO submissions (id, respondent_id, version, media_type, content, content_sha256, job_id, sent_by, sent_at)
        SELECT :id, :respondent_id, coalesce(max(version), 0) + 1, :media_type, :content, :content_sha256, :job_id,
            :sent_by, :sent_at
        FROM submissions WHERE respondent_id = :respondent_id
    """
    values = {name: getattr(new, name) for name in NewSubmission.__slots__}
    await connection.execute(sa.text(statement), values)


async def submission_for_check(connection: AsyncConnection, submission_id: UUID) -> Row | None:
    """With its bytes and everything that it is checked against; None once it is checked."""
    statement = """
        SELECT s.id, s.version, s.media_type, s.content, r.kind, r.key, r.name, r.rows, r.partner_code, r.zone, r.person,
            r.id AS respondent_id, c.id AS collection_id, c.title, c.first_month, c.months, c.due_at, c.accepts_clean,
            c.revision, c.signing_key, v.content AS template
        FROM submissions s JOIN collection_respondents r ON r.id = s.respondent_id
        JOIN template_collections c ON c.id = r.collection_id
        JOIN template_versions v ON v.template_id = c.template_id AND v.revision = c.revision
        WHERE s.id = :id
    """
    return (await connection.execute(sa.text(statement), {"id": submission_id})).one_or_none()


async def add_check(connection: AsyncConnection, submission_id: UUID, checked: Checked, at: datetime) -> bool:
    """What was found, and the rows where nothing was; False when another run was faster."""
    statement = """
        INSERT INTO submission_checks (submission_id, rows_count, findings_count, findings, checked_at)
        VALUES (:id, :rows_count, :findings_count, CAST(:findings AS jsonb), :at) ON CONFLICT DO NOTHING
    """
    values = {
        "id": submission_id,
        "rows_count": len(checked.rows),
        "findings_count": checked.findings_count,
        "findings": msgspec.json.encode(checked.findings).decode(),
        "at": at,
    }
    if not (await connection.execute(sa.text(statement), values)).rowcount:
        return False
    if not checked.findings_count:
        rows = [{"position": place, "cells": row.cells} for place, row in enumerate(checked.rows, 1)]
        await connection.execute(
            sa.text(
                "INSERT INTO submission_rows (submission_id, position, cells) SELECT :id, position, cells"
                " FROM json_to_recordset(CAST(:rows AS json)) AS told (position bigint, cells jsonb)"
            ),
            {"id": submission_id, "rows": msgspec.json.encode(rows).decode()},
        )
    return True


async def add_decision(
    connection: AsyncConnection,
    submission_id: UUID,
    *,
    is_accepted: bool,
    note: str | None,
    by: tuple[str, datetime],
) -> bool:
    """False when it was decided before."""
    statement = """
        INSERT INTO submission_decisions (submission_id, is_accepted, note, decided_by, decided_at)
        VALUES (:id, :is_accepted, :note, :actor, :at) ON CONFLICT DO NOTHING
    """
    values = {"id": submission_id, "is_accepted": is_accepted, "note": note, "actor": by[0], "at": by[1]}
    return bool((await connection.execute(sa.text(statement), values)).rowcount)


async def visible_submission(
    connection: AsyncConnection, caller: Caller, submission_id: UUID, *, is_locked: bool = False
) -> Row | None:
    lock = " FOR UPDATE OF s" if is_locked else ""
    statement = sa.text(f"{_SELECT} WHERE s.id = :id AND {VISIBLE}{lock}")
    return (await connection.execute(statement, {"id": submission_id, **whose(caller)})).one_or_none()


async def visible_submissions(
    connection: AsyncConnection, caller: Caller, collection_id: UUID, *, before: UUID | None, limit: int
) -> Sequence[Row]:
    """The newest first: ids grow with time."""
    statement = sa.text(
        f"""
        {_SELECT} WHERE r.collection_id = :collection_id AND {VISIBLE}
            AND (CAST(:before AS uuid) IS NULL OR s.id < :before)
        ORDER BY s.id DESC LIMIT :limit
        """
    )
    values = {"collection_id": collection_id, "before": before, "limit": limit, **whose(caller)}
    return (await connection.execute(statement, values)).all()


async def findings_of(connection: AsyncConnection, submission_id: UUID) -> list[dict[str, Any]]:
    """As they were found; none before the check."""
    statement = sa.text("SELECT findings FROM submission_checks WHERE submission_id = :id")
    found: list[dict[str, Any]] | None = await connection.scalar(statement, {"id": submission_id})
    return found or []


async def consolidated_rows(
    connection: AsyncConnection,
    caller: Caller,
    collection_id: UUID,
    *,
    after: tuple[UUID, int] | None,
    limit: int,
) -> Sequence[Row]:
    """The rows that count, respondent by respondent, each as it was sent."""
    statement = sa.text(
        f"""
        SELECT r.id AS respondent_id, r.name, r.partner_code, r.zone, a.id, a.version, w.position, w.cells
        FROM ({COUNTING}) AS a
        JOIN collection_respondents r ON r.id = a.respondent_id JOIN submission_rows w ON w.submission_id = a.id
        WHERE {VISIBLE} AND (CAST(:after AS uuid) IS NULL OR (r.id, w.position) > (:after, :position))
        ORDER BY r.id, w.position LIMIT :limit
        """
    )
    values: Mapping[str, object] = {
        "collection_id": collection_id,
        "after": after and after[0],
        "position": after[1] if after else 0,
        "limit": limit,
        **whose(caller),
    }
    return (await connection.execute(statement, values)).all()
