"""Days of business are days in India, whatever the clock of the machine says."""

from datetime import date, datetime
from typing import Final
from zoneinfo import ZoneInfo

BOOKS_YEARS: Final = 8
BUSINESS_TIME_ZONE: Final = ZoneInfo("Asia/Kolkata")


def business_day(at: datetime) -> date:
    """The day in India at an aware instant: 20:00 UTC is the next day already."""
    return at.astimezone(BUSINESS_TIME_ZONE).date()


def financial_year(day: date) -> str:
    """April to March: 1 April 2026 to 31 March 2027 is 2627."""
    first = day.year if day.month >= 4 else day.year - 1
    return f"{first % 100:02d}{(first + 1) % 100:02d}"


def books_kept_from(day: date) -> date:
    """The first day of the eight financial years before the one of `day`, of which books have to be kept.

    Companies Act 2013, section 128(5): not less than eight financial years immediately preceding a financial year. An
    order to keep them longer, as for an investigation, is the operator's to know.
    """
    begin = financial_year_start(day)
    return begin.replace(year=begin.year - BOOKS_YEARS)


def financial_year_start(day: date) -> date:
    """The first of April on or before the day."""
    return date(day.year if day.month >= 4 else day.year - 1, 4, 1)
