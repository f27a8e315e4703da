"""Months: closed, opened again, and what their accounts held when they were closed."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from services.payments.adapters.orm.base import Record


class LedgerLockRecord(Record):
    """The first day that can be posted to: one row."""

    __tablename__ = "ledger_locks"
    __table_args__ = (
        CheckConstraint("name = 'journal'", name="only_one"),
        CheckConstraint("extract(day FROM first_open_on) = 1", name="first_of_month"),
    )
    name: Mapped[str] = mapped_column(primary_key=True)
    first_open_on: Mapped[date]


class PeriodRecord(Record):
    """A month that was closed at least once; named by its first day."""

    __tablename__ = "periods"
    __table_args__ = (
        CheckConstraint("extract(day FROM month) = 1", name="first_of_month"),
        CheckConstraint("state IN ('open', 'closed', 'reopening')", name="state_known"),
        CheckConstraint("(state = 'reopening') = (asked_by IS NOT NULL)", name="asked_while_reopening"),
    )
    month: Mapped[date] = mapped_column(primary_key=True)
    state: Mapped[str]
    closings: Mapped[int]
    revision: Mapped[int]
    asked_by: Mapped[str | None]


class PeriodEventRecord(Record):
    """A closing, or a step of a reopening, with who and why."""

    __tablename__ = "period_events"
    __table_args__ = (
        CheckConstraint(
            "kind IN ('closed', 'reopening_asked', 'reopening_refused', 'reopened')", name="kind_known"
        ),
    )
    month: Mapped[date] = mapped_column(ForeignKey("periods.month"), primary_key=True)
    revision: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str]
    reason: Mapped[str]
    facts: Mapped[dict[str, Any]]
    actor: Mapped[str]
    at: Mapped[datetime]


class PeriodWaiverRecord(Record):
    """A check that need not pass, for one closing, with the reason."""

    __tablename__ = "period_waivers"
    __table_args__ = (
        CheckConstraint(
            "check_name NOT IN ('trial_balance', 'control_accounts', 'audit_chain')", name="waivable"
        ),
    )
    month: Mapped[date] = mapped_column(primary_key=True)
    closing: Mapped[int] = mapped_column(primary_key=True)
    check_name: Mapped[str] = mapped_column(primary_key=True)
    reason: Mapped[str]
    waived_by: Mapped[str]
    waived_at: Mapped[datetime]


class PeriodBalanceRecord(Record):
    """What an account, or a partner on it ('' for nobody), held at the end of a month when it was closed."""

    __tablename__ = "period_balances"
    __table_args__ = (CheckConstraint("balance_minor = debit_minor - credit_minor", name="adds_up"),)
    month: Mapped[date] = mapped_column(ForeignKey("periods.month"), primary_key=True)
    closing: Mapped[int] = mapped_column(primary_key=True)
    account_code: Mapped[str] = mapped_column(primary_key=True)
    partner_code: Mapped[str] = mapped_column(primary_key=True)
    currency: Mapped[str] = mapped_column(primary_key=True)
    debit_minor: Mapped[int]
    credit_minor: Mapped[int]
    balance_minor: Mapped[int]
