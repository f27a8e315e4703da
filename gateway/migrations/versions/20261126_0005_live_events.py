"""Keep what is told outside for a week, in the order it was committed, and the zone of each partner.

Reversible: what is dropped can be told again by the services.
"""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "live_events",
        sa.Column("position", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("told_at", sa.DateTime(timezone=True), nullable=False, server_default=sa.func.now()),
        sa.Column("occurred_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("type", sa.Text(), nullable=False),
        sa.Column("partner_code", sa.Text()),
        sa.Column("zone", sa.Text()),
        sa.Column("recipient", sa.Text()),
        sa.Column("body", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("position", name=op.f("pk_live_events")),
        sa.UniqueConstraint("id", name=op.f("uq_live_events_id")),
    )
    op.create_index("ix_live_events_told_at", "live_events", ["told_at"], postgresql_using="brin")
    op.create_table(
        "partner_zones",
        sa.Column("partner_code", sa.Text(), nullable=False),
        sa.Column("zone", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("partner_code", name=op.f("pk_partner_zones")),
    )


def downgrade() -> None:
    op.drop_table("partner_zones")
    op.drop_table("live_events")
