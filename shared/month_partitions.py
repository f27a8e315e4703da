"""Tables cut into months by ids that have their time in them, so that keys and references stay what they were.

A UUID of version 7 begins with the milliseconds since 1970 (RFC 9562, section 5.7, May 2024): a range of ids whose bounds
are the first milliseconds of two months is a month of making. An id without a time in it lies somewhere, mostly in the
default partition, which takes whatever no month takes; it is unique wherever it lies.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

MONTHS_AHEAD: Final = 2
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class MonthTable:
    """A table partitioned by RANGE of `key`, with the default partition `<name>_default`.

    `guards` are statements for each partition, `{table}`: triggers of the whole do not hold for who names one. `{month}`
    ends the name of each, so that a partition may refer to that of the same month in another table. Rows that came
    before their month was made are moved into it if they `may_move`; if not, they stay where they are and that month
    has no partition of its own.
    """

    name: str
    key: str
    guards: tuple[str, ...] = ()
    may_move: bool = False

    @property
    def default(self) -> str:
        return f"{self.name}_default"


@dataclass(frozen=True, slots=True)
class Month:
    """One partition and where it ends: a month, or all that was before there were months."""

    name: str
    ends_at: datetime


def month_start(instant: datetime, ahead: int = 0) -> datetime:
    """The instant at which the month of `instant` began in UTC, or the one so many after it."""
    utc = instant.astimezone(UTC)
    count = utc.year * 12 + utc.month - 1 + ahead
    return datetime(count // 12, count % 12 + 1, 1, tzinfo=UTC)


def first_id(instant: datetime) -> UUID:
    """The smallest id of this millisecond or later, whatever its other bits are."""
    return UUID(int=((instant - _EPOCH) // timedelta(milliseconds=1)) << 80)


def time_of(bound: UUID | None) -> datetime:
    """The instant in an id; the beginning of time where there is none."""
    return _EPOCH + timedelta(milliseconds=bound.int >> 80) if bound else _EPOCH


def id_range(start: datetime | None, end: datetime) -> str:
    """The bounds of a partition; without a start, of all that was before."""
    since = f"'{first_id(start)}'" if start else "MINVALUE"
    return f"FOR VALUES FROM ({since}) TO ('{first_id(end)}')"


def month_name(table: MonthTable, start: datetime) -> str:
    return f"{table.name}_p{start:%Y%m}"


def guard_sql(table: MonthTable, partition: str) -> list[str]:
    month = partition.removeprefix(table.name)
    return [guard.format(table=partition, month=month) for guard in table.guards]


def first_months_sql(table: MonthTable, now: datetime, since: datetime | None = None) -> list[str]:
    """Statements for a migration: the months ahead of `now` that begin at `since` or later, and the default partition."""
    statements = []
    for ahead in range(1, MONTHS_AHEAD + 1):
        start, end = month_start(now, ahead), month_start(now, ahead + 1)
        if since and start < since:
            continue
        name = month_name(table, start)
        statements.append(f"CREATE TABLE {name} PARTITION OF {table.name} {id_range(start, end)}")
        statements += guard_sql(table, name)
    statements.append(f"CREATE TABLE {table.default} PARTITION OF {table.name} DEFAULT")
    return statements + guard_sql(table, table.default)


async def make_months(connection: AsyncConnection, tables: Sequence[MonthTable], now: datetime) -> list[str]:
    """Make the partitions that are missing of this month and of those ahead; returns their names.

    A month is made in all of the tables, in their order, or in none. The transaction must be `alone` at it. Writers go
    on meanwhile, unless they write to a default partition.
    """
    made = []
    for ahead in range(MONTHS_AHEAD + 1):
        start, end = month_start(now, ahead), month_start(now, ahead + 1)
        if await _is_covered(connection, tables[0], start):
            continue
        early = [table for table in tables if await _has_early(connection, table, _within(table, start, end))]
        if all(table.may_move for table in early):
            for table in tables:
                await _make(connection, table, start, end, has_early=table in early)
                made.append(month_name(table, start))
    return made


async def alone(connection: AsyncConnection, table: MonthTable) -> bool:
    """Whether nobody else is at the months of the table, until the end of the transaction.

    A lock that is not had within two seconds from now on is a fault; the next round tries again.
    """
    await connection.execute(sa.text("SET LOCAL lock_timeout = '2s'"))
    lock = sa.text("SELECT pg_try_advisory_xact_lock(hashtext(:name))")
    return bool(await connection.scalar(lock, {"name": f"{table.name}_months"}))


async def months_ended_before(
    connection: AsyncConnection, table: MonthTable, limit: datetime
) -> Sequence[Month]:
    """Partitions that end at or before the instant, the oldest first."""
    months = [Month(name, ends_at) for name, _, ends_at in await _months(connection, table)]
    return sorted((one for one in months if one.ends_at <= limit), key=lambda one: one.ends_at)


def _within(table: MonthTable, start: datetime, end: datetime) -> str:
    return f"{table.key} >= '{first_id(start)}' AND {table.key} < '{first_id(end)}'"


async def _has_early(connection: AsyncConnection, table: MonthTable, within: str) -> bool:
    early = sa.text(f"SELECT EXISTS (SELECT FROM {table.default} WHERE {within})")  # noqa: S608 - names of ours
    return bool(await connection.scalar(early))


async def _make(
    connection: AsyncConnection, table: MonthTable, start: datetime, end: datetime, *, has_early: bool
) -> None:
    """As a table of its own that is attached then: nobody who uses the whole waits for it."""
    name = month_name(table, start)
    statements = [
        f"CREATE TABLE {name} (LIKE {table.name} INCLUDING DEFAULTS INCLUDING CONSTRAINTS INCLUDING INDEXES)"
    ]
    if has_early:
        statements += [
            f"LOCK TABLE {table.default} IN ACCESS EXCLUSIVE MODE",
            f"""
            WITH early AS (DELETE FROM {table.default} WHERE {_within(table, start, end)} RETURNING *)
            INSERT INTO {name} SELECT * FROM early
            """,  # noqa: S608 - names of ours
        ]
    attached = f"ALTER TABLE {table.name} ATTACH PARTITION {name} {id_range(start, end)}"
    for statement in (*statements, *guard_sql(table, name), attached):
        await connection.execute(sa.text(statement))


async def _is_covered(connection: AsyncConnection, table: MonthTable, instant: datetime) -> bool:
    return any(begins_at <= instant < ends_at for _, begins_at, ends_at in await _months(connection, table))


async def _months(connection: AsyncConnection, table: MonthTable) -> list[tuple[str, datetime, datetime]]:
    """Name, begin and end of each partition but the default one."""
    rows = await connection.execute(_MONTHS, {"table": table.name})
    return [(row.name, time_of(row.first), time_of(row.last)) for row in rows]


# `first` is null of the partition that holds all that was before there were months.
_MONTHS: Final = sa.text(
    """
    SELECT relname AS name,
        CAST(substring(pg_get_expr(relpartbound, oid) FROM 'FROM \\(''([^'']+)''\\)') AS uuid) AS first,
        CAST(substring(pg_get_expr(relpartbound, oid) FROM 'TO \\(''([^'']+)''\\)') AS uuid) AS last
    FROM pg_inherits JOIN pg_class ON oid = inhrelid
    WHERE inhparent = CAST(CAST(:table AS text) AS regclass) AND pg_get_expr(relpartbound, oid) <> 'DEFAULT'
    """
)
