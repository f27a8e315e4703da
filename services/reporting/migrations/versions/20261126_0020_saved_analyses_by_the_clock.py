"""Saved analyses that are made again by the clock: their times, how far each was followed, and each due instant once.

Reversible; due instants are forgotten, the analyses stay.
"""

from alembic import op

from shared.migrations.ledger_guards import append_only

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None

STATEMENTS = (
    "ALTER TABLE saved_analyses ADD COLUMN cron text, ADD COLUMN time_zone text NOT NULL DEFAULT 'Asia/Kolkata'",
    """
    CREATE TABLE saved_analysis_clocks (
        saved_analysis_id uuid NOT NULL CONSTRAINT pk_saved_analysis_clocks PRIMARY KEY,
        settled_until_at timestamptz NOT NULL,
        next_due_at timestamptz
    )
    """,
    "CREATE INDEX ix_saved_analysis_clocks_next_due_at ON saved_analysis_clocks (next_due_at)",
    """
    CREATE TABLE saved_analysis_instants (
        saved_analysis_id uuid NOT NULL,
        due_at timestamptz NOT NULL,
        revision bigint NOT NULL,
        outcome text NOT NULL CONSTRAINT ck_saved_analysis_instants_outcome_known
            CHECK (outcome IN ('made', 'unchanged', 'refused', 'skipped')),
        analysis_id uuid CONSTRAINT fk_saved_analysis_instants_analysis_id_analyses REFERENCES analyses (id),
        refusal text,
        settled_at timestamptz NOT NULL,
        CONSTRAINT pk_saved_analysis_instants PRIMARY KEY (saved_analysis_id, due_at)
    )
    """,
)


def upgrade() -> None:
    for statement in (*STATEMENTS, *append_only(["saved_analysis_instants"])):
        op.execute(statement)


def downgrade() -> None:
    op.execute("DROP TABLE saved_analysis_instants")
    op.execute("DROP TABLE saved_analysis_clocks")
    op.execute("ALTER TABLE saved_analyses DROP COLUMN cron, DROP COLUMN time_zone")
