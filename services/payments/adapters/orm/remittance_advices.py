"""Remittance advices, what they say and the credits they were matched to."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from services.payments.adapters.orm.base import Record


class RemittanceAdviceRecord(Record):
    """What a partner says it paid; its content never changes, a later telling supersedes it."""

    __tablename__ = "remittance_advices"
    __table_args__ = (
        CheckConstraint("reference <> ''", name="reference_stated"),
        CheckConstraint("amount_minor > 0", name="amount_positive"),
        CheckConstraint("channel IN ('api', 'salesforce')", name="channel_known"),
        CheckConstraint("standing IN ('told', 'matched', 'cancelled', 'superseded')", name="standing_known"),
        CheckConstraint("reference_start = left(reference, 10)", name="start_of_reference"),
        Index(
            "uq_remittance_advices_payment",
            "partner_code",
            "reference",
            unique=True,
            postgresql_where=text("standing = 'told'"),
        ),
        Index(
            "uq_remittance_advices_external",
            "external_id",
            unique=True,
            postgresql_where=text("external_id IS NOT NULL AND standing <> 'superseded'"),
        ),
        Index("ix_remittance_advices_start", "reference_start"),
        Index("ix_remittance_advices_paid", "paid_on", "id"),
    )
    id: Mapped[UUID] = mapped_column(primary_key=True)
    partner_code: Mapped[str] = mapped_column(ForeignKey("partners.code"))
    reference: Mapped[str]
    reference_start: Mapped[str]
    amount_minor: Mapped[int]
    currency: Mapped[str]
    paid_on: Mapped[date]
    note: Mapped[str]
    channel: Mapped[str]
    external_id: Mapped[str | None]
    external_version: Mapped[datetime | None]
    standing: Mapped[str]
    told_at: Mapped[datetime]
    told_by: Mapped[str]
    revision: Mapped[int]


class RemittanceAdvicePartRecord(Record):
    """Money of an advice for one item, or what it keeps back of it; `kind` is `receipt` for money."""

    __tablename__ = "remittance_advice_parts"
    __table_args__ = (CheckConstraint("amount_minor > 0", name="amount_positive"),)
    advice_id: Mapped[UUID] = mapped_column(ForeignKey("remittance_advices.id"), primary_key=True)
    position: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(primary_key=True)
    item: Mapped[str]
    amount_minor: Mapped[int]


class RemittanceAdviceEventRecord(Record):
    """Each change of an advice's standing, kept for ever."""

    __tablename__ = "remittance_advice_events"
    advice_id: Mapped[UUID] = mapped_column(ForeignKey("remittance_advices.id"), primary_key=True)
    revision: Mapped[int] = mapped_column(primary_key=True)
    standing: Mapped[str]
    detail: Mapped[str]
    at: Mapped[datetime]
    actor: Mapped[str]


class RemittanceAdviceMatchRecord(Record):
    """The credit an advice explained: each advice once, each receipt by one advice."""

    __tablename__ = "remittance_advice_matches"
    advice_id: Mapped[UUID] = mapped_column(ForeignKey("remittance_advices.id"), primary_key=True)
    bank_line_id: Mapped[UUID] = mapped_column(ForeignKey("bank_lines.id"), index=True)
    receipt_id: Mapped[UUID] = mapped_column(ForeignKey("receipts.id"), unique=True)
    matched_at: Mapped[datetime]
