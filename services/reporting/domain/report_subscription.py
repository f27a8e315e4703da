"""A subscription: which report goes to whom, when, and on which condition."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Final
from uuid import UUID

from services.reporting.domain.recipient import Recipient
from shared.errors import FieldProblem
from shared.scheduling.refusals import ScheduleInvalid
from shared.scheduling.timing import CatchUp, ClosedDayRule, Timing

RECIPIENTS_MAX: Final = 50
PARTNERS_MAX: Final = 100
ZONES_MAX: Final = 20
PARTNERS_OF_ZONES_MAX: Final = 500


class SendCondition(StrEnum):
    """When a report that was made is sent at all."""

    ALWAYS = "always"
    WHEN_NOT_EMPTY = "when_not_empty"
    WHEN_CHANGED = "when_changed"
    BEYOND_THRESHOLD = "beyond_threshold"


class ReportOutcome(StrEnum):
    """What became of a report that was made for a subscription."""

    SENT = "sent"
    EMPTY = "empty"
    UNCHANGED = "unchanged"
    WITHIN_THRESHOLD = "within_threshold"
    FAILED = "failed"


class ThresholdPlace(StrEnum):
    """Where a figure is looked for."""

    TOTAL = "total"
    ROW = "row"


@dataclass(frozen=True, slots=True, kw_only=True)
class Threshold:
    """A limit of a measure, in the unit that the report shows it in; of amounts in one currency, or in any."""

    measure: str
    place: ThresholdPlace
    above: Decimal | None = None
    below: Decimal | None = None
    currency: str | None = None

    def is_beyond(self, figure: Decimal) -> bool:
        """A figure at the limit is within."""
        return (self.above is not None and figure > self.above) or (
            self.below is not None and figure < self.below
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class SubscriptionRule:
    """One version of a subscription as its subscriber set it. ScheduleInvalid names what contradicts itself.

    Each of `partner_codes`, and each partner that `partner_zones` have when it is due, gets a run of its own, over its own
    rows alone, by the contacts that have `partner_roles`.
    """

    name: str
    definition: str
    period: str | None
    zone: str | None
    partner_code: str | None
    formats: tuple[str, ...]
    recipients: tuple[Recipient, ...]
    partner_codes: tuple[str, ...]
    partner_roles: tuple[str, ...]
    condition: SendCondition
    timing: Timing
    calendar_code: str | None
    catch_up: CatchUp
    partner_zones: tuple[str, ...] = ()
    threshold: Threshold | None = None

    def __post_init__(self) -> None:
        problems = []
        if not self.recipients and not self.goes_to_partners:
            problems.append(FieldProblem("/recipients", "expected a recipient, or partners"))
        if self.goes_to_partners != bool(self.partner_roles):
            problems.append(FieldProblem("/partner_roles", "expected with partners, and only with them"))
        problems += self._threshold_problems()
        if self.calendar_code is None and self.timing.on_closed_day is not ClosedDayRule.RUN:
            problems.append(FieldProblem("/calendar", f"needed by the rule {self.timing.on_closed_day}"))
        problems += [
            FieldProblem(f"/recipients/{place}/address", "expected name@example.com")
            for place, one in enumerate(self.recipients)
            if not one.has_address
        ]
        if problems:
            raise ScheduleInvalid("The subscription contradicts itself", problems=problems)

    @property
    def goes_to_partners(self) -> bool:
        """By their codes, or by their zones."""
        return bool(self.partner_codes or self.partner_zones)

    def _threshold_problems(self) -> list[FieldProblem]:
        if (self.threshold is not None) != (self.condition is SendCondition.BEYOND_THRESHOLD):
            told = "expected with the condition beyond_threshold, and only with it"
            return [FieldProblem("/threshold", told)]
        if self.threshold is not None and self.threshold.above is None and self.threshold.below is None:
            return [FieldProblem("/threshold/above", "expected a limit above, below, or both")]
        return []

    def outside_of(self, domains: frozenset[str]) -> list[FieldProblem]:
        """Recipients whose addresses are not of the house: reports leave it to partners alone."""
        return [
            FieldProblem(
                f"/recipients/{place}/address", f"expected an address at {', '.join(sorted(domains))}"
            )
            for place, one in enumerate(self.recipients)
            if not one.is_of(domains)
        ]


@dataclass(frozen=True, slots=True, kw_only=True)
class Subscriber:
    """Who subscribed, with the rows they saw then: what is sent shows no others."""

    actor: str
    roles: frozenset[str]
    sees_all: bool
    zones: frozenset[str]
    own_code: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportSubscription:
    """A subscription and where it stands: every due instant until `settled_until_at` has its row."""

    id: UUID
    revision: int
    rule: SubscriptionRule
    subscriber: Subscriber
    is_paused: bool
    settled_until_at: datetime
    next_due_at: datetime | None


def outcome_of(
    condition: SendCondition, *, rows_count: int, is_changed: bool, is_beyond: bool
) -> ReportOutcome:
    """What a finished report comes to. Without a report before, everything is a change."""
    if condition is SendCondition.WHEN_NOT_EMPTY and rows_count == 0:
        return ReportOutcome.EMPTY
    if condition is SendCondition.WHEN_CHANGED and not is_changed:
        return ReportOutcome.UNCHANGED
    if condition is SendCondition.BEYOND_THRESHOLD and not is_beyond:
        return ReportOutcome.WITHIN_THRESHOLD
    return ReportOutcome.SENT
