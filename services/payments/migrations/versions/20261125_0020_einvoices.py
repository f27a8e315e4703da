"""Registration of credit notes with the invoice registration portal."""

from alembic import op

from shared.migrations.ledger_guards import append_only

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None

STATEMENTS = (
    """
    CREATE TABLE einvoices (
        note_id uuid NOT NULL CONSTRAINT pk_einvoices PRIMARY KEY
            CONSTRAINT fk_einvoices_note_id_credit_notes REFERENCES credit_notes (id),
        standing varchar NOT NULL CONSTRAINT ck_einvoices_standing_known CHECK
            (standing IN ('pending', 'registered', 'refused', 'cancel_pending', 'cancelled', 'cancel_refused')),
        due_on date,
        irn varchar CONSTRAINT uq_einvoices_irn UNIQUE
            CONSTRAINT ck_einvoices_irn_shape CHECK (irn ~ '^[0-9a-f]{64}$'),
        ack_no varchar,
        ack_at timestamptz,
        signed_invoice varchar,
        signed_qr varchar,
        failures bigint NOT NULL,
        last_error varchar NOT NULL,
        next_attempt_at timestamptz NOT NULL,
        updated_at timestamptz NOT NULL,
        CONSTRAINT ck_einvoices_irn_when_registered
            CHECK (standing IN ('pending', 'refused', 'cancelled') OR irn IS NOT NULL),
        CONSTRAINT ck_einvoices_answer_whole
            CHECK (num_nulls(irn, ack_no, ack_at, signed_invoice, signed_qr) IN (0, 5))
    )
    """,
    "CREATE INDEX ix_einvoices_standing ON einvoices (standing, next_attempt_at)",
    """
    CREATE TABLE einvoice_exchanges (
        id uuid NOT NULL CONSTRAINT pk_einvoice_exchanges PRIMARY KEY,
        note_id uuid NOT NULL CONSTRAINT fk_einvoice_exchanges_note_id_credit_notes REFERENCES credit_notes (id),
        operation varchar NOT NULL,
        request varchar NOT NULL,
        status bigint,
        response varchar NOT NULL,
        at timestamptz NOT NULL
    )
    """,
    "CREATE INDEX ix_einvoice_exchanges_note ON einvoice_exchanges (note_id, id)",
    """
    CREATE TABLE einvoice_alerts (
        note_id uuid NOT NULL CONSTRAINT fk_einvoice_alerts_note_id_credit_notes REFERENCES credit_notes (id),
        after_days bigint NOT NULL,
        raised_at timestamptz NOT NULL,
        CONSTRAINT pk_einvoice_alerts PRIMARY KEY (note_id, after_days)
    )
    """,
)


def upgrade() -> None:
    for statement in (*STATEMENTS, *append_only(("einvoice_exchanges", "einvoice_alerts"))):
        op.execute(statement)


def downgrade() -> None:
    raise NotImplementedError("What the portal signed has to be kept")
