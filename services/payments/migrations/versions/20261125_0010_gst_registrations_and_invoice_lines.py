"""Our GST registrations, partners' legal names, and invoices by line and head of tax."""

import sqlalchemy as sa
from alembic import op

from shared.migrations.ledger_guards import append_only

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

LINES_ADD_UP = """
CREATE FUNCTION refuse_lines_beside_their_invoice() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE wrong text;
BEGIN
    SELECT i.number INTO wrong FROM invoices i JOIN invoice_lines l ON l.invoice_id = i.id
    WHERE i.id IN (SELECT invoice_id FROM inserted)
    GROUP BY i.id HAVING sum(l.taxable_minor) <> i.taxable_minor
        OR sum(l.cgst_minor + l.sgst_minor + l.igst_minor) <> i.tax_minor LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION 'lines of invoice % do not sum to it', wrong USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END $$
"""
STATEMENTS = (
    """
    CREATE TABLE gst_registrations (
        gstin varchar NOT NULL CONSTRAINT ck_gst_registrations_gstin_shape
            CHECK (gstin ~ '^[0-9]{2}[A-Z]{5}[0-9]{4}[A-Z][1-9A-Z][A-Z][0-9A-Z]$'),
        valid_from date NOT NULL,
        valid_to date CONSTRAINT ck_gst_registrations_ends_after_it_begins CHECK (valid_to >= valid_from),
        legal_name varchar NOT NULL,
        trade_name varchar NOT NULL,
        address varchar NOT NULL,
        city varchar NOT NULL,
        pin_code varchar NOT NULL,
        state_code varchar NOT NULL CONSTRAINT ck_gst_registrations_state_of_gstin
            CHECK (state_code = left(gstin, 2)),
        is_default boolean NOT NULL,
        source varchar NOT NULL,
        added_at timestamptz NOT NULL,
        added_by varchar NOT NULL,
        CONSTRAINT pk_gst_registrations PRIMARY KEY (gstin, valid_from)
    )
    """,
    """
    CREATE TABLE invoice_supplies (
        invoice_id uuid NOT NULL CONSTRAINT pk_invoice_supplies PRIMARY KEY
            CONSTRAINT fk_invoice_supplies_invoice_id_invoices REFERENCES invoices (id),
        supplier_gstin varchar NOT NULL,
        place_of_supply varchar NOT NULL
    )
    """,
    """
    CREATE TABLE invoice_lines (
        invoice_id uuid NOT NULL
            CONSTRAINT fk_invoice_lines_invoice_id_invoice_supplies REFERENCES invoice_supplies (invoice_id),
        line_number bigint NOT NULL CONSTRAINT ck_invoice_lines_number_positive CHECK (line_number > 0),
        description varchar NOT NULL,
        hsn varchar NOT NULL,
        quantity numeric(18, 3) NOT NULL CONSTRAINT ck_invoice_lines_quantity_positive CHECK (quantity > 0),
        unit varchar NOT NULL,
        taxable_minor bigint NOT NULL,
        tax_rate numeric(6, 4) NOT NULL CONSTRAINT ck_invoice_lines_rate_sensible
            CHECK (tax_rate BETWEEN 0 AND 1),
        cgst_minor bigint NOT NULL,
        sgst_minor bigint NOT NULL,
        igst_minor bigint NOT NULL,
        is_derived boolean NOT NULL,
        CONSTRAINT pk_invoice_lines PRIMARY KEY (invoice_id, line_number),
        CONSTRAINT ck_invoice_lines_amounts_not_negative
            CHECK (least(taxable_minor, cgst_minor, sgst_minor, igst_minor) >= 0),
        CONSTRAINT ck_invoice_lines_one_kind_of_tax CHECK (igst_minor = 0 OR cgst_minor + sgst_minor = 0),
        CONSTRAINT ck_invoice_lines_equal_halves CHECK (abs(cgst_minor - sgst_minor) <= 1)
    )
    """,
    """
    ALTER TABLE partners ADD COLUMN legal_name varchar NOT NULL DEFAULT '',
        ADD COLUMN address varchar NOT NULL DEFAULT '', ADD COLUMN pin_code varchar NOT NULL DEFAULT '',
        ADD COLUMN state_code varchar NOT NULL DEFAULT ''
    """,
    LINES_ADD_UP,
    """
    CREATE TRIGGER lines_add_up AFTER INSERT ON invoice_lines REFERENCING NEW TABLE AS inserted
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_lines_beside_their_invoice()
    """,
)


def upgrade() -> None:
    for statement in STATEMENTS:
        op.execute(sa.text(statement))
    for statement in append_only(("gst_registrations", "invoice_supplies", "invoice_lines")):
        op.execute(statement)


def downgrade() -> None:
    raise NotImplementedError("The tax of invoices is part of the books")
