"""The 24 hours of each credit, and the dated rules by which they count and are told."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import ARRAY, BigInteger, CheckConstraint, Computed, ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from services.payments.adapters.orm.base import Record

# As the database writes it, so that a drift of the two is noticed.
NEXT_TELL = (
    "CASE WHEN is_excused OR told_percent = 100 THEN NULL::timestamp with time zone"
    " WHEN booked_at IS NOT NULL THEN"
    " CASE WHEN booked_at > due_at THEN due_at ELSE NULL::timestamp with time zone END"
    " WHEN paused_at IS NOT NULL THEN NULL::timestamp with time zone"
    " WHEN told_percent = 80 THEN due_at WHEN told_percent = 50 THEN warn_at ELSE half_at END"
)


class BookingClockRecord(Record):
    """The 24 hours of one credit: seen, identified, booked, allocated. `late_code` is why it was late, never empty then."""

    __tablename__ = "booking_clocks"
    __table_args__ = (
        CheckConstraint(
            "booked_at IS NULL OR is_excused OR booked_at <= due_at OR late_code <> ''",
            name="late_never_silent",
        ),
        CheckConstraint("told_percent IN (0, 50, 80, 100)", name="told_percent_known"),
        CheckConstraint("(paused_at IS NULL) = (pause_code = '')", name="pause_has_a_reason"),
        CheckConstraint("paused_at IS NULL OR booked_at IS NULL", name="booked_ends_the_pause"),
        CheckConstraint("allocated_as IN ('', 'settled', 'on_account')", name="allocated_as_known"),
        CheckConstraint("(allocated_at IS NULL) = (allocated_as = '')", name="allocated_somehow"),
        CheckConstraint("allocated_at IS NULL OR booked_at IS NOT NULL", name="allocated_after_booking"),
        Index(
            "ix_booking_clocks_running",
            "due_at",
            "bank_line_id",
            postgresql_where=text("booked_at IS NULL AND NOT is_excused"),
        ),
        Index(
            "ix_booking_clocks_waiting", "due_at", "bank_line_id", postgresql_where=text("booked_at IS NULL")
        ),
        Index("ix_booking_clocks_credited", "credited_at", "bank_line_id"),
        Index(
            "ix_booking_clocks_next_tell", "next_tell_at", postgresql_where=text("next_tell_at IS NOT NULL")
        ),
    )
    bank_line_id: Mapped[UUID] = mapped_column(ForeignKey("bank_lines.id"), primary_key=True)
    bank_account_id: Mapped[UUID] = mapped_column(ForeignKey("bank_accounts.id"))
    zone: Mapped[str]  # of the partner; empty while nobody knows whose it is
    currency: Mapped[str]
    amount_minor: Mapped[int]
    credited_at: Mapped[datetime]
    half_at: Mapped[datetime]
    warn_at: Mapped[datetime]
    due_at: Mapped[datetime]
    seen_at: Mapped[datetime]
    identified_at: Mapped[datetime | None]
    booked_at: Mapped[datetime | None]
    allocated_at: Mapped[datetime | None]
    allocated_as: Mapped[str]
    is_excused: Mapped[bool]  # no customer's payment: nothing to book
    paused_at: Mapped[datetime | None]
    pause_code: Mapped[str]
    late_code: Mapped[str]
    told_percent: Mapped[int]  # the furthest part of its time that was told
    told_at: Mapped[datetime | None]
    revision: Mapped[int]
    next_tell_at: Mapped[datetime | None] = mapped_column(Computed(NEXT_TELL, persisted=True))


class BookingClockStepRecord(Record):
    """What a person did with a clock, or booking did for them; never changed."""

    __tablename__ = "booking_clock_steps"
    __table_args__ = (
        CheckConstraint("kind IN ('paused', 'resumed', 'late_cause', 'kept_on_account')", name="kind_known"),
    )
    bank_line_id: Mapped[UUID] = mapped_column(ForeignKey("booking_clocks.bank_line_id"), primary_key=True)
    revision: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str]
    reason_code: Mapped[str]
    note: Mapped[str]
    actor: Mapped[str]
    at: Mapped[datetime]


class ClockReasonRecord(Record):
    """A reason to pause, or a cause of being late; the newest row of a code counts."""

    __tablename__ = "clock_reasons"
    __table_args__ = (CheckConstraint("kind IN ('pause', 'late')", name="kind_known"),)
    kind: Mapped[str] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(primary_key=True)
    valid_from: Mapped[date] = mapped_column(primary_key=True)
    title: Mapped[str]
    is_offered: Mapped[bool]
    set_by: Mapped[str]
    set_at: Mapped[datetime]


class BusinessCalendarRecord(Record):
    """Which weekdays (ISO 8601) and which Saturdays of a month do not count."""

    __tablename__ = "business_calendars"
    code: Mapped[str] = mapped_column(primary_key=True)
    name: Mapped[str]
    closed_weekdays: Mapped[list[int]] = mapped_column(ARRAY(BigInteger))
    closed_saturdays: Mapped[list[int]] = mapped_column(ARRAY(BigInteger))
    source: Mapped[str]
    set_by: Mapped[str]
    set_at: Mapped[datetime]


class CalendarDayRecord(Record):
    """A day that differs from its calendar's rule, either way; the newest row of a day counts."""

    __tablename__ = "calendar_days"
    __table_args__ = (Index("ix_calendar_days_day", "calendar_code", "day", "id"),)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    calendar_code: Mapped[str] = mapped_column(ForeignKey("business_calendars.code"))
    day: Mapped[date]
    is_working: Mapped[bool]
    name: Mapped[str]
    source: Mapped[str]
    set_by: Mapped[str]
    set_at: Mapped[datetime]


class ClockTermsRecord(Record):
    """From a day on, the calendar of one bank account or of all; none means round the clock."""

    __tablename__ = "clock_terms"
    id: Mapped[UUID] = mapped_column(primary_key=True)
    bank_account_id: Mapped[UUID | None] = mapped_column(ForeignKey("bank_accounts.id"))
    valid_from: Mapped[date]
    calendar_code: Mapped[str | None] = mapped_column(ForeignKey("business_calendars.code"))
    note: Mapped[str]
    set_by: Mapped[str]
    set_at: Mapped[datetime]


class ClockEscalationRecord(Record):
    """From a day on, who hears of a zone's credits when a part of their time is gone."""

    __tablename__ = "clock_escalations"
    __table_args__ = (CheckConstraint("percent IN (50, 80, 100)", name="percent_known"),)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    zone: Mapped[str]
    percent: Mapped[int]
    valid_from: Mapped[date]
    role: Mapped[str]
    address: Mapped[str]
    set_by: Mapped[str]
    set_at: Mapped[datetime]
