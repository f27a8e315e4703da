"""Alembic environment: one transaction per migration, short lock waits, one migrator at a time."""

import sqlalchemy as sa
from alembic import context

from shared.migrations.runner import owner_metadata
from shared.primary import database_url

# Made by statements of their own modules (shared/outbox, shared/inbox, shared/jobs), which test them themselves;
# and the months of the request audit and the journal, whose shape is that of the whole.
OWN_SQL_PREFIXES = (
    "outbox",
    "inbox",
    "jobs",
    "procrastinate",
    "request_audit_",
    "journal_entries_",
    "journal_lines_",
)
# Held by each partition on that of the same month.
KEYS_OF_PARTITIONS = ("fk_journal_lines_entry_id_journal_entries",)


def is_described_here(item: object, name: str | None, kind: str, _reflected: bool, _other: object) -> bool:  # noqa: FBT001
    """Tell whether autogenerate and the drift check look at it; the signature is Alembic's."""
    if isinstance(item, sa.ForeignKeyConstraint):
        return name not in KEYS_OF_PARTITIONS and not item.referred_table.name.startswith(OWN_SQL_PREFIXES)
    return not (kind == "table" and name is not None and name.startswith(OWN_SQL_PREFIXES))


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
            target_metadata=owner_metadata(context.config.attributes["owner"]),
            include_object=is_described_here,
            compare_type=True,
            compare_server_default=True,
            transaction_per_migration=True,
        )
        with context.begin_transaction():
            context.run_migrations()
    engine.dispose()


run()
