"""Months of the journal can leave: what their lines come to is carried forward, and sums are read from both (decision 0100).

`journal_movements` is the journal as sums read it: lines that are there, and what was carried forward of months that left.
A month leaves for all statements that begin after one instant, when its row in `carried_months` is there; its partitions go
later. Entries that lie before what was carried are refused, for nothing would count them.

`reversed_entries` outlives the months whose entries it names, so its references become a check when a row is written.
Processes of before go on: nothing is carried until an operator asks for it.

Not reversible: what was carried forward is part of the books.
"""

from alembic import op

from shared.migrations.ledger_guards import append_only

revision = "0042"
down_revision = "0041"
branch_labels = None
depends_on = None

TABLES = (
    """
    CREATE TABLE carried_months (
        month varchar NOT NULL CONSTRAINT pk_carried_months PRIMARY KEY,
        ends_before uuid NOT NULL CONSTRAINT uq_carried_months_ends_before UNIQUE,
        last_effective_on date,
        entries bigint NOT NULL,
        lines bigint NOT NULL,
        entries_file varchar NOT NULL,
        entries_sha256 bytea NOT NULL,
        lines_file varchar NOT NULL,
        lines_sha256 bytea NOT NULL,
        carried_at timestamptz NOT NULL
    )
    """,
    """
    CREATE TABLE carried_batches (
        batch_id uuid NOT NULL CONSTRAINT fk_carried_batches_batch_id_audit_batches REFERENCES audit_batches (id),
        month varchar NOT NULL CONSTRAINT fk_carried_batches_month_carried_months REFERENCES carried_months (month),
        entries bigint NOT NULL CONSTRAINT ck_carried_batches_entries_positive CHECK (entries > 0),
        CONSTRAINT pk_carried_batches PRIMARY KEY (batch_id, month)
    )
    """,
    """
    CREATE TABLE carried_movements (
        id bigint GENERATED ALWAYS AS IDENTITY CONSTRAINT pk_carried_movements PRIMARY KEY,
        month varchar NOT NULL CONSTRAINT fk_carried_movements_month_carried_months REFERENCES carried_months (month),
        account_code varchar NOT NULL,
        partner_code varchar,
        currency varchar NOT NULL,
        effective_on date NOT NULL,
        entry_id uuid,
        kind varchar,
        source_id uuid,
        description varchar,
        reverses_entry_id uuid,
        debit_minor bigint NOT NULL,
        credit_minor bigint NOT NULL,
        base_minor bigint NOT NULL,
        lines bigint NOT NULL,
        CONSTRAINT ck_carried_movements_sides CHECK (debit_minor >= 0 AND credit_minor >= 0 AND lines > 0),
        CONSTRAINT ck_carried_movements_one_entry CHECK (
            num_nulls(entry_id, kind, source_id, description) IN (0, 4)
            AND (reverses_entry_id IS NULL OR entry_id IS NOT NULL)
        )
    )
    """,
    "CREATE INDEX ix_carried_movements_account ON carried_movements (account_code, effective_on)",
    "CREATE INDEX ix_carried_movements_partner ON carried_movements (partner_code) WHERE partner_code IS NOT NULL",
)
MOVEMENTS = """
    CREATE VIEW journal_movements AS
    SELECT l.account_code, l.partner_code, e.currency, e.effective_on, e.id AS entry_id, e.kind, e.source_id,
        e.description, e.reverses_entry_id, l.amount_minor, l.base_minor,
        greatest(l.amount_minor, 0) AS debit_minor, greatest(-l.amount_minor, 0) AS credit_minor,
        CAST(1 AS bigint) AS lines
    FROM journal_lines l JOIN journal_entries e ON e.id = l.entry_id
    WHERE l.entry_id >= coalesce((SELECT ends_before FROM carried_months ORDER BY ends_before DESC LIMIT 1),
        '00000000-0000-0000-0000-000000000000')
    UNION ALL
    SELECT account_code, partner_code, currency, effective_on, entry_id, kind, source_id, description,
        reverses_entry_id, debit_minor - credit_minor, base_minor, debit_minor, credit_minor, lines
    FROM carried_movements
"""
# Queries of its own see what others committed meanwhile, which the statement it belongs to does not.
REFUSE_CLOSED = """
    CREATE OR REPLACE FUNCTION refuse_closed_month() RETURNS trigger LANGUAGE plpgsql AS $$
    DECLARE earliest date; opens_on date := first_open_day(); carried_before uuid;
    BEGIN
        SELECT min(effective_on) INTO earliest FROM inserted;
        IF earliest < opens_on THEN
            RAISE EXCEPTION 'the month of % is closed; the first open day is %', earliest, opens_on
                USING ERRCODE = 'check_violation', CONSTRAINT = 'entries_in_open_months';
        END IF;
        SELECT ends_before INTO carried_before FROM carried_months ORDER BY ends_before DESC LIMIT 1;
        IF FOUND AND EXISTS (SELECT FROM inserted WHERE id < carried_before) THEN
            RAISE EXCEPTION 'the month in which the entry was made is carried forward'
                USING ERRCODE = 'check_violation', CONSTRAINT = 'entries_after_what_is_carried';
        END IF;
        RETURN NULL;
    END $$
"""
CHECK_REVERSED = (
    """
    ALTER TABLE reversed_entries
        DROP CONSTRAINT fk_reversed_entries_entry_id_journal_entries,
        DROP CONSTRAINT fk_reversed_entries_reversal_id_journal_entries
    """,
    """
    CREATE FUNCTION refuse_reversal_of_nothing() RETURNS trigger LANGUAGE plpgsql AS $$
    DECLARE missing uuid;
    BEGIN
        SELECT named.id INTO missing FROM inserted i CROSS JOIN LATERAL (VALUES (i.entry_id), (i.reversal_id)) AS named (id)
        WHERE NOT EXISTS (SELECT FROM journal_entries e WHERE e.id = named.id) LIMIT 1;
        IF FOUND THEN
            RAISE EXCEPTION 'there is no entry %, so it is not taken back', missing
                USING ERRCODE = 'foreign_key_violation', CONSTRAINT = 'reversed_entries_are_there';
        END IF;
        RETURN NULL;
    END $$
    """,
    """
    CREATE TRIGGER reversed_entries_are_there AFTER INSERT ON reversed_entries REFERENCING NEW TABLE AS inserted
        FOR EACH STATEMENT EXECUTE FUNCTION refuse_reversal_of_nothing()
    """,
)


def upgrade() -> None:
    for statement in (
        *TABLES,
        MOVEMENTS,
        REFUSE_CLOSED,
        *CHECK_REVERSED,
        *append_only(("carried_months", "carried_batches", "carried_movements")),
    ):
        op.execute(statement)


def downgrade() -> None:
    raise NotImplementedError("What was carried forward is part of the books")
