"""Whom money comes from and where it arrives."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, text
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
    """One proof that a payer who is not the partner itself pays for it; `source` tells which, `bank_line_id` where."""

    __tablename__ = "payer_aliases"
    __table_args__ = (Index("ix_payer_aliases_partner", "partner_code", "alias_key"),)
    alias_key: Mapped[str] = mapped_column(primary_key=True)
    partner_code: Mapped[str] = mapped_column(ForeignKey("partners.code"), primary_key=True)
    source: Mapped[str] = mapped_column(primary_key=True)
    learned_at: Mapped[datetime]
    id: Mapped[UUID] = mapped_column(unique=True, server_default=text("gen_random_uuid()"))
    bank_line_id: Mapped[UUID | None] = mapped_column(ForeignKey("bank_lines.id"))
    learned_by: Mapped[str] = mapped_column(server_default="matching")


class PayerAliasWithdrawalRecord(Record):
    """What speaks against an alias: `withdrawn` ends all proofs, `disproved` and `corrected` outweigh one each."""

    __tablename__ = "payer_alias_withdrawals"
    __table_args__ = (
        CheckConstraint("kind IN ('withdrawn', 'corrected', 'disproved')", name="kind_known"),
        CheckConstraint("(kind = 'withdrawn') = (bank_line_id IS NULL)", name="shown_by_a_line"),
        Index("ix_payer_alias_withdrawals_alias", "alias_key", "partner_code"),
    )
    id: Mapped[UUID] = mapped_column(primary_key=True)
    alias_key: Mapped[str]
    partner_code: Mapped[str] = mapped_column(ForeignKey("partners.code"))
    kind: Mapped[str]
    bank_line_id: Mapped[UUID | None] = mapped_column(ForeignKey("bank_lines.id"))
    reason: Mapped[str]
    withdrawn_by: Mapped[str]
    withdrawn_at: Mapped[datetime]


class BankAccountRecord(Record):
    """One of our own bank accounts."""

    __tablename__ = "bank_accounts"
    id: Mapped[UUID] = mapped_column(primary_key=True)
    number: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str]
    currency: Mapped[str]
    created_at: Mapped[datetime]
    created_by: Mapped[str]
