"""The master of partners with its history."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, text
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
    status: Mapped[str]
    version: Mapped[int]
    changed_at: Mapped[datetime]


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
    status: Mapped[str]
    told_at: Mapped[datetime]
    told_by: Mapped[str]
