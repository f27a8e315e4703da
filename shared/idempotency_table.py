"""Where replies are remembered by their keys, and forgotten: what workers and migrations need, who serve no requests."""

from datetime import timedelta
from typing import Final

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

KEPT: Final = timedelta(days=7)


def idempotency_table(metadata: sa.MetaData) -> sa.Table:
    """One row per remembered POST; primary key (caller, key)."""
    return sa.Table(
        "idempotency_keys",
        metadata,
        sa.Column("caller", sa.Text, primary_key=True),
        sa.Column("key", sa.Text, primary_key=True),
        sa.Column("request_hash", sa.LargeBinary, nullable=False),
        sa.Column("status", sa.Integer, nullable=False),
        sa.Column("media_type", sa.Text, nullable=False),
        sa.Column("body", sa.LargeBinary, nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False, index=True),
    )


def create_idempotency_sql() -> tuple[str, ...]:
    """Statements for a migration."""
    return (
        """
        CREATE TABLE idempotency_keys (
            caller text NOT NULL,
            key text NOT NULL,
            request_hash bytea NOT NULL,
            status integer NOT NULL,
            media_type text NOT NULL,
            body bytea NOT NULL,
            created_at timestamptz NOT NULL,
            CONSTRAINT pk_idempotency_keys PRIMARY KEY (caller, key)
        )
        """,
        "CREATE INDEX ix_idempotency_keys_created_at ON idempotency_keys (created_at)",
    )


async def forget_replies(
    connection: AsyncConnection, *, kept: timedelta = KEPT, rows_max: int = 10_000
) -> int:
    """Forget replies older than `kept`, a bounded number at a time; returns how many went."""
    gone = await connection.execute(
        sa.text(
            "DELETE FROM idempotency_keys WHERE (caller, key) IN (SELECT caller, key FROM idempotency_keys"
            " WHERE created_at < now() - CAST(:kept AS interval) LIMIT :rows_max)"
        ),
        {"kept": kept, "rows_max": rows_max},
    )
    return gone.rowcount
