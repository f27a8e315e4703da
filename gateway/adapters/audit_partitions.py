"""The months of the request audit: made ahead, found by their end, and let go once an archive has them.

Rows of a month without a partition are taken by the default one, so that nothing is ever refused; it is then put in the
place of these months as it stands, for rows of the audit cannot be moved.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from gateway.domain.errors import ArchiveDiffers
from shared.month_partitions import month_start

TABLE: Final = "request_audit"
MONTHS_AHEAD: Final = 2
_DEFAULT: Final = f"{TABLE}_default"
_LOCK: Final = sa.text("SELECT pg_try_advisory_xact_lock(hashtext('request_audit_months'))")


@dataclass(frozen=True, slots=True)
class Month:
    """One partition and the instant at which it ends: a month, or all that was before there were months."""

    name: str
    ends_at: datetime


async def keep_months(connection: AsyncConnection, now: datetime) -> Sequence[str]:
    """Make the partitions that are missing of this month and the two ahead; returns their names.

    Does nothing while another worker is at it. A lock that is not had within two seconds is a fault; the next round tries
    again.
    """
    if not await _is_alone(connection):
        return []
    made = await _place_default(connection)
    for ahead in range(MONTHS_AHEAD + 1):
        start, end = month_start(now, ahead), month_start(now, ahead + 1)
        if not await _is_covered(connection, start):
            made.append(await _new_partition(connection, start, end))
    return made


async def months_ended_before(connection: AsyncConnection, limit: datetime) -> Sequence[Month]:
    """Partitions that end at or before the instant, the oldest first; empty ones too."""
    rows = await connection.execute(_ENDED, {"limit": limit})
    return [Month(row.name, row.ends_at) for row in rows]


async def let_go(connection: AsyncConnection, month: Month, *, rows: int) -> bool:
    """Detach and drop a partition that is archived with so many rows; False when another worker is at it or did it.

    ArchiveDiffers, and the caller must not commit, if it has others by now.
    """
    if not await _is_alone(connection):
        return False
    if month not in await months_ended_before(connection, month.ends_at):
        return False
    await connection.execute(sa.text(f'ALTER TABLE {TABLE} DETACH PARTITION "{month.name}"'))
    counted = await connection.scalar(sa.text(f'SELECT count(*) FROM "{month.name}"'))  # noqa: S608 - a name of ours
    if counted != rows:
        raise ArchiveDiffers(f"{month.name} has {counted} rows and its archive {rows}")
    await connection.execute(sa.text(f'DROP TABLE "{month.name}"'))
    return True


def first_of_month(now: datetime, months_before: int) -> datetime:
    """The instant at which the month so many before that of `now` began, in UTC."""
    return month_start(now, -months_before)


async def _is_alone(connection: AsyncConnection) -> bool:
    await connection.execute(sa.text("SET LOCAL lock_timeout = '2s'"))
    return bool(await connection.scalar(_LOCK))


async def _place_default(connection: AsyncConnection) -> list[str]:
    """Rows in the default partition belong to months that were not made in time: it becomes the partition of these."""
    first, last = (await connection.execute(sa.text(f"SELECT min(at), max(at) FROM {_DEFAULT}"))).one()  # noqa: S608
    if first is None:
        return []
    start, end = month_start(first, 0), month_start(last, 1)
    name = f"{TABLE}_p{start:%Y%m}_late"
    for statement in (
        f"ALTER TABLE {TABLE} DETACH PARTITION {_DEFAULT}",
        f"ALTER TABLE {_DEFAULT} RENAME TO {name}",
        f"ALTER TABLE {TABLE} ATTACH PARTITION {name} {_range(start, end)}",
        f"CREATE TABLE {_DEFAULT} PARTITION OF {TABLE} DEFAULT",
        _refuses_change(_DEFAULT),
    ):
        await connection.execute(sa.text(statement))
    return [name]


async def _is_covered(connection: AsyncConnection, instant: datetime) -> bool:
    return bool(await connection.scalar(_COVERED, {"instant": instant}))


async def _new_partition(connection: AsyncConnection, start: datetime, end: datetime) -> str:
    name = f"{TABLE}_p{start:%Y%m}"
    await connection.execute(sa.text(f"CREATE TABLE {name} PARTITION OF {TABLE} {_range(start, end)}"))
    await connection.execute(sa.text(_refuses_change(name)))
    return name


def _refuses_change(name: str) -> str:
    """The trigger of the whole does not hold for who names a partition, so each has one of its own."""
    return (
        f"CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON {name}"
        " FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
    )


def _range(start: datetime, end: datetime) -> str:
    return f"FOR VALUES FROM ('{start.isoformat()}') TO ('{end.isoformat()}')"


# `begins_at` is null of the partition that holds all that was before there were months.
MONTH_BOUNDS: Final = """
    SELECT relname AS name,
        substring(pg_get_expr(relpartbound, oid) FROM 'FROM \\(''([^'']+)''\\)')::timestamptz AS begins_at,
        substring(pg_get_expr(relpartbound, oid) FROM 'TO \\(''([^'']+)''\\)')::timestamptz AS ends_at
    FROM pg_inherits JOIN pg_class ON oid = inhrelid
    WHERE inhparent = CAST('request_audit' AS regclass) AND pg_get_expr(relpartbound, oid) <> 'DEFAULT'
"""
_ENDED: Final = sa.text(
    f"SELECT name, ends_at FROM ({MONTH_BOUNDS}) AS months WHERE ends_at <= :limit ORDER BY ends_at"  # noqa: S608
)
_COVERED: Final = sa.text(
    f"SELECT EXISTS (SELECT FROM ({MONTH_BOUNDS}) AS months"  # noqa: S608 - constants only
    " WHERE COALESCE(begins_at, '-infinity') <= :instant AND ends_at > :instant)"
)
