"""Schedules as use cases decide on them: read under a lock, written with every version kept."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from services.partners.domain.schedule import (
    Audience,
    Schedule,
    ScheduleChannel,
    ScheduledKind,
    ScheduleRule,
    SendCondition,
)
from shared.scheduling.timing import CatchUp, ClosedDayRule, Timing

Row = sa.Row[Any]
SCHEDULE_COLUMNS: Final = (
    "s.id, s.settled_until_at, s.next_due_at, s.created_by, s.created_at, v.revision, v.name, v.kinds, v.audience,"
    " v.partner_codes, v.zones, v.recipient_roles, v.channel, v.condition, v.catch_up, v.cron, v.time_zone,"
    " v.on_closed_day, v.formats, v.calendar_code, v.quiet_from, v.quiet_until, v.valid_from, v.valid_to, v.is_paused,"
    " v.note, v.set_by, v.set_at"
)
_SELECT: Final = f"""
    SELECT {SCHEDULE_COLUMNS} FROM document_schedules s
    JOIN document_schedule_versions v ON v.schedule_id = s.id AND v.revision = s.revision
"""


@dataclass(frozen=True, slots=True)
class Setting:
    """Who set something, when, and the words they left."""

    actor: str
    at: datetime
    note: str | None = None


async def add_schedule(connection: AsyncConnection, schedule: Schedule, setting: Setting) -> None:
    """A new one with its first version."""
    await connection.execute(
        sa.text(
            "INSERT INTO document_schedules (id, revision, is_paused, settled_until_at, next_due_at, created_by,"
            " created_at) VALUES (:id, :revision, :is_paused, :settled_until_at, :next_due_at, :actor, :at)"
        ),
        _standing(schedule) | {"actor": setting.actor, "at": setting.at},
    )
    await _add_version(connection, schedule, setting)


async def write_version(connection: AsyncConnection, schedule: Schedule, setting: Setting) -> None:
    """The schedule as it is from now on, as its next version."""
    await _add_version(connection, schedule, setting)
    await move_on(connection, schedule)


async def move_on(connection: AsyncConnection, schedule: Schedule) -> None:
    """Where the schedule stands now."""
    await connection.execute(
        sa.text(
            "UPDATE document_schedules SET revision = :revision, is_paused = :is_paused,"
            " settled_until_at = :settled_until_at, next_due_at = :next_due_at WHERE id = :id"
        ),
        _standing(schedule),
    )


async def schedule_to_change(connection: AsyncConnection, schedule_id: UUID) -> Schedule | None:
    """The schedule, locked until the commit."""
    row = (
        await connection.execute(sa.text(f"{_SELECT} WHERE s.id = :id FOR UPDATE OF s"), {"id": schedule_id})
    ).one_or_none()
    return None if row is None else schedule_of(row)


async def schedules_by_calendar(connection: AsyncConnection, codes: Iterable[str]) -> list[Schedule]:
    """Those that follow one of the calendars and are not paused, locked in the order of their ids."""
    rows = await connection.execute(
        sa.text(
            f"{_SELECT} WHERE v.calendar_code = ANY(CAST(:codes AS text[])) AND NOT s.is_paused"
            " ORDER BY s.id FOR UPDATE OF s"
        ),
        {"codes": sorted(codes)},
    )
    return [schedule_of(row) for row in rows]


async def due_schedule_ids(connection: AsyncConnection, at: datetime, limit: int) -> list[UUID]:
    """Those with a run that is due, the longest due first."""
    rows = await connection.execute(
        sa.text(
            "SELECT id FROM document_schedules WHERE next_due_at <= :at ORDER BY next_due_at, id LIMIT :limit"
        ),
        {"at": at, "limit": limit},
    )
    return [row.id for row in rows]


async def claim_due(connection: AsyncConnection, schedule_id: UUID, at: datetime) -> Schedule | None:
    """The schedule, locked until the commit; None when it is not due any more, or somebody else has it."""
    statement = sa.text(f"{_SELECT} WHERE s.id = :id AND s.next_due_at <= :at FOR UPDATE OF s SKIP LOCKED")
    row = (await connection.execute(statement, {"id": schedule_id, "at": at})).one_or_none()
    return None if row is None else schedule_of(row)


async def unknown_partners(connection: AsyncConnection, codes: Sequence[str]) -> list[int]:
    """Positions of the codes that no partner has."""
    rows = await connection.execute(
        sa.text(
            "SELECT position - 1 AS position FROM unnest(CAST(:codes AS text[])) WITH ORDINALITY AS asked (code, position)"
            " WHERE NOT EXISTS (SELECT FROM partners p WHERE p.code = asked.code) ORDER BY position"
        ),
        {"codes": list(codes)},
    )
    return [row.position for row in rows]


def schedule_of(row: Row) -> Schedule:
    """The schedule in a row with SCHEDULE_COLUMNS."""
    return Schedule(
        id=row.id,
        revision=row.revision,
        rule=rule_of(row),
        is_paused=row.is_paused,
        settled_until_at=row.settled_until_at,
        next_due_at=row.next_due_at,
    )


def rule_of(row: Row) -> ScheduleRule:
    """The rule in a row with the columns of a version."""
    return ScheduleRule(
        name=row.name,
        kinds=tuple(map(ScheduledKind, row.kinds)),
        audience=Audience(row.audience),
        partner_codes=tuple(row.partner_codes),
        zones=tuple(row.zones),
        recipient_roles=tuple(row.recipient_roles),
        channel=ScheduleChannel(row.channel),
        condition=SendCondition(row.condition),
        catch_up=CatchUp(row.catch_up),
        timing=Timing(
            cron=row.cron,
            time_zone=row.time_zone,
            on_closed_day=ClosedDayRule(row.on_closed_day),
            valid_from=row.valid_from,
            valid_to=row.valid_to,
        ),
        calendar_code=row.calendar_code,
        quiet_hours=(row.quiet_from, row.quiet_until) if row.quiet_from is not None else None,
        formats=tuple(row.formats),
    )


def _standing(schedule: Schedule) -> dict[str, object]:
    return {
        "id": schedule.id,
        "revision": schedule.revision,
        "is_paused": schedule.is_paused,
        "settled_until_at": schedule.settled_until_at,
        "next_due_at": schedule.next_due_at,
    }


async def _add_version(connection: AsyncConnection, schedule: Schedule, setting: Setting) -> None:
    values = _version(schedule) | {"note": setting.note, "set_by": setting.actor, "set_at": setting.at}
    columns, places = ", ".join(values), ", ".join(f":{name}" for name in values)
    await connection.execute(
        sa.text(f"INSERT INTO document_schedule_versions ({columns}) VALUES ({places})"), values
    )


def _version(schedule: Schedule) -> dict[str, object]:
    rule, timing = schedule.rule, schedule.rule.timing
    quiet_from, quiet_until = rule.quiet_hours or (None, None)
    return {
        "schedule_id": schedule.id,
        "revision": schedule.revision,
        "name": rule.name,
        "kinds": [kind.value for kind in rule.kinds],
        "audience": rule.audience.value,
        "partner_codes": list(rule.partner_codes),
        "zones": list(rule.zones),
        "recipient_roles": list(rule.recipient_roles),
        "channel": rule.channel.value,
        "condition": rule.condition.value,
        "catch_up": rule.catch_up.value,
        "cron": timing.cron,
        "time_zone": timing.time_zone,
        "on_closed_day": timing.on_closed_day.value,
        "calendar_code": rule.calendar_code,
        "quiet_from": quiet_from,
        "quiet_until": quiet_until,
        "formats": list(rule.formats),
        "valid_from": timing.valid_from,
        "valid_to": timing.valid_to,
        "is_paused": schedule.is_paused,
    }
