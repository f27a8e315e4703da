"""People at partners, their bank details, and decisions about two codes for one partner. All append-only."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, ForeignKeyConstraint, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from services.partners.adapters.orm.base import Record


class PersonVersionRecord(Record):
    """A person as it was told each time; the latest version counts."""

    __tablename__ = "person_versions"
    __table_args__ = (
        CheckConstraint("version > 0", name="version_positive"),
        CheckConstraint(
            "cardinality(roles) > 0"
            " AND roles <@ ARRAY['owner', 'accounts', 'orders', 'service', 'dispatch', 'sales']",
            name="roles_known",
        ),
        CheckConstraint("language IN ('en', 'hi', 'mr')", name="language_known"),
        CheckConstraint("channel IN ('email', 'portal', 'phone')", name="channel_known"),
        CheckConstraint(
            "CASE channel WHEN 'phone' THEN phone ELSE email END IS NOT NULL", name="can_be_reached"
        ),
        Index("ix_person_versions_partner", "partner_id", "person_id", "version"),
    )
    person_id: Mapped[UUID] = mapped_column(primary_key=True)
    version: Mapped[int] = mapped_column(primary_key=True)
    partner_id: Mapped[UUID] = mapped_column(ForeignKey("partners.id"))
    name: Mapped[str]
    roles: Mapped[list[str]]
    email: Mapped[str | None]
    phone: Mapped[str | None]
    language: Mapped[str]
    channel: Mapped[str]
    takes_optional: Mapped[bool]
    is_active: Mapped[bool]
    changed_at: Mapped[datetime]
    changed_by: Mapped[str]


class BankDetailRecord(Record):
    """Bank details that somebody proposed."""

    __tablename__ = "bank_details"
    __table_args__ = (
        CheckConstraint("ifsc ~ '^[A-Z]{4}0[A-Z0-9]{6}$'", name="ifsc_shape"),
        UniqueConstraint("id", "proposed_by"),
        Index("ix_bank_details_partner", "partner_id", "id"),
    )
    id: Mapped[UUID] = mapped_column(primary_key=True)
    partner_id: Mapped[UUID] = mapped_column(ForeignKey("partners.id"))
    holder_name: Mapped[str]
    account_number: Mapped[str]
    ifsc: Mapped[str]
    reason: Mapped[str]
    proposed_at: Mapped[datetime]
    proposed_by: Mapped[str]


class BankDetailDecisionRecord(Record):
    """What somebody else decided about proposed bank details."""

    __tablename__ = "bank_detail_decisions"
    __table_args__ = (
        ForeignKeyConstraint(
            ["bank_detail_id", "proposed_by"], ["bank_details.id", "bank_details.proposed_by"]
        ),
        CheckConstraint("person_behind(decided_by) <> person_behind(proposed_by)", name="two_people"),
    )
    bank_detail_id: Mapped[UUID] = mapped_column(primary_key=True)
    proposed_by: Mapped[str]
    is_approved: Mapped[bool]
    note: Mapped[str | None]
    decided_at: Mapped[datetime]
    decided_by: Mapped[str]


class PartnerMergeRecord(Record):
    """A duplicate that was merged into the partner it is."""

    __tablename__ = "partner_merges"
    __table_args__ = (
        CheckConstraint("duplicate_code <> survivor_code", name="two_partners"),
        Index("ix_partner_merges_duplicate", "duplicate_code", "id"),
    )
    id: Mapped[UUID] = mapped_column(primary_key=True)
    duplicate_code: Mapped[str]
    survivor_code: Mapped[str]
    earlier_status: Mapped[str]
    reason: Mapped[str]
    merged_at: Mapped[datetime]
    merged_by: Mapped[str]


class PartnerMergeReversalRecord(Record):
    """A merge that was taken back."""

    __tablename__ = "partner_merge_reversals"
    merge_id: Mapped[UUID] = mapped_column(ForeignKey("partner_merges.id"), primary_key=True)
    reason: Mapped[str]
    reversed_at: Mapped[datetime]
    reversed_by: Mapped[str]


class DuplicateDecisionRecord(Record):
    """What somebody decided about two partners that look alike; the latest decision on a pair holds."""

    __tablename__ = "duplicate_decisions"
    __table_args__ = (
        CheckConstraint("first_code < second_code", name="in_order"),
        Index("ix_duplicate_decisions_pair", "first_code", "second_code", "id"),
    )
    id: Mapped[UUID] = mapped_column(primary_key=True)
    first_code: Mapped[str]
    second_code: Mapped[str]
    is_duplicate: Mapped[bool]
    note: Mapped[str]
    decided_at: Mapped[datetime]
    decided_by: Mapped[str]
