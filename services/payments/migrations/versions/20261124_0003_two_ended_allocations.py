"""Allocations with two ends and a day of their own: receipts and credit notes settle invoices and charges."""

import sqlalchemy as sa
from alembic import op

from shared.migrations.ledger_guards import append_only

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

REVERSALS_NAMED = """
UPDATE allocations reversal SET reverses_id = original.id
FROM (SELECT id, receipt_id, open_item_id, kind, amount_minor,
             row_number() OVER (PARTITION BY receipt_id, open_item_id, kind, amount_minor ORDER BY id) AS place
      FROM allocations WHERE NOT is_reversal) AS original,
     (SELECT id, receipt_id, open_item_id, kind, amount_minor,
             row_number() OVER (PARTITION BY receipt_id, open_item_id, kind, amount_minor ORDER BY id) AS place
      FROM allocations WHERE is_reversal) AS taken_back
WHERE reversal.id = taken_back.id
  AND (original.receipt_id, original.open_item_id, original.kind, original.amount_minor, original.place)
    = (taken_back.receipt_id, taken_back.open_item_id, taken_back.kind, -taken_back.amount_minor, taken_back.place)
"""
DAYS_FILLED = """
UPDATE allocations a SET effective_on = greatest(i.document_on, CASE WHEN a.is_reversal
    THEN (SELECT v.reversed_on FROM receipt_reversals v WHERE v.receipt_id = a.receipt_id) ELSE r.received_on END)
FROM receipts r, open_items i WHERE r.id = a.receipt_id AND i.id = a.open_item_id
"""
# An advance is the receipt seen as a credit: its original amount is the receipt's, what is open of it may grow again.
ADVANCES_WHOLE = """
UPDATE open_items o SET original_minor = r.amount_minor FROM receipts r WHERE r.id = o.id AND o.kind = 'advance'
"""
# What was booked with the receipt is what the receipt says; what is allocated in all never exceeds its amount.
RECEIPTS_ADD_UP = """
CREATE OR REPLACE FUNCTION refuse_overallocated_receipts() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE wrong uuid;
BEGIN
    SELECT total.id INTO wrong FROM (
        SELECT r.id, r.amount_minor, r.allocated_minor, coalesce(sum(a.amount_minor), 0) AS allocated,
               coalesce(sum(a.amount_minor)
                        FILTER (WHERE a.allocated_at = r.booked_at AND NOT a.is_reversal), 0) AS with_receipt
        FROM receipts r LEFT JOIN allocations a ON a.receipt_id = r.id AND a.kind = 'receipt'
        WHERE r.id IN (SELECT receipt_id FROM inserted) GROUP BY r.id
    ) AS total
    WHERE total.allocated NOT BETWEEN 0 AND total.amount_minor OR total.with_receipt <> total.allocated_minor LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION 'allocations of receipt % are not what it allocated', wrong USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END $$
"""


def upgrade() -> None:
    op.add_column("allocations", sa.Column("effective_on", sa.Date(), nullable=True))
    op.add_column("allocations", sa.Column("credit_note_id", sa.Uuid(), nullable=True))
    op.add_column("allocations", sa.Column("reverses_id", sa.Uuid(), nullable=True))
    op.execute("ALTER TABLE allocations DISABLE TRIGGER USER")
    op.execute(REVERSALS_NAMED)
    op.execute(DAYS_FILLED)
    op.execute("ALTER TABLE allocations ENABLE TRIGGER USER")
    op.alter_column("allocations", "effective_on", nullable=False)
    op.alter_column("allocations", "receipt_id", nullable=True)
    op.create_foreign_key(
        "fk_allocations_reverses_id_allocations", "allocations", "allocations", ["reverses_id"], ["id"]
    )
    op.create_unique_constraint("uq_allocations_reverses_id", "allocations", ["reverses_id"])
    op.create_check_constraint(
        "one_credit_end", "allocations", "num_nonnulls(receipt_id, credit_note_id) = 1"
    )
    op.create_check_constraint(
        "reversal_names_its_original", "allocations", "is_reversal = (reverses_id IS NOT NULL)"
    )
    op.create_index(
        "ix_allocations_credit_note",
        "allocations",
        ["credit_note_id"],
        postgresql_where=sa.text("credit_note_id IS NOT NULL"),
    )
    op.execute(ADVANCES_WHOLE)
    op.drop_constraint("kind_known", "open_items", type_="check")
    op.create_check_constraint(
        "kind_known", "open_items", "kind IN ('invoice', 'charge', 'advance', 'credit_note')"
    )
    op.execute(RECEIPTS_ADD_UP)
    _confirmations()
    _refunds()


def _confirmations() -> None:
    op.add_column(
        "receipts", sa.Column("channel", sa.String(), server_default="bank_statement", nullable=False)
    )
    op.create_check_constraint(
        "channel_known", "receipts", "channel IN ('bank_statement', 'hand', 'virtual_account')"
    )
    op.create_table(
        "receipt_confirmations",
        sa.Column("receipt_id", sa.Uuid(), nullable=False),
        sa.Column("bank_line_id", sa.Uuid(), nullable=False),
        sa.Column("confirmed_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["bank_line_id"],
            ["bank_lines.id"],
            name=op.f("fk_receipt_confirmations_bank_line_id_bank_lines"),
        ),
        sa.ForeignKeyConstraint(
            ["receipt_id"], ["receipts.id"], name=op.f("fk_receipt_confirmations_receipt_id_receipts")
        ),
        sa.PrimaryKeyConstraint("receipt_id", name=op.f("pk_receipt_confirmations")),
        sa.UniqueConstraint("bank_line_id", name=op.f("uq_receipt_confirmations_bank_line_id")),
    )
    for statement in append_only(("receipt_confirmations",)):
        op.execute(statement)


def _refunds() -> None:
    op.create_table(
        "refunds",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("receipt_id", sa.Uuid(), nullable=True),
        sa.Column("credit_note_id", sa.Uuid(), nullable=True),
        sa.Column("partner_code", sa.String(), nullable=False),
        sa.Column("bank_account_id", sa.Uuid(), nullable=False),
        sa.Column("currency", sa.String(), nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("requested_by", sa.String(), nullable=False),
        sa.Column("requested_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("decided_by", sa.String(), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("refunded_on", sa.Date(), nullable=True),
        sa.Column("reference", sa.String(), server_default="", nullable=False),
        sa.CheckConstraint(
            "num_nonnulls(receipt_id, credit_note_id) = 1", name=op.f("ck_refunds_one_credit_end")
        ),
        sa.CheckConstraint("amount_minor > 0", name=op.f("ck_refunds_amount_positive")),
        sa.CheckConstraint("state IN ('requested', 'refused', 'paid')", name=op.f("ck_refunds_state_known")),
        sa.CheckConstraint(
            "(state = 'requested') = (decided_by IS NULL)", name=op.f("ck_refunds_decided_by_somebody")
        ),
        sa.CheckConstraint("decided_by <> requested_by", name=op.f("ck_refunds_two_people")),
        sa.CheckConstraint(
            "(state = 'paid') = (refunded_on IS NOT NULL)", name=op.f("ck_refunds_paid_on_a_day")
        ),
        sa.ForeignKeyConstraint(["receipt_id"], ["receipts.id"], name=op.f("fk_refunds_receipt_id_receipts")),
        sa.ForeignKeyConstraint(
            ["partner_code"], ["partners.code"], name=op.f("fk_refunds_partner_code_partners")
        ),
        sa.ForeignKeyConstraint(
            ["bank_account_id"], ["bank_accounts.id"], name=op.f("fk_refunds_bank_account_id_bank_accounts")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_refunds")),
    )
    op.create_index("ix_refunds_receipt", "refunds", ["receipt_id"])
    op.create_index("ix_refunds_partner", "refunds", ["partner_code", "id"])


def downgrade() -> None:
    raise NotImplementedError("An allocation of a credit note has no place in the older table")
