"""Analyses that are made again, version by version, and which of them made an analysis.

Reversible, but what was saved is forgotten.
"""

from alembic import op

from shared.migrations.ledger_guards import append_only

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

STATEMENTS = (
    """
    CREATE TABLE saved_analyses (
        id uuid NOT NULL,
        revision bigint NOT NULL CONSTRAINT ck_saved_analyses_revision CHECK (revision > 0),
        name text NOT NULL,
        kind text NOT NULL CONSTRAINT ck_saved_analyses_kind CHECK (
            kind IN ('variance', 'bill_of_materials', 'landed_cost', 'margin_waterfall', 'projection', 'bundling')),
        table_name text NOT NULL,
        options jsonb NOT NULL,
        zone text,
        partner_code text,
        runs_on_new_rows boolean NOT NULL,
        kept_at timestamptz NOT NULL,
        kept_by text NOT NULL,
        CONSTRAINT pk_saved_analyses PRIMARY KEY (id, revision)
    )
    """,
    "CREATE INDEX ix_saved_analyses_table_name ON saved_analyses (table_name)",
    """
    ALTER TABLE analyses ADD COLUMN saved_analysis_id uuid, ADD COLUMN saved_revision bigint,
        ADD CONSTRAINT fk_analyses_saved_analysis_id_saved_analyses
            FOREIGN KEY (saved_analysis_id, saved_revision) REFERENCES saved_analyses MATCH FULL
    """,
    "CREATE INDEX ix_analyses_saved ON analyses (saved_analysis_id, id) WHERE saved_analysis_id IS NOT NULL",
)


def upgrade() -> None:
    for statement in (*STATEMENTS, *append_only(["saved_analyses"])):
        op.execute(statement)


def downgrade() -> None:
    op.execute("ALTER TABLE analyses DROP COLUMN saved_analysis_id, DROP COLUMN saved_revision")
    op.execute("DROP TABLE saved_analyses")
