"""Queries that are kept and asked again by the clock.

Reversible; what was saved is lost, the runs and their results stay.
"""

from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

_STATEMENTS = (
    """
    CREATE TABLE saved_queries (
        id uuid NOT NULL,
        owner text NOT NULL,
        revision bigint NOT NULL,
        settled_until_at timestamptz NOT NULL,
        next_due_at timestamptz,
        created_at timestamptz NOT NULL,
        CONSTRAINT pk_saved_queries PRIMARY KEY (id)
    )
    """,
    "CREATE INDEX ix_saved_queries_owner ON saved_queries (owner, id)",
    "CREATE INDEX ix_saved_queries_due ON saved_queries (next_due_at) WHERE next_due_at IS NOT NULL",
    """
    CREATE TABLE saved_query_versions (
        saved_query_id uuid NOT NULL,
        revision bigint NOT NULL,
        title text NOT NULL,
        sql text NOT NULL,
        parameters jsonb NOT NULL,
        rows_max bigint NOT NULL,
        cron text,
        time_zone text NOT NULL,
        valid_from date NOT NULL,
        roles text[] NOT NULL,
        set_by text NOT NULL,
        set_at timestamptz NOT NULL,
        CONSTRAINT pk_saved_query_versions PRIMARY KEY (saved_query_id, revision),
        CONSTRAINT fk_saved_query_versions_saved_query_id_saved_queries
            FOREIGN KEY (saved_query_id) REFERENCES saved_queries (id)
    )
    """,
    """
    CREATE TABLE saved_query_runs (
        id uuid NOT NULL,
        saved_query_id uuid NOT NULL,
        revision bigint NOT NULL,
        due_at timestamptz,
        arguments jsonb NOT NULL,
        outcome text NOT NULL,
        run_id uuid,
        failure_code text,
        failure_detail text,
        asked_by text NOT NULL,
        asked_at timestamptz NOT NULL,
        CONSTRAINT pk_saved_query_runs PRIMARY KEY (id),
        CONSTRAINT fk_saved_query_runs_saved_query_id_saved_queries
            FOREIGN KEY (saved_query_id) REFERENCES saved_queries (id),
        CONSTRAINT fk_saved_query_runs_run_id_dataset_query_runs
            FOREIGN KEY (run_id) REFERENCES dataset_query_runs (id),
        CONSTRAINT ck_saved_query_runs_outcome_known CHECK (outcome IN ('asked', 'refused', 'skipped')),
        CONSTRAINT ck_saved_query_runs_asked_has_run CHECK ((outcome = 'asked') = (run_id IS NOT NULL))
    )
    """,
    "CREATE UNIQUE INDEX ux_saved_query_runs_due ON saved_query_runs (saved_query_id, due_at)",
    "CREATE INDEX ix_saved_query_runs_query ON saved_query_runs (saved_query_id, id)",
)


def upgrade() -> None:
    for statement in _STATEMENTS:
        op.execute(statement)


def downgrade() -> None:
    for table in ("saved_query_runs", "saved_query_versions", "saved_queries"):
        op.drop_table(table)
