"""The promise: every payment received is booked within 24 hours of the bank's credit."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

BOOKING_WINDOW: Final = timedelta(hours=24)
BANK_TIME_ZONE: Final = ZoneInfo("Asia/Kolkata")


@dataclass(frozen=True, slots=True)
class BookingDeadline:
    """When the clock of one credit started and when it runs out; aware instants."""

    credited_at: datetime
    due_at: datetime


def booking_deadline(booked_on: date) -> BookingDeadline:
    """The clock of a credit whose statement tells the day only starts when that day ends in India.

    The bank shows such a credit at the end of its day at the earliest. A credit of 1 October is due at the
    end of 2 October, 24:00 IST.
    """
    credited_at = datetime.combine(booked_on + timedelta(days=1), time(), tzinfo=BANK_TIME_ZONE)
    return BookingDeadline(credited_at, credited_at + BOOKING_WINDOW)
