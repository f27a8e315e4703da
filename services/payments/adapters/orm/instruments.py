"""Cheques in hand and cheques that came back."""

from datetime import date, datetime
from decimal import Decimal
from uuid import UUID

from sqlalchemy import ARRAY, CheckConstraint, ForeignKey, Index, Numeric, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from services.payments.adapters.orm.base import Record


class InstrumentRecord(Record):
    """A cheque a partner gave us; never a receipt before its date and never before the bank credits it."""

    __tablename__ = "instruments"
    __table_args__ = (
        CheckConstraint("cheque_number ~ '^[0-9]{6}$'", name="number_has_six_digits"),
        CheckConstraint("amount_minor > 0", name="amount_positive"),
        CheckConstraint(
            "standing IN ('held', 'deposited', 'cleared', 'bounced', 'withdrawn')", name="standing_known"
        ),
        CheckConstraint("deposited_on >= cheque_on", name="never_deposited_before_its_date"),
        CheckConstraint(
            "standing <> 'deposited' OR (deposited_on IS NOT NULL AND bank_account_id IS NOT NULL)",
            name="deposited_somewhere",
        ),
        CheckConstraint("standing <> 'cleared' OR receipt_id IS NOT NULL", name="cleared_by_a_receipt"),
        UniqueConstraint("partner_code", "drawee_bank", "cheque_number", name="uq_instruments_cheque"),
        Index("ix_instruments_number", "cheque_number"),
        Index(
            "ix_instruments_open",
            "cheque_on",
            "id",
            postgresql_where=text("standing IN ('held', 'deposited', 'bounced')"),
        ),
    )
    id: Mapped[UUID] = mapped_column(primary_key=True)
    partner_code: Mapped[str] = mapped_column(ForeignKey("partners.code"))
    cheque_number: Mapped[str]
    drawee_bank: Mapped[str]
    drawer_name: Mapped[str]
    amount_minor: Mapped[int]
    currency: Mapped[str]
    cheque_on: Mapped[date]
    received_on: Mapped[date]
    note: Mapped[str]
    items: Mapped[list[str]] = mapped_column(ARRAY(String))
    standing: Mapped[str]
    bank_account_id: Mapped[UUID | None] = mapped_column(ForeignKey("bank_accounts.id"))
    deposited_on: Mapped[date | None]
    receipt_id: Mapped[UUID | None] = mapped_column(ForeignKey("receipts.id"))
    registered_at: Mapped[datetime]
    registered_by: Mapped[str]
    revision: Mapped[int]


class InstrumentEventRecord(Record):
    """Each change of a cheque's standing, kept for ever."""

    __tablename__ = "instrument_events"
    instrument_id: Mapped[UUID] = mapped_column(ForeignKey("instruments.id"), primary_key=True)
    revision: Mapped[int] = mapped_column(primary_key=True)
    standing: Mapped[str]
    detail: Mapped[str]
    at: Mapped[datetime]
    actor: Mapped[str]


class BounceChargeRuleRecord(Record):
    """What a returned cheque costs from a day on; a newer day replaces, nothing is changed."""

    __tablename__ = "bounce_charge_rules"
    __table_args__ = (
        CheckConstraint("amount_minor >= 0", name="amount_not_negative"),
        CheckConstraint("gst_rate BETWEEN 0 AND 1", name="rate_sensible"),
    )
    valid_from: Mapped[date] = mapped_column(primary_key=True)
    amount_minor: Mapped[int]
    gst_rate: Mapped[Decimal] = mapped_column(Numeric(6, 4))
    source: Mapped[str]
    added_at: Mapped[datetime]
    added_by: Mapped[str]


class ChargeCounterRecord(Record):
    """The last number of a financial year."""

    __tablename__ = "charge_counters"
    financial_year: Mapped[str] = mapped_column(primary_key=True)
    last_number: Mapped[int]


class BounceRecord(Record):
    """A cheque the bank took back, with the receipt it undid."""

    __tablename__ = "bounces"
    __table_args__ = (
        CheckConstraint("return_class IN ('financial', 'drawer_act', 'technical')", name="class_known"),
        Index("ix_bounces_partner", "partner_code", "bounced_on"),
    )
    id: Mapped[UUID] = mapped_column(primary_key=True)
    receipt_id: Mapped[UUID] = mapped_column(ForeignKey("receipts.id"), unique=True)
    instrument_id: Mapped[UUID | None] = mapped_column(ForeignKey("instruments.id"))
    bank_line_id: Mapped[UUID | None] = mapped_column(ForeignKey("bank_lines.id"))
    partner_code: Mapped[str] = mapped_column(ForeignKey("partners.code"))
    cheque_number: Mapped[str]
    amount_minor: Mapped[int]
    currency: Mapped[str]
    return_code: Mapped[str]
    return_class: Mapped[str]
    bounced_on: Mapped[date]
    recorded_at: Mapped[datetime]
    recorded_by: Mapped[str]


class BounceStepRecord(Record):
    """What was done about a bounce; each step once."""

    __tablename__ = "bounce_steps"
    __table_args__ = (
        CheckConstraint(
            "step IN ('notice_sent', 'notice_received', 'paid', 'complaint_filed', 'not_pursued')",
            name="step_known",
        ),
    )
    bounce_id: Mapped[UUID] = mapped_column(ForeignKey("bounces.id"), primary_key=True)
    step: Mapped[str] = mapped_column(primary_key=True)
    happened_on: Mapped[date]
    note: Mapped[str]
    at: Mapped[datetime]
    actor: Mapped[str]


class ChargeRecord(Record):
    """What a partner owes for a returned cheque; an open item of kind charge has its id."""

    __tablename__ = "charges"
    __table_args__ = (
        CheckConstraint("net_minor > 0", name="net_positive"),
        CheckConstraint("gst_minor >= 0", name="gst_not_negative"),
    )
    id: Mapped[UUID] = mapped_column(primary_key=True)
    number: Mapped[str] = mapped_column(unique=True)
    bounce_id: Mapped[UUID] = mapped_column(ForeignKey("bounces.id"), unique=True)
    partner_code: Mapped[str] = mapped_column(ForeignKey("partners.code"))
    currency: Mapped[str]
    net_minor: Mapped[int]
    gst_minor: Mapped[int]
    charged_on: Mapped[date]


class DeadlineAlertRecord(Record):
    """A statutory day that was told of once."""

    __tablename__ = "deadline_alerts"
    bounce_id: Mapped[UUID] = mapped_column(ForeignKey("bounces.id"), primary_key=True)
    deadline: Mapped[str] = mapped_column(primary_key=True)
    due_on: Mapped[date] = mapped_column(primary_key=True)
    raised_at: Mapped[datetime]
