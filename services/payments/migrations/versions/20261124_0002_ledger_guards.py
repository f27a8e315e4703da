"""Rules about money that hold whatever the code above them does."""

from alembic import op

from shared.migrations.ledger_guards import append_only

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

APPEND_ONLY = (
    "invoices",
    "statement_chunks",
    "statement_lines",
    "bank_lines",
    "line_decisions",
    "receipts",
    "receipt_reversals",
    "allocations",
    "journal_entries",
    "journal_lines",
    "audit_batches",
)

# Statement-level with transition tables: a batch of ten thousand entries is checked by one grouped read.
ENTRIES_BALANCE = """
CREATE FUNCTION refuse_unbalanced_entries() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE unbalanced uuid;
BEGIN
    SELECT entry_id INTO unbalanced FROM inserted GROUP BY entry_id HAVING sum(amount_minor) <> 0 LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION 'journal entry % does not balance', unbalanced USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END $$
"""
ENTRIES_BALANCE_TRIGGER = """
CREATE TRIGGER entries_balance AFTER INSERT ON journal_lines REFERENCING NEW TABLE AS inserted
FOR EACH STATEMENT EXECUTE FUNCTION refuse_unbalanced_entries()
"""

# The money allocated from a receipt is what the receipt says it allocated; taken back, it is nothing.
RECEIPTS_ADD_UP = """
CREATE FUNCTION refuse_overallocated_receipts() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE wrong uuid;
BEGIN
    SELECT r.id INTO wrong
    FROM (
        SELECT a.receipt_id, sum(a.amount_minor) FILTER (WHERE a.kind = 'receipt') AS allocated
        FROM allocations a WHERE a.receipt_id IN (SELECT receipt_id FROM inserted) GROUP BY a.receipt_id
    ) AS total JOIN receipts r ON r.id = total.receipt_id
    WHERE coalesce(total.allocated, 0) NOT IN (r.allocated_minor, 0) LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION 'allocations of receipt % are not what it allocated', wrong USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END $$
"""
RECEIPTS_ADD_UP_TRIGGER = """
CREATE TRIGGER receipts_add_up AFTER INSERT ON allocations REFERENCING NEW TABLE AS inserted
FOR EACH STATEMENT EXECUTE FUNCTION refuse_overallocated_receipts()
"""


def upgrade() -> None:
    for statement in append_only(APPEND_ONLY):
        op.execute(statement)
    for statement in (ENTRIES_BALANCE, ENTRIES_BALANCE_TRIGGER, RECEIPTS_ADD_UP, RECEIPTS_ADD_UP_TRIGGER):
        op.execute(statement)


def downgrade() -> None:
    raise NotImplementedError("Guards of the books are replaced by better ones, never removed")
