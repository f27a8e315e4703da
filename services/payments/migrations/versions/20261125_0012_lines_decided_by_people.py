"""Lines keep their candidates and are decided by people too; a line whose receipt was taken back is booked again."""

from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

# What a person accepts names its open items by id; decisions made before knew the numbers only.
ITEMS_NAMED = """
UPDATE line_decisions d SET {column} = (
    SELECT jsonb_agg(part.value || jsonb_build_object('item', i.id) ORDER BY part.ordinality)
    FROM jsonb_array_elements(d.{column}) WITH ORDINALITY AS part
    JOIN open_items i ON i.document_number = part.value ->> 'number' AND i.partner_code = d.partner_code
        AND i.kind IN ('invoice', 'charge'))
WHERE d.{column} <> '[]'
"""
STATEMENTS = (
    "ALTER TABLE line_decisions ADD COLUMN alternatives jsonb NOT NULL DEFAULT '[]'",
    "ALTER TABLE line_decisions ADD COLUMN decided_by varchar NOT NULL DEFAULT 'matching'",
    "ALTER TABLE line_decisions ADD COLUMN note varchar NOT NULL DEFAULT ''",
    "ALTER TABLE line_decisions DISABLE TRIGGER USER",
    ITEMS_NAMED.format(column="allocations"),
    ITEMS_NAMED.format(column="deductions"),
    "ALTER TABLE line_decisions ENABLE TRIGGER USER",
    # A line that is read again has to say what it said the first time.
    "ALTER TABLE bank_lines ADD COLUMN document_numbers varchar[] NOT NULL DEFAULT '{}'",
    "ALTER TABLE bank_lines ADD COLUMN other_references varchar[] NOT NULL DEFAULT '{}'",
    "CREATE INDEX ix_booking_clocks_waiting ON booking_clocks (due_at, bank_line_id) WHERE booked_at IS NULL",
    # The n-th receipt of a bank line: the unique key refuses two at once, the trigger one before its time.
    "ALTER TABLE receipts ADD COLUMN attempt bigint NOT NULL DEFAULT 1",
    "ALTER TABLE receipts ADD CONSTRAINT ck_receipts_attempt_counts CHECK (attempt >= 1)",
    "ALTER TABLE receipts DROP CONSTRAINT uq_receipts_bank_line_id",
    "ALTER TABLE receipts ADD CONSTRAINT uq_receipts_line_attempt UNIQUE (bank_line_id, attempt)",
    """
    CREATE FUNCTION refuse_second_standing_receipt() RETURNS trigger LANGUAGE plpgsql AS $$
    DECLARE wrong uuid;
    BEGIN
        SELECT i.id INTO wrong FROM inserted i WHERE i.attempt > 1 AND NOT EXISTS (
            SELECT FROM receipts r JOIN receipt_reversals v ON v.receipt_id = r.id
            WHERE r.bank_line_id = i.bank_line_id AND r.attempt = i.attempt - 1) LIMIT 1;
        IF NOT FOUND THEN
            SELECT i.id INTO wrong FROM inserted i
            JOIN receipt_confirmations c ON c.bank_line_id = i.bank_line_id
            WHERE NOT EXISTS (SELECT FROM receipt_reversals v WHERE v.receipt_id = c.receipt_id) LIMIT 1;
        END IF;
        IF wrong IS NOT NULL THEN
            RAISE EXCEPTION 'receipt % is the second standing receipt of its bank line', wrong
                USING ERRCODE = 'check_violation';
        END IF;
        RETURN NULL;
    END $$
    """,
    """
    CREATE TRIGGER one_standing_receipt AFTER INSERT ON receipts REFERENCING NEW TABLE AS inserted
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_second_standing_receipt()
    """,
)


def upgrade() -> None:
    for statement in STATEMENTS:
        op.execute(statement)


def downgrade() -> None:
    raise NotImplementedError("What people decided has no place in the older tables")
