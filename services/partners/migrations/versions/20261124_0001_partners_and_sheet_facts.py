"""The partner master with its history, and the facts payment sheets are made of.

Revision: 0001, the first.
"""

from alembic import op

from shared.idempotency_table import create_idempotency_sql
from shared.inbox_table import create_inbox_sql
from shared.jobs import create_jobs_sql
from shared.migrations.ledger_guards import append_only
from shared.outbox import create_outbox_sql

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

MASTER = (
    """
    CREATE TABLE partners (
        id uuid NOT NULL CONSTRAINT pk_partners PRIMARY KEY,
        code text NOT NULL CONSTRAINT uq_partners_code UNIQUE,
        name text NOT NULL,
        city text,
        zone text NOT NULL,
        gstin text,
        ifsc text,
        bank_account text,
        status text NOT NULL
            CONSTRAINT ck_partners_status_known CHECK (status IN ('active', 'on_hold', 'closed')),
        version bigint NOT NULL CONSTRAINT ck_partners_version_positive CHECK (version > 0),
        changed_at timestamptz NOT NULL
    )
    """,
    "CREATE INDEX ix_partners_name_key ON partners (lower(name) text_pattern_ops)",
    "CREATE INDEX ix_partners_zone ON partners (zone, code)",
    """
    CREATE TABLE partner_versions (
        partner_id uuid NOT NULL
            CONSTRAINT fk_partner_versions_partner_id_partners REFERENCES partners
            DEFERRABLE INITIALLY DEFERRED,
        version bigint NOT NULL,
        code text NOT NULL,
        name text NOT NULL,
        city text,
        zone text NOT NULL,
        gstin text,
        ifsc text,
        bank_account text,
        status text NOT NULL,
        told_at timestamptz NOT NULL,
        told_by text NOT NULL,
        CONSTRAINT pk_partner_versions PRIMARY KEY (partner_id, version)
    )
    """,
)

SHEET_FACTS = (
    """
    CREATE TABLE sheet_invoices (
        invoice_id uuid NOT NULL CONSTRAINT pk_sheet_invoices PRIMARY KEY,
        number text NOT NULL,
        partner_code text NOT NULL,
        issued_on date NOT NULL,
        due_on date NOT NULL,
        currency text NOT NULL,
        total_minor bigint NOT NULL
    )
    """,
    "CREATE INDEX ix_sheet_invoices_partner ON sheet_invoices (partner_code, due_on)",
    """
    CREATE TABLE sheet_receipts (
        receipt_id uuid NOT NULL CONSTRAINT pk_sheet_receipts PRIMARY KEY,
        partner_code text,
        received_on date NOT NULL,
        booked_at timestamptz NOT NULL,
        currency text NOT NULL,
        amount_minor bigint NOT NULL,
        on_account_minor bigint NOT NULL,
        rail text NOT NULL,
        reference text NOT NULL
    )
    """,
    "CREATE INDEX ix_sheet_receipts_partner ON sheet_receipts (partner_code, received_on)",
    """
    CREATE TABLE sheet_settlements (
        receipt_id uuid NOT NULL,
        position bigint NOT NULL,
        invoice_id uuid NOT NULL,
        invoice_number text NOT NULL,
        kind text NOT NULL,
        amount_minor bigint NOT NULL,
        CONSTRAINT pk_sheet_settlements PRIMARY KEY (receipt_id, position)
    )
    """,
    "CREATE INDEX ix_sheet_settlements_invoice ON sheet_settlements (invoice_id)",
    """
    CREATE TABLE sheet_reversals (
        receipt_id uuid NOT NULL CONSTRAINT pk_sheet_reversals PRIMARY KEY,
        reversed_on date NOT NULL,
        reason_code text NOT NULL
    )
    """,
    """
    CREATE TABLE projection_progress (
        projection text NOT NULL CONSTRAINT pk_projection_progress PRIMARY KEY,
        newest_fact_at timestamptz NOT NULL,
        applied_at timestamptz NOT NULL
    )
    """,
)


def upgrade() -> None:
    plumbing = (*create_outbox_sql(), *create_inbox_sql(), *create_jobs_sql(), *create_idempotency_sql())
    for statement in (*plumbing, *MASTER, *SHEET_FACTS, *append_only(["partner_versions"])):
        op.execute(statement)


def downgrade() -> None:
    raise NotImplementedError("before the first version there is nothing: drop the database instead")
