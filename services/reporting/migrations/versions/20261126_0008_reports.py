"""Report definitions with their versions, runs and their frozen results.

Reversible only as long as nobody relies on results: they cannot be made again once facts have moved on.
"""

from alembic import op

from shared.migrations.ledger_guards import append_only

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

TABLES = (
    """
    CREATE TABLE report_definitions (
        id uuid NOT NULL,
        name text NOT NULL,
        revision bigint NOT NULL,
        owner text NOT NULL,
        created_at timestamptz NOT NULL,
        CONSTRAINT pk_report_definitions PRIMARY KEY (id),
        CONSTRAINT uq_report_definitions_name UNIQUE (name),
        CONSTRAINT ck_report_definitions_revision_positive CHECK (revision > 0)
    )
    """,
    """
    CREATE TABLE report_definition_versions (
        definition_id uuid NOT NULL,
        revision bigint NOT NULL,
        content jsonb NOT NULL,
        set_by text NOT NULL,
        set_at timestamptz NOT NULL,
        CONSTRAINT pk_report_definition_versions PRIMARY KEY (definition_id, revision),
        CONSTRAINT fk_report_definition_versions_definition_id_report_definitions
            FOREIGN KEY (definition_id) REFERENCES report_definitions (id) DEFERRABLE INITIALLY DEFERRED
    )
    """,
    """
    CREATE TABLE report_runs (
        id uuid NOT NULL,
        definition_id uuid NOT NULL,
        revision bigint NOT NULL,
        period text NOT NULL,
        first_on date NOT NULL,
        last_on date NOT NULL,
        period_unit text NOT NULL,
        zone text,
        partner_code text,
        sees_all boolean NOT NULL,
        zones text[] NOT NULL,
        own_code text,
        job_id uuid NOT NULL,
        asked_by text NOT NULL,
        asked_at timestamptz NOT NULL,
        CONSTRAINT pk_report_runs PRIMARY KEY (id),
        CONSTRAINT fk_report_runs_definition_id_report_definitions
            FOREIGN KEY (definition_id) REFERENCES report_definitions (id),
        CONSTRAINT ck_report_runs_days_in_order CHECK (first_on <= last_on)
    )
    """,
    "CREATE INDEX ix_report_runs_definition ON report_runs (definition_id, id)",
    """
    CREATE TABLE report_results (
        run_id uuid NOT NULL,
        cut_off jsonb NOT NULL,
        cut_off_at timestamptz NOT NULL,
        totals jsonb NOT NULL,
        rows_count bigint NOT NULL,
        content bytea NOT NULL,
        content_sha256 text NOT NULL,
        details_count bigint NOT NULL,
        details bytea,
        CONSTRAINT pk_report_results PRIMARY KEY (run_id),
        CONSTRAINT fk_report_results_run_id_report_runs FOREIGN KEY (run_id) REFERENCES report_runs (id),
        CONSTRAINT ck_report_results_hash_of_content CHECK (content_sha256 = encode(sha256(content), 'hex')),
        CONSTRAINT ck_report_results_counts_not_negative CHECK (rows_count >= 0 AND details_count >= 0)
    )
    """,
)
HISTORIES = ("report_definition_versions", "report_runs", "report_results")


def upgrade() -> None:
    for statement in (*TABLES, *append_only(HISTORIES)):
        op.execute(statement)


def downgrade() -> None:
    for table in ("report_results", "report_runs", "report_definition_versions", "report_definitions"):
        op.execute(f"DROP TABLE {table}")
    op.execute("DROP FUNCTION refuse_change()")
