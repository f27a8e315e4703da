"""Bodies of report subscriptions: the rule as it is told, where it stands, its runs to come."""

from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Any, Literal, Self
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec
from pydantic import ConfigDict, Field

from services.reporting.adapters.subscription_store import Row
from services.reporting.domain.recipient import Recipient
from services.reporting.domain.report_subscription import (
    PARTNERS_MAX,
    RECIPIENTS_MAX,
    ZONES_MAX,
    SendCondition,
    SubscriptionRule,
    Threshold,
    ThresholdPlace,
)
from shared.scheduling.planned_runs import Moved, PlannedRun, is_late
from shared.scheduling.timing import CatchUp, ClosedDayRule, Timing
from shared.wire import Day, WireModel

Format = Literal["pdf", "xlsx", "csv"]
Role = Annotated[str, Field(pattern=r"^[a-z][a-z_]{1,39}$", examples=["accounts"])]
Code = Annotated[str, Field(min_length=1, max_length=40, examples=["CP0001"])]
Limit = Annotated[str, Field(pattern=r"^-?[0-9]{1,15}(\.[0-9]{1,6})?$")]
ZoneName = Annotated[str, Field(min_length=1, max_length=200, examples=["West"])]
Note = Annotated[str | None, Field(max_length=500, description="Why it was set so")]


class InsideRecipientBody(WireModel):
    """Somebody of the house."""

    name: Annotated[str, Field(min_length=1, max_length=120, pattern=r"^[^\r\n]+$", examples=["Meera Joshi"])]
    address: Annotated[str, Field(max_length=320, examples=["meera.joshi@example.com"])]


class ReportLimitBody(WireModel):
    """A limit that a figure of the report has to be beyond; a figure at the limit is within."""

    measure: Annotated[
        str, Field(min_length=1, max_length=60, description="Name of the measure", examples=["net"])
    ]
    place: Annotated[
        ThresholdPlace, Field(description="Whether the total counts, or each row for itself")
    ] = ThresholdPlace.TOTAL
    above: Annotated[
        Limit | None, Field(description="Beyond when greater, in the unit shown", examples=["100000.00"])
    ] = None
    below: Annotated[Limit | None, Field(description="Beyond when less", examples=["0.95"])] = None
    currency: Annotated[
        str | None, Field(pattern=r"^[A-Z]{3}$", description="Of amounts; any without it", examples=["INR"])
    ] = None

    def threshold(self) -> Threshold:
        return Threshold(
            measure=self.measure,
            place=self.place,
            above=None if self.above is None else Decimal(self.above),
            below=None if self.below is None else Decimal(self.below),
            currency=self.currency,
        )

    @classmethod
    def of(cls, one: Threshold) -> Self:
        return cls(
            measure=one.measure,
            place=one.place,
            above=None if one.above is None else f"{one.above:f}",
            below=None if one.below is None else f"{one.below:f}",
            currency=one.currency,
        )


class ReportSubscriptionDraft(WireModel):
    """Which report goes to whom, when, and on which condition."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "name": "Morning collections",
                    "definition": "daily-collections",
                    "period": "yesterday",
                    "formats": ["pdf", "xlsx"],
                    "recipients": [{"name": "Meera Joshi", "address": "meera.joshi@salesops.invalid"}],
                    "condition": "when_changed",
                    "cron": "0 9 * * MON-SAT",
                    "calendar": "IN-MH",
                    "on_closed_day": "next_working_day",
                    "valid_from": "2026-12-01",
                }
            ]
        }
    )
    name: Annotated[
        str, Field(min_length=3, max_length=120, pattern=r"^[^\r\n]+$", examples=["Morning collections"])
    ]
    definition: Annotated[str, Field(min_length=1, max_length=60, description="Name or id of the definition")]
    period: Annotated[
        str | None,
        Field(max_length=60, description="Words, read on the day it is due", examples=["yesterday"]),
    ] = None
    zone: Annotated[str | None, Field(max_length=200)] = None
    partner_code: Annotated[str | None, Field(max_length=40)] = None
    formats: Annotated[
        list[Format],
        Field(
            min_length=1,
            max_length=3,
            description="What is sent, side by side; a PDF of more than 5,000 rows goes as a workbook",
            default_factory=lambda: ["pdf"],
        ),
    ]
    recipients: Annotated[
        list[InsideRecipientBody],
        Field(
            max_length=RECIPIENTS_MAX,
            description="People of the house, who get it over the rows that the subscriber sees",
            default_factory=list,
        ),
    ]
    partner_codes: Annotated[
        list[Code],
        Field(
            max_length=PARTNERS_MAX,
            description="Partners, who get it over their own rows alone, by the channels of their contacts",
            default_factory=list,
        ),
    ]
    partner_zones: Annotated[
        list[ZoneName],
        Field(
            max_length=ZONES_MAX,
            description="Zones whose active partners get it as well, those that they have when it is due",
            default_factory=list,
        ),
    ]
    partner_roles: Annotated[
        list[Role], Field(max_length=10, description="Contacts of the partners", default_factory=list)
    ]
    condition: Annotated[
        SendCondition,
        Field(
            description="`when_changed` compares with what it sent the same side last; `beyond_threshold` needs a limit"
        ),
    ] = SendCondition.ALWAYS
    threshold: Annotated[
        ReportLimitBody | None, Field(description="The limit of the condition `beyond_threshold`")
    ] = None
    cron: Annotated[
        str,
        Field(
            max_length=120,
            description="minute hour day month weekday; `L` is a month's last day",
            examples=["0 9 * * MON-SAT"],
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
    valid_from: Annotated[Day, Field(description="First day in its time zone that it holds for")]
    valid_to: Annotated[Day | None, Field(description="Last day; without it, it holds on")] = None
    catch_up: Annotated[
        CatchUp,
        Field(description="Of runs more than five minutes late: the newest, all, or none but the report"),
    ] = CatchUp.NEWEST
    note: Note = None

    def rule(self) -> SubscriptionRule:
        """ScheduleInvalid when it contradicts itself."""
        people = {one.address.lower(): one for one in self.recipients}
        return SubscriptionRule(
            name=self.name,
            definition=self.definition,
            period=self.period,
            zone=self.zone,
            partner_code=self.partner_code,
            formats=tuple(dict.fromkeys(self.formats)),
            recipients=tuple(Recipient(name=one.name, address=one.address) for one in people.values()),
            partner_codes=tuple(dict.fromkeys(self.partner_codes)),
            partner_roles=tuple(dict.fromkeys(self.partner_roles)),
            condition=self.condition,
            timing=Timing(
                cron=self.cron,
                time_zone=self.time_zone,
                on_closed_day=self.on_closed_day,
                valid_from=self.valid_from,
                valid_to=self.valid_to,
            ),
            calendar_code=self.calendar,
            catch_up=self.catch_up,
            partner_zones=tuple(dict.fromkeys(self.partner_zones)),
            threshold=self.threshold.threshold() if self.threshold else None,
        )


class SubscriptionNoteDraft(WireModel):
    """Why it is paused or goes on."""

    note: Note = None


class ReportSubscriptionBody(WireModel):
    """A subscription as it is now, and where it stands. It sends the rows that `set_by` saw then."""

    id: UUID
    revision: Annotated[int, Field(ge=1)]
    name: str
    definition: str
    period: str | None
    zone: str | None
    partner_code: str | None
    formats: list[Format]
    recipients: list[InsideRecipientBody]
    partner_codes: list[str]
    partner_zones: list[str] = Field(description="Zones whose partners of the day get it, by their contacts.")
    partner_roles: list[str]
    condition: SendCondition
    threshold: ReportLimitBody | None
    cron: str
    time_zone: str
    calendar: str | None
    on_closed_day: ClosedDayRule
    valid_from: date
    valid_to: date | None
    catch_up: CatchUp
    is_paused: bool
    next_due_at: Annotated[datetime | None, Field(description="Null when paused, or when none follows")]
    is_overdue: Annotated[
        bool, Field(description="The next run should have begun more than five minutes ago")
    ]
    note: str | None
    set_by: str
    set_at: datetime
    created_by: str
    created_at: datetime


class MovedRunTimeBody(WireModel):
    """A time of the rule that did not stand."""

    local_time: Annotated[
        str, Field(description="As clocks of the time zone show it", examples=["2026-11-10T09:00"])
    ]
    because: Annotated[
        str, Field(description="The holiday, the weekday, or `clock_change`", examples=["Republic Day"])
    ]


class PlannedReportBody(WireModel):
    """A run to come."""

    due_at: datetime
    local_time: Annotated[
        str, Field(description="The same with the time zone's offset", examples=["2026-11-11T09:00+05:30"])
    ]
    moved: Annotated[list[MovedRunTimeBody], Field(description="Times of the rule that run here instead")]
    left_out: Annotated[
        list[MovedRunTimeBody], Field(description="Times since the run before that the rule leaves out")
    ]


class SubscriptionPreviewBody(WireModel):
    """The next runs by the rule as it is; a paused subscription shows when it would run."""

    subscription_id: UUID
    revision: int
    is_paused: bool
    runs: list[PlannedReportBody]


def subscription_body(row: Row, at: datetime) -> ReportSubscriptionBody:
    rule = rule_of(row)
    return ReportSubscriptionBody(
        **_rule_facts(rule),
        id=row.id,
        revision=row.revision,
        is_paused=row.is_paused,
        next_due_at=row.next_due_at,
        is_overdue=row.next_due_at is not None and is_late(row.next_due_at, at),
        note=row.note,
        set_by=row.set_by,
        set_at=row.set_at,
        created_by=row.created_by,
        created_at=row.created_at,
    )


def rule_of(row: Row) -> SubscriptionRule:
    return msgspec.convert(row.rule, type=SubscriptionRule)


def planned_report_body(run: PlannedRun, zone: ZoneInfo) -> PlannedReportBody:
    return PlannedReportBody(
        due_at=run.due_at,
        local_time=run.due_at.astimezone(zone).isoformat(timespec="minutes"),
        moved=[moved_time(one) for one in run.moved],
        left_out=[moved_time(one) for one in run.left_out],
    )


def moved_time(one: Moved) -> MovedRunTimeBody:
    return MovedRunTimeBody(local_time=one.wall.isoformat(timespec="minutes"), because=one.because)


def _rule_facts(rule: SubscriptionRule) -> dict[str, Any]:
    """The rule in the fields of a draft."""
    timing = rule.timing
    same = ("name", "definition", "period", "zone", "partner_code", "condition", "catch_up")
    return {name: getattr(rule, name) for name in same} | {
        "formats": list(rule.formats),
        "recipients": [InsideRecipientBody(name=one.name, address=one.address) for one in rule.recipients],
        "partner_codes": list(rule.partner_codes),
        "partner_zones": list(rule.partner_zones),
        "partner_roles": list(rule.partner_roles),
        "threshold": ReportLimitBody.of(rule.threshold) if rule.threshold else None,
        "cron": timing.cron,
        "time_zone": timing.time_zone,
        "on_closed_day": timing.on_closed_day,
        "calendar": rule.calendar_code,
        "valid_from": timing.valid_from,
        "valid_to": timing.valid_to,
    }
