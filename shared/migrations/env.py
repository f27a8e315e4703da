"""Alembic environment: one transaction per migration, short lock waits, one migrator at a time."""

import sqlalchemy as sa
from alembic import context

from shared.database import database_url

# procrastinate's tables belong to the library; its own migrations describe them.
LIBRARY_PREFIX = "procrastinate"


def is_ours(name: str | None, kind: str, _parents: object) -> bool:
    return not (kind == "table" and name is not None and name.startswith(LIBRARY_PREFIX))


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
            include_name=is_ours,
            compare_type=True,
            compare_server_default=True,
            transaction_per_migration=True,
        )
        with context.begin_transaction():
            context.run_migrations()
    engine.dispose()


run()
