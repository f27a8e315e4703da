"""Questions about payments: one point of contact with a clock, a thread and an owner."""

import sqlalchemy as sa
from alembic import op

from shared.migrations.ledger_guards import append_only

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

STATEMENTS = (
    """
    CREATE TABLE query_targets (
        category varchar NOT NULL,
        valid_from date NOT NULL,
        answer_hours bigint NOT NULL CONSTRAINT ck_query_targets_hours_positive CHECK (answer_hours > 0),
        set_by varchar NOT NULL,
        CONSTRAINT pk_query_targets PRIMARY KEY (category, valid_from)
    )
    """,
    """
    INSERT INTO query_targets VALUES
        ('where_is_my_payment', '2026-01-01', 4, 'installation'),
        ('payment_difference', '2026-01-01', 24, 'installation'),
        ('credit_note', '2026-01-01', 48, 'installation'),
        ('account_statement', '2026-01-01', 24, 'installation'),
        ('tax_deducted', '2026-01-01', 48, 'installation'),
        ('refund', '2026-01-01', 48, 'installation'),
        ('document_objection', '2026-01-01', 24, 'installation'),
        ('other', '2026-01-01', 48, 'installation')
    """,
    """
    CREATE TABLE query_counters (
        financial_year varchar NOT NULL CONSTRAINT pk_query_counters PRIMARY KEY,
        last_number bigint NOT NULL
    )
    """,
    """
    CREATE TABLE payment_queries (
        id uuid NOT NULL CONSTRAINT pk_payment_queries PRIMARY KEY,
        number varchar NOT NULL CONSTRAINT uq_payment_queries_number UNIQUE,
        partner_code varchar NOT NULL CONSTRAINT fk_payment_queries_partner_code_partners REFERENCES partners (code),
        category varchar NOT NULL,
        subject varchar NOT NULL,
        channel varchar NOT NULL CONSTRAINT ck_payment_queries_channel_known
            CHECK (channel IN ('api', 'partner', 'objection', 'salesforce')),
        external_id varchar,
        state varchar NOT NULL CONSTRAINT ck_payment_queries_state_known
            CHECK (state IN ('open', 'answered', 'closed')),
        owner varchar NOT NULL,
        opened_at timestamptz NOT NULL,
        opened_by varchar NOT NULL,
        due_at timestamptz NOT NULL,
        answered_at timestamptz,
        closed_at timestamptz,
        overdue_told_at timestamptz,
        satisfaction bigint CONSTRAINT ck_payment_queries_satisfaction_one_to_five CHECK (satisfaction BETWEEN 1 AND 5),
        revision bigint NOT NULL,
        CONSTRAINT ck_payment_queries_closed_after_an_answer CHECK (state <> 'closed' OR closed_at IS NOT NULL),
        CONSTRAINT ck_payment_queries_answered_some_time CHECK (state <> 'answered' OR answered_at IS NOT NULL)
    )
    """,
    """
    CREATE UNIQUE INDEX uq_payment_queries_external ON payment_queries (channel, external_id)
        WHERE external_id IS NOT NULL
    """,
    "CREATE INDEX ix_payment_queries_partner ON payment_queries (partner_code, id)",
    "CREATE INDEX ix_payment_queries_due ON payment_queries (due_at, id) WHERE state = 'open'",
    """
    CREATE TABLE payment_query_messages (
        id uuid NOT NULL CONSTRAINT pk_payment_query_messages PRIMARY KEY,
        query_id uuid NOT NULL CONSTRAINT fk_payment_query_messages_query_id_payment_queries
            REFERENCES payment_queries (id),
        kind varchar NOT NULL CONSTRAINT ck_payment_query_messages_kind_known
            CHECK (kind IN ('question', 'message', 'answer', 'note', 'change')),
        body varchar NOT NULL,
        evidence jsonb NOT NULL,
        author varchar NOT NULL,
        written_at timestamptz NOT NULL
    )
    """,
    "CREATE INDEX ix_payment_query_messages_query ON payment_query_messages (query_id, id)",
    """
    CREATE TABLE payment_query_links (
        query_id uuid NOT NULL CONSTRAINT fk_payment_query_links_query_id_payment_queries
            REFERENCES payment_queries (id),
        kind varchar NOT NULL CONSTRAINT ck_payment_query_links_kind_known
            CHECK (kind IN ('receipt', 'invoice', 'credit_note', 'bank_line', 'document', 'balance_confirmation')),
        target_id varchar NOT NULL,
        CONSTRAINT pk_payment_query_links PRIMARY KEY (query_id, kind, target_id)
    )
    """,
)


def upgrade() -> None:
    for statement in STATEMENTS:
        op.execute(sa.text(statement))
    for statement in append_only(("query_targets", "payment_query_messages", "payment_query_links")):
        op.execute(statement)


def downgrade() -> None:
    raise NotImplementedError("What partners asked and were told is kept")
