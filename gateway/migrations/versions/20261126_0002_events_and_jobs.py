"""Outbox, inbox, jobs and remembered replies: the gateway tells and hears events as the services do.

Reversible, but what is on its way is lost: stop the worker and drain the outbox first.
"""

from alembic import op

from shared.idempotency_table import create_idempotency_sql
from shared.inbox_table import create_inbox_sql
from shared.jobs import create_jobs_sql
from shared.outbox import create_outbox_sql

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for statement in (
        *create_outbox_sql(),
        *create_inbox_sql(),
        *create_jobs_sql(),
        *create_idempotency_sql(),
    ):
        op.execute(statement)


def downgrade() -> None:
    raise NotImplementedError("the job tables belong to a library that cannot take them away again")
