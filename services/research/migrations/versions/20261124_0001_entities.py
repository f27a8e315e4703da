"""Companies we know, with the words of their names.

Revision: 0001, the first.
"""

from alembic import op

from shared.idempotency_table import create_idempotency_sql
from shared.inbox_table import create_inbox_sql
from shared.jobs import create_jobs_sql
from shared.outbox import create_outbox_sql

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

ENTITIES = (
    """
    CREATE TABLE entities (
        source text NOT NULL,
        source_key text NOT NULL,
        name text NOT NULL,
        name_key text NOT NULL,
        city text,
        zone text,
        gstin text,
        status text NOT NULL,
        version bigint NOT NULL,
        changed_at timestamptz NOT NULL,
        CONSTRAINT pk_entities PRIMARY KEY (source, source_key)
    )
    """,
    "CREATE INDEX ix_entities_name_key ON entities (name_key, source_key)",
)


def upgrade() -> None:
    plumbing = (*create_outbox_sql(), *create_inbox_sql(), *create_jobs_sql(), *create_idempotency_sql())
    for statement in (*plumbing, *ENTITIES):
        op.execute(statement)


def downgrade() -> None:
    raise NotImplementedError("before the first version there is nothing: drop the database instead")
