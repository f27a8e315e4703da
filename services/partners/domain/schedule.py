"""A schedule of documents: who gets what, when, how and on which condition."""

from dataclasses import dataclass
from datetime import datetime, time
from enum import StrEnum
from uuid import UUID

from services.partners.domain.document import SET_FORMATS
from shared.errors import FieldProblem
from shared.scheduling.refusals import ScheduleInvalid
from shared.scheduling.timing import CatchUp, ClosedDayRule, Timing
from shared.scheduling.wall_clock import quiet_until


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
