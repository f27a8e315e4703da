"""The table that holds what is to be told, and the one statement that fills it."""

import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    Column,
    DateTime,
    Integer,
    LargeBinary,
    MetaData,
    SmallInteger,
    Table,
    Text,
    Uuid,
    func,
    text,
)
from sqlalchemy import (
    Sequence as DatabaseSequence,
)
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.events.envelope import Envelope, Event, encode

# Keys are spread over shards; a shard is relayed by one relay at a time, which keeps the order of every key.
SHARDS = 8


def outbox_table(metadata: MetaData) -> Table:
    """For queries and drift checks; its partitions are named outbox_default and outbox_p<date>."""
    position = DatabaseSequence("outbox_position", metadata=metadata)
    return Table(
        "outbox",
        metadata,
        Column("position", BigInteger, position, primary_key=True, server_default=position.next_value()),
        Column("created_at", DateTime(timezone=True), primary_key=True, server_default=func.now()),
        Column("shard", SmallInteger, nullable=False),
        Column("id", Uuid, nullable=False),
        Column("type", Text, nullable=False),
        Column("partition_key", Text, nullable=False),
        Column("body", LargeBinary, nullable=False),
        Column("published_at", DateTime(timezone=True)),
        Column("attempts", Integer, nullable=False, server_default="0"),
        Column("next_attempt_at", DateTime(timezone=True)),
        Column("last_error", Text),
        Column("recipient", Text),
        postgresql_partition_by="RANGE (created_at)",
    )


def create_outbox_sql() -> tuple[str, ...]:
    """Statements for a migration.

    Partitions of a day are made ahead and dropped by `outbox_upkeep`, which the relay calls; the default one
    takes what comes if no relay has run for days. Bodies stay uncompressed: compressing them would cost the
    booking more time than writing them.
    """
    return (_TABLE, *_SETTINGS, _UPKEEP, "SELECT outbox_upkeep(3, 7)")


def add_outbox_recipient_sql() -> tuple[str, ...]:
    """Statements for a migration: the one service that gets the message; NULL, and everybody who listens does."""
    return ("ALTER TABLE outbox ADD COLUMN recipient text",)


@dataclass(frozen=True, slots=True, kw_only=True)
class OutboxMessage:
    """A message as it leaves. With a `recipient` it goes to the queue of that service and to no other."""

    id: UUID
    type: str
    partition_key: str
    body: bytes
    recipient: str | None = None


async def write_outbox(connection: AsyncConnection, envelopes: Sequence[Envelope[Event]]) -> None:
    """Store what is to be told, in the caller's transaction and in the given order.

    The order of a key is that of its transactions, so hold the aggregate's lock before calling.
    There is no NOTIFY: it makes all commits of a database queue up behind each other, which cost 44 % of
    the commits per second of 16 connections; relays poll a nearly empty index instead.
    """
    messages = [
        OutboxMessage(id=one.id, type=one.type, partition_key=one.partition_key, body=encode(one))
        for one in envelopes
    ]
    await write_messages(connection, messages)


async def write_messages(connection: AsyncConnection, messages: Sequence[OutboxMessage]) -> None:
    """Store messages that are made already, e.g. those of others that are told once more."""
    if not messages:
        return
    await connection.execute(
        _INSERT,
        {
            "ids": [message.id for message in messages],
            "types": [message.type for message in messages],
            "keys": [message.partition_key for message in messages],
            "shards": [shard_of(message.partition_key) for message in messages],
            "bodies": [message.body for message in messages],
            "recipients": [message.recipient for message in messages],
        },
    )


def shard_of(partition_key: str) -> int:
    return zlib.crc32(partition_key.encode()) % SHARDS


_INSERT = text(
    """
    INSERT INTO outbox (id, type, partition_key, shard, body, recipient)
    SELECT id, type, partition_key, shard, body, recipient
    FROM unnest(
        CAST(:ids AS uuid[]), CAST(:types AS text[]), CAST(:keys AS text[]), CAST(:shards AS smallint[]),
        CAST(:bodies AS bytea[]), CAST(:recipients AS text[])
    ) WITH ORDINALITY AS told (id, type, partition_key, shard, body, recipient, place)
    ORDER BY place
    """
)

_TABLE = """
    CREATE TABLE outbox (
        position bigint NOT NULL,
        created_at timestamptz NOT NULL DEFAULT now(),
        shard smallint NOT NULL,
        id uuid NOT NULL,
        type text NOT NULL,
        partition_key text NOT NULL,
        body bytea NOT NULL,
        published_at timestamptz,
        attempts integer NOT NULL DEFAULT 0,
        next_attempt_at timestamptz,
        last_error text,
        CONSTRAINT pk_outbox PRIMARY KEY (position, created_at)
    ) PARTITION BY RANGE (created_at)
"""

_SETTINGS = (
    "CREATE SEQUENCE outbox_position OWNED BY outbox.position",
    "ALTER TABLE outbox ALTER COLUMN position SET DEFAULT nextval('outbox_position')",
    "ALTER TABLE outbox ALTER COLUMN body SET STORAGE EXTERNAL",
    "CREATE INDEX ix_outbox_pending ON outbox (shard, position) WHERE published_at IS NULL",
    """
    CREATE INDEX ix_outbox_held_back ON outbox (partition_key, position)
    WHERE published_at IS NULL AND attempts > 0
    """,
    "CREATE TABLE outbox_default PARTITION OF outbox DEFAULT",
)

# A day whose rows already lie in the default partition gets no partition of its own; those rows go by DELETE.
_UPKEEP = """
    CREATE FUNCTION outbox_upkeep(days_ahead integer, days_kept integer) RETURNS void LANGUAGE plpgsql AS $$
    DECLARE
        today date = (now() AT TIME ZONE 'UTC')::date;
        day_start timestamptz;
        day_end timestamptz;
        partition_name text;
        is_pending boolean;
    BEGIN
        IF NOT pg_try_advisory_xact_lock(hashtext('outbox_upkeep')) THEN RETURN; END IF;
        PERFORM set_config('lock_timeout', '2s', true);
        FOR ahead IN 0 .. days_ahead LOOP
            partition_name = 'outbox_p' || to_char(today + ahead, 'YYYYMMDD');
            day_start = (today + ahead)::timestamp AT TIME ZONE 'UTC';
            day_end = (today + ahead + 1)::timestamp AT TIME ZONE 'UTC';
            IF to_regclass(partition_name) IS NULL AND NOT EXISTS (
                SELECT FROM outbox_default WHERE created_at >= day_start AND created_at < day_end
            ) THEN
                EXECUTE format('CREATE TABLE %I PARTITION OF outbox FOR VALUES FROM (%L) TO (%L)',
                               partition_name, day_start, day_end);
            END IF;
        END LOOP;
        FOR partition_name IN
            SELECT relname FROM pg_inherits JOIN pg_class ON pg_class.oid = inhrelid
            WHERE inhparent = 'outbox'::regclass AND relname ~ '^outbox_p[0-9]{8}$'
              AND relname < 'outbox_p' || to_char(today - days_kept, 'YYYYMMDD')
        LOOP
            EXECUTE format('SELECT EXISTS (SELECT FROM %I WHERE published_at IS NULL)', partition_name)
            INTO is_pending;
            IF NOT is_pending THEN EXECUTE format('DROP TABLE %I', partition_name); END IF;
        END LOOP;
        DELETE FROM outbox_default WHERE published_at < now() - make_interval(days => days_kept);
    END
    $$
"""
