"""How far the ledger was told to those who compare with it: one row.

Reversible: everything is told anew then.
"""

from alembic import op

revision = "0036"
down_revision = "0035"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute(
        """
        CREATE TABLE told_accounts (
            one boolean NOT NULL DEFAULT true CONSTRAINT pk_told_accounts PRIMARY KEY
                CONSTRAINT ck_told_accounts_one_row CHECK (one),
            position bigint NOT NULL
        )
        """
    )
    op.execute("INSERT INTO told_accounts (position) VALUES (0)")


def downgrade() -> None:
    op.execute("DROP TABLE told_accounts")
