"""Keep who wrote what and who was denied; the table refuses every change.

Reversible, but the reversal drops what was kept: copy it first.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from shared.migrations.ledger_guards import append_only

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "request_audit",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("subject", sa.Text()),
        sa.Column("roles", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("method", sa.Text(), nullable=False),
        sa.Column("route", sa.Text(), nullable=False),
        sa.Column("path", sa.Text(), nullable=False),
        sa.Column("status", sa.SmallInteger(), nullable=False),
        sa.Column("trace_id", sa.Text(), nullable=False),
        sa.Column("client_address", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_request_audit")),
    )
    op.create_index("ix_request_audit_at", "request_audit", ["at"], postgresql_using="brin")
    op.create_index("ix_request_audit_subject_at", "request_audit", ["subject", "at"])
    for statement in append_only(["request_audit"]):
        op.execute(statement)


def downgrade() -> None:
    op.drop_table("request_audit")
    op.execute("DROP FUNCTION refuse_change()")
