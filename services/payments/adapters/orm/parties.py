"""Whom money comes from and where it arrives."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from services.payments.adapters.orm.base import Record


class PartnerRecord(Record):
    """Projection of the partners service; the later sequence wins."""

    __tablename__ = "partners"
    code: Mapped[str] = mapped_column(primary_key=True)
    name: Mapped[str]
    city: Mapped[str]
    zone: Mapped[str]
    gstin: Mapped[str]
    ifsc: Mapped[str]
    bank_account: Mapped[str]
    status: Mapped[str]
    sequence: Mapped[int]
    updated_at: Mapped[datetime]
    legal_name: Mapped[str] = mapped_column(server_default="")
    address: Mapped[str] = mapped_column(server_default="")
    pin_code: Mapped[str] = mapped_column(server_default="")
    state_code: Mapped[str] = mapped_column(server_default="")


class PayerAliasRecord(Record):
    """One proof that a payer who is not the partner itself pays for it; `source` tells which."""

    __tablename__ = "payer_aliases"
    alias_key: Mapped[str] = mapped_column(primary_key=True)
    partner_code: Mapped[str] = mapped_column(ForeignKey("partners.code"), primary_key=True)
    source: Mapped[str] = mapped_column(primary_key=True)
    learned_at: Mapped[datetime]


class BankAccountRecord(Record):
    """One of our own bank accounts."""

    __tablename__ = "bank_accounts"
    id: Mapped[UUID] = mapped_column(primary_key=True)
    number: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str]
    currency: Mapped[str]
    created_at: Mapped[datetime]
    created_by: Mapped[str]
