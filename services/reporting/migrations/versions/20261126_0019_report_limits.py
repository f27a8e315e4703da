"""Reports that are within the limit of their subscription, and the figures that were beyond it.

Reversible while no report was within a limit.
"""

from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None

CHECK = "ck_subscribed_report_outcomes_outcome_known"


def upgrade() -> None:
    op.execute("ALTER TABLE subscribed_report_outcomes ADD COLUMN beyond jsonb NOT NULL DEFAULT '[]'")
    _know("'sent', 'empty', 'unchanged', 'within_threshold', 'failed'")


def downgrade() -> None:
    _know("'sent', 'empty', 'unchanged', 'failed'")
    op.execute("ALTER TABLE subscribed_report_outcomes DROP COLUMN beyond")


def _know(outcomes: str) -> None:
    op.execute(f"ALTER TABLE subscribed_report_outcomes DROP CONSTRAINT {CHECK}")
    op.execute(
        f"ALTER TABLE subscribed_report_outcomes ADD CONSTRAINT {CHECK} CHECK (outcome IN ({outcomes}))"
    )
