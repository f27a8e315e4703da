"""The request audit proves before and after of every write: hashes of the bodies, and the versions sent and answered.

Rows from before have none. Reversible, but the reversal drops what was kept: copy it first.
"""

from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute(
        """
        ALTER TABLE request_audit
            ADD COLUMN request_sha256 bytea, ADD COLUMN reply_sha256 bytea,
            ADD COLUMN version_before text, ADD COLUMN version_after text
        """
    )


def downgrade() -> None:
    op.execute(
        """
        ALTER TABLE request_audit
            DROP COLUMN request_sha256, DROP COLUMN reply_sha256,
            DROP COLUMN version_before, DROP COLUMN version_after
        """
    )
