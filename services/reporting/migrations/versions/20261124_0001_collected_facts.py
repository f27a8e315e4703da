"""The facts dashboards sum: receipts, reversals, imported statements.

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

FACTS = (
    """
    CREATE TABLE collected_receipts (
        receipt_id uuid NOT NULL CONSTRAINT pk_collected_receipts PRIMARY KEY,
        received_on date NOT NULL,
        booked_at timestamptz NOT NULL,
        zone text,
        partner_code text,
        bank_account text NOT NULL,
        currency text NOT NULL,
        amount_minor bigint NOT NULL,
        is_on_time boolean NOT NULL
    )
    """,
    "CREATE INDEX ix_collected_receipts_received ON collected_receipts (received_on)",
    """
    CREATE TABLE reversed_receipts (
        receipt_id uuid NOT NULL CONSTRAINT pk_reversed_receipts PRIMARY KEY,
        reversed_on date NOT NULL,
        reason_code text NOT NULL
    )
    """,
    "CREATE INDEX ix_reversed_receipts_reversed ON reversed_receipts (reversed_on)",
    """
    CREATE TABLE imported_statements (
        statement_id uuid NOT NULL CONSTRAINT pk_imported_statements PRIMARY KEY,
        bank_account text NOT NULL,
        imported_at timestamptz NOT NULL,
        line_count bigint NOT NULL,
        new_count bigint NOT NULL,
        duplicate_count bigint NOT NULL,
        rejected_count bigint NOT NULL,
        booked_count bigint NOT NULL,
        suggested_count bigint NOT NULL,
        exception_count bigint NOT NULL
    )
    """,
    "CREATE INDEX ix_imported_statements_imported ON imported_statements (imported_at)",
    """
    CREATE TABLE projection_progress (
        projection text NOT NULL CONSTRAINT pk_projection_progress PRIMARY KEY,
        revision bigint NOT NULL,
        newest_fact_at timestamptz NOT NULL,
        applied_at timestamptz NOT NULL
    )
    """,
)


def upgrade() -> None:
    plumbing = (*create_outbox_sql(), *create_inbox_sql(), *create_jobs_sql(), *create_idempotency_sql())
    for statement in (*plumbing, *FACTS):
        op.execute(statement)


def downgrade() -> None:
    raise NotImplementedError("before the first version there is nothing: drop the database instead")
