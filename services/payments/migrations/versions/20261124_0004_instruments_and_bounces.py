"""Cheques in hand, cheques that came back, and what a return costs."""

import sqlalchemy as sa
from alembic import op

from shared.migrations.ledger_guards import append_only

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

STATEMENTS = (
    """
    CREATE TABLE instruments (
        id uuid NOT NULL CONSTRAINT pk_instruments PRIMARY KEY,
        partner_code varchar NOT NULL CONSTRAINT fk_instruments_partner_code_partners REFERENCES partners (code),
        cheque_number varchar NOT NULL CONSTRAINT ck_instruments_number_has_six_digits
            CHECK (cheque_number ~ '^[0-9]{6}$'),
        drawee_bank varchar NOT NULL,
        drawer_name varchar NOT NULL,
        amount_minor bigint NOT NULL CONSTRAINT ck_instruments_amount_positive CHECK (amount_minor > 0),
        currency varchar NOT NULL,
        cheque_on date NOT NULL,
        received_on date NOT NULL,
        note varchar NOT NULL,
        items varchar[] NOT NULL,
        standing varchar NOT NULL CONSTRAINT ck_instruments_standing_known
            CHECK (standing IN ('held', 'deposited', 'cleared', 'bounced', 'withdrawn')),
        bank_account_id uuid CONSTRAINT fk_instruments_bank_account_id_bank_accounts REFERENCES bank_accounts (id),
        deposited_on date,
        receipt_id uuid CONSTRAINT fk_instruments_receipt_id_receipts REFERENCES receipts (id),
        registered_at timestamptz NOT NULL,
        registered_by varchar NOT NULL,
        revision bigint NOT NULL,
        CONSTRAINT ck_instruments_never_deposited_before_its_date CHECK (deposited_on >= cheque_on),
        CONSTRAINT ck_instruments_deposited_somewhere
            CHECK (standing <> 'deposited' OR (deposited_on IS NOT NULL AND bank_account_id IS NOT NULL)),
        CONSTRAINT ck_instruments_cleared_by_a_receipt CHECK (standing <> 'cleared' OR receipt_id IS NOT NULL),
        CONSTRAINT uq_instruments_cheque UNIQUE (partner_code, drawee_bank, cheque_number)
    )
    """,
    "CREATE INDEX ix_instruments_number ON instruments (cheque_number)",
    "CREATE INDEX ix_instruments_open ON instruments (cheque_on, id) WHERE standing IN ('held', 'deposited', 'bounced')",
    """
    CREATE TABLE instrument_events (
        instrument_id uuid NOT NULL CONSTRAINT fk_instrument_events_instrument_id_instruments
            REFERENCES instruments (id),
        revision bigint NOT NULL,
        standing varchar NOT NULL,
        detail varchar NOT NULL,
        at timestamptz NOT NULL,
        actor varchar NOT NULL,
        CONSTRAINT pk_instrument_events PRIMARY KEY (instrument_id, revision)
    )
    """,
    """
    CREATE TABLE bounce_charge_rules (
        valid_from date NOT NULL CONSTRAINT pk_bounce_charge_rules PRIMARY KEY,
        amount_minor bigint NOT NULL CONSTRAINT ck_bounce_charge_rules_amount_not_negative CHECK (amount_minor >= 0),
        gst_rate numeric(6, 4) NOT NULL CONSTRAINT ck_bounce_charge_rules_rate_sensible CHECK (gst_rate BETWEEN 0 AND 1),
        source varchar NOT NULL,
        added_at timestamptz NOT NULL,
        added_by varchar NOT NULL
    )
    """,
    # CBIC circular 178/10/2022-GST, 3 August 2022: a fine for a dishonoured cheque is no supply, so it bears no GST.
    """
    INSERT INTO bounce_charge_rules VALUES ('2017-07-01', 50000, 0,
        'House rule of 500.00; no GST by CBIC circular 178/10/2022-GST of 3 August 2022', now(), 'installation')
    """,
    """
    CREATE TABLE charge_counters (
        financial_year varchar NOT NULL CONSTRAINT pk_charge_counters PRIMARY KEY,
        last_number bigint NOT NULL
    )
    """,
    """
    CREATE TABLE bounces (
        id uuid NOT NULL CONSTRAINT pk_bounces PRIMARY KEY,
        receipt_id uuid NOT NULL CONSTRAINT uq_bounces_receipt_id UNIQUE
            CONSTRAINT fk_bounces_receipt_id_receipts REFERENCES receipts (id),
        instrument_id uuid CONSTRAINT fk_bounces_instrument_id_instruments REFERENCES instruments (id),
        bank_line_id uuid CONSTRAINT fk_bounces_bank_line_id_bank_lines REFERENCES bank_lines (id),
        partner_code varchar NOT NULL CONSTRAINT fk_bounces_partner_code_partners REFERENCES partners (code),
        cheque_number varchar NOT NULL,
        amount_minor bigint NOT NULL,
        currency varchar NOT NULL,
        return_code varchar NOT NULL,
        return_class varchar NOT NULL CONSTRAINT ck_bounces_class_known
            CHECK (return_class IN ('financial', 'drawer_act', 'technical')),
        bounced_on date NOT NULL,
        recorded_at timestamptz NOT NULL,
        recorded_by varchar NOT NULL
    )
    """,
    "CREATE INDEX ix_bounces_partner ON bounces (partner_code, bounced_on)",
    """
    CREATE TABLE bounce_steps (
        bounce_id uuid NOT NULL CONSTRAINT fk_bounce_steps_bounce_id_bounces REFERENCES bounces (id),
        step varchar NOT NULL CONSTRAINT ck_bounce_steps_step_known
            CHECK (step IN ('notice_sent', 'notice_received', 'paid', 'complaint_filed', 'not_pursued')),
        happened_on date NOT NULL,
        note varchar NOT NULL,
        at timestamptz NOT NULL,
        actor varchar NOT NULL,
        CONSTRAINT pk_bounce_steps PRIMARY KEY (bounce_id, step)
    )
    """,
    """
    CREATE TABLE charges (
        id uuid NOT NULL CONSTRAINT pk_charges PRIMARY KEY,
        number varchar NOT NULL CONSTRAINT uq_charges_number UNIQUE,
        bounce_id uuid NOT NULL CONSTRAINT uq_charges_bounce_id UNIQUE
            CONSTRAINT fk_charges_bounce_id_bounces REFERENCES bounces (id),
        partner_code varchar NOT NULL CONSTRAINT fk_charges_partner_code_partners REFERENCES partners (code),
        currency varchar NOT NULL,
        net_minor bigint NOT NULL CONSTRAINT ck_charges_net_positive CHECK (net_minor > 0),
        gst_minor bigint NOT NULL CONSTRAINT ck_charges_gst_not_negative CHECK (gst_minor >= 0),
        charged_on date NOT NULL
    )
    """,
    """
    CREATE TABLE deadline_alerts (
        bounce_id uuid NOT NULL CONSTRAINT fk_deadline_alerts_bounce_id_bounces REFERENCES bounces (id),
        deadline varchar NOT NULL,
        due_on date NOT NULL,
        raised_at timestamptz NOT NULL,
        CONSTRAINT pk_deadline_alerts PRIMARY KEY (bounce_id, deadline, due_on)
    )
    """,
)


def upgrade() -> None:
    for statement in STATEMENTS:
        op.execute(sa.text(statement))
    for statement in append_only(
        ("instrument_events", "bounce_charge_rules", "bounces", "bounce_steps", "charges", "deadline_alerts")
    ):
        op.execute(statement)


def downgrade() -> None:
    raise NotImplementedError("Returned cheques are part of the books")
