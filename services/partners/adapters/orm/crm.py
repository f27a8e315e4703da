"""Accounts of the CRM."""

from datetime import datetime

from sqlalchemy import CheckConstraint, Index
from sqlalchemy.orm import Mapped, mapped_column

from services.partners.adapters.orm.base import Record


class CrmAccountRecord(Record):
    """An account of the CRM as it was told last, and the partner it is; unresolved ones say why."""

    __tablename__ = "crm_accounts"
    __table_args__ = (
        CheckConstraint("standing IN ('linked', 'unresolved', 'deleted')", name="standing_known"),
        CheckConstraint("(standing = 'unresolved') = (problem IS NOT NULL)", name="unresolved_says_why"),
        CheckConstraint("standing <> 'linked' OR partner_code IS NOT NULL", name="linked_names_partner"),
        Index("ix_crm_accounts_standing", "standing", "record_id"),
    )
    organization_id: Mapped[str] = mapped_column(primary_key=True)
    record_id: Mapped[str] = mapped_column(primary_key=True)
    system_modstamp: Mapped[datetime]
    sequence: Mapped[int]
    standing: Mapped[str]
    partner_code: Mapped[str | None]
    name: Mapped[str]
    zone: Mapped[str]
    problem: Mapped[str | None]
    taken_in_at: Mapped[datetime]
