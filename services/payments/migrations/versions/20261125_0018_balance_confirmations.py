"""Balance confirmations: asked, answered, reconciled line by line, chased, and kept."""

import sqlalchemy as sa
from alembic import op

from shared.migrations.ledger_guards import append_only

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None

STATEMENTS = (
    """
    ALTER TABLE account_statement_batches ADD COLUMN confirmation_kind varchar,
        ADD COLUMN confirmation_due_on date,
        ADD CONSTRAINT ck_account_statement_batches_confirmation_whole
            CHECK ((confirmation_kind IS NULL) = (confirmation_due_on IS NULL))
    """,
    """
    CREATE TABLE confirmation_rules (
        valid_from date NOT NULL CONSTRAINT pk_confirmation_rules PRIMARY KEY,
        remind_after_days bigint[] NOT NULL,
        alternative_after_days bigint NOT NULL
            CONSTRAINT ck_confirmation_rules_alternative_positive CHECK (alternative_after_days > 0),
        source varchar NOT NULL,
        added_at timestamptz NOT NULL,
        added_by varchar NOT NULL
    )
    """,
    # SA 505 leaves the time to the auditor; thirty days is what Indian practice waits before other procedures.
    """
    INSERT INTO confirmation_rules VALUES ('2017-07-01', '{7,15,23}', 30,
        'House rule; SA 505 External Confirmations (ICAI) asks for other procedures when no reply comes', now(),
        'installation')
    """,
    """
    CREATE TABLE confirmation_counters (
        financial_year varchar NOT NULL CONSTRAINT pk_confirmation_counters PRIMARY KEY,
        last_number bigint NOT NULL
    )
    """,
    """
    CREATE TABLE balance_confirmations (
        id uuid NOT NULL CONSTRAINT pk_balance_confirmations PRIMARY KEY,
        number varchar NOT NULL CONSTRAINT uq_balance_confirmations_number UNIQUE,
        statement_id uuid NOT NULL CONSTRAINT fk_balance_confirmations_statement_id_account_statements
            REFERENCES account_statements (id),
        partner_code varchar NOT NULL CONSTRAINT fk_balance_confirmations_partner_code_partners REFERENCES partners (code),
        currency varchar NOT NULL,
        balance_minor bigint NOT NULL,
        kind varchar NOT NULL CONSTRAINT ck_balance_confirmations_kind_known CHECK (kind IN ('positive', 'negative')),
        as_of date NOT NULL,
        asked_on date NOT NULL,
        due_on date NOT NULL CONSTRAINT ck_balance_confirmations_due_after_asking CHECK (due_on >= asked_on),
        asked_at timestamptz NOT NULL,
        asked_by varchar NOT NULL,
        state varchar NOT NULL CONSTRAINT ck_balance_confirmations_state_known CHECK (state IN ('asked', 'unanswered',
            'agreed', 'disputed', 'reconciled', 'difference_accepted', 'not_contested', 'alternative')),
        partner_balance_minor bigint,
        residual_minor bigint,
        query_id uuid CONSTRAINT fk_balance_confirmations_query_id_payment_queries REFERENCES payment_queries (id),
        revision bigint NOT NULL,
        CONSTRAINT uq_balance_confirmations_statement_id UNIQUE (statement_id, currency),
        CONSTRAINT ck_balance_confirmations_agreed_on_our_balance
            CHECK (state <> 'agreed' OR partner_balance_minor = balance_minor),
        CONSTRAINT ck_balance_confirmations_reconciled_without_rest CHECK (state <> 'reconciled' OR residual_minor = 0)
    )
    """,
    "CREATE INDEX ix_balance_confirmations_partner ON balance_confirmations (partner_code, as_of)",
    """
    CREATE INDEX ix_balance_confirmations_waiting ON balance_confirmations (asked_on, id)
        WHERE state IN ('asked', 'unanswered')
    """,
    """
    CREATE TABLE balance_confirmation_events (
        confirmation_id uuid NOT NULL CONSTRAINT fk_balance_confirmation_events_confirmation_id_balance_c
            REFERENCES balance_confirmations (id),
        revision bigint NOT NULL,
        state varchar NOT NULL,
        step varchar NOT NULL,
        detail varchar NOT NULL,
        evidence jsonb NOT NULL,
        at timestamptz NOT NULL,
        actor varchar NOT NULL,
        CONSTRAINT pk_balance_confirmation_events PRIMARY KEY (confirmation_id, revision)
    )
    """,
    """
    CREATE TABLE balance_confirmation_replies (
        id uuid NOT NULL CONSTRAINT pk_balance_confirmation_replies PRIMARY KEY,
        confirmation_id uuid NOT NULL CONSTRAINT fk_balance_confirmation_replies_confirmation_id_balance_c
            REFERENCES balance_confirmations (id),
        is_agreed boolean NOT NULL,
        partner_balance_minor bigint NOT NULL,
        signer_name varchar NOT NULL,
        designation varchar NOT NULL,
        manner varchar NOT NULL CONSTRAINT ck_balance_confirmation_replies_manner_known
            CHECK (manner IN ('signed_letter', 'signed_email', 'digital_signature', 'portal', 'unsigned')),
        reference varchar NOT NULL,
        note varchar NOT NULL,
        received_on date NOT NULL,
        is_evidence boolean NOT NULL,
        at timestamptz NOT NULL,
        actor varchar NOT NULL,
        CONSTRAINT ck_balance_confirmation_replies_unsigned_is_no_evidence
            CHECK (is_evidence = (signer_name <> '' AND designation <> '' AND manner <> 'unsigned'))
    )
    """,
    "CREATE INDEX ix_balance_confirmation_replies_of ON balance_confirmation_replies (confirmation_id, id)",
    """
    CREATE TABLE balance_differences (
        id uuid NOT NULL CONSTRAINT pk_balance_differences PRIMARY KEY,
        confirmation_id uuid NOT NULL CONSTRAINT fk_balance_differences_confirmation_id_balance_confirmations
            REFERENCES balance_confirmations (id),
        reply_id uuid NOT NULL CONSTRAINT fk_balance_differences_reply_id_balance_confirmation_replies
            REFERENCES balance_confirmation_replies (id),
        kind varchar NOT NULL CONSTRAINT ck_balance_differences_kind_known CHECK (kind IN ('invoice_not_received',
            'remittance_not_received', 'debit_note_of_ours', 'debit_note_of_partner', 'credit_note_of_ours',
            'credit_note_of_partner', 'other')),
        document_number varchar NOT NULL,
        document_on date,
        effect_minor bigint NOT NULL CONSTRAINT ck_balance_differences_effect_not_zero CHECK (effect_minor <> 0),
        note varchar NOT NULL
    )
    """,
    "CREATE INDEX ix_balance_differences_of ON balance_differences (confirmation_id, id)",
    """
    CREATE TABLE difference_explanations (
        difference_id uuid NOT NULL CONSTRAINT fk_difference_explanations_difference_id_balance_differences
            REFERENCES balance_differences (id),
        revision bigint NOT NULL,
        explained_minor bigint NOT NULL,
        item_kind varchar CONSTRAINT ck_difference_explanations_item_kind_known
            CHECK (item_kind IN ('invoice', 'receipt', 'credit_note', 'charge', 'bank_line')),
        item_id uuid,
        note varchar NOT NULL CONSTRAINT ck_difference_explanations_says_something CHECK (note <> ''),
        at timestamptz NOT NULL,
        actor varchar NOT NULL,
        CONSTRAINT pk_difference_explanations PRIMARY KEY (difference_id, revision),
        CONSTRAINT ck_difference_explanations_item_named_whole CHECK ((item_kind IS NULL) = (item_id IS NULL))
    )
    """,
)
KEPT = (
    "confirmation_rules",
    "balance_confirmation_events",
    "balance_confirmation_replies",
    "balance_differences",
    "difference_explanations",
)


def upgrade() -> None:
    for statement in STATEMENTS:
        op.execute(sa.text(statement))
    for statement in append_only(KEPT):
        op.execute(statement)


def downgrade() -> None:
    raise NotImplementedError("What partners confirmed is evidence and is kept")
