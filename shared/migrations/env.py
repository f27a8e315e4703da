"""Alembic environment: one transaction per migration, short lock waits, one migrator at a time."""

import sqlalchemy as sa
from alembic import context
from sqlalchemy.schema import SchemaItem

from shared.database import database_url

# Drawn by statements of their own modules or library: the metadata cannot say partitions and partial indexes.
SELF_KEPT = ("procrastinate", "outbox", "inbox")


def is_ours(item: SchemaItem, name: str | None, kind: str, _reflected: object, _other: object) -> bool:
    table = name if kind == "table" else getattr(item, "table").name  # noqa: B009 - only tables have none
    return not str(table).startswith(SELF_KEPT)


def run() -> None:
    url = database_url(context.config.attributes["url"], driver="psycopg")
    engine = sa.create_engine(url, poolclass=sa.NullPool)
    with engine.connect() as connection:
        # Waiting for a lock would queue every reader behind us; failing fast and trying again does not.
        connection.execute(sa.text("SET lock_timeout = '5s'"))
        connection.execute(sa.text("SELECT pg_advisory_lock(727274)"))
        connection.commit()
        context.configure(
            connection=connection,
            target_metadata=context.config.attributes["target_metadata"],
            include_object=is_ours,
            compare_type=True,
            compare_server_default=True,
            transaction_per_migration=True,
        )
        with context.begin_transaction():
            context.run_migrations()
    engine.dispose()


run()
