"""Events that projections are made of, from now on as they were heard, and what was made anew of them.

Reversible; the events that were kept are forgotten, projections stay.
"""

from alembic import op

from shared.migrations.ledger_guards import append_only

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None

WRITING_TRANSACTION = "CAST(CAST(pg_current_xact_id() AS text) AS bigint)"
STATEMENTS = (
    f"""
    CREATE TABLE heard_events (
        position bigint GENERATED ALWAYS AS IDENTITY CONSTRAINT pk_heard_events PRIMARY KEY,
        event_id uuid NOT NULL CONSTRAINT uq_heard_events_event_id UNIQUE,
        body bytea NOT NULL,
        kept_in bigint NOT NULL DEFAULT {WRITING_TRANSACTION}
    )
    """,
    f"""
    CREATE TABLE projection_rebuilds (
        job_id uuid NOT NULL CONSTRAINT pk_projection_rebuilds PRIMARY KEY,
        events_count bigint NOT NULL,
        removed_count bigint NOT NULL,
        added_count bigint NOT NULL,
        unexplained_count bigint NOT NULL,
        switched_at timestamptz NOT NULL,
        switched_in bigint NOT NULL DEFAULT {WRITING_TRANSACTION}
    )
    """,
    # Nought for rows from before: no transaction has that number.
    "ALTER TABLE imported_statements ADD COLUMN written_in bigint NOT NULL DEFAULT 0",
    f"ALTER TABLE imported_statements ALTER COLUMN written_in SET DEFAULT {WRITING_TRANSACTION}",
    "CREATE INDEX ix_imported_statements_written_in ON imported_statements (written_in)",
)


def upgrade() -> None:
    for statement in (*STATEMENTS, *append_only(["heard_events", "projection_rebuilds"])):
        op.execute(statement)


def downgrade() -> None:
    op.execute("DROP TABLE projection_rebuilds")
    op.execute("DROP TABLE heard_events")
    op.execute("ALTER TABLE imported_statements DROP COLUMN written_in")
