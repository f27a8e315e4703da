"""Bodies of the dated rules by which clocks count and are told."""

from datetime import date, datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field

from shared.wire import Day, WireModel

Code = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{1,39}$", examples=["bank_asked"])]
Title = Annotated[str, Field(min_length=3, max_length=200)]
Source = Annotated[
    str,
    Field(min_length=3, max_length=500, description="Where it comes from", examples=["RBI list for 2027"]),
]
ValidFrom = Annotated[Day, Field(description="The first Indian day it counts for")]
Weekdays = Annotated[
    list[Annotated[int, Field(ge=1, le=7)]],
    Field(max_length=7, description="ISO 8601: Monday is 1, Sunday 7", examples=[[7]], default_factory=list),
]
Saturdays = Annotated[
    list[Annotated[int, Field(ge=1, le=5)]],
    Field(max_length=5, description="First to fifth of the month", examples=[[2, 4]], default_factory=list),
]
Percent = Annotated[Literal[50, 80, 100], Field(description="Of the time of a credit")]
Zone = Annotated[
    str,
    Field(
        max_length=200,
        description="`*` is every zone without its own rule; empty are credits of nobody known",
    ),
]


class ClockReasonDraft(WireModel):
    """A reason to pause or a cause of being late; `is_offered: false` withdraws it."""

    kind: Literal["pause", "late"]
    code: Code
    title: Title
    valid_from: ValidFrom
    is_offered: bool = True


class ClockReasonBody(WireModel):
    """The newest row of a code that has begun counts; past uses keep their code."""

    kind: Literal["pause", "late"]
    code: str
    title: str
    valid_from: date
    is_offered: bool
    set_by: str
    set_at: datetime


class BusinessCalendarDraft(WireModel):
    """Days that do not count, as a rule; single days are added to it."""

    code: Code
    name: Title
    closed_weekdays: Weekdays
    closed_saturdays: Saturdays
    source: Source


class BusinessCalendarBody(WireModel):
    code: str
    name: str
    closed_weekdays: list[int]
    closed_saturdays: list[int]
    source: str
    set_by: str
    set_at: datetime


class CalendarDayDraft(WireModel):
    """A day that differs from the calendar's rule: a holiday, or a Sunday on which banks work."""

    day: Day
    is_working: bool = False
    name: Title
    source: Source


class CalendarDaysDraft(WireModel):
    days: Annotated[list[CalendarDayDraft], Field(min_length=1, max_length=400)]


class CalendarDayBody(WireModel):
    """What was said last about a day counts."""

    id: UUID
    day: date
    is_working: bool
    name: str
    source: str
    set_by: str
    set_at: datetime


class CalendarDaysBody(WireModel):
    """The days as they were added."""

    days: list[CalendarDayBody]


class ClockTermsDraft(WireModel):
    """From a day on, the calendar of one bank account or of all; without a calendar every hour counts."""

    bank_account: Annotated[str | None, Field(max_length=40, description="Of all when left out")] = None
    valid_from: ValidFrom
    calendar: Annotated[str | None, Field(max_length=40)] = None
    note: Title


class ClockTermsBody(WireModel):
    id: UUID
    bank_account: str | None
    valid_from: date
    calendar: str | None
    note: str
    set_by: str
    set_at: datetime


class ClockEscalationDraft(WireModel):
    """From a day on, who hears of a zone's credits when a part of their time is gone."""

    zone: Zone
    percent: Percent
    valid_from: ValidFrom
    role: Annotated[str, Field(min_length=2, max_length=60, examples=["zone_head"])]
    address: Annotated[str, Field(max_length=200, examples=["head.south@example.com"])] = ""


class ClockEscalationBody(WireModel):
    id: UUID
    zone: str
    percent: int
    valid_from: date
    role: str
    address: str
    set_by: str
    set_at: datetime
