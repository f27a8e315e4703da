"""Evidence, findings and briefs: written once, read by who sees their assignment."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final
from uuid import UUID

import msgspec
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from services.research.adapters.assignments import Row, assignment_rows
from services.research.domain.brief import Evidence
from services.research.domain.errors import AssignmentUnknown, BriefUnknown
from services.research.domain.grade import Grade, Reliability
from shared.identity import RowScope

_JSON: Final = frozenset({"content"})


async def visible_assignment(connection: AsyncConnection, scope: RowScope, assignment_id: UUID) -> Row:
    """AssignmentUnknown for one that is not there or not the caller's to see."""
    rows = await assignment_rows(connection, scope, {"ids": [assignment_id]})
    if not rows:
        raise AssignmentUnknown(f"There is no research assignment {assignment_id}")
    return rows[0]


async def add_row(connection: AsyncConnection, table: str, facts: Mapping[str, Any]) -> None:
    """A row of one of this module's tables."""
    names = ", ".join(facts)
    bound = ", ".join(f"CAST(:{name} AS jsonb)" if name in _JSON else f":{name}" for name in facts)
    values = {
        name: msgspec.json.encode(value).decode() if name in _JSON else value for name, value in facts.items()
    }
    await connection.execute(sa.text(f"INSERT INTO {table} ({names}) VALUES ({bound})"), values)


async def evidence_rows(
    connection: AsyncConnection, assignment_id: UUID, after: UUID | None = None, limit: int = 1_000
) -> Sequence[Row]:
    """In the order they were recorded, with name and hash of the file they stand in."""
    return await _of_assignment(connection, _EVIDENCE, assignment_id, after, limit)


async def finding_rows(
    connection: AsyncConnection, assignment_id: UUID, after: UUID | None = None, limit: int = 1_000
) -> Sequence[Row]:
    """In the order they were recorded."""
    return await _of_assignment(connection, _FINDINGS, assignment_id, after, limit)


def evidence_of(row: Row) -> Evidence:
    return Evidence(
        id=row.id,
        quotation=row.quotation,
        source=row.source,
        source_url=row.source_url,
        query_run_id=row.query_run_id,
        file_name=row.file_name,
        file_sha256=row.file_sha256,
        seen_on=row.seen_on,
        grade=Grade(reliability=Reliability(row.reliability), credibility=row.credibility),
    )


async def next_brief_version(connection: AsyncConnection, assignment_id: UUID) -> int:
    """Of an assignment that the transaction has locked."""
    query = sa.text("SELECT COALESCE(max(version), 0) FROM research_briefs WHERE assignment_id = :id")
    return int((await connection.execute(query, {"id": assignment_id})).scalar_one()) + 1


async def brief_rows(
    connection: AsyncConnection, scope: RowScope, assignment_id: UUID, before: UUID | None, limit: int
) -> Sequence[Row]:
    """The last version first; people of zones see what was shared."""
    values = {"assignment": assignment_id, "before": before, "limit": limit, "sees_all": scope.sees_all}
    return (await connection.execute(_BRIEFS, values)).all()


async def visible_brief(
    connection: AsyncConnection, scope: RowScope, brief_id: UUID, *, for_update: bool = False
) -> Row:
    """BriefUnknown for one of an assignment that the caller does not see, and, to people of zones, for one not shared."""
    lock = "FOR UPDATE" if for_update else ""
    query = sa.text(f"SELECT * FROM research_briefs WHERE id = :id {lock}")
    row = (await connection.execute(query, {"id": brief_id})).one_or_none()
    is_seen = row is not None and (
        scope.sees_all
        or (
            row.shared_at is not None
            and bool(await assignment_rows(connection, scope, {"ids": [row.assignment_id]}))
        )
    )
    if row is None or not is_seen:
        raise BriefUnknown(f"There is no brief {brief_id}")
    return row


async def change_brief(connection: AsyncConnection, brief_id: UUID, **values: object) -> None:
    """Its review or its sharing; what it says stays."""
    columns = ", ".join(f"{name} = :{name}" for name in values)
    await connection.execute(
        sa.text(f"UPDATE research_briefs SET {columns} WHERE id = :id"), {**values, "id": brief_id}
    )


async def note_reader(connection: AsyncConnection, brief_id: UUID, reader: str, at: datetime) -> None:
    """That somebody took it to read."""
    await connection.execute(_READ, {"id": brief_id, "reader": reader, "at": at})


async def reader_rows(connection: AsyncConnection, brief_id: UUID) -> Sequence[Row]:
    """Who read it, the first first; five hundred at most."""
    query = sa.text(
        "SELECT * FROM research_brief_readers WHERE brief_id = :id ORDER BY first_read_at, reader LIMIT 500"
    )
    return (await connection.execute(query, {"id": brief_id})).all()


async def feedback_rows(connection: AsyncConnection, brief_id: UUID) -> Sequence[Row]:
    """What readers said, the first first; five hundred at most."""
    query = sa.text("SELECT * FROM research_brief_feedback WHERE brief_id = :id ORDER BY id LIMIT 500")
    return (await connection.execute(query, {"id": brief_id})).all()


async def _of_assignment(
    connection: AsyncConnection, query: sa.TextClause, assignment_id: UUID, after: UUID | None, limit: int
) -> Sequence[Row]:
    values = {"assignment": assignment_id, "after": after, "limit": limit}
    return (await connection.execute(query, values)).all()


_EVIDENCE = sa.text(
    """
    SELECT told.*, f.file_name, f.sha256 AS file_sha256
    FROM research_evidence AS told LEFT JOIN research_files AS f ON f.id = told.file_id
    WHERE told.assignment_id = :assignment AND (CAST(:after AS uuid) IS NULL OR told.id > :after)
    ORDER BY told.id LIMIT :limit
    """
)
_FINDINGS = sa.text(
    """
    SELECT * FROM research_findings
    WHERE assignment_id = :assignment AND (CAST(:after AS uuid) IS NULL OR id > :after) ORDER BY id LIMIT :limit
    """
)
_BRIEFS = sa.text(
    """
    SELECT * FROM research_briefs
    WHERE assignment_id = :assignment AND (:sees_all OR shared_at IS NOT NULL)
        AND (CAST(:before AS uuid) IS NULL OR id < :before)
    ORDER BY id DESC LIMIT :limit
    """
)
_READ = sa.text(
    """
    INSERT INTO research_brief_readers AS known (brief_id, reader, first_read_at, last_read_at, times)
    VALUES (:id, :reader, :at, :at, 1)
    ON CONFLICT (brief_id, reader) DO UPDATE SET last_read_at = excluded.last_read_at, times = known.times + 1
    """
)
