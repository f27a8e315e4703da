"""The jobs as their askers see them, and the statement that makes one."""

import re
from collections.abc import Mapping
from typing import Final, cast
from uuid import UUID

import msgspec
from procrastinate.schema import SchemaManager
from pydantic import JsonValue
from sqlalchemy import (
    BigInteger,
    Column,
    DateTime,
    Index,
    Integer,
    MetaData,
    SmallInteger,
    Table,
    Text,
    Uuid,
    func,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.ext.asyncio import AsyncConnection
from uuid_utils.compat import uuid7

from shared.tracing import current_trace

QUEUE: Final = "jobs"


def job_table(metadata: MetaData) -> Table:
    """`run` grows with every start: a run that was given up for dead can no longer write."""
    return Table(
        "jobs",
        metadata,
        Column("id", Uuid, primary_key=True),
        Column("queue_id", BigInteger, nullable=False),
        Column("kind", Text, nullable=False),
        Column("payload", JSONB, nullable=False),
        Column("state", Text, nullable=False, server_default="queued"),
        Column("run", Integer, nullable=False, server_default="0"),
        Column("failures", Integer, nullable=False, server_default="0"),
        Column("percent", SmallInteger),
        Column("counts", JSONB, nullable=False, server_default="{}"),
        Column("message", Text, nullable=False, server_default=""),
        Column("failure_code", Text),
        Column("errors", JSONB, nullable=False, server_default="[]"),
        Column("result_url", Text),
        Column("created_by", Text, nullable=False),
        Column("created_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
        Column("started_at", DateTime(timezone=True)),
        Column("finished_at", DateTime(timezone=True)),
        Column("updated_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
        Index("ix_jobs_created_by", "created_by", "id"),
    )


async def enqueue(
    connection: AsyncConnection,
    task: str,
    payload: Mapping[str, JsonValue],
    *,
    created_by: str,
    lock: str | None = None,
    result_url: str | None = None,
) -> UUID:
    """Have `task` run once the caller's transaction is committed; returns the id for /v1/jobs/{id}.

    Its last digit tells whose job it is: shared/jobs/home.py. Jobs with the same `lock` run one at a time, in the order
    they were enqueued.
    """
    trace = current_trace()
    made = await connection.execute(
        _ENQUEUE,
        {
            "id": uuid7(),
            "task": task,
            "payload": msgspec.json.encode(payload).decode(),
            "lock": lock,
            "queue": QUEUE,
            "result_url": result_url,
            "created_by": created_by,
            "traceparent": trace.traceparent if trace else None,
        },
    )
    return cast("UUID", made.scalar_one())


async def cancel(connection: AsyncConnection, job_id: UUID) -> bool:
    """Keep a job from starting, or stop it where it waits next; False if it is not there or has ended."""
    queue_id = (await connection.execute(_CANCEL, {"id": job_id})).scalar()
    if queue_id is None:
        return False
    await connection.execute(_ABORT, {"queue_id": queue_id})
    return True


def create_jobs_sql() -> tuple[str, ...]:
    """Statements for a migration: our table, and the queue's schema in the version that is installed.

    A newer version of the queue library comes with migrations of its own; put them into ours with the upgrade.
    """
    return (_TABLE, *_statements(SchemaManager.get_schema()))


def index_jobs_by_asker_sql() -> tuple[str, ...]:
    """Statements for a migration: whoever asked for jobs finds them."""
    return ("CREATE INDEX ix_jobs_created_by ON jobs (created_by, id)",)


def _statements(script: str) -> list[str]:
    """A script cut at the semicolons that stand outside of $$ bodies; drivers take one statement at a time."""
    bare = re.sub(r"^\s*--.*$", "", script, flags=re.MULTILINE)
    found, open_part = [], ""
    for part in bare.split(";"):
        open_part += part
        if open_part.count("$$") % 2:
            open_part += ";"
        else:
            found.append(open_part.strip())
            open_part = ""
    return [statement for statement in found if statement]


_ENQUEUE = text(
    """
    INSERT INTO jobs (id, kind, payload, result_url, created_by, queue_id)
    SELECT id, task, CAST(:payload AS jsonb), :result_url, :created_by, (
        procrastinate_defer_jobs_v1(ARRAY[CAST(
            ROW(CAST(:queue AS text), task, 0, CAST(:lock AS text), NULL,
                jsonb_build_object('job_id', id, 'traceparent', CAST(:traceparent AS text)), NULL)
            AS procrastinate_job_to_defer_v1
        )])
    )[1]
    FROM (
        SELECT CAST(overlay(CAST(CAST(:id AS uuid) AS text) PLACING to_hex(job_home()) FROM 36) AS uuid) AS id,
            CAST(:task AS text) AS task
    ) AS asked
    RETURNING id
    """
)

_CANCEL = text(
    """
    UPDATE jobs SET state = 'cancelled', finished_at = now(), updated_at = now()
    WHERE id = :id AND state IN ('queued', 'running')
    RETURNING queue_id
    """
)

_ABORT = text("SELECT procrastinate_cancel_job_v1(:queue_id, true, false)")

_TABLE = """
    CREATE TABLE jobs (
        id uuid NOT NULL,
        queue_id bigint NOT NULL,
        kind text NOT NULL,
        payload jsonb NOT NULL,
        state text NOT NULL DEFAULT 'queued',
        run integer NOT NULL DEFAULT 0,
        failures integer NOT NULL DEFAULT 0,
        percent smallint,
        counts jsonb NOT NULL DEFAULT '{}',
        message text NOT NULL DEFAULT '',
        failure_code text,
        errors jsonb NOT NULL DEFAULT '[]',
        result_url text,
        created_by text NOT NULL,
        created_at timestamptz NOT NULL DEFAULT now(),
        started_at timestamptz,
        finished_at timestamptz,
        updated_at timestamptz NOT NULL DEFAULT now(),
        CONSTRAINT pk_jobs PRIMARY KEY (id),
        CONSTRAINT ck_jobs_state_known CHECK (state IN ('queued', 'running', 'succeeded', 'failed', 'cancelled')),
        CONSTRAINT ck_jobs_percent_in_range CHECK (percent BETWEEN 0 AND 100),
        CONSTRAINT ck_jobs_finished_if_ended
            CHECK ((finished_at IS NOT NULL) = (state IN ('succeeded', 'failed', 'cancelled')))
    )
"""
