"""Facts about credits after their booking: what they settle later, and what of them was sent back."""

from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

STATEMENTS = (
    """
    CREATE TABLE sheet_changes (
        allocation_id uuid NOT NULL CONSTRAINT pk_sheet_changes PRIMARY KEY,
        credit_id uuid NOT NULL,
        credit_kind text NOT NULL,
        partner_code text NOT NULL,
        invoice_id uuid NOT NULL,
        invoice_number text NOT NULL,
        kind text NOT NULL,
        currency text NOT NULL,
        amount_minor bigint NOT NULL,
        effective_on date NOT NULL
    )
    """,
    "CREATE INDEX ix_sheet_changes_invoice ON sheet_changes (invoice_id)",
    "CREATE INDEX ix_sheet_changes_credit ON sheet_changes (credit_id)",
    """
    CREATE TABLE sheet_refunds (
        refund_id uuid NOT NULL CONSTRAINT pk_sheet_refunds PRIMARY KEY,
        credit_id uuid NOT NULL,
        credit_kind text NOT NULL,
        partner_code text NOT NULL,
        currency text NOT NULL,
        amount_minor bigint NOT NULL,
        refunded_on date NOT NULL,
        reference text NOT NULL
    )
    """,
    "CREATE INDEX ix_sheet_refunds_credit ON sheet_refunds (credit_id)",
)


def upgrade() -> None:
    for statement in STATEMENTS:
        op.execute(statement)


def downgrade() -> None:
    op.execute("DROP TABLE sheet_refunds")
    op.execute("DROP TABLE sheet_changes")
