"""What everything in foreign currency is worth in rupees, beside its amount, and books that balance in both."""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

# Nobody can know today at which rate they were booked; a guess would be a false figure in books that never change.
FOREIGN_BOOKS_REFUSED = """
DO $$ BEGIN
    IF EXISTS (SELECT FROM journal_entries WHERE currency <> 'INR') THEN
        RAISE EXCEPTION 'there are entries in foreign currency without a rate; the runbook says what to do'
            USING ERRCODE = 'restrict_violation';
    END IF;
END $$
"""
# Asked of the few lines whose worth is not their amount; a join could read all entries for each batch in rupees.
ENTRIES_BALANCE = """
CREATE OR REPLACE FUNCTION refuse_unbalanced_entries() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE unbalanced uuid;
BEGIN
    SELECT entry_id INTO unbalanced FROM inserted GROUP BY entry_id
    HAVING sum(amount_minor) <> 0 OR sum(base_minor) <> 0 LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION 'journal entry % does not balance', unbalanced USING ERRCODE = 'check_violation';
    END IF;
    SELECT i.entry_id INTO unbalanced FROM inserted i WHERE i.base_minor <> i.amount_minor
    AND (SELECT currency FROM journal_entries e WHERE e.id = i.entry_id) = 'INR' LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION 'journal entry % in rupees is not worth its amount', unbalanced USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END $$
"""
VALUED_IF_FOREIGN = (
    "(currency = 'INR') = (base_minor IS NULL) AND (base_minor IS NULL) = (exchange_rate IS NULL)"
    " AND base_minor >= 0"
)


def upgrade() -> None:
    op.execute(FOREIGN_BOOKS_REFUSED)
    _journal()
    for table in ("invoices", "receipts"):
        op.add_column(table, sa.Column("exchange_rate", sa.Numeric(20, 10), nullable=True))
        op.add_column(table, sa.Column("base_minor", sa.BigInteger(), nullable=True))
        op.create_check_constraint("valued_if_foreign", table, VALUED_IF_FOREIGN)
    _open_items()
    for column in ("base_minor", "credit_base_minor"):
        op.add_column("allocations", sa.Column(column, sa.BigInteger(), nullable=True))
    op.create_check_constraint(
        "valued_at_both_ends", "allocations", "(base_minor IS NULL) = (credit_base_minor IS NULL)"
    )


def _journal() -> None:
    op.add_column("journal_lines", sa.Column("base_minor", sa.BigInteger(), nullable=True))
    op.execute("ALTER TABLE journal_lines DISABLE TRIGGER USER")
    op.execute("UPDATE journal_lines SET base_minor = amount_minor")
    op.execute("ALTER TABLE journal_lines ENABLE TRIGGER USER")
    op.alter_column("journal_lines", "base_minor", nullable=False)
    op.drop_constraint("amount_not_zero", "journal_lines", type_="check")
    op.create_check_constraint("amount_not_zero", "journal_lines", "amount_minor <> 0 OR base_minor <> 0")
    op.execute(ENTRIES_BALANCE)


def _open_items() -> None:
    for column in ("original_base_minor", "open_base_minor"):
        op.add_column("open_items", sa.Column(column, sa.BigInteger(), nullable=True))
    op.create_check_constraint(
        "valued_if_foreign",
        "open_items",
        "(currency = 'INR') = (original_base_minor IS NULL)"
        " AND (original_base_minor IS NULL) = (open_base_minor IS NULL)",
    )
    op.create_check_constraint(
        "value_within_original", "open_items", "open_base_minor BETWEEN 0 AND original_base_minor"
    )
    op.create_check_constraint(
        "no_value_left_of_nothing", "open_items", "open_minor > 0 OR coalesce(open_base_minor, 0) = 0"
    )


def downgrade() -> None:
    raise NotImplementedError("Without their rates entries in foreign currency mean nothing")
