"""Imports of partners and orders, with what was remarked on their items.

Reversible, but the remarks are forgotten.
"""

from alembic import op

from shared.migrations.ledger_guards import append_only

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None

TABLES = (
    """
    CREATE TABLE partner_imports (
        id uuid NOT NULL CONSTRAINT pk_partner_imports PRIMARY KEY,
        subject text NOT NULL CONSTRAINT ck_partner_imports_subject_known CHECK (subject IN ('partners', 'orders')),
        media_type text NOT NULL,
        content_sha256 text NOT NULL,
        accepted bigint NOT NULL,
        duplicate bigint NOT NULL,
        refused bigint NOT NULL,
        remarks bigint NOT NULL,
        told_by text NOT NULL,
        told_at timestamptz NOT NULL,
        CONSTRAINT ck_partner_imports_counted CHECK (least(accepted, duplicate, refused, remarks) >= 0)
    )
    """,
    """
    CREATE TABLE partner_import_findings (
        import_id uuid NOT NULL CONSTRAINT fk_partner_import_findings_import_id_partner_imports
            REFERENCES partner_imports,
        position bigint NOT NULL,
        item_index bigint NOT NULL,
        key text,
        is_refusal boolean NOT NULL,
        code text NOT NULL,
        pointer text NOT NULL,
        detail text NOT NULL,
        row_number bigint,
        cell text,
        CONSTRAINT pk_partner_import_findings PRIMARY KEY (import_id, position)
    )
    """,
)
HISTORIES = ("partner_imports", "partner_import_findings")


def upgrade() -> None:
    for statement in (*TABLES, *append_only(HISTORIES)):
        op.execute(statement)


def downgrade() -> None:
    for table in reversed(HISTORIES):
        op.execute(f"DROP TABLE {table} CASCADE")
