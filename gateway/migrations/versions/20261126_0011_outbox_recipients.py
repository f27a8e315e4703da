"""Messages that go to one service only, as a dead letter does that is replayed.

Reversible: what waits for one service would go to everybody, so let the outbox drain first.
"""

from alembic import op

from shared.outbox import add_outbox_recipient_sql

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for statement in add_outbox_recipient_sql():
        op.execute(statement)


def downgrade() -> None:
    op.drop_column("outbox", "recipient")
