"""More on payment sheets: cheques in hand, certificates of deducted tax, open questions.

Reversible, but what was told meanwhile is forgotten.
"""

from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

STATEMENTS = (
    "ALTER TABLE sheet_changes ADD COLUMN settled_on date",
    """
    CREATE TABLE sheet_cheques (
        instrument_id uuid NOT NULL CONSTRAINT pk_sheet_cheques PRIMARY KEY,
        partner_code text NOT NULL,
        cheque_number text NOT NULL,
        drawee_bank text NOT NULL,
        currency text NOT NULL,
        amount_minor bigint NOT NULL,
        cheque_on date NOT NULL,
        received_on date NOT NULL,
        stale_on date NOT NULL,
        standing text NOT NULL,
        items jsonb NOT NULL,
        revision bigint NOT NULL
    )
    """,
    """
    CREATE INDEX ix_sheet_cheques_partner ON sheet_cheques (partner_code, cheque_on)
    WHERE standing IN ('held', 'deposited', 'bounced')
    """,
    """
    CREATE TABLE sheet_tax_certificates (
        certificate_id uuid NOT NULL CONSTRAINT pk_sheet_tax_certificates PRIMARY KEY,
        partner_code text NOT NULL,
        financial_year text NOT NULL,
        quarter bigint NOT NULL,
        certificate_number text NOT NULL,
        evidence text NOT NULL,
        currency text NOT NULL,
        amount_minor bigint NOT NULL
    )
    """,
    "CREATE INDEX ix_sheet_tax_certificates_partner ON sheet_tax_certificates (partner_code)",
    """
    CREATE TABLE sheet_queries (
        query_id uuid NOT NULL CONSTRAINT pk_sheet_queries PRIMARY KEY,
        number text NOT NULL,
        partner_code text NOT NULL,
        category text NOT NULL,
        subject text NOT NULL,
        state text NOT NULL,
        opened_at timestamptz NOT NULL,
        due_at timestamptz NOT NULL,
        answered_at timestamptz,
        links jsonb NOT NULL,
        revision bigint NOT NULL
    )
    """,
    "CREATE INDEX ix_sheet_queries_partner ON sheet_queries (partner_code, opened_at) WHERE state <> 'closed'",
)


def upgrade() -> None:
    for statement in STATEMENTS:
        op.execute(statement)


def downgrade() -> None:
    op.execute("DROP TABLE sheet_queries, sheet_tax_certificates, sheet_cheques")
    op.execute("ALTER TABLE sheet_changes DROP COLUMN settled_on")
