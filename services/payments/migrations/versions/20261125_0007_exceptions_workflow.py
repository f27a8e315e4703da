"""Exceptions get an owner, a thread, an end with its cause, and a history that nobody can rewrite."""

import sqlalchemy as sa
from alembic import op

from shared.migrations.ledger_guards import append_only

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

STATEMENTS = (
    """
    ALTER TABLE payment_exceptions
        ADD COLUMN bank_account_id uuid CONSTRAINT fk_payment_exceptions_bank_account_id_bank_accounts
            REFERENCES bank_accounts (id),
        ADD COLUMN subject varchar NOT NULL DEFAULT '',
        ADD COLUMN raised_by varchar NOT NULL DEFAULT 'system',
        ADD COLUMN owner varchar NOT NULL DEFAULT '',
        ADD COLUMN accepted_at timestamptz,
        ADD COLUMN accepted_by varchar,
        ADD COLUMN waived_minor bigint,
        ADD COLUMN cause varchar NOT NULL DEFAULT '',
        ADD COLUMN revision bigint NOT NULL DEFAULT 1,
        ADD CONSTRAINT ck_payment_exceptions_accepted_by_somebody
            CHECK ((accepted_at IS NULL) = (accepted_by IS NULL)),
        ADD CONSTRAINT ck_payment_exceptions_waived_positive CHECK (waived_minor > 0),
        ADD CONSTRAINT ck_payment_exceptions_waived_by_another
            CHECK (waived_minor IS NULL OR (accepted_by IS NOT NULL AND accepted_by NOT IN (owner, raised_by)))
    """,
    """
    CREATE UNIQUE INDEX uq_payment_exceptions_subject ON payment_exceptions (subject)
        WHERE resolved_at IS NULL AND subject <> ''
    """,
    "CREATE INDEX ix_payment_exceptions_bank_line_id ON payment_exceptions (bank_line_id)",
    """
    CREATE TRIGGER never_removed BEFORE DELETE OR TRUNCATE ON payment_exceptions
        FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()
    """,
    """
    CREATE TABLE payment_exception_events (
        exception_id uuid NOT NULL CONSTRAINT fk_payment_exception_events_exception_id_payment_exceptions
            REFERENCES payment_exceptions (id),
        revision bigint NOT NULL,
        kind varchar NOT NULL CONSTRAINT ck_payment_exception_events_kind_known
            CHECK (kind IN ('assigned', 'noted', 'accepted', 'resolved', 'reopened')),
        value varchar NOT NULL,
        note varchar NOT NULL,
        evidence varchar[] NOT NULL,
        actor varchar NOT NULL,
        at timestamptz NOT NULL,
        CONSTRAINT pk_payment_exception_events PRIMARY KEY (exception_id, revision)
    )
    """,
)


def upgrade() -> None:
    for statement in STATEMENTS:
        op.execute(sa.text(statement))
    for statement in append_only(("payment_exception_events",)):
        op.execute(statement)


def downgrade() -> None:
    raise NotImplementedError("What people did about exceptions is kept")
