"""What payments says accounts come to, and where sheets were not the same.

Reversible: figures are told anew, and what differs is noticed anew.
"""

from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None

STATEMENTS = (
    """
    CREATE TABLE account_figures (
        partner_code text NOT NULL,
        currency text NOT NULL,
        position bigint NOT NULL,
        told_at timestamptz NOT NULL,
        ledger_minor bigint NOT NULL,
        invoices_count bigint NOT NULL,
        invoices_minor bigint NOT NULL,
        advances_count bigint NOT NULL,
        advances_minor bigint NOT NULL,
        credit_notes_count bigint NOT NULL,
        credit_notes_minor bigint NOT NULL,
        items_sha256 text NOT NULL,
        CONSTRAINT pk_account_figures PRIMARY KEY (partner_code, currency)
    )
    """,
    """
    CREATE TABLE sheet_differences (
        id uuid NOT NULL CONSTRAINT pk_sheet_differences PRIMARY KEY,
        partner_code text NOT NULL,
        currency text NOT NULL,
        position bigint,
        differences jsonb NOT NULL,
        noticed_at timestamptz NOT NULL,
        asked_at timestamptz,
        alarmed_at timestamptz,
        agreed_at timestamptz,
        CONSTRAINT ck_sheet_differences_agreed_after CHECK (agreed_at >= noticed_at),
        CONSTRAINT ck_sheet_differences_alarmed_after CHECK (alarmed_at >= noticed_at)
    )
    """,
    """
    CREATE UNIQUE INDEX uq_sheet_differences_open ON sheet_differences (partner_code, currency)
    WHERE agreed_at IS NULL
    """,
    "ALTER TABLE delivery_requests ADD COLUMN held_because text",
)


def upgrade() -> None:
    for statement in STATEMENTS:
        op.execute(statement)


def downgrade() -> None:
    op.execute("ALTER TABLE delivery_requests DROP COLUMN held_because")
    op.execute("DROP TABLE sheet_differences, account_figures")
