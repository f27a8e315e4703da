"""A schedule of documents: who gets what, when, how and on which condition."""

from dataclasses import dataclass
from datetime import date, datetime, time
from enum import StrEnum
from uuid import UUID
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from services.partners.domain.cron_times import checked_cron
from services.partners.domain.document import SET_FORMATS
from services.partners.domain.errors import ScheduleInvalid
from services.partners.domain.wall_clock import quiet_until
from shared.errors import FieldProblem


class ScheduledKind(StrEnum):
    """Documents that are sent by schedule."""

    ORDER_BOARD = "order_board"
    PAYMENT_SHEET = "payment_sheet"
    ACCOUNT_STATEMENT = "account_statement"


class Audience(StrEnum):
    """Whom a schedule is for: named partners, the active ones of zones, or all active ones."""

    PARTNERS = "partners"
    ZONES = "zones"
    ALL = "all"


class ClosedDayRule(StrEnum):
    """What becomes of a run that falls on a holiday or a closed weekday."""

    RUN = "run"
    SKIP = "skip"
    NEXT = "next_working_day"
    PREVIOUS = "previous_working_day"


class ScheduleChannel(StrEnum):
    """How documents travel; `contact` leaves it to each contact's own channel."""

    EMAIL = "email"
    SFTP = "sftp"
    WEBHOOK = "webhook"
    PORTAL = "portal"
    CONTACT = "contact"


class SendCondition(StrEnum):
    """When a partner gets a document at all."""

    ALWAYS = "always"
    WHEN_DUE = "when_due"
    WHEN_CHANGED = "when_changed"


class CatchUp(StrEnum):
    """What becomes of runs that nobody was there to start in time."""

    NEWEST = "newest"
    ALL = "all"
    REPORT = "report"


@dataclass(frozen=True, slots=True, kw_only=True)
class Timing:
    """When a schedule runs. ScheduleInvalid when the times cannot be told."""

    cron: str
    time_zone: str
    on_closed_day: ClosedDayRule
    valid_from: date
    valid_to: date | None

    def __post_init__(self) -> None:
        object.__setattr__(self, "cron", checked_cron(self.cron))
        problems = []
        if not _is_time_zone(self.time_zone):
            problems.append(FieldProblem("/time_zone", "expected an IANA time zone, e.g. Asia/Kolkata"))
        if self.valid_to is not None and self.valid_to < self.valid_from:
            problems.append(FieldProblem("/valid_to", "expected a day not before valid_from"))
        if problems:
            raise ScheduleInvalid("The schedule has no times", problems=problems)

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.time_zone)


def _is_time_zone(name: str) -> bool:
    """Asked of the one file; looking through all of them would take longer than everything else about a rule."""
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return False
    return True


@dataclass(frozen=True, slots=True, kw_only=True)
class ScheduleRule:
    """One version of a schedule as people set it. ScheduleInvalid names what contradicts itself."""

    name: str
    kinds: tuple[ScheduledKind, ...]
    audience: Audience
    partner_codes: tuple[str, ...]
    zones: tuple[str, ...]
    recipient_roles: tuple[str, ...]
    channel: ScheduleChannel
    condition: SendCondition
    catch_up: CatchUp
    timing: Timing
    calendar_code: str | None
    quiet_hours: tuple[time, time] | None
    formats: tuple[str, ...] = ("pdf",)

    def __post_init__(self) -> None:
        problems = [*self._audience_problems(), *self._calendar_problems(), *self._format_problems()]
        if self.quiet_hours and self.quiet_hours[0] == self.quiet_hours[1]:
            problems.append(FieldProblem("/quiet_hours/until", "expected another time than from"))
        if problems:
            raise ScheduleInvalid("The schedule contradicts itself", problems=problems)

    def quiet_until(self, at: datetime) -> datetime | None:
        """Until when deliveries that are queued now wait."""
        return quiet_until(at, self.quiet_hours, self.timing.zone) if self.quiet_hours else None

    def _audience_problems(self) -> list[FieldProblem]:
        named = {"partner_codes": self.partner_codes, "zones": self.zones}
        wanted = {Audience.PARTNERS: "partner_codes", Audience.ZONES: "zones"}.get(self.audience)
        problems = [
            FieldProblem(f"/{name}", f"expected none for the audience {self.audience}")
            for name, values in named.items()
            if values and name != wanted
        ]
        if wanted and not named[wanted]:
            problems.append(FieldProblem(f"/{wanted}", "expected at least one"))
        return problems

    def _format_problems(self) -> list[FieldProblem]:
        known = " or ".join(SET_FORMATS)  # every scheduled kind is set in these
        problems = [
            FieldProblem(f"/formats/{place}", f"expected {known}")
            for place, one in enumerate(self.formats)
            if one not in SET_FORMATS
        ]
        return problems if self.formats else [FieldProblem("/formats", "expected at least one")]

    def _calendar_problems(self) -> list[FieldProblem]:
        if self.calendar_code or self.timing.on_closed_day is ClosedDayRule.RUN:
            return []
        return [FieldProblem("/calendar", f"needed by the rule {self.timing.on_closed_day}")]


@dataclass(frozen=True, slots=True, kw_only=True)
class Schedule:
    """A schedule and where it stands: every run until `settled_until_at` has its row, whatever the rule was then."""

    id: UUID
    revision: int
    rule: ScheduleRule
    is_paused: bool
    settled_until_at: datetime
    next_due_at: datetime | None
