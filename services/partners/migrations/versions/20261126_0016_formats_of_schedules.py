"""Schedules say in which formats a document is sent; what was set before goes on as PDF alone.

Reversible, but formats that were set meanwhile are forgotten.
"""

from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("ALTER TABLE document_schedule_versions ADD COLUMN formats text[] NOT NULL DEFAULT '{pdf}'")
    op.execute(
        "ALTER TABLE document_schedule_versions ADD CONSTRAINT ck_document_schedule_versions_format_named"
        " CHECK (cardinality(formats) > 0)"
    )


def downgrade() -> None:
    op.execute("ALTER TABLE document_schedule_versions DROP COLUMN formats")
