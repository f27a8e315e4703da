"""What people put in place of a projected figure, beside it: who, why, when.

Reversible, but overrides are forgotten.
"""

from alembic import op

from shared.migrations.ledger_guards import append_only

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

TABLE = """
    CREATE TABLE projection_overrides (
        id uuid NOT NULL CONSTRAINT pk_projection_overrides PRIMARY KEY,
        analysis_id uuid NOT NULL CONSTRAINT fk_projection_overrides_analysis_id_analyses REFERENCES analyses,
        series jsonb NOT NULL,
        period text NOT NULL,
        projected text NOT NULL,
        value text NOT NULL,
        reason text NOT NULL CONSTRAINT ck_projection_overrides_reason CHECK (length(btrim(reason)) > 0),
        told_at timestamptz NOT NULL,
        told_by text NOT NULL
    )
"""


def upgrade() -> None:
    op.execute(TABLE)
    op.execute("CREATE INDEX ix_projection_overrides_analysis ON projection_overrides (analysis_id, id)")
    for statement in append_only(["projection_overrides"]):
        op.execute(statement)


def downgrade() -> None:
    op.execute("DROP TABLE projection_overrides")
