"""Receipts and bank lines are found by their reference, whichever channel told them first."""

from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("CREATE INDEX ix_receipts_reference ON receipts (reference) WHERE reference <> ''")
    op.execute(
        "CREATE INDEX ix_bank_lines_reference ON bank_lines (strong_reference) WHERE strong_reference <> ''"
    )


def downgrade() -> None:
    op.execute("DROP INDEX ix_bank_lines_reference")
    op.execute("DROP INDEX ix_receipts_reference")
