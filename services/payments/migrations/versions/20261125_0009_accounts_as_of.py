"""Indexes that find one partner's account among everybody's."""

from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("CREATE INDEX ix_open_items_partner ON open_items (partner_code, document_on)")
    op.execute(
        "CREATE INDEX ix_journal_lines_partner ON journal_lines (partner_code, entry_id)"
        " WHERE partner_code IS NOT NULL"
    )


def downgrade() -> None:
    op.execute("DROP INDEX ix_open_items_partner")
    op.execute("DROP INDEX ix_journal_lines_partner")
