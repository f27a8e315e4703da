"""Bodies of holiday calendars and their days."""

from datetime import date, datetime
from typing import Annotated
from uuid import UUID

from pydantic import Field

from shared.wire import Day, WireModel

CalendarCode = Annotated[str, Field(pattern=r"^[A-Z][A-Z0-9-]{1,39}$", examples=["IN-GJ"])]
CalendarName = Annotated[str, Field(min_length=3, max_length=200, examples=["Public holidays of Gujarat"])]
DayName = Annotated[str, Field(min_length=3, max_length=200, examples=["Uttarayan"])]
CalendarSource = Annotated[
    str,
    Field(
        min_length=3,
        max_length=500,
        description="Where it comes from",
        examples=["Government of Gujarat, notification for 2027"],
    ),
]


class HolidayCalendarDraft(WireModel):
    """A weekly rule; single days are added to it, those of its base hold as well."""

    code: CalendarCode
    name: CalendarName
    base: Annotated[
        str | None, Field(max_length=40, description="The calendar whose days hold here too", examples=["IN"])
    ] = None
    closed_weekdays: Annotated[
        list[Annotated[int, Field(ge=1, le=7)]],
        Field(
            max_length=7, description="ISO 8601: Monday is 1, Sunday 7", examples=[[7]], default_factory=list
        ),
    ]
    closed_saturdays: Annotated[
        list[Annotated[int, Field(ge=1, le=5)]],
        Field(
            max_length=5, description="First to fifth of the month", examples=[[2, 4]], default_factory=list
        ),
    ]
    source: CalendarSource


class HolidayCalendarBody(WireModel):
    code: str
    name: str
    base: str | None
    closed_weekdays: list[int]
    closed_saturdays: list[int]
    last_day_on: Annotated[date | None, Field(description="The last single day of its own that is entered")]
    source: str
    set_by: str
    set_at: datetime


class HolidayDraft(WireModel):
    """A day that differs from the weekly rule: a holiday, or a Sunday on which people work."""

    day: Day
    is_working: bool = False
    name: DayName
    source: CalendarSource


class HolidaysDraft(WireModel):
    days: Annotated[list[HolidayDraft], Field(min_length=1, max_length=400)]


class HolidayBody(WireModel):
    """What was said last about a day counts."""

    id: UUID
    day: date
    is_working: bool
    name: str
    source: str
    set_by: str
    set_at: datetime


class HolidaysBody(WireModel):
    """The days as they were added."""

    days: list[HolidayBody]
