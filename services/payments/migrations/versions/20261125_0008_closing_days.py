"""The day of a closing balance: a file that states no opening balance continues the file before it."""

from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("ALTER TABLE statement_parts ADD COLUMN closing_on date")


def downgrade() -> None:
    op.execute("ALTER TABLE statement_parts DROP COLUMN closing_on")
