"""Issues: kept over snapshots by one statement per step, each step leaving its event."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any, Final
from uuid import UUID

import msgspec
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection
from uuid_utils.compat import uuid7

from services.reporting.domain.data_issue import IssueEventKind, RowFinding

Row = sa.Row[Any]


async def keep_found(
    connection: AsyncConnection,
    place: tuple[UUID, UUID, str],
    found: Sequence[RowFinding],
    *,
    at: datetime,
    today: date,
) -> int:
    """Raise what is new, open again what came back or whose waiver ended; returns how many are new or came back.

    `place` is system, snapshot and object.
    """
    if not found:
        return 0
    told = [{**_wire(one), "id": uuid7(), "event_id": uuid7()} for one in found]
    values = {
        "found": msgspec.json.encode(told).decode(),
        "system_id": place[0],
        "snapshot_id": place[1],
        "object": place[2],
        "at": at,
        "today": today,
    }
    return int(await connection.scalar(_KEEP, values) or 0)


async def resolve_vanished(
    connection: AsyncConnection,
    rule_ids: Sequence[UUID],
    snapshot_id: UUID,
    kind: IssueEventKind,
    *,
    at: datetime,
) -> int:
    """Close what these rules found before and not in this snapshot; how many were closed."""
    values = {"rule_ids": list(rule_ids), "snapshot_id": snapshot_id, "kind": kind.value, "at": at}
    return int(await connection.scalar(_RESOLVE, values) or 0)


async def close_of_rule(connection: AsyncConnection, rule_id: UUID, *, by: str, at: datetime) -> int:
    """Close what a rule found that does not count any more."""
    values = {"rule_id": rule_id, "by": by, "at": at}
    return int(await connection.scalar(_CLOSE, values) or 0)


async def note_event(
    connection: AsyncConnection,
    issue_id: UUID,
    kind: IssueEventKind,
    details: dict[str, str],
    *,
    who: tuple[str, datetime],
) -> None:
    """What a person did to an issue."""
    statement = """
        INSERT INTO data_issue_events (id, issue_id, kind, details, told_by, told_at)
        VALUES (:id, :issue_id, :kind, CAST(:details AS jsonb), :by, :at)
    """
    values = {
        "id": uuid7(),
        "issue_id": issue_id,
        "kind": kind.value,
        "details": msgspec.json.encode(details).decode(),
        "by": who[0],
        "at": who[1],
    }
    await connection.execute(sa.text(statement), values)


async def change_issue(connection: AsyncConnection, issue_id: UUID, changed: dict[str, object]) -> None:
    """Columns of the locked issue, and its next revision."""
    columns = ", ".join(f"{name} = :{name}" for name in changed)
    statement = f"UPDATE data_issues SET {columns}, revision = revision + 1 WHERE id = :id"
    await connection.execute(sa.text(statement), {"id": issue_id, **changed})


def _wire(finding: RowFinding) -> dict[str, object]:
    return {name: getattr(finding, name) for name in RowFinding.__slots__}


# What a finding means is told by the issue as it stood before: the snapshot of the statement is older than its writes.
_KEEP: Final = sa.text(
    """
    WITH told AS MATERIALIZED (
        SELECT * FROM json_to_recordset(CAST(:found AS json)) AS f (id uuid, event_id uuid, rule_id uuid,
            natural_key text, zone text, owner text, severity text, field text, value text, why text, suggestion text,
            evidence jsonb, due_on date)
    ), stood AS MATERIALIZED (
        SELECT t.id, t.event_id, i.id AS known_id, CASE
            WHEN i.id IS NULL THEN 'raised' WHEN i.state = 'resolved' THEN 'reopened'
            WHEN i.state = 'waived' AND i.waived_until < :today THEN 'waiver_ended'
            WHEN i.value <> t.value OR i.field <> t.field THEN 'changed' END AS kind,
            t.value, t.why, i.value AS value_before
        FROM told t LEFT JOIN data_issues i ON i.rule_id = t.rule_id AND i.natural_key = t.natural_key
    ), written AS (
        INSERT INTO data_issues AS i (id, rule_id, system_id, object, natural_key, revision, state, zone, owner, severity,
            field, value, why, suggestion, evidence, due_on, first_snapshot_id, first_seen_at, last_snapshot_id,
            last_seen_at, reopened_count)
        SELECT id, rule_id, :system_id, :object, natural_key, 1, 'open', nullif(zone, ''), owner, severity, field, value,
            why, suggestion, evidence, due_on, :snapshot_id, :at, :snapshot_id, :at, 0
        FROM told ORDER BY rule_id, natural_key
        ON CONFLICT (rule_id, natural_key) DO UPDATE SET revision = i.revision + 1,
            state = CASE WHEN i.state = 'waived' AND i.waived_until >= :today THEN 'waived' ELSE 'open' END,
            waived_until = CASE WHEN i.waived_until >= :today THEN i.waived_until END, resolved_at = NULL,
            owner = CASE WHEN i.state = 'resolved' THEN excluded.owner ELSE i.owner END,
            due_on = CASE WHEN i.state = 'open' OR i.waived_until >= :today THEN i.due_on ELSE excluded.due_on END,
            reopened_count = i.reopened_count + CASE WHEN i.state = 'resolved' THEN 1 ELSE 0 END,
            zone = excluded.zone, severity = excluded.severity, field = excluded.field, value = excluded.value,
            why = excluded.why, suggestion = excluded.suggestion, evidence = excluded.evidence,
            last_snapshot_id = :snapshot_id, last_seen_at = :at
        RETURNING 1
    ), noted AS (
        INSERT INTO data_issue_events (id, issue_id, kind, snapshot_id, details, told_by, told_at)
        SELECT event_id, coalesce(known_id, id), kind, :snapshot_id,
            jsonb_strip_nulls(jsonb_build_object('value', value, 'why', why, 'value_before', value_before)),
            'reporting', :at
        FROM stood WHERE kind IS NOT NULL
        RETURNING kind
    )
    SELECT count(*) FROM noted WHERE kind <> 'changed'
    """
)
_NOTED: Final = """
    , noted AS (
        INSERT INTO data_issue_events (id, issue_id, kind, snapshot_id, details, told_by, told_at)
        SELECT gen_random_uuid(), id, {kind}, {snapshot}, '{{}}', {by}, :at FROM closed RETURNING 1
    )
    SELECT count(*) FROM noted
"""
_RESOLVE: Final = sa.text(
    """
    WITH closed AS (
        UPDATE data_issues SET state = 'resolved', waived_until = NULL, resolved_at = :at, revision = revision + 1
        WHERE rule_id = ANY(CAST(:rule_ids AS uuid[])) AND state <> 'resolved' AND last_snapshot_id <> :snapshot_id
        RETURNING id
    )
    """
    + _NOTED.format(kind=":kind", snapshot="CAST(:snapshot_id AS uuid)", by="'reporting'")
)
_CLOSE: Final = sa.text(
    """
    WITH closed AS (
        UPDATE data_issues SET state = 'resolved', waived_until = NULL, resolved_at = :at, revision = revision + 1
        WHERE rule_id = :rule_id AND state <> 'resolved' RETURNING id
    )
    """
    + _NOTED.format(kind="'rule_retired'", snapshot="NULL", by=":by")
)
