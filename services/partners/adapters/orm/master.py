"""The master of partners with its history."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, Computed, ForeignKey, Index, text
from sqlalchemy.dialects.postgresql import TSVECTOR
from sqlalchemy.orm import Mapped, mapped_column

from services.partners.adapters.orm.base import Record


class PartnerRecord(Record):
    """A partner as it is now: its newest version."""

    __tablename__ = "partners"
    __table_args__ = (
        CheckConstraint("status IN ('active', 'on_hold', 'closed')", name="status_known"),
        CheckConstraint("version > 0", name="version_positive"),
        Index(
            "ix_partners_name_key", text("lower(name)"), postgresql_ops={"lower(name)": "text_pattern_ops"}
        ),
        Index("ix_partners_zone", "zone", "code"),
        CheckConstraint("merged_into <> code", name="not_into_itself"),
        Index("ix_partners_search_words", "search_words", postgresql_using="gin"),
        Index("ix_partners_gstin", "gstin", postgresql_where=text("gstin IS NOT NULL")),
        Index("ix_partners_owner", text("coalesce(merged_into, code)")),
    )
    id: Mapped[UUID] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str]
    city: Mapped[str | None]
    zone: Mapped[str]
    gstin: Mapped[str | None]
    ifsc: Mapped[str | None]
    bank_account: Mapped[str | None]
    legal_name: Mapped[str | None]
    address: Mapped[str | None]
    pin_code: Mapped[str | None]
    state_code: Mapped[str | None]
    stated_pan: Mapped[str | None]
    tan: Mapped[str | None]
    territory: Mapped[str | None]
    shipping_address: Mapped[str | None]
    shipping_city: Mapped[str | None]
    shipping_pin_code: Mapped[str | None]
    shipping_state_code: Mapped[str | None]
    status: Mapped[str]
    version: Mapped[int]
    changed_at: Mapped[datetime]
    merged_into: Mapped[str | None] = mapped_column(ForeignKey("partners.code"))
    name_grams: Mapped[list[str]] = mapped_column(Computed("name_grams(name)", persisted=True), nullable=True)
    search_words: Mapped[str] = mapped_column(
        TSVECTOR,
        Computed(
            "to_tsvector('simple'::regconfig, code || ' ' || name || ' ' || coalesce(legal_name, '') || ' '"
            " || coalesce(city, '') || ' ' || coalesce(gstin, '') || ' ' || coalesce(stated_pan, ''))",
            persisted=True,
        ),
        nullable=True,
    )


class PartnerVersionRecord(Record):
    """What a partner was told to be, by whom and when. Append-only."""

    __tablename__ = "partner_versions"
    partner_id: Mapped[UUID] = mapped_column(
        ForeignKey("partners.id", deferrable=True, initially="DEFERRED"), primary_key=True
    )
    version: Mapped[int] = mapped_column(primary_key=True)
    code: Mapped[str]
    name: Mapped[str]
    city: Mapped[str | None]
    zone: Mapped[str]
    gstin: Mapped[str | None]
    ifsc: Mapped[str | None]
    bank_account: Mapped[str | None]
    legal_name: Mapped[str | None]
    address: Mapped[str | None]
    pin_code: Mapped[str | None]
    state_code: Mapped[str | None]
    stated_pan: Mapped[str | None]
    tan: Mapped[str | None]
    territory: Mapped[str | None]
    shipping_address: Mapped[str | None]
    shipping_city: Mapped[str | None]
    shipping_pin_code: Mapped[str | None]
    shipping_state_code: Mapped[str | None]
    status: Mapped[str]
    merged_into: Mapped[str | None]
    told_at: Mapped[datetime]
    told_by: Mapped[str]


class PartnerTermsRecord(Record):
    """The terms a partner buys on, each time they were set. Append-only."""

    __tablename__ = "partner_terms"
    __table_args__ = (
        CheckConstraint("version > 0", name="version_positive"),
        CheckConstraint("payment_days BETWEEN 0 AND 365", name="days_in_range"),
        CheckConstraint("credit_limit_minor >= 0", name="limit_not_negative"),
        CheckConstraint("is_on_hold = (hold_reason IS NOT NULL)", name="hold_says_why"),
    )
    partner_id: Mapped[UUID] = mapped_column(ForeignKey("partners.id"), primary_key=True)
    version: Mapped[int] = mapped_column(primary_key=True)
    payment_days: Mapped[int | None]
    credit_limit_minor: Mapped[int | None]
    currency: Mapped[str]
    stops_on_overdue: Mapped[bool]
    is_on_hold: Mapped[bool]
    hold_reason: Mapped[str | None]
    set_at: Mapped[datetime]
    set_by: Mapped[str]
