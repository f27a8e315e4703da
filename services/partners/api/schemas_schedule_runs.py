"""Bodies of runs: those to come, those that were, and what became of each partner's documents."""

from datetime import date, datetime
from typing import Annotated, Literal
from uuid import UUID
from zoneinfo import ZoneInfo

from pydantic import Field

from services.partners.adapters.schedule_store import Row
from services.partners.domain.delivery import Channel, DeliveryState
from services.partners.domain.schedule import ScheduledKind, ScheduleRule
from shared.scheduling.holiday_calendar import HolidayCalendar
from shared.scheduling.planned_runs import Moved, PlannedRun, is_late
from shared.wire import WireModel

ItemState = Literal["planned", "queued", "nothing_to_send", "failed"]


class MovedTimeBody(WireModel):
    """A time of the rule that did not stand."""

    local_time: Annotated[
        str, Field(description="As clocks of the time zone show it", examples=["2026-11-10T09:00"])
    ]
    because: Annotated[
        str,
        Field(
            description="The holiday, the weekday, or `clock_change`: the clocks skip that time that day",
            examples=["Diwali (Bali Pratipada)"],
        ),
    ]


class PlannedRunBody(WireModel):
    """A run to come."""

    due_at: datetime
    local_time: Annotated[
        str, Field(description="The same with the time zone's offset", examples=["2026-11-11T09:00+05:30"])
    ]
    weekday: Annotated[str, Field(examples=["Wednesday"])]
    moved: Annotated[list[MovedTimeBody], Field(description="Times of the rule that run here instead")]
    left_out: Annotated[
        list[MovedTimeBody], Field(description="Times since the run before that the rule leaves out")
    ]
    is_beyond_calendar: Annotated[
        bool, Field(description="The holidays of that year are not entered yet; the day may still move")
    ]


class SchedulePreviewBody(WireModel):
    """The next runs by the rule as it is; a paused schedule shows when it would run."""

    schedule_id: UUID
    revision: int
    is_paused: bool
    runs: list[PlannedRunBody]


class CalendarEntryBody(WireModel):
    """A run to come of one schedule."""

    day: Annotated[date, Field(description="In the time zone of the schedule")]
    due_at: datetime
    local_time: Annotated[str, Field(examples=["2026-11-11T09:00+05:30"])]
    schedule_id: UUID
    name: str
    kinds: list[ScheduledKind]
    is_moved: Annotated[bool, Field(description="At least one time of the rule was moved here")]


class DeliveryCountBody(WireModel):
    """How many recipients are so far."""

    state: Annotated[DeliveryState, Field(description="How far they are")]
    count: Annotated[int, Field(ge=1, description="How many recipients")]


class ScheduleRunBody(WireModel):
    """A due instant, and what became of it."""

    id: UUID
    due_at: datetime
    revision: Annotated[int, Field(description="Of the rule that held")]
    is_fired: Annotated[bool, Field(description="False for one that the rule of catching up left out")]
    fired_at: Annotated[datetime | None, Field(description="Null when left out")]
    settled_at: datetime
    late_seconds: Annotated[int, Field(ge=0, description="From when it was due to when it was settled")]
    is_late: Annotated[bool, Field(description="Settled more than five minutes after it was due")]
    moved: list[MovedTimeBody]
    release_at: Annotated[datetime | None, Field(description="Quiet hours hold deliveries until then")]
    planned: Annotated[int, Field(description="Documents that wait to be given to the deliveries")]
    queued: Annotated[int, Field(description="Documents that were given to the deliveries")]
    nothing_to_send: Annotated[int, Field(description="Documents that were not needed")]
    failed: Annotated[int, Field(description="Documents that nobody could get")]
    deliveries: Annotated[
        list[DeliveryCountBody], Field(description="Recipients by how far the deliveries are now")
    ]


class ItemDeliveryBody(WireModel):
    """The document on its way to one recipient."""

    delivery_id: Annotated[UUID, Field(description="Id of the delivery")]
    channel: Annotated[Channel, Field(description="How it travels")]
    address: Annotated[str, Field(description="Where it goes", examples=["accounts@dealer.example"])]
    state: Annotated[DeliveryState, Field(description="How far it is")]


class ScheduleItemBody(WireModel):
    """What became of one kind of document for one partner."""

    partner_code: str
    zone: str | None
    kind: ScheduledKind
    state: ItemState
    reason: Annotated[
        str | None,
        Field(
            description="Why nothing was sent: `nothing_known`, `nothing_due`, `nothing_changed`, `partner_closed`,"
            " `partner_unknown`; or what failed",
            examples=["nothing_due"],
        ),
    ]
    document_id: Annotated[UUID | None, Field(description="The frozen copy; null until it is made")]
    deliveries: Annotated[
        list[ItemDeliveryBody], Field(description="One per recipient, as the deliveries stand now")
    ]


def planned_run_body(run: PlannedRun, rule: ScheduleRule, calendar: HolidayCalendar) -> PlannedRunBody:
    local = run.due_at.astimezone(rule.timing.zone)
    known = calendar.known_until
    return PlannedRunBody(
        due_at=run.due_at,
        local_time=local.isoformat(timespec="minutes"),
        weekday=f"{local:%A}",
        moved=[_moved_body(one) for one in run.moved],
        left_out=[_moved_body(one) for one in run.left_out],
        is_beyond_calendar=known is not None and local.date() > known,
    )


def calendar_entry(row: Row, run: PlannedRun) -> CalendarEntryBody:
    local = run.due_at.astimezone(ZoneInfo(row.time_zone))
    return CalendarEntryBody(
        day=local.date(),
        due_at=run.due_at,
        local_time=local.isoformat(timespec="minutes"),
        schedule_id=row.id,
        name=row.name,
        kinds=row.kinds,
        is_moved=bool(run.moved),
    )


def run_body(row: Row) -> ScheduleRunBody:
    counts = row.counts or {}
    return ScheduleRunBody(
        id=row.id,
        due_at=row.due_at,
        revision=row.revision,
        is_fired=row.is_fired,
        fired_at=row.settled_at if row.is_fired else None,
        settled_at=row.settled_at,
        late_seconds=int((row.settled_at - row.due_at).total_seconds()),
        is_late=is_late(row.due_at, row.settled_at),
        moved=[MovedTimeBody(local_time=one["wall"][:16], because=one["because"]) for one in row.moved],
        release_at=row.release_at,
        planned=counts.get("planned", 0),
        queued=counts.get("queued", 0),
        nothing_to_send=counts.get("nothing_to_send", 0),
        failed=counts.get("failed", 0),
        deliveries=[
            DeliveryCountBody(state=state, count=count)
            for state, count in sorted((row.delivery_counts or {}).items())
        ],
    )


def item_body(row: Row) -> ScheduleItemBody:
    return ScheduleItemBody(
        partner_code=row.partner_code,
        zone=row.zone,
        kind=row.kind,
        state=row.state,
        reason=row.reason or row.failure,
        document_id=row.sent_document_id,
        deliveries=[ItemDeliveryBody.model_validate(one) for one in row.deliveries or ()],
    )


def _moved_body(moved: Moved) -> MovedTimeBody:
    return MovedTimeBody(local_time=moved.wall.isoformat(timespec="minutes"), because=moved.because)
