"""Scores of each rule by run, zone and owner, for reports of data quality.

Reversible; the scores of rules are forgotten, those of whole rows stay.
"""

from alembic import op

from shared.migrations.ledger_guards import append_only

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None

STATEMENTS = (
    """
    CREATE TABLE rule_scores (
        run_id uuid NOT NULL,
        object text NOT NULL,
        rule text NOT NULL,
        zone text NOT NULL,
        owner text NOT NULL,
        system text NOT NULL,
        ran_at timestamptz NOT NULL,
        rows_count bigint NOT NULL,
        faulty_count bigint NOT NULL,
        written_in bigint DEFAULT CAST(CAST(pg_current_xact_id() AS text) AS bigint) NOT NULL,
        CONSTRAINT pk_rule_scores PRIMARY KEY (run_id, object, rule, zone, owner),
        CONSTRAINT ck_rule_scores_faulty_are_rows CHECK (faulty_count BETWEEN 0 AND rows_count)
    )
    """,
    "CREATE INDEX ix_rule_scores_written_in ON rule_scores (written_in)",
)


def upgrade() -> None:
    for statement in (*STATEMENTS, *append_only(["rule_scores"])):
        op.execute(statement)


def downgrade() -> None:
    op.execute("DROP TABLE rule_scores")
