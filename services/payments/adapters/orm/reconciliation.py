"""Bank against book: lines posted to other accounts, rules, tolerances and frozen statements."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import ARRAY, CheckConstraint, ForeignKey, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from services.payments.adapters.orm.base import Record


class ReconciliationRuleRecord(Record):
    """Which lines of the bank are booked to which account without a person; in force once another approved it."""

    __tablename__ = "reconciliation_rules"
    __table_args__ = (
        CheckConstraint("direction IN ('credit', 'debit')", name="direction_known"),
        CheckConstraint("amount_max_minor > 0", name="amount_positive"),
        CheckConstraint("person_behind(approved_by) <> person_behind(proposed_by)", name="two_people"),
        CheckConstraint("(approved_by IS NULL) = (approved_at IS NULL)", name="approved_some_time"),
        CheckConstraint("narration_kind <> '' OR cardinality(words) > 0", name="says_which_lines"),
        CheckConstraint("valid_to >= valid_from", name="ends_after_it_begins"),
    )
    id: Mapped[UUID] = mapped_column(primary_key=True)
    name: Mapped[str]
    direction: Mapped[str]
    narration_kind: Mapped[str]
    words: Mapped[list[str]] = mapped_column(ARRAY(String))
    bank_account_id: Mapped[UUID | None] = mapped_column(ForeignKey("bank_accounts.id"))
    amount_max_minor: Mapped[int | None]
    account_code: Mapped[str]
    valid_from: Mapped[date]
    valid_to: Mapped[date | None]
    proposed_by: Mapped[str]
    proposed_at: Mapped[datetime]
    approved_by: Mapped[str | None]
    approved_at: Mapped[datetime | None]


class BankLinePostingRecord(Record):
    """A line of the bank that is no customer's payment, booked to an account; one stands per line."""

    __tablename__ = "bank_line_postings"
    __table_args__ = (
        CheckConstraint("(reversed_by IS NULL) = (reversed_at IS NULL)", name="reversed_by_somebody"),
        Index(
            "uq_bank_line_postings_standing",
            "bank_line_id",
            unique=True,
            postgresql_where=text("reversed_at IS NULL"),
        ),
    )
    id: Mapped[UUID] = mapped_column(primary_key=True)
    bank_line_id: Mapped[UUID] = mapped_column(ForeignKey("bank_lines.id"), index=True)
    account_code: Mapped[str]
    note: Mapped[str]
    rule_id: Mapped[UUID | None] = mapped_column(ForeignKey("reconciliation_rules.id"))
    effective_on: Mapped[date]
    posted_by: Mapped[str]
    posted_at: Mapped[datetime]
    reversed_by: Mapped[str | None]
    reversed_at: Mapped[datetime | None]
    reversal_reason: Mapped[str] = mapped_column(server_default="")


class BankLineLinkRecord(Record):
    """The debit with which the bank shows what the books had before: a refund (its id) or a return (the receipt's)."""

    __tablename__ = "bank_line_links"
    __table_args__ = (
        CheckConstraint("kind IN ('refund', 'returned_cheque')", name="kind_known"),
        UniqueConstraint("kind", "source_id", name="uq_bank_line_links_source"),
    )
    bank_line_id: Mapped[UUID] = mapped_column(ForeignKey("bank_lines.id"), primary_key=True)
    kind: Mapped[str]
    source_id: Mapped[UUID]
    linked_by: Mapped[str]
    linked_at: Mapped[datetime]


class ReconciliationToleranceRecord(Record):
    """What may stay unexplained, by name: set by one person, in force once another signed it."""

    __tablename__ = "reconciliation_tolerances"
    __table_args__ = (
        CheckConstraint("amount_minor > 0", name="amount_positive"),
        CheckConstraint("person_behind(signed_by) <> person_behind(set_by)", name="two_people"),
        CheckConstraint("(signed_by IS NULL) = (signed_at IS NULL)", name="signed_some_time"),
        CheckConstraint("valid_to >= valid_from", name="ends_after_it_begins"),
    )
    id: Mapped[UUID] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(unique=True)
    bank_account_id: Mapped[UUID | None] = mapped_column(ForeignKey("bank_accounts.id"))
    currency: Mapped[str]
    amount_minor: Mapped[int]
    reason: Mapped[str]
    valid_from: Mapped[date]
    valid_to: Mapped[date]
    set_by: Mapped[str]
    set_at: Mapped[datetime]
    signed_by: Mapped[str | None]
    signed_at: Mapped[datetime | None]


class ReconciliationRecord(Record):
    """A bank reconciliation statement as it was frozen: the reply itself with its hash; later ones are revisions."""

    __tablename__ = "reconciliations"
    __table_args__ = (
        CheckConstraint("state IN ('proved', 'tolerated', 'unexplained')", name="state_known"),
        CheckConstraint("content_hash = sha256(content)", name="content_is_hashed"),
        CheckConstraint("state <> 'proved' OR residual_minor = 0", name="proved_means_no_residual"),
        CheckConstraint("(state = 'tolerated') = (tolerance_id IS NOT NULL)", name="tolerated_by_name"),
        UniqueConstraint("bank_account_id", "day", "revision", name="uq_reconciliations_revision"),
        Index("ix_reconciliations_day", "day", "id"),
    )
    id: Mapped[UUID] = mapped_column(primary_key=True)
    bank_account_id: Mapped[UUID] = mapped_column(ForeignKey("bank_accounts.id"))
    day: Mapped[date]
    revision: Mapped[int]
    state: Mapped[str]
    currency: Mapped[str]
    bank_minor: Mapped[int | None]
    book_minor: Mapped[int]
    items_count: Mapped[int]
    residual_minor: Mapped[int | None]
    tolerance_id: Mapped[UUID | None] = mapped_column(ForeignKey("reconciliation_tolerances.id"))
    content: Mapped[bytes]
    content_hash: Mapped[bytes]
    made_by: Mapped[str]
    made_at: Mapped[datetime]
