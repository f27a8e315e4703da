"""Virtual account numbers of partners."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from services.payments.adapters.orm.base import Record


class VirtualAccountRecord(Record):
    """From its day on the number is the partner's; a later row gives it to another, nothing is overwritten."""

    __tablename__ = "virtual_accounts"
    __table_args__ = (
        CheckConstraint("number ~ '^[A-Z0-9]{8,35}$'", name="number_shaped"),
        Index("ix_virtual_accounts_partner", "partner_code", "number"),
    )
    number: Mapped[str] = mapped_column(primary_key=True)
    valid_from: Mapped[date] = mapped_column(primary_key=True)
    partner_code: Mapped[str] = mapped_column(ForeignKey("partners.code"))
    bank_account_id: Mapped[UUID] = mapped_column(ForeignKey("bank_accounts.id"))
    registered_at: Mapped[datetime]
    registered_by: Mapped[str]
