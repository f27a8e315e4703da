"""Invoices, receipts and what settles what."""

from datetime import date, datetime
from decimal import Decimal
from uuid import UUID

from sqlalchemy import ARRAY, CheckConstraint, ForeignKey, Index, Numeric, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from services.payments.adapters.orm.base import Record

VALUED_IF_FOREIGN = (
    "(currency = 'INR') = (base_minor IS NULL) AND (base_minor IS NULL) = (exchange_rate IS NULL)"
    " AND base_minor >= 0"
)


class InvoiceRecord(Record):
    """An invoice as the billing system issued it."""

    __tablename__ = "invoices"
    __table_args__ = (
        CheckConstraint("total_minor > 0", name="total_positive"),
        # Section 170 of the CGST Act 2017 lets the total be rounded to the rupee.
        CheckConstraint("abs(total_minor - taxable_minor - tax_minor) <= 100", name="total_adds_up"),
        CheckConstraint("due_on >= issued_on", name="due_after_issue"),
        CheckConstraint(VALUED_IF_FOREIGN, name="valued_if_foreign"),
        Index("ix_invoices_number_keys", "number_keys", postgresql_using="gin"),
    )
    id: Mapped[UUID] = mapped_column(primary_key=True)
    number: Mapped[str]
    number_key: Mapped[str] = mapped_column(unique=True)
    number_keys: Mapped[list[str]] = mapped_column(ARRAY(Text))  # whole and shortened, as payers quote it
    partner_code: Mapped[str] = mapped_column(ForeignKey("partners.code"), index=True)
    issued_on: Mapped[date]
    due_on: Mapped[date]
    currency: Mapped[str]
    taxable_minor: Mapped[int]
    tax_minor: Mapped[int]
    total_minor: Mapped[int]
    registered_at: Mapped[datetime]
    exchange_rate: Mapped[Decimal | None] = mapped_column(Numeric(20, 10))  # rupees for one unit
    base_minor: Mapped[int | None]  # what a foreign total is worth in paise


class OpenItemRecord(Record):
    """What is still open: of an invoice or charge (debit), of an advance or credit note (credit).

    An advance is a receipt seen as a credit: it has the receipt's id and amount, and is open by what no item uses.
    """

    __tablename__ = "open_items"
    __table_args__ = (
        CheckConstraint("open_minor >= 0 AND open_minor <= original_minor", name="open_within_original"),
        CheckConstraint("kind IN ('invoice', 'charge', 'advance', 'credit_note')", name="kind_known"),
        CheckConstraint("counts_from > document_on", name="counts_later"),
        CheckConstraint(
            "(currency = 'INR') = (original_base_minor IS NULL)"
            " AND (original_base_minor IS NULL) = (open_base_minor IS NULL)",
            name="valued_if_foreign",
        ),
        CheckConstraint("open_base_minor BETWEEN 0 AND original_base_minor", name="value_within_original"),
        CheckConstraint(
            "open_minor > 0 OR coalesce(open_base_minor, 0) = 0", name="no_value_left_of_nothing"
        ),
        Index(
            "ix_open_items_partner_open", "partner_code", "currency", postgresql_where=text("open_minor > 0")
        ),
        Index("ix_open_items_partner", "partner_code", "document_on"),
        Index("ix_open_items_amount_open", "open_minor", postgresql_where=text("open_minor > 0")),
    )
    id: Mapped[UUID] = mapped_column(primary_key=True)
    kind: Mapped[str]
    partner_code: Mapped[str] = mapped_column(ForeignKey("partners.code"))
    document_number: Mapped[str]
    document_on: Mapped[date]
    due_on: Mapped[date]
    currency: Mapped[str]
    original_minor: Mapped[int]
    open_minor: Mapped[int]
    updated_at: Mapped[datetime]
    counts_from: Mapped[date | None]  # from when the books show it, if its own day lies in a closed month
    original_base_minor: Mapped[int | None]  # of a foreign item: paise at the rate of its day
    open_base_minor: Mapped[int | None]


class ReceiptRecord(Record):
    """Money received and booked. Never changed: a bounced cheque is a reversal that names it.

    `attempt` counts the receipts of one bank line: the next one is possible only once the one before was taken back.
    """

    __tablename__ = "receipts"
    __table_args__ = (
        CheckConstraint("amount_minor > 0", name="amount_positive"),
        CheckConstraint("allocated_minor >= 0 AND on_account_minor >= 0", name="parts_not_negative"),
        CheckConstraint("allocated_minor + on_account_minor = amount_minor", name="parts_add_up"),
        CheckConstraint(VALUED_IF_FOREIGN, name="valued_if_foreign"),
        CheckConstraint("channel IN ('bank_statement', 'hand', 'virtual_account')", name="channel_known"),
        CheckConstraint("attempt >= 1", name="attempt_counts"),
        UniqueConstraint("bank_line_id", "attempt", name="uq_receipts_line_attempt"),
        CheckConstraint("counts_from > received_on", name="counts_later"),
        Index("ix_receipts_booked", "booked_at", "id"),
        Index("ix_receipts_partner", "partner_code", "booked_at", "id"),
        Index("ix_receipts_reference", "reference", postgresql_where=text("reference <> ''")),
        Index("ix_receipts_cheque", "cheque_number", postgresql_where=text("cheque_number <> ''")),
    )
    id: Mapped[UUID] = mapped_column(primary_key=True)
    bank_line_id: Mapped[UUID | None] = mapped_column(ForeignKey("bank_lines.id"))
    bank_account_id: Mapped[UUID] = mapped_column(ForeignKey("bank_accounts.id"))
    partner_code: Mapped[str] = mapped_column(ForeignKey("partners.code"))
    currency: Mapped[str]
    amount_minor: Mapped[int]
    allocated_minor: Mapped[int]
    on_account_minor: Mapped[int]
    received_on: Mapped[date]
    rail: Mapped[str]
    reference: Mapped[str]
    cheque_number: Mapped[str]
    booked_at: Mapped[datetime]
    channel: Mapped[str] = mapped_column(server_default="bank_statement")
    counts_from: Mapped[date | None]  # from when the books show it, if its own day lies in a closed month
    attempt: Mapped[int] = mapped_column(server_default="1")
    exchange_rate: Mapped[Decimal | None] = mapped_column(Numeric(20, 10))
    base_minor: Mapped[int | None]  # what foreign money was worth, or the paise that the bank credited for it


class ReceiptReversalRecord(Record):
    """A receipt taken back: the primary key allows it once."""

    __tablename__ = "receipt_reversals"
    receipt_id: Mapped[UUID] = mapped_column(ForeignKey("receipts.id"), primary_key=True)
    bank_line_id: Mapped[UUID | None] = mapped_column(ForeignKey("bank_lines.id"))
    reason_code: Mapped[str]
    reversed_on: Mapped[date]
    reversed_at: Mapped[datetime]


class ReceiptConfirmationRecord(Record):
    """The bank's line of a receipt that another channel told first: one receipt, two witnesses."""

    __tablename__ = "receipt_confirmations"
    receipt_id: Mapped[UUID] = mapped_column(ForeignKey("receipts.id"), primary_key=True)
    bank_line_id: Mapped[UUID] = mapped_column(ForeignKey("bank_lines.id"), unique=True)
    confirmed_at: Mapped[datetime]


class AllocationRecord(Record):
    """Part of a receipt or credit note, or a deduction it explains, set against an open item; negative in a reversal.

    It counts from `effective_on`: the later of the credit's day, the item's day and the day it was decided for.
    """

    __tablename__ = "allocations"
    __table_args__ = (
        CheckConstraint("amount_minor <> 0", name="amount_not_zero"),
        CheckConstraint("num_nonnulls(receipt_id, credit_note_id) = 1", name="one_credit_end"),
        CheckConstraint("is_reversal = (reverses_id IS NOT NULL)", name="reversal_names_its_original"),
        CheckConstraint("(base_minor IS NULL) = (credit_base_minor IS NULL)", name="valued_at_both_ends"),
        Index("ix_allocations_receipt", "receipt_id"),
        Index("ix_allocations_open_item", "open_item_id"),
        Index(
            "ix_allocations_credit_note",
            "credit_note_id",
            postgresql_where=text("credit_note_id IS NOT NULL"),
        ),
    )
    id: Mapped[UUID] = mapped_column(primary_key=True)
    receipt_id: Mapped[UUID | None] = mapped_column(ForeignKey("receipts.id"))
    credit_note_id: Mapped[UUID | None]
    open_item_id: Mapped[UUID] = mapped_column(ForeignKey("open_items.id"))
    kind: Mapped[str]
    amount_minor: Mapped[int]
    is_reversal: Mapped[bool]
    reverses_id: Mapped[UUID | None] = mapped_column(ForeignKey("allocations.id"), unique=True)
    effective_on: Mapped[date]
    allocated_at: Mapped[datetime]
    base_minor: Mapped[int | None]  # of a foreign item: what the slice is worth at the item's rate
    credit_base_minor: Mapped[int | None]  # and at the credit's; what lies between is gain or loss


class RefundRecord(Record):
    """Money of an advance or credit note sent back: asked by one person, decided by another."""

    __tablename__ = "refunds"
    __table_args__ = (
        CheckConstraint("num_nonnulls(receipt_id, credit_note_id) = 1", name="one_credit_end"),
        CheckConstraint("amount_minor > 0", name="amount_positive"),
        CheckConstraint("state IN ('requested', 'refused', 'paid')", name="state_known"),
        CheckConstraint("(state = 'requested') = (decided_by IS NULL)", name="decided_by_somebody"),
        CheckConstraint("person_behind(decided_by) <> person_behind(requested_by)", name="two_people"),
        CheckConstraint("(state = 'paid') = (refunded_on IS NOT NULL)", name="paid_on_a_day"),
        Index("ix_refunds_receipt", "receipt_id"),
        Index("ix_refunds_partner", "partner_code", "id"),
    )
    id: Mapped[UUID] = mapped_column(primary_key=True)
    receipt_id: Mapped[UUID | None] = mapped_column(ForeignKey("receipts.id"))
    credit_note_id: Mapped[UUID | None]
    partner_code: Mapped[str] = mapped_column(ForeignKey("partners.code"))
    bank_account_id: Mapped[UUID] = mapped_column(ForeignKey("bank_accounts.id"))
    currency: Mapped[str]
    amount_minor: Mapped[int]
    reason: Mapped[str]
    state: Mapped[str]
    requested_by: Mapped[str]
    requested_at: Mapped[datetime]
    decided_by: Mapped[str | None]
    decided_at: Mapped[datetime | None]
    refunded_on: Mapped[date | None]
    reference: Mapped[str] = mapped_column(server_default="")
