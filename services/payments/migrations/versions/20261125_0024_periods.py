"""Months that are closed: nothing is posted into them, and what was closed is remembered."""

import sqlalchemy as sa
from alembic import op

from shared.migrations.ledger_guards import append_only

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None

TABLES = (
    """
    CREATE TABLE ledger_locks (
        name varchar NOT NULL CONSTRAINT pk_ledger_locks PRIMARY KEY
            CONSTRAINT ck_ledger_locks_only_one CHECK (name = 'journal'),
        first_open_on date NOT NULL CONSTRAINT ck_ledger_locks_first_of_month
            CHECK (extract(day FROM first_open_on) = 1)
    )
    """,
    "INSERT INTO ledger_locks VALUES ('journal', '1900-01-01')",
    """
    CREATE TABLE periods (
        month date NOT NULL CONSTRAINT pk_periods PRIMARY KEY
            CONSTRAINT ck_periods_first_of_month CHECK (extract(day FROM month) = 1),
        state varchar NOT NULL CONSTRAINT ck_periods_state_known CHECK (state IN ('open', 'closed', 'reopening')),
        closings bigint NOT NULL,
        revision bigint NOT NULL,
        asked_by varchar,
        CONSTRAINT ck_periods_asked_while_reopening CHECK ((state = 'reopening') = (asked_by IS NOT NULL))
    )
    """,
    """
    CREATE TABLE period_events (
        month date NOT NULL CONSTRAINT fk_period_events_month_periods REFERENCES periods (month),
        revision bigint NOT NULL,
        kind varchar NOT NULL CONSTRAINT ck_period_events_kind_known
            CHECK (kind IN ('closed', 'reopening_asked', 'reopening_refused', 'reopened')),
        reason varchar NOT NULL,
        facts jsonb NOT NULL,
        actor varchar NOT NULL,
        at timestamptz NOT NULL,
        CONSTRAINT pk_period_events PRIMARY KEY (month, revision)
    )
    """,
    """
    CREATE TABLE period_waivers (
        month date NOT NULL,
        closing bigint NOT NULL,
        check_name varchar NOT NULL,
        reason varchar NOT NULL,
        waived_by varchar NOT NULL,
        waived_at timestamptz NOT NULL,
        CONSTRAINT pk_period_waivers PRIMARY KEY (month, closing, check_name),
        CONSTRAINT ck_period_waivers_waivable
            CHECK (check_name NOT IN ('trial_balance', 'control_accounts', 'audit_chain'))
    )
    """,
    """
    CREATE TABLE period_balances (
        month date NOT NULL CONSTRAINT fk_period_balances_month_periods REFERENCES periods (month),
        closing bigint NOT NULL,
        account_code varchar NOT NULL,
        partner_code varchar NOT NULL,
        currency varchar NOT NULL,
        debit_minor bigint NOT NULL,
        credit_minor bigint NOT NULL,
        balance_minor bigint NOT NULL,
        CONSTRAINT pk_period_balances PRIMARY KEY (month, closing, account_code, partner_code, currency),
        CONSTRAINT ck_period_balances_adds_up CHECK (balance_minor = debit_minor - credit_minor)
    )
    """,
    """
    ALTER TABLE journal_entries ADD COLUMN occurred_on date
        CONSTRAINT ck_journal_entries_counts_later CHECK (occurred_on < effective_on)
    """,
    """
    ALTER TABLE receipts ADD COLUMN counts_from date
        CONSTRAINT ck_receipts_counts_later CHECK (counts_from > received_on)
    """,
    """
    ALTER TABLE open_items ADD COLUMN counts_from date
        CONSTRAINT ck_open_items_counts_later CHECK (counts_from > document_on)
    """,
)
# Everybody who posts holds the lock shared until the commit; who closes holds it alone. So an entry is in before the
# month closes and counted, or it meets a closed month. Each statement of the function sees what was committed when it
# began: the day is read after the lock was waited for.
GUARDS = (
    """
    CREATE FUNCTION first_open_day() RETURNS date LANGUAGE plpgsql VOLATILE AS $$
    DECLARE day date;
    BEGIN
        PERFORM pg_advisory_xact_lock_shared(727276);
        SELECT first_open_on INTO STRICT day FROM ledger_locks WHERE name = 'journal';
        RETURN day;
    END $$
    """,
    """
    CREATE FUNCTION refuse_closed_month() RETURNS trigger LANGUAGE plpgsql AS $$
    DECLARE earliest date; opens_on date := first_open_day();
    BEGIN
        SELECT min(effective_on) INTO earliest FROM inserted;
        IF earliest < opens_on THEN
            RAISE EXCEPTION 'the month of % is closed; the first open day is %', earliest, opens_on
                USING ERRCODE = 'check_violation', CONSTRAINT = 'entries_in_open_months';
        END IF;
        RETURN NULL;
    END $$
    """,
    """
    CREATE TRIGGER entries_in_open_months AFTER INSERT ON journal_entries REFERENCING NEW TABLE AS inserted
        FOR EACH STATEMENT EXECUTE FUNCTION refuse_closed_month()
    """,
    """
    CREATE TRIGGER never_removed BEFORE DELETE OR TRUNCATE ON periods
        FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()
    """,
    """
    CREATE TRIGGER never_removed BEFORE DELETE OR TRUNCATE ON ledger_locks
        FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()
    """,
)


def upgrade() -> None:
    for statement in (*TABLES, *GUARDS):
        op.execute(sa.text(statement))
    for statement in append_only(("period_events", "period_waivers", "period_balances")):
        op.execute(statement)


def downgrade() -> None:
    raise NotImplementedError("What was closed stays known")
