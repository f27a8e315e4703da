"""Projections beside those that are read: temporary tables of one connection that have their names, then the switch.

Statements of the projections name tables without a schema. A temporary table is found first, so that the very same code
fills the copies on this connection, and the real tables on every other one.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from services.reporting.adapters.fact_store import later_by, replacing
from services.reporting.adapters.heard_events import TAKEN
from services.reporting.adapters.orm.base import Record
from services.reporting.adapters.projection_queries import TABLES

NAMES: Final = tuple(sorted({table for tables in TABLES.values() for table in tables}))
PROGRESS: Final = "projection_progress"
EXPLAINED: Final = "explained_transactions"
SWITCH_TIMEOUT: Final = "30min"  # ten million rows are compared in a few


@dataclass(frozen=True, slots=True)
class Mended:
    """How many rows of a table were not what the events say: taken away, and put in; and how many no event tells of."""

    removed: int
    added: int
    unexplained: int


async def begin_beside(connection: AsyncConnection) -> str:
    """Empty copies; returns the schema of the real tables.

    Use a connection that nothing else used: what it has prepared would go on naming the real ones.
    """
    schema = str(await connection.scalar(sa.text("SELECT current_schema()")))
    for name in (*NAMES, PROGRESS):
        await connection.execute(sa.text(f"CREATE TEMP TABLE {name} (LIKE {schema}.{name} INCLUDING ALL)"))
    await connection.execute(sa.text(f"CREATE TEMP TABLE {TAKEN} (event_id uuid PRIMARY KEY)"))
    await connection.execute(sa.text(f"CREATE TEMP TABLE {EXPLAINED} (written_in bigint PRIMARY KEY)"))
    return schema


async def hold_projections(connection: AsyncConnection, schema: str) -> None:
    """Until the commit nobody applies events; readers go on. Whoever applies some takes the kept events first."""
    await connection.execute(sa.text(f"SET LOCAL statement_timeout = '{SWITCH_TIMEOUT}'"))
    for name in ("heard_events", *NAMES, PROGRESS):
        await connection.execute(sa.text(f"LOCK TABLE {schema}.{name} IN EXCLUSIVE MODE"))


async def switch(connection: AsyncConnection, schema: str) -> Mapping[str, Mended]:
    """Make the real tables equal to the copies, by the rows that differ alone; nothing else may write them meanwhile."""
    await connection.execute(
        sa.text(
            f"INSERT INTO {EXPLAINED} SELECT kept_in FROM {schema}.heard_events"
            f" UNION SELECT switched_in FROM {schema}.projection_rebuilds"
        )
    )
    mended = {name: await _switch_table(connection, schema, name) for name in NAMES}
    await connection.execute(
        sa.text(
            f"""
            INSERT INTO {schema}.{PROGRESS} AS r (projection, revision, newest_fact_at, applied_at)
            SELECT projection, 1, newest_fact_at, now() FROM pg_temp.{PROGRESS}
            ON CONFLICT (projection) DO UPDATE SET revision = r.revision + 1, applied_at = excluded.applied_at,
                newest_fact_at = greatest(r.newest_fact_at, excluded.newest_fact_at)
            """
        )
    )
    return mended


async def note_rebuild(
    connection: AsyncConnection, job_id: UUID, events: int, mended: Mapping[str, Mended], at: datetime
) -> None:
    """Columnar copies that were made before are made anew: rows may have vanished."""
    await connection.execute(
        sa.text(
            "INSERT INTO projection_rebuilds"
            " (job_id, events_count, removed_count, added_count, unexplained_count, switched_at)"
            " VALUES (:job_id, :events, :removed, :added, :unexplained, :at)"
        ),
        {
            "job_id": job_id,
            "events": events,
            "removed": sum(one.removed for one in mended.values()),
            "added": sum(one.added for one in mended.values()),
            "unexplained": sum(one.unexplained for one in mended.values()),
            "at": at,
        },
    )


async def _switch_table(connection: AsyncConnection, schema: str, name: str) -> Mended:
    columns = [column for column in _columns(name) if column != "written_in"]
    listed = ", ".join(columns)
    unexplained = await connection.execute(sa.text(_keep_unexplained(schema, name)))
    await connection.execute(sa.text(f"ANALYZE pg_temp.{name}"))
    removed = await connection.execute(
        sa.text(
            f"""
            DELETE FROM {schema}.{name} AS r USING (
                SELECT {listed} FROM {schema}.{name} EXCEPT SELECT {listed} FROM pg_temp.{name}
            ) AS wrong WHERE {_same_key(name)}
            """
        )
    )
    added = await connection.execute(
        sa.text(
            f"""
            INSERT INTO {schema}.{name} ({listed})
            SELECT {listed} FROM pg_temp.{name} EXCEPT SELECT {listed} FROM {schema}.{name}
            """
        )
    )
    return Mended(removed.rowcount, added.rowcount, unexplained.rowcount)


def _keep_unexplained(schema: str, name: str) -> str:
    """Put into the copy what no kept event can tell of: written by a transaction that kept none, as all were once."""
    table = Record.metadata.tables[name]
    listed = ", ".join(_columns(name))
    key = ", ".join(column.name for column in table.primary_key)
    return f"""
        INSERT INTO pg_temp.{name} AS known ({listed})
        SELECT {listed} FROM {schema}.{name} AS r
        WHERE NOT EXISTS (SELECT FROM {EXPLAINED} e WHERE e.written_in = r.written_in)
        ON CONFLICT ({key}) {replacing(table, later_by(name))}
    """


def _columns(name: str) -> list[str]:
    return [column.name for column in Record.metadata.tables[name].columns]


def _same_key(name: str) -> str:
    keys = [column.name for column in Record.metadata.tables[name].primary_key]
    return " AND ".join(f"r.{key} = wrong.{key}" for key in keys)
