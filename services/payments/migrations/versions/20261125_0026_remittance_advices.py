"""Remittance advices: what partners say they paid, matched to the bank's credits once."""

import sqlalchemy as sa
from alembic import op

from shared.migrations.ledger_guards import append_only

revision = "0026"
down_revision = "0025"
branch_labels = None
depends_on = None

STATEMENTS = (
    """
    CREATE TABLE remittance_advices (
        id uuid NOT NULL CONSTRAINT pk_remittance_advices PRIMARY KEY,
        partner_code varchar NOT NULL CONSTRAINT fk_remittance_advices_partner_code_partners REFERENCES partners (code),
        reference varchar NOT NULL CONSTRAINT ck_remittance_advices_reference_stated CHECK (reference <> ''),
        reference_start varchar NOT NULL,
        amount_minor bigint NOT NULL CONSTRAINT ck_remittance_advices_amount_positive CHECK (amount_minor > 0),
        currency varchar NOT NULL,
        paid_on date NOT NULL,
        note varchar NOT NULL,
        channel varchar NOT NULL CONSTRAINT ck_remittance_advices_channel_known CHECK (channel IN ('api', 'salesforce')),
        external_id varchar,
        external_version timestamptz,
        standing varchar NOT NULL CONSTRAINT ck_remittance_advices_standing_known
            CHECK (standing IN ('told', 'matched', 'cancelled', 'superseded')),
        told_at timestamptz NOT NULL,
        told_by varchar NOT NULL,
        revision bigint NOT NULL,
        CONSTRAINT ck_remittance_advices_start_of_reference CHECK (reference_start = left(reference, 10))
    )
    """,
    """
    CREATE UNIQUE INDEX uq_remittance_advices_payment ON remittance_advices (partner_code, reference)
        WHERE standing = 'told'
    """,
    """
    CREATE UNIQUE INDEX uq_remittance_advices_external ON remittance_advices (external_id)
        WHERE external_id IS NOT NULL AND standing <> 'superseded'
    """,
    "CREATE INDEX ix_remittance_advices_start ON remittance_advices (reference_start)",
    "CREATE INDEX ix_remittance_advices_paid ON remittance_advices (paid_on, id)",
    """
    CREATE TABLE remittance_advice_parts (
        advice_id uuid NOT NULL CONSTRAINT fk_remittance_advice_parts_advice_id_remittance_advices
            REFERENCES remittance_advices (id),
        position bigint NOT NULL,
        kind varchar NOT NULL,
        item varchar NOT NULL,
        amount_minor bigint NOT NULL CONSTRAINT ck_remittance_advice_parts_amount_positive CHECK (amount_minor > 0),
        CONSTRAINT pk_remittance_advice_parts PRIMARY KEY (advice_id, position, kind)
    )
    """,
    """
    CREATE TABLE remittance_advice_events (
        advice_id uuid NOT NULL CONSTRAINT fk_remittance_advice_events_advice_id_remittance_advices
            REFERENCES remittance_advices (id),
        revision bigint NOT NULL,
        standing varchar NOT NULL,
        detail varchar NOT NULL,
        at timestamptz NOT NULL,
        actor varchar NOT NULL,
        CONSTRAINT pk_remittance_advice_events PRIMARY KEY (advice_id, revision)
    )
    """,
    """
    CREATE TABLE remittance_advice_matches (
        advice_id uuid NOT NULL CONSTRAINT pk_remittance_advice_matches PRIMARY KEY
            CONSTRAINT fk_remittance_advice_matches_advice_id_remittance_advices REFERENCES remittance_advices (id),
        bank_line_id uuid NOT NULL
            CONSTRAINT fk_remittance_advice_matches_bank_line_id_bank_lines REFERENCES bank_lines (id),
        receipt_id uuid NOT NULL CONSTRAINT uq_remittance_advice_matches_receipt_id UNIQUE
            CONSTRAINT fk_remittance_advice_matches_receipt_id_receipts REFERENCES receipts (id),
        matched_at timestamptz NOT NULL
    )
    """,
    "CREATE INDEX ix_remittance_advice_matches_bank_line_id ON remittance_advice_matches (bank_line_id)",
)
APPEND_ONLY = ("remittance_advice_parts", "remittance_advice_events", "remittance_advice_matches")


def upgrade() -> None:
    for statement in STATEMENTS:
        op.execute(sa.text(statement))
    for statement in append_only(APPEND_ONLY):
        op.execute(statement)


def downgrade() -> None:
    raise NotImplementedError("What partners said they paid is kept")
