"""Days of the business are days in India."""

from datetime import date, datetime
from typing import Final
from zoneinfo import ZoneInfo

BUSINESS_TIME_ZONE: Final = ZoneInfo("Asia/Kolkata")


def business_day(at: datetime) -> date:
    """The day it is in India at an instant."""
    return at.astimezone(BUSINESS_TIME_ZONE).date()
