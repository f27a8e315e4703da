"""Issues, their events, and scores, within the zones a caller sees."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from services.reporting.domain.data_issue import IssueState
from shared.identity import RowScope

Row = sa.Row[Any]
_VISIBLE: Final = "(:sees_all OR i.zone = ANY(CAST(:zones AS text[])))"
_SELECT: Final = """
    SELECT i.*, r.name AS rule, s.name AS system,
        CASE WHEN i.state = 'waived' AND i.waived_until < :today THEN 'open' ELSE i.state END AS standing
    FROM data_issues i JOIN validation_rules r ON r.id = i.rule_id JOIN source_systems s ON s.id = i.system_id
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class IssueFilters:
    """What narrows the list; None narrows nothing."""

    state: IssueState | None
    system: str | None
    object: str | None
    rule: str | None
    owner: str | None
    zone: str | None
    due_on_lte: date | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ScoreFilters:
    """Which scores, and what they are summed by beside the run."""

    system: str | None
    object: str | None
    zone: str | None
    owner: str | None
    by: Sequence[str]


async def issue_shown(
    connection: AsyncConnection, scope: RowScope, issue_id: UUID, today: date, *, is_locked: bool = False
) -> Row | None:
    lock = " FOR UPDATE OF i" if is_locked else ""
    statement = sa.text(f"{_SELECT} WHERE i.id = :id AND {_VISIBLE}{lock}")
    values = {"id": issue_id, "today": today, **scope.parameters()}
    return (await connection.execute(statement, values)).one_or_none()


async def issues_shown(
    connection: AsyncConnection,
    scope: RowScope,
    filters: IssueFilters,
    today: date,
    *,
    page: tuple[UUID | None, int],
) -> Sequence[Row]:
    """Those raised last first; `page` is the id before which it begins, and its length."""
    statement = sa.text(
        f"""
        SELECT * FROM ({_SELECT} WHERE {_VISIBLE}
            AND (CAST(:system AS text) IS NULL OR s.name = :system)
            AND (CAST(:object AS text) IS NULL OR i.object = :object)
            AND (CAST(:rule AS text) IS NULL OR r.name = :rule)
            AND (CAST(:owner AS text) IS NULL OR i.owner = :owner)
            AND (CAST(:zone AS text) IS NULL OR i.zone = :zone)
            AND (CAST(:due_on_lte AS date) IS NULL OR i.due_on <= :due_on_lte)
            AND (CAST(:before AS uuid) IS NULL OR i.id < :before)
        ) AS shown WHERE (CAST(:state AS text) IS NULL OR standing = :state) ORDER BY id DESC LIMIT :limit
        """
    )
    values = {name: getattr(filters, name) for name in IssueFilters.__slots__}
    values |= {"today": today, "before": page[0], "limit": page[1], **scope.parameters()}
    return (await connection.execute(statement, values)).all()


async def events_shown(
    connection: AsyncConnection, issue_id: UUID, *, after: tuple[datetime, UUID] | None, limit: int
) -> Sequence[Row]:
    """In the order in which they happened."""
    statement = """
        SELECT * FROM data_issue_events WHERE issue_id = :id
            AND (CAST(:at AS timestamptz) IS NULL OR (told_at, id) > (:at, CAST(:after AS uuid)))
        ORDER BY told_at, id LIMIT :limit
    """
    at, key = after or (None, None)
    values = {"id": issue_id, "at": at, "after": key, "limit": limit}
    return (await connection.execute(sa.text(statement), values)).all()


async def scores_shown(
    connection: AsyncConnection, scope: RowScope, filters: ScoreFilters, *, page: tuple[str, int]
) -> Sequence[Row]:
    """The newest run first: rows of it, and how many an issue stands against. `page` is the key behind which it begins."""
    named = [f"q.{name}" for name in filters.by]
    key = "concat_ws('|', to_char(q.ran_at AT TIME ZONE 'UTC', 'YYYYMMDDHH24MISSUS'), q.run_id" + "".join(
        f", {name}" for name in named
    )
    groups = ", ".join(["q.run_id", "q.ran_at", "s.name", *named])
    told = "".join(f", {name}" for name in named)
    statement = sa.text(
        f"""
        SELECT * FROM (
            SELECT q.run_id, q.ran_at, s.name AS system{told}, sum(q.rows_count) AS rows_count,
                sum(q.faulty_count) AS faulty_count, {key}) AS place
            FROM quality_scores q JOIN source_systems s ON s.id = q.system_id
            WHERE (:sees_all OR q.zone = ANY(CAST(:zones AS text[])))
                AND (CAST(:system AS text) IS NULL OR s.name = :system)
                AND (CAST(:object AS text) IS NULL OR q.object = :object)
                AND (CAST(:zone AS text) IS NULL OR q.zone = :zone)
                AND (CAST(:owner AS text) IS NULL OR q.owner = :owner)
            GROUP BY {groups}
        ) AS summed WHERE :before = '' OR place < :before ORDER BY place DESC LIMIT :limit
        """
    )
    values: dict[str, object] = {
        "system": filters.system,
        "object": filters.object,
        "zone": filters.zone,
        "owner": filters.owner,
        "before": page[0],
        "limit": page[1],
        **scope.parameters(),
    }
    return (await connection.execute(statement, values)).all()
