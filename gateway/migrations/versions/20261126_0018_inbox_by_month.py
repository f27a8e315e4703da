"""The inbox lies in months by the time in the ids of events, so that old claims go a month at a time (decision 0097).

Processes of before go on: they claim and forget in the whole. Reversible; the claims are written anew into one table then.
"""

from datetime import UTC, datetime

from alembic import op

from shared.inbox_table import cut_inbox_sql, join_inbox_sql

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for statement in cut_inbox_sql(datetime.now(UTC)):
        op.execute(statement)


def downgrade() -> None:
    for statement in join_inbox_sql():
        op.execute(statement)
