"""Facts told by partners about schedules of documents."""

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Annotated, ClassVar
from uuid import UUID

from pydantic import Field

from shared.events.envelope import Event


class MissReason(StrEnum):
    """Fired more than five minutes late; left out by the rule of catching up; or not started so far."""

    LATE = "late"
    SKIPPED = "skipped"
    NOT_STARTED = "not_started"


class ScheduleMissedV1(Event):
    """A run of a schedule of documents did not begin when it was due."""

    type_name: ClassVar[str] = "salesops.partners.schedule_missed.v1"
    source: ClassVar[str] = "partners"
    consumers: ClassVar[tuple[str, ...]] = ("gateway",)

    schedule_id: UUID
    name: str
    due_at: datetime
    reason: MissReason
    noticed_at: datetime
    late_seconds: Annotated[int, Field(ge=0, description="From when it was due to when it was noticed")]


@dataclass(frozen=True, slots=True, kw_only=True)
class CalendarDayTold:
    """A day that differs from the weekly rule."""

    day: date
    is_working: bool
    name: str


class HolidayCalendarChangedV1(Event):
    """A holiday calendar as it is now, with the days of its base; the later change holds."""

    type_name: ClassVar[str] = "salesops.partners.holiday_calendar_changed.v1"
    source: ClassVar[str] = "partners"
    consumers: ClassVar[tuple[str, ...]] = ("reporting",)

    code: str
    name: str
    closed_weekdays: Annotated[tuple[int, ...], Field(description="ISO numbers; Monday is 1")]
    closed_saturdays: Annotated[tuple[int, ...], Field(description="By their number in the month")]
    days: Annotated[
        tuple[CalendarDayTold, ...],
        Field(max_length=1000, description="From a year before the change on, the first thousand"),
    ]
    changed_at: datetime


EVENTS: tuple[type[Event], ...] = (ScheduleMissedV1, HolidayCalendarChangedV1)
