"""Jobs carry their home in their id, so that one resource serves those of every service.

Reversible. The gateway finds jobs that were asked for before only by chance: let them end first.
"""

from alembic import op

from shared.jobs import name_job_home_sql

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for statement in name_job_home_sql("research"):
        op.execute(statement)


def downgrade() -> None:
    op.execute("DROP FUNCTION job_home()")
