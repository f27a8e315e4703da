"""Jobs are listed for whoever asked for them.

Reversible.
"""

from alembic import op

from shared.jobs import index_jobs_by_asker_sql

revision = "0035"
down_revision = "0034"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for statement in index_jobs_by_asker_sql():
        op.execute(statement)


def downgrade() -> None:
    op.execute("DROP INDEX ix_jobs_created_by")
