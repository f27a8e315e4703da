"""Balance confirmations and everything that was said about them."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, BigInteger, CheckConstraint, ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from services.payments.adapters.orm.base import Record


class ConfirmationRuleRecord(Record):
    """When a silent partner is reminded and when other procedures begin, from a day on."""

    __tablename__ = "confirmation_rules"
    __table_args__ = (CheckConstraint("alternative_after_days > 0", name="alternative_positive"),)
    valid_from: Mapped[date] = mapped_column(primary_key=True)
    remind_after_days: Mapped[list[int]] = mapped_column(ARRAY(BigInteger))
    alternative_after_days: Mapped[int]
    source: Mapped[str]
    added_at: Mapped[datetime]
    added_by: Mapped[str]


class ConfirmationCounterRecord(Record):
    """The last number of a financial year."""

    __tablename__ = "confirmation_counters"
    financial_year: Mapped[str] = mapped_column(primary_key=True)
    last_number: Mapped[int]


class BalanceConfirmationRecord(Record):
    """One partner asked to confirm the balance of one published statement in one currency."""

    __tablename__ = "balance_confirmations"
    __table_args__ = (
        CheckConstraint("kind IN ('positive', 'negative')", name="kind_known"),
        CheckConstraint("due_on >= asked_on", name="due_after_asking"),
        CheckConstraint(
            "state IN ('asked', 'unanswered', 'agreed', 'disputed', 'reconciled', 'difference_accepted',"
            " 'not_contested', 'alternative')",
            name="state_known",
        ),
        CheckConstraint(
            "state <> 'agreed' OR partner_balance_minor = balance_minor", name="agreed_on_our_balance"
        ),
        CheckConstraint("state <> 'reconciled' OR residual_minor = 0", name="reconciled_without_rest"),
        UniqueConstraint("statement_id", "currency", name="uq_balance_confirmations_statement_id"),
        Index("ix_balance_confirmations_partner", "partner_code", "as_of"),
        Index(
            "ix_balance_confirmations_waiting",
            "asked_on",
            "id",
            postgresql_where=text("state IN ('asked', 'unanswered')"),
        ),
    )
    id: Mapped[UUID] = mapped_column(primary_key=True)
    number: Mapped[str] = mapped_column(unique=True)
    statement_id: Mapped[UUID] = mapped_column(ForeignKey("account_statements.id"))
    partner_code: Mapped[str] = mapped_column(ForeignKey("partners.code"))
    currency: Mapped[str]
    balance_minor: Mapped[int]
    kind: Mapped[str]
    as_of: Mapped[date]
    asked_on: Mapped[date]
    due_on: Mapped[date]
    asked_at: Mapped[datetime]
    asked_by: Mapped[str]
    state: Mapped[str]
    partner_balance_minor: Mapped[int | None]
    residual_minor: Mapped[int | None]
    query_id: Mapped[UUID | None] = mapped_column(ForeignKey("payment_queries.id"))
    revision: Mapped[int]


class BalanceConfirmationEventRecord(Record):
    """Each step of a confirmation, kept for ever."""

    __tablename__ = "balance_confirmation_events"
    confirmation_id: Mapped[UUID] = mapped_column(
        ForeignKey(
            "balance_confirmations.id", name="fk_balance_confirmation_events_confirmation_id_balance_c"
        ),
        primary_key=True,
    )
    revision: Mapped[int] = mapped_column(primary_key=True)
    state: Mapped[str]
    step: Mapped[str]
    detail: Mapped[str]
    evidence: Mapped[dict[str, Any]]
    at: Mapped[datetime]
    actor: Mapped[str]


class BalanceConfirmationReplyRecord(Record):
    """What the partner replied, by whom signed and how received; unsigned it is kept and proves nothing."""

    __tablename__ = "balance_confirmation_replies"
    __table_args__ = (
        CheckConstraint(
            "manner IN ('signed_letter', 'signed_email', 'digital_signature', 'portal', 'unsigned')",
            name="manner_known",
        ),
        CheckConstraint(
            "is_evidence = (signer_name <> '' AND designation <> '' AND manner <> 'unsigned')",
            name="unsigned_is_no_evidence",
        ),
        Index("ix_balance_confirmation_replies_of", "confirmation_id", "id"),
    )
    id: Mapped[UUID] = mapped_column(primary_key=True)
    confirmation_id: Mapped[UUID] = mapped_column(
        ForeignKey(
            "balance_confirmations.id", name="fk_balance_confirmation_replies_confirmation_id_balance_c"
        )
    )
    is_agreed: Mapped[bool]
    partner_balance_minor: Mapped[int]
    signer_name: Mapped[str]
    designation: Mapped[str]
    manner: Mapped[str]
    reference: Mapped[str]
    note: Mapped[str]
    received_on: Mapped[date]
    is_evidence: Mapped[bool]
    at: Mapped[datetime]
    actor: Mapped[str]


class BalanceDifferenceRecord(Record):
    """One line of the partner's difference list; `effect_minor` is what it adds to the partner's balance."""

    __tablename__ = "balance_differences"
    __table_args__ = (
        CheckConstraint(
            "kind IN ('invoice_not_received', 'remittance_not_received', 'debit_note_of_ours',"
            " 'debit_note_of_partner', 'credit_note_of_ours', 'credit_note_of_partner', 'other')",
            name="kind_known",
        ),
        CheckConstraint("effect_minor <> 0", name="effect_not_zero"),
        Index("ix_balance_differences_of", "confirmation_id", "id"),
    )
    id: Mapped[UUID] = mapped_column(primary_key=True)
    confirmation_id: Mapped[UUID] = mapped_column(ForeignKey("balance_confirmations.id"))
    reply_id: Mapped[UUID] = mapped_column(ForeignKey("balance_confirmation_replies.id"))
    kind: Mapped[str]
    document_number: Mapped[str]
    document_on: Mapped[date | None]
    effect_minor: Mapped[int]
    note: Mapped[str]


class DifferenceExplanationRecord(Record):
    """How much of a difference is explained, and by what of ours; the latest revision counts."""

    __tablename__ = "difference_explanations"
    __table_args__ = (
        CheckConstraint(
            "item_kind IN ('invoice', 'receipt', 'credit_note', 'charge', 'bank_line')",
            name="item_kind_known",
        ),
        CheckConstraint("note <> ''", name="says_something"),
        CheckConstraint("(item_kind IS NULL) = (item_id IS NULL)", name="item_named_whole"),
    )
    difference_id: Mapped[UUID] = mapped_column(ForeignKey("balance_differences.id"), primary_key=True)
    revision: Mapped[int] = mapped_column(primary_key=True)
    explained_minor: Mapped[int]
    item_kind: Mapped[str | None]
    item_id: Mapped[UUID | None]
    note: Mapped[str]
    at: Mapped[datetime]
    actor: Mapped[str]
