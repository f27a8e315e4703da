"""All entries there are were made before the bound: looked at while everybody goes on, so that nothing is when it is cut."""

from alembic import op

revision = "0040"
down_revision = "0039"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("ALTER TABLE journal_entries VALIDATE CONSTRAINT ck_journal_entries_before")
    op.execute("ALTER TABLE journal_lines VALIDATE CONSTRAINT ck_journal_lines_before")


def downgrade() -> None:
    raise NotImplementedError("Books are not written anew")
