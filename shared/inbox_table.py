"""The table of the inbox: which event was claimed by whom.

Claims lie in months by the time in the ids (`shared/month_partitions.py`), so that a month goes whole; when it was claimed
does not matter for that, and an id without a time in it is claimed once like any other.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from sqlalchemy import Column, DateTime, MetaData, Table, Text, Uuid, func, text
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.month_partitions import (
    Month,
    MonthTable,
    alone,
    first_id,
    first_months_sql,
    id_range,
    make_months,
    month_start,
    months_ended_before,
)

# Longer than any message can be on its way, dead letters replayed by an operator included.
KEPT = timedelta(days=30)
MONTHS: Final = MonthTable(name="inbox", key="event_id", may_move=True)
# Younger claims that a month leaves behind are moved while all who claim wait; a month with more of them waits itself.
MOVED_MAX: Final = 10_000


def inbox_table(metadata: MetaData) -> Table:
    return Table(
        "inbox",
        metadata,
        Column("event_id", Uuid, primary_key=True),
        Column("consumer", Text, primary_key=True),
        Column("claimed_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
        postgresql_partition_by="RANGE (event_id)",
    )


def create_inbox_sql() -> tuple[str, ...]:
    """Statements for a migration. Ids grow with time (UUIDv7), so the key's index grows at its warm end."""
    return (
        """
        CREATE TABLE inbox (
            event_id uuid NOT NULL,
            consumer text NOT NULL,
            claimed_at timestamptz NOT NULL DEFAULT now(),
            CONSTRAINT pk_inbox PRIMARY KEY (event_id, consumer)
        )
        """,
        "CREATE INDEX ix_inbox_claimed_at ON inbox USING brin (claimed_at)",
    )


def cut_inbox_sql(now: datetime) -> tuple[str, ...]:
    """Statements for a migration: the table becomes the partition of all up to the end of this month, as it stands.

    Only the few ids that lie behind it are moved: of others, or of a clock that is ahead. Who claims meanwhile waits
    for as long as the rows take to be looked at once; the table has a month of them.
    """
    end = month_start(now, 1)
    return (
        "ALTER TABLE inbox RENAME TO inbox_before",
        "ALTER TABLE inbox_before RENAME CONSTRAINT pk_inbox TO pk_inbox_before",
        "ALTER INDEX ix_inbox_claimed_at RENAME TO ix_inbox_before_claimed_at",
        "CREATE TABLE inbox (LIKE inbox_before INCLUDING DEFAULTS) PARTITION BY RANGE (event_id)",
        "ALTER TABLE inbox ADD CONSTRAINT pk_inbox PRIMARY KEY (event_id, consumer)",
        "CREATE INDEX ix_inbox_claimed_at ON inbox USING brin (claimed_at)",
        *first_months_sql(MONTHS, now),
        f"""
        WITH behind AS (
            DELETE FROM inbox_before WHERE event_id >= '{first_id(end)}' RETURNING event_id, consumer, claimed_at
        )
        INSERT INTO inbox (event_id, consumer, claimed_at) SELECT event_id, consumer, claimed_at FROM behind
        """,  # noqa: S608 - a bound of ours
        f"ALTER TABLE inbox ATTACH PARTITION inbox_before {id_range(None, end)}",
    )


def join_inbox_sql() -> tuple[str, ...]:
    """Statements to go back: the claims of all months in one table."""
    return (
        "ALTER TABLE inbox RENAME TO inbox_cut",
        "ALTER TABLE inbox_cut RENAME CONSTRAINT pk_inbox TO pk_inbox_cut",
        "ALTER INDEX ix_inbox_claimed_at RENAME TO ix_inbox_cut_claimed_at",
        *create_inbox_sql(),
        "INSERT INTO inbox SELECT event_id, consumer, claimed_at FROM inbox_cut",
        "DROP TABLE inbox_cut",
    )


_CLAIM = text(
    """
    INSERT INTO inbox (event_id, consumer)
    SELECT event_id, :consumer FROM unnest(CAST(:ids AS uuid[])) AS event_id
    ON CONFLICT DO NOTHING
    RETURNING event_id
    """
)


async def claim(connection: AsyncConnection, consumer: str, ids: Sequence[UUID]) -> set[UUID]:
    """Those of `ids` that are new. Waits for a transaction that claims the same ones at this moment."""
    # Sorted, so that two workers with the same messages wait for each other instead of deadlocking.
    rows = await connection.execute(_CLAIM, {"consumer": consumer, "ids": sorted(set(ids))})
    return set(rows.scalars())


async def keep_months(connection: AsyncConnection, now: datetime) -> list[str]:
    """Make the months ahead and drop those that ended longer ago than claims are kept; for a timer.

    Returns the partitions of which old claims go row by row instead: what has no month, and months of which too many
    events were told again lately. While another worker is at it, it does nothing and names the former only.
    """
    by_row = [MONTHS.default]
    if not await alone(connection, MONTHS):
        return by_row
    await make_months(connection, [MONTHS], now)
    ended = await months_ended_before(connection, MONTHS, now - KEPT)
    return by_row + [one.name for one in ended if not await _let_go(connection, one, now - KEPT)]


async def _let_go(connection: AsyncConnection, month: Month, limit: datetime) -> bool:
    """Drop a month. Claims since the limit outlive it, as their events may come again: the default partition has them."""
    young = f'FROM "{month.name}" WHERE claimed_at >= :limit'
    counted = text(f"SELECT count(*) FROM (SELECT {young} LIMIT :rows) AS young")  # noqa: S608 - a name of ours
    young_count = await connection.scalar(counted, {"limit": limit, "rows": MOVED_MAX + 1})
    if int(young_count or 0) > MOVED_MAX:
        return False
    await connection.execute(text(f'ALTER TABLE inbox DETACH PARTITION "{month.name}"'))
    moved = text(f"INSERT INTO inbox SELECT event_id, consumer, claimed_at {young}")
    await connection.execute(moved, {"limit": limit})
    await connection.execute(text(f'DROP TABLE "{month.name}"'))
    return True


async def prune(
    connection: AsyncConnection,
    partition: str = MONTHS.default,
    *,
    kept: timedelta = KEPT,
    rows_max: int = 10_000,
) -> int:
    """Forget old claims of a partition that cannot go whole, a bounded number at a time; returns how many went."""
    old = text(
        f"""
        DELETE FROM "{partition}" WHERE (event_id, consumer) IN (
            SELECT event_id, consumer FROM "{partition}"
            WHERE claimed_at < now() - CAST(:kept AS interval) LIMIT :rows_max
        )
        """  # noqa: S608 - a name of ours
    )
    gone = await connection.execute(old, {"kept": kept, "rows_max": rows_max})
    return gone.rowcount
