"""Bodies of schedules: the rule as it is told, and where a schedule stands."""

from datetime import date, datetime, time
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import ConfigDict, Field

from services.partners.adapters.schedule_store import Row, rule_of
from services.partners.domain.schedule import (
    Audience,
    ScheduleChannel,
    ScheduledKind,
    ScheduleRule,
    SendCondition,
)
from shared.scheduling.planned_runs import is_late
from shared.scheduling.timing import CatchUp, ClosedDayRule, Timing
from shared.wire import Day, WireModel

Clock = Annotated[str, Field(pattern=r"^([01][0-9]|2[0-3]):[0-5][0-9]$", examples=["20:00"])]
Role = Annotated[str, Field(pattern=r"^[a-z][a-z_]{1,39}$", examples=["accounts"])]
Code = Annotated[str, Field(min_length=1, max_length=40, examples=["CP0001"])]
Zone = Annotated[str, Field(min_length=1, max_length=200)]
FileFormat = Literal["pdf", "xlsx"]
Note = Annotated[str | None, Field(max_length=500, description="Why it was set so")]


class QuietHoursBody(WireModel):
    """Deliveries that are queued within wait for the end; the hours may span midnight."""

    begins: Annotated[Clock, Field(description="On clocks of the schedule's time zone")]
    ends: Annotated[Clock, Field(description="On clocks of the schedule's time zone", examples=["08:00"])]

    def hours(self) -> tuple[time, time]:
        return time.fromisoformat(self.begins), time.fromisoformat(self.ends)


class DocumentScheduleDraft(WireModel):
    """Who gets which documents, when, how, and on which condition."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "name": "Morning sheets of the West",
                    "kinds": ["payment_sheet", "order_board"],
                    "audience": "zones",
                    "zones": ["West"],
                    "recipient_roles": ["accounts"],
                    "formats": ["pdf", "xlsx"],
                    "condition": "when_due",
                    "cron": "0 9 * * MON-FRI",
                    "time_zone": "Asia/Kolkata",
                    "calendar": "IN-MH",
                    "on_closed_day": "next_working_day",
                    "quiet_hours": {"begins": "20:00", "ends": "08:00"},
                    "valid_from": "2026-12-01",
                }
            ]
        }
    )

    name: Annotated[str, Field(min_length=3, max_length=120, examples=["Morning sheets"])]
    kinds: Annotated[
        list[ScheduledKind], Field(min_length=1, max_length=10, description="Documents each partner gets")
    ]
    audience: Annotated[
        Audience, Field(description="The named partners, the active ones of zones, or all active ones")
    ]
    partner_codes: Annotated[
        list[Code],
        Field(max_length=2000, description="For the audience `partners` alone", default_factory=list),
    ]
    zones: Annotated[
        list[Zone], Field(max_length=100, description="For the audience `zones` alone", default_factory=list)
    ]
    recipient_roles: Annotated[
        list[Role], Field(min_length=1, max_length=10, description="Contacts of these roles get it")
    ]
    channel: Annotated[
        ScheduleChannel, Field(description="`contact` leaves it to each contact's own channel")
    ] = ScheduleChannel.CONTACT
    formats: Annotated[
        list[FileFormat],
        Field(
            min_length=1,
            max_length=2,
            description="What is sent of each document, side by side",
            default_factory=lambda: ["pdf"],
        ),
    ]
    condition: Annotated[
        SendCondition,
        Field(description="`when_changed` compares with what this schedule sent the partner last"),
    ] = SendCondition.ALWAYS
    cron: Annotated[
        str,
        Field(
            max_length=120,
            description="minute hour day month weekday; `L` is a month's last day, `LW` its last Monday to Friday",
            examples=["0 9 * * MON-FRI"],
        ),
    ]
    time_zone: Annotated[str, Field(max_length=60, description="IANA name", examples=["Asia/Kolkata"])] = (
        "Asia/Kolkata"
    )
    calendar: Annotated[
        str | None, Field(max_length=40, description="Code of the holiday calendar", examples=["IN-MH"])
    ] = None
    on_closed_day: Annotated[
        ClosedDayRule, Field(description="What becomes of a run on a holiday or a closed weekday")
    ] = ClosedDayRule.RUN
    quiet_hours: QuietHoursBody | None = None
    valid_from: Annotated[Day, Field(description="First day in its time zone that it holds for")]
    valid_to: Annotated[Day | None, Field(description="Last day; without it, it holds on")] = None
    catch_up: Annotated[
        CatchUp,
        Field(description="Of runs more than five minutes late: the newest, all, or none but the report"),
    ] = CatchUp.NEWEST
    note: Note = None

    def rule(self) -> ScheduleRule:
        """ScheduleInvalid when it contradicts itself."""
        return ScheduleRule(
            name=self.name,
            kinds=tuple(dict.fromkeys(self.kinds)),
            audience=self.audience,
            partner_codes=tuple(dict.fromkeys(self.partner_codes)),
            zones=tuple(dict.fromkeys(self.zones)),
            recipient_roles=tuple(dict.fromkeys(self.recipient_roles)),
            channel=self.channel,
            condition=self.condition,
            catch_up=self.catch_up,
            timing=Timing(
                cron=self.cron,
                time_zone=self.time_zone,
                on_closed_day=self.on_closed_day,
                valid_from=self.valid_from,
                valid_to=self.valid_to,
            ),
            calendar_code=self.calendar,
            quiet_hours=self.quiet_hours.hours() if self.quiet_hours else None,
            formats=tuple(dict.fromkeys(self.formats)),
        )


class DocumentScheduleChange(WireModel):
    """What is to be another way from now on; what is left out stays, null empties."""

    name: Annotated[str | None, Field(min_length=3, max_length=120)] = None
    kinds: Annotated[list[ScheduledKind] | None, Field(min_length=1, max_length=10)] = None
    audience: Audience | None = None
    partner_codes: Annotated[list[Code] | None, Field(max_length=2000)] = None
    zones: Annotated[list[Zone] | None, Field(max_length=100)] = None
    recipient_roles: Annotated[list[Role] | None, Field(min_length=1, max_length=10)] = None
    channel: ScheduleChannel | None = None
    formats: Annotated[list[FileFormat] | None, Field(min_length=1, max_length=2)] = None
    condition: SendCondition | None = None
    cron: Annotated[str | None, Field(max_length=120)] = None
    time_zone: Annotated[str | None, Field(max_length=60)] = None
    calendar: Annotated[str | None, Field(max_length=40)] = None
    on_closed_day: ClosedDayRule | None = None
    quiet_hours: QuietHoursBody | None = None
    valid_from: Day | None = None
    valid_to: Day | None = None
    catch_up: CatchUp | None = None
    note: Note = None

    def applied_to(self, rule: ScheduleRule) -> ScheduleRule:
        """ScheduleInvalid, or a problem of the field, when the result cannot be followed."""
        told: dict[str, Any] = {
            name: value
            for name, value in self.model_dump(exclude_unset=True).items()
            if value is not None or name in _MAY_BE_EMPTY
        }
        return DocumentScheduleDraft.model_validate(rule_facts(rule) | told).rule()


_MAY_BE_EMPTY = frozenset({"calendar", "quiet_hours", "valid_to"})


class ScheduleNoteDraft(WireModel):
    """Why it is paused or goes on."""

    note: Note = None


class LastRunBody(WireModel):
    """The newest run that was fired."""

    run_id: UUID
    due_at: datetime
    fired_at: Annotated[datetime, Field(description="When its items were planned")]


class ScheduleVersionBody(WireModel):
    """A schedule's rule as somebody set it."""

    revision: int
    name: str
    kinds: list[ScheduledKind]
    audience: Audience
    partner_codes: list[str]
    zones: list[str]
    recipient_roles: list[str]
    channel: ScheduleChannel
    formats: list[FileFormat]
    condition: SendCondition
    cron: str
    time_zone: str
    calendar: str | None
    on_closed_day: ClosedDayRule
    quiet_hours: QuietHoursBody | None
    valid_from: date
    valid_to: date | None
    catch_up: CatchUp
    is_paused: bool
    note: str | None
    set_by: str
    set_at: datetime


class DocumentScheduleBody(ScheduleVersionBody):
    """A schedule as it is now, and where it stands."""

    id: UUID
    next_due_at: Annotated[datetime | None, Field(description="Null when paused, or when none follows")]
    is_overdue: Annotated[
        bool, Field(description="The next run should have begun more than five minutes ago")
    ]
    last_run: LastRunBody | None
    created_by: str
    created_at: datetime


def schedule_body(row: Row, at: datetime) -> DocumentScheduleBody:
    """The schedule in a row of `schedule_rows`."""
    last = (
        None
        if row.last_run_id is None
        else LastRunBody(run_id=row.last_run_id, due_at=row.last_due_at, fired_at=row.last_fired_at)
    )
    return DocumentScheduleBody(
        **_version_facts(row),
        id=row.id,
        next_due_at=row.next_due_at,
        is_overdue=row.next_due_at is not None and is_late(row.next_due_at, at),
        last_run=last,
        created_by=row.created_by,
        created_at=row.created_at,
    )


def version_body(row: Row) -> ScheduleVersionBody:
    return ScheduleVersionBody(**_version_facts(row))


def rule_facts(rule: ScheduleRule) -> dict[str, Any]:
    """The rule in the fields of a draft."""
    timing = rule.timing
    quiet = (
        {"begins": f"{rule.quiet_hours[0]:%H:%M}", "ends": f"{rule.quiet_hours[1]:%H:%M}"}
        if rule.quiet_hours
        else None
    )
    return {
        "name": rule.name,
        "kinds": list(rule.kinds),
        "audience": rule.audience,
        "partner_codes": list(rule.partner_codes),
        "zones": list(rule.zones),
        "recipient_roles": list(rule.recipient_roles),
        "channel": rule.channel,
        "formats": list(rule.formats),
        "condition": rule.condition,
        "catch_up": rule.catch_up,
        "cron": timing.cron,
        "time_zone": timing.time_zone,
        "on_closed_day": timing.on_closed_day,
        "calendar": rule.calendar_code,
        "quiet_hours": quiet,
        "valid_from": timing.valid_from,
        "valid_to": timing.valid_to,
    }


def _version_facts(row: Row) -> dict[str, Any]:
    return rule_facts(rule_of(row)) | {
        "revision": row.revision,
        "is_paused": row.is_paused,
        "note": row.note,
        "set_by": row.set_by,
        "set_at": row.set_at,
    }
