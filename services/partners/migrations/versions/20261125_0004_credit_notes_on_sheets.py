"""Credit notes on payment sheets: issued ones with what is left of them, others as in work."""

from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

STATEMENTS = (
    """
    CREATE TABLE sheet_credit_notes (
        note_id uuid NOT NULL CONSTRAINT pk_sheet_credit_notes PRIMARY KEY,
        note_type text NOT NULL,
        standing text NOT NULL,
        number text,
        issued_on date,
        partner_code text NOT NULL,
        reason_code text NOT NULL,
        currency text NOT NULL,
        total_minor bigint NOT NULL,
        revision bigint NOT NULL
    )
    """,
    "CREATE INDEX ix_sheet_credit_notes_partner ON sheet_credit_notes (partner_code, note_id)",
)


def upgrade() -> None:
    for statement in STATEMENTS:
        op.execute(statement)


def downgrade() -> None:
    op.execute("DROP TABLE sheet_credit_notes")
