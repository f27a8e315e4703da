"""Legal names and addresses of partners, which documents of law carry."""

from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for table in ("partners", "partner_versions"):
        op.execute(
            f"ALTER TABLE {table} ADD COLUMN legal_name text, ADD COLUMN address text,"
            " ADD COLUMN pin_code text, ADD COLUMN state_code text"
        )


def downgrade() -> None:
    for table in ("partners", "partner_versions"):
        op.execute(
            f"ALTER TABLE {table} DROP COLUMN legal_name, DROP COLUMN address, DROP COLUMN pin_code,"
            " DROP COLUMN state_code"
        )
