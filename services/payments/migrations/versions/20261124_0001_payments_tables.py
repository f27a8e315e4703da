"""The tables of the payments service, with the shared ones."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from shared.idempotency_table import create_idempotency_sql
from shared.inbox_table import create_inbox_sql
from shared.jobs import create_jobs_sql
from shared.outbox import create_outbox_sql

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    for statement in (
        *create_outbox_sql(),
        *create_inbox_sql(),
        *create_jobs_sql(),
        *create_idempotency_sql(),
    ):
        op.execute(statement)
    op.create_table(
        "account_balances",
        sa.Column("account_code", sa.String(), nullable=False),
        sa.Column("currency", sa.String(), nullable=False),
        sa.Column("balance_minor", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("account_code", "currency", name=op.f("pk_account_balances")),
    )
    op.create_table(
        "audit_batches",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("position", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("actor", sa.String(), nullable=False),
        sa.Column("entries_count", sa.BigInteger(), nullable=False),
        sa.Column("content_hash", postgresql.BYTEA(), nullable=False),
        sa.Column("previous_hash", postgresql.BYTEA(), nullable=False),
        sa.Column("chain_hash", postgresql.BYTEA(), nullable=False),
        sa.Column("posted_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_batches")),
        sa.UniqueConstraint("position", name=op.f("uq_audit_batches_position")),
        sa.UniqueConstraint("previous_hash", name=op.f("uq_audit_batches_previous_hash")),
    )
    op.create_table(
        "bank_accounts",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("currency", sa.String(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_by", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_bank_accounts")),
        sa.UniqueConstraint("number", name=op.f("uq_bank_accounts_number")),
    )
    op.create_table(
        "journal_entries",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("batch_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("source_id", sa.Uuid(), nullable=False),
        sa.Column("currency", sa.String(), nullable=False),
        sa.Column("effective_on", sa.Date(), nullable=False),
        sa.Column("posted_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("description", sa.String(), nullable=False),
        sa.Column("reverses_entry_id", sa.Uuid(), nullable=True),
        sa.ForeignKeyConstraint(
            ["reverses_entry_id"],
            ["journal_entries.id"],
            name=op.f("fk_journal_entries_reverses_entry_id_journal_entries"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_journal_entries")),
        sa.UniqueConstraint("reverses_entry_id", name=op.f("uq_journal_entries_reverses_entry_id")),
    )
    op.create_index(op.f("ix_journal_entries_batch_id"), "journal_entries", ["batch_id"], unique=False)
    op.create_index("ix_journal_entries_effective", "journal_entries", ["effective_on", "id"], unique=False)
    op.create_index("ix_journal_entries_source", "journal_entries", ["source_id"], unique=False)
    op.create_table(
        "partners",
        sa.Column("code", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("city", sa.String(), nullable=False),
        sa.Column("zone", sa.String(), nullable=False),
        sa.Column("gstin", sa.String(), nullable=False),
        sa.Column("ifsc", sa.String(), nullable=False),
        sa.Column("bank_account", sa.String(), nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("sequence", sa.BigInteger(), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("code", name=op.f("pk_partners")),
    )
    op.create_table(
        "bank_statements",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("bank_account_id", sa.Uuid(), nullable=False),
        sa.Column("content_hash", postgresql.BYTEA(), nullable=False),
        sa.Column("file_name", sa.String(), nullable=False),
        sa.Column("statement_format", sa.String(), nullable=False),
        sa.Column("size_bytes", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("job_id", sa.Uuid(), nullable=False),
        sa.Column("lines_read", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("failure_code", sa.String(), server_default="", nullable=False),
        sa.Column("failure_detail", sa.String(), server_default="", nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("received_by", sa.String(), nullable=False),
        sa.Column("imported_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "state IN ('received', 'importing', 'imported', 'failed')",
            name=op.f("ck_bank_statements_state_known"),
        ),
        sa.ForeignKeyConstraint(
            ["bank_account_id"],
            ["bank_accounts.id"],
            name=op.f("fk_bank_statements_bank_account_id_bank_accounts"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_bank_statements")),
    )
    op.create_index(
        "uq_bank_statements_content", "bank_statements", ["bank_account_id", "content_hash"], unique=True
    )
    op.create_table(
        "invoices",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.String(), nullable=False),
        sa.Column("number_key", sa.String(), nullable=False),
        sa.Column("number_keys", sa.ARRAY(sa.Text()), nullable=False),
        sa.Column("partner_code", sa.String(), nullable=False),
        sa.Column("issued_on", sa.Date(), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("currency", sa.String(), nullable=False),
        sa.Column("taxable_minor", sa.BigInteger(), nullable=False),
        sa.Column("tax_minor", sa.BigInteger(), nullable=False),
        sa.Column("total_minor", sa.BigInteger(), nullable=False),
        sa.Column("registered_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "abs(total_minor - taxable_minor - tax_minor) <= 100", name=op.f("ck_invoices_total_adds_up")
        ),
        sa.CheckConstraint("due_on >= issued_on", name=op.f("ck_invoices_due_after_issue")),
        sa.CheckConstraint("total_minor > 0", name=op.f("ck_invoices_total_positive")),
        sa.ForeignKeyConstraint(
            ["partner_code"], ["partners.code"], name=op.f("fk_invoices_partner_code_partners")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_invoices")),
        sa.UniqueConstraint("number_key", name=op.f("uq_invoices_number_key")),
    )
    op.create_index(
        "ix_invoices_number_keys", "invoices", ["number_keys"], unique=False, postgresql_using="gin"
    )
    op.create_index(op.f("ix_invoices_partner_code"), "invoices", ["partner_code"], unique=False)
    op.create_table(
        "journal_lines",
        sa.Column("entry_id", sa.Uuid(), nullable=False),
        sa.Column("line_number", sa.BigInteger(), nullable=False),
        sa.Column("account_code", sa.String(), nullable=False),
        sa.Column("partner_code", sa.String(), nullable=True),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("amount_minor <> 0", name=op.f("ck_journal_lines_amount_not_zero")),
        sa.ForeignKeyConstraint(
            ["entry_id"], ["journal_entries.id"], name=op.f("fk_journal_lines_entry_id_journal_entries")
        ),
        sa.PrimaryKeyConstraint("entry_id", "line_number", name=op.f("pk_journal_lines")),
    )
    op.create_index("ix_journal_lines_account", "journal_lines", ["account_code", "entry_id"], unique=False)
    op.create_table(
        "open_items",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("partner_code", sa.String(), nullable=False),
        sa.Column("document_number", sa.String(), nullable=False),
        sa.Column("document_on", sa.Date(), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("currency", sa.String(), nullable=False),
        sa.Column("original_minor", sa.BigInteger(), nullable=False),
        sa.Column("open_minor", sa.BigInteger(), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("kind IN ('invoice', 'advance')", name=op.f("ck_open_items_kind_known")),
        sa.CheckConstraint(
            "open_minor >= 0 AND open_minor <= original_minor",
            name=op.f("ck_open_items_open_within_original"),
        ),
        sa.ForeignKeyConstraint(
            ["partner_code"], ["partners.code"], name=op.f("fk_open_items_partner_code_partners")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_open_items")),
    )
    op.create_index(
        "ix_open_items_amount_open",
        "open_items",
        ["open_minor"],
        unique=False,
        postgresql_where=sa.text("open_minor > 0"),
    )
    op.create_index(
        "ix_open_items_partner_open",
        "open_items",
        ["partner_code", "currency"],
        unique=False,
        postgresql_where=sa.text("open_minor > 0"),
    )
    op.create_table(
        "payer_aliases",
        sa.Column("alias_key", sa.String(), nullable=False),
        sa.Column("partner_code", sa.String(), nullable=False),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("learned_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["partner_code"], ["partners.code"], name=op.f("fk_payer_aliases_partner_code_partners")
        ),
        sa.PrimaryKeyConstraint("alias_key", "partner_code", "source", name=op.f("pk_payer_aliases")),
    )
    op.create_table(
        "bank_lines",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("bank_account_id", sa.Uuid(), nullable=False),
        sa.Column("statement_id", sa.Uuid(), nullable=False),
        sa.Column("line_number", sa.BigInteger(), nullable=False),
        sa.Column("booked_on", sa.Date(), nullable=False),
        sa.Column("value_on", sa.Date(), nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.String(), nullable=False),
        sa.Column("narration", sa.String(), nullable=False),
        sa.Column("bank_reference", sa.String(), nullable=False),
        sa.Column("customer_reference", sa.String(), nullable=False),
        sa.Column("counterparty_name", sa.String(), nullable=False),
        sa.Column("counterparty_account", sa.String(), nullable=False),
        sa.Column("kind_code", sa.String(), nullable=False),
        sa.Column("is_reversal", sa.Boolean(), nullable=False),
        sa.Column("strong_reference", sa.String(), nullable=False),
        sa.Column("narration_key", sa.String(), nullable=False),
        sa.Column("fingerprint", postgresql.BYTEA(), nullable=False),
        sa.Column("occurrence", sa.BigInteger(), nullable=False),
        sa.Column("raw", sa.String(), nullable=False),
        sa.Column("stored_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["bank_account_id"],
            ["bank_accounts.id"],
            name=op.f("fk_bank_lines_bank_account_id_bank_accounts"),
        ),
        sa.ForeignKeyConstraint(
            ["statement_id"], ["bank_statements.id"], name=op.f("fk_bank_lines_statement_id_bank_statements")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_bank_lines")),
        sa.UniqueConstraint("bank_account_id", "fingerprint", "occurrence", name="uq_bank_lines_fingerprint"),
    )
    op.create_index(
        "ix_bank_lines_account_day",
        "bank_lines",
        ["bank_account_id", "value_on", "amount_minor"],
        unique=False,
    )
    op.create_table(
        "statement_chunks",
        sa.Column("statement_id", sa.Uuid(), nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.Column("content", postgresql.BYTEA(), nullable=False),
        sa.ForeignKeyConstraint(
            ["statement_id"],
            ["bank_statements.id"],
            name=op.f("fk_statement_chunks_statement_id_bank_statements"),
        ),
        sa.PrimaryKeyConstraint("statement_id", "position", name=op.f("pk_statement_chunks")),
    )
    op.create_table(
        "statement_parts",
        sa.Column("statement_id", sa.Uuid(), nullable=False),
        sa.Column("part_number", sa.BigInteger(), nullable=False),
        sa.Column("account_number", sa.String(), nullable=False),
        sa.Column("currency", sa.String(), nullable=False),
        sa.Column("identification", sa.String(), nullable=False),
        sa.Column("sequence", sa.String(), nullable=False),
        sa.Column("is_final", sa.Boolean(), nullable=False),
        sa.Column("opening_minor", sa.BigInteger(), nullable=True),
        sa.Column("closing_minor", sa.BigInteger(), nullable=True),
        sa.Column("lines_minor", sa.BigInteger(), nullable=False),
        sa.Column("lines_count", sa.BigInteger(), nullable=False),
        sa.Column("proof", sa.String(), nullable=False),
        sa.CheckConstraint(
            "proof IN ('proved', 'mismatch', 'not_stated')", name=op.f("ck_statement_parts_proof_known")
        ),
        sa.ForeignKeyConstraint(
            ["statement_id"],
            ["bank_statements.id"],
            name=op.f("fk_statement_parts_statement_id_bank_statements"),
        ),
        sa.PrimaryKeyConstraint("statement_id", "part_number", name=op.f("pk_statement_parts")),
    )
    op.create_table(
        "booking_clocks",
        sa.Column("bank_line_id", sa.Uuid(), nullable=False),
        sa.Column("zone", sa.String(), nullable=False),
        sa.Column("currency", sa.String(), nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.Column("credited_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("identified_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("booked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("is_excused", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["bank_line_id"], ["bank_lines.id"], name=op.f("fk_booking_clocks_bank_line_id_bank_lines")
        ),
        sa.PrimaryKeyConstraint("bank_line_id", name=op.f("pk_booking_clocks")),
    )
    op.create_index(op.f("ix_booking_clocks_due_at"), "booking_clocks", ["due_at"], unique=False)
    op.create_index(
        "ix_booking_clocks_running",
        "booking_clocks",
        ["due_at"],
        unique=False,
        postgresql_where=sa.text("booked_at IS NULL AND NOT is_excused"),
    )
    op.create_table(
        "line_decisions",
        sa.Column("bank_line_id", sa.Uuid(), nullable=False),
        sa.Column("revision", sa.BigInteger(), nullable=False),
        sa.Column("decision", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("partner_code", sa.String(), nullable=True),
        sa.Column("allocations", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("deductions", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("on_account_minor", sa.BigInteger(), nullable=False),
        sa.Column("score", sa.BigInteger(), nullable=False),
        sa.Column("reasons", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("policy_version", sa.String(), nullable=False),
        sa.Column("receipt_id", sa.Uuid(), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["bank_line_id"], ["bank_lines.id"], name=op.f("fk_line_decisions_bank_line_id_bank_lines")
        ),
        sa.PrimaryKeyConstraint("bank_line_id", "revision", name=op.f("pk_line_decisions")),
    )
    op.create_table(
        "payment_exceptions",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("code", sa.String(), nullable=False),
        sa.Column("detail", sa.String(), nullable=False),
        sa.Column("statement_id", sa.Uuid(), nullable=True),
        sa.Column("bank_line_id", sa.Uuid(), nullable=True),
        sa.Column("raised_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("resolved_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["bank_line_id"], ["bank_lines.id"], name=op.f("fk_payment_exceptions_bank_line_id_bank_lines")
        ),
        sa.ForeignKeyConstraint(
            ["statement_id"],
            ["bank_statements.id"],
            name=op.f("fk_payment_exceptions_statement_id_bank_statements"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_payment_exceptions")),
    )
    op.create_index(
        "ix_payment_exceptions_open",
        "payment_exceptions",
        ["raised_at", "id"],
        unique=False,
        postgresql_where=sa.text("resolved_at IS NULL"),
    )
    op.create_index(
        op.f("ix_payment_exceptions_statement_id"), "payment_exceptions", ["statement_id"], unique=False
    )
    op.create_table(
        "receipts",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("bank_line_id", sa.Uuid(), nullable=True),
        sa.Column("bank_account_id", sa.Uuid(), nullable=False),
        sa.Column("partner_code", sa.String(), nullable=False),
        sa.Column("currency", sa.String(), nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.Column("allocated_minor", sa.BigInteger(), nullable=False),
        sa.Column("on_account_minor", sa.BigInteger(), nullable=False),
        sa.Column("received_on", sa.Date(), nullable=False),
        sa.Column("rail", sa.String(), nullable=False),
        sa.Column("reference", sa.String(), nullable=False),
        sa.Column("cheque_number", sa.String(), nullable=False),
        sa.Column("booked_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "allocated_minor + on_account_minor = amount_minor", name=op.f("ck_receipts_parts_add_up")
        ),
        sa.CheckConstraint(
            "allocated_minor >= 0 AND on_account_minor >= 0", name=op.f("ck_receipts_parts_not_negative")
        ),
        sa.CheckConstraint("amount_minor > 0", name=op.f("ck_receipts_amount_positive")),
        sa.ForeignKeyConstraint(
            ["bank_account_id"], ["bank_accounts.id"], name=op.f("fk_receipts_bank_account_id_bank_accounts")
        ),
        sa.ForeignKeyConstraint(
            ["bank_line_id"], ["bank_lines.id"], name=op.f("fk_receipts_bank_line_id_bank_lines")
        ),
        sa.ForeignKeyConstraint(
            ["partner_code"], ["partners.code"], name=op.f("fk_receipts_partner_code_partners")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_receipts")),
        sa.UniqueConstraint("bank_line_id", name=op.f("uq_receipts_bank_line_id")),
    )
    op.create_index("ix_receipts_booked", "receipts", ["booked_at", "id"], unique=False)
    op.create_index(
        "ix_receipts_cheque",
        "receipts",
        ["cheque_number"],
        unique=False,
        postgresql_where=sa.text("cheque_number <> ''"),
    )
    op.create_index("ix_receipts_partner", "receipts", ["partner_code", "booked_at", "id"], unique=False)
    op.create_table(
        "statement_lines",
        sa.Column("statement_id", sa.Uuid(), nullable=False),
        sa.Column("line_number", sa.BigInteger(), nullable=False),
        sa.Column("part_number", sa.BigInteger(), nullable=False),
        sa.Column("outcome", sa.String(), nullable=False),
        sa.Column("bank_line_id", sa.Uuid(), nullable=True),
        sa.Column("amount_minor", sa.BigInteger(), nullable=True),
        sa.Column("code", sa.String(), nullable=False),
        sa.Column("detail", sa.String(), nullable=False),
        sa.Column("raw", sa.String(), nullable=False),
        sa.CheckConstraint(
            "(outcome IN ('new', 'duplicate')) = (bank_line_id IS NOT NULL)",
            name=op.f("ck_statement_lines_line_if_stored"),
        ),
        sa.CheckConstraint(
            "outcome IN ('new', 'duplicate', 'rejected', 'information')",
            name=op.f("ck_statement_lines_outcome_known"),
        ),
        sa.ForeignKeyConstraint(
            ["bank_line_id"], ["bank_lines.id"], name=op.f("fk_statement_lines_bank_line_id_bank_lines")
        ),
        sa.ForeignKeyConstraint(
            ["statement_id"],
            ["bank_statements.id"],
            name=op.f("fk_statement_lines_statement_id_bank_statements"),
        ),
        sa.PrimaryKeyConstraint("statement_id", "line_number", name=op.f("pk_statement_lines")),
    )
    op.create_index(
        op.f("ix_statement_lines_bank_line_id"), "statement_lines", ["bank_line_id"], unique=False
    )
    op.create_table(
        "allocations",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("receipt_id", sa.Uuid(), nullable=False),
        sa.Column("open_item_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.Column("is_reversal", sa.Boolean(), nullable=False),
        sa.Column("allocated_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("amount_minor <> 0", name=op.f("ck_allocations_amount_not_zero")),
        sa.ForeignKeyConstraint(
            ["open_item_id"], ["open_items.id"], name=op.f("fk_allocations_open_item_id_open_items")
        ),
        sa.ForeignKeyConstraint(
            ["receipt_id"], ["receipts.id"], name=op.f("fk_allocations_receipt_id_receipts")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_allocations")),
    )
    op.create_index("ix_allocations_open_item", "allocations", ["open_item_id"], unique=False)
    op.create_index("ix_allocations_receipt", "allocations", ["receipt_id"], unique=False)
    op.create_table(
        "receipt_reversals",
        sa.Column("receipt_id", sa.Uuid(), nullable=False),
        sa.Column("bank_line_id", sa.Uuid(), nullable=True),
        sa.Column("reason_code", sa.String(), nullable=False),
        sa.Column("reversed_on", sa.Date(), nullable=False),
        sa.Column("reversed_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["bank_line_id"], ["bank_lines.id"], name=op.f("fk_receipt_reversals_bank_line_id_bank_lines")
        ),
        sa.ForeignKeyConstraint(
            ["receipt_id"], ["receipts.id"], name=op.f("fk_receipt_reversals_receipt_id_receipts")
        ),
        sa.PrimaryKeyConstraint("receipt_id", name=op.f("pk_receipt_reversals")),
    )


def downgrade() -> None:
    raise NotImplementedError(
        "The first migration holds the books: restore a backup instead of dropping them"
    )
