"""Bank against book: postings of bank lines, debits tied to refunds and returns, rules, tolerances, frozen days."""

import sqlalchemy as sa
from alembic import op

from shared.migrations.ledger_guards import append_only

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None

TABLES = (
    "ALTER TABLE statement_parts ADD COLUMN opening_on date",
    """
    CREATE TABLE reconciliation_rules (
        id uuid NOT NULL CONSTRAINT pk_reconciliation_rules PRIMARY KEY,
        name varchar NOT NULL,
        direction varchar NOT NULL CONSTRAINT ck_reconciliation_rules_direction_known
            CHECK (direction IN ('credit', 'debit')),
        narration_kind varchar NOT NULL,
        words varchar[] NOT NULL,
        bank_account_id uuid CONSTRAINT fk_reconciliation_rules_bank_account_id_bank_accounts
            REFERENCES bank_accounts (id),
        amount_max_minor bigint CONSTRAINT ck_reconciliation_rules_amount_positive CHECK (amount_max_minor > 0),
        account_code varchar NOT NULL,
        valid_from date NOT NULL,
        valid_to date,
        proposed_by varchar NOT NULL,
        proposed_at timestamptz NOT NULL,
        approved_by varchar,
        approved_at timestamptz,
        CONSTRAINT ck_reconciliation_rules_two_people CHECK (approved_by <> proposed_by),
        CONSTRAINT ck_reconciliation_rules_approved_some_time CHECK ((approved_by IS NULL) = (approved_at IS NULL)),
        CONSTRAINT ck_reconciliation_rules_says_which_lines CHECK (narration_kind <> '' OR cardinality(words) > 0),
        CONSTRAINT ck_reconciliation_rules_ends_after_it_begins CHECK (valid_to >= valid_from)
    )
    """,
    """
    CREATE TABLE bank_line_postings (
        id uuid NOT NULL CONSTRAINT pk_bank_line_postings PRIMARY KEY,
        bank_line_id uuid NOT NULL CONSTRAINT fk_bank_line_postings_bank_line_id_bank_lines REFERENCES bank_lines (id),
        account_code varchar NOT NULL,
        note varchar NOT NULL,
        rule_id uuid CONSTRAINT fk_bank_line_postings_rule_id_reconciliation_rules
            REFERENCES reconciliation_rules (id),
        effective_on date NOT NULL,
        posted_by varchar NOT NULL,
        posted_at timestamptz NOT NULL,
        reversed_by varchar,
        reversed_at timestamptz,
        reversal_reason varchar NOT NULL DEFAULT '',
        CONSTRAINT ck_bank_line_postings_reversed_by_somebody CHECK ((reversed_by IS NULL) = (reversed_at IS NULL))
    )
    """,
    """
    CREATE UNIQUE INDEX uq_bank_line_postings_standing ON bank_line_postings (bank_line_id)
        WHERE reversed_at IS NULL
    """,
    "CREATE INDEX ix_bank_line_postings_bank_line_id ON bank_line_postings (bank_line_id)",
    """
    CREATE TABLE bank_line_links (
        bank_line_id uuid NOT NULL CONSTRAINT pk_bank_line_links PRIMARY KEY
            CONSTRAINT fk_bank_line_links_bank_line_id_bank_lines REFERENCES bank_lines (id),
        kind varchar NOT NULL CONSTRAINT ck_bank_line_links_kind_known CHECK (kind IN ('refund', 'returned_cheque')),
        source_id uuid NOT NULL,
        linked_by varchar NOT NULL,
        linked_at timestamptz NOT NULL,
        CONSTRAINT uq_bank_line_links_source UNIQUE (kind, source_id)
    )
    """,
    """
    CREATE TABLE reconciliation_tolerances (
        id uuid NOT NULL CONSTRAINT pk_reconciliation_tolerances PRIMARY KEY,
        name varchar NOT NULL CONSTRAINT uq_reconciliation_tolerances_name UNIQUE,
        bank_account_id uuid CONSTRAINT fk_reconciliation_tolerances_bank_account_id_bank_accounts
            REFERENCES bank_accounts (id),
        currency varchar NOT NULL,
        amount_minor bigint NOT NULL CONSTRAINT ck_reconciliation_tolerances_amount_positive CHECK (amount_minor > 0),
        reason varchar NOT NULL,
        valid_from date NOT NULL,
        valid_to date NOT NULL,
        set_by varchar NOT NULL,
        set_at timestamptz NOT NULL,
        signed_by varchar,
        signed_at timestamptz,
        CONSTRAINT ck_reconciliation_tolerances_two_people CHECK (signed_by <> set_by),
        CONSTRAINT ck_reconciliation_tolerances_signed_some_time CHECK ((signed_by IS NULL) = (signed_at IS NULL)),
        CONSTRAINT ck_reconciliation_tolerances_ends_after_it_begins CHECK (valid_to >= valid_from)
    )
    """,
    """
    CREATE TABLE reconciliations (
        id uuid NOT NULL CONSTRAINT pk_reconciliations PRIMARY KEY,
        bank_account_id uuid NOT NULL CONSTRAINT fk_reconciliations_bank_account_id_bank_accounts
            REFERENCES bank_accounts (id),
        day date NOT NULL,
        revision bigint NOT NULL,
        state varchar NOT NULL CONSTRAINT ck_reconciliations_state_known
            CHECK (state IN ('proved', 'tolerated', 'unexplained')),
        currency varchar NOT NULL,
        bank_minor bigint,
        book_minor bigint NOT NULL,
        items_count bigint NOT NULL,
        residual_minor bigint,
        tolerance_id uuid CONSTRAINT fk_reconciliations_tolerance_id_reconciliation_tolerances
            REFERENCES reconciliation_tolerances (id),
        content bytea NOT NULL,
        content_hash bytea NOT NULL,
        made_by varchar NOT NULL,
        made_at timestamptz NOT NULL,
        CONSTRAINT uq_reconciliations_revision UNIQUE (bank_account_id, day, revision),
        CONSTRAINT ck_reconciliations_content_is_hashed CHECK (content_hash = sha256(content)),
        CONSTRAINT ck_reconciliations_proved_means_no_residual CHECK (state <> 'proved' OR residual_minor = 0),
        CONSTRAINT ck_reconciliations_tolerated_by_name CHECK ((state = 'tolerated') = (tolerance_id IS NOT NULL))
    )
    """,
    "CREATE INDEX ix_reconciliations_day ON reconciliations (day, id)",
)
# A line of the bank is in the books once: as a customer's receipt, or posted to another account, never both.
GUARDS = (
    """
    CREATE FUNCTION refuse_line_posted_as_receipt() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        IF NEW.reversed_at IS NULL AND (
            EXISTS (SELECT FROM receipts r WHERE r.bank_line_id = NEW.bank_line_id AND NOT EXISTS
                (SELECT FROM receipt_reversals v WHERE v.receipt_id = r.id AND v.bank_line_id IS NULL
                AND v.reason_code <> 'cheque_returned'))
            OR EXISTS (SELECT FROM receipt_confirmations c WHERE c.bank_line_id = NEW.bank_line_id AND NOT EXISTS
                (SELECT FROM receipt_reversals v WHERE v.receipt_id = c.receipt_id AND v.bank_line_id IS NULL
                AND v.reason_code <> 'cheque_returned'))
            OR EXISTS (SELECT FROM receipt_reversals v WHERE v.bank_line_id = NEW.bank_line_id)
            OR EXISTS (SELECT FROM bank_line_links k WHERE k.bank_line_id = NEW.bank_line_id)) THEN
            RAISE EXCEPTION 'bank line % is in the books already', NEW.bank_line_id USING ERRCODE = 'check_violation';
        END IF;
        RETURN NEW;
    END $$
    """,
    """
    CREATE TRIGGER posted_once BEFORE INSERT ON bank_line_postings
        FOR EACH ROW EXECUTE FUNCTION refuse_line_posted_as_receipt()
    """,
    """
    CREATE FUNCTION refuse_receipt_of_posted_line() RETURNS trigger LANGUAGE plpgsql AS $$
    DECLARE posted uuid;
    BEGIN
        SELECT i.bank_line_id INTO posted FROM inserted i JOIN bank_line_postings p ON p.bank_line_id = i.bank_line_id
        WHERE p.reversed_at IS NULL LIMIT 1;
        IF FOUND THEN
            RAISE EXCEPTION 'bank line % is posted to another account', posted USING ERRCODE = 'check_violation';
        END IF;
        RETURN NULL;
    END $$
    """,
    *(
        f"CREATE TRIGGER line_not_posted AFTER INSERT ON {table} REFERENCING NEW TABLE AS inserted"
        " FOR EACH STATEMENT EXECUTE FUNCTION refuse_receipt_of_posted_line()"
        for table in ("receipts", "receipt_confirmations", "bank_line_links")
    ),
    *(
        f"CREATE TRIGGER never_removed BEFORE DELETE OR TRUNCATE ON {table}"
        " FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
        for table in ("bank_line_postings", "reconciliation_rules", "reconciliation_tolerances")
    ),
)


def upgrade() -> None:
    for statement in (*TABLES, *GUARDS):
        op.execute(sa.text(statement))
    for statement in append_only(("bank_line_links", "reconciliations")):
        op.execute(statement)


def downgrade() -> None:
    raise NotImplementedError("Bank lines in the books and frozen reconciliations are kept")
