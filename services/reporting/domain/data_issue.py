"""An issue: one row that breaks one rule, kept from the snapshot that showed it first until one is clean."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Final
from uuid import UUID
from zoneinfo import ZoneInfo

from services.reporting.domain.data_checks.errors import WaiverInvalid
from shared.errors import FieldProblem

WAIVED_DAYS_MAX: Final = 366
FINDINGS_MAX: Final = 10_000
TEXT_MAX: Final = 500
BUSINESS_TIME_ZONE: Final = ZoneInfo("Asia/Kolkata")


class IssueState(StrEnum):
    """Where an issue stands. One whose waiver has ended is open."""

    OPEN = "open"
    WAIVED = "waived"
    RESOLVED = "resolved"


class IssueEventKind(StrEnum):
    """What happened to an issue."""

    RAISED = "raised"
    CHANGED = "changed"
    REOPENED = "reopened"
    RESOLVED = "resolved"
    WAIVED = "waived"
    WAIVER_ENDED = "waiver_ended"
    ASSIGNED = "assigned"
    RULE_RETIRED = "rule_retired"


@dataclass(frozen=True, slots=True, kw_only=True)
class RowFinding:
    """What a rule found in a row of a snapshot, ready to be kept."""

    rule_id: UUID
    natural_key: str
    zone: str
    owner: str
    severity: str
    field: str
    value: str
    why: str
    suggestion: str | None
    evidence: dict[str, str]
    due_on: date


def today_of(at: datetime) -> date:
    """The day of business."""
    return at.astimezone(BUSINESS_TIME_ZONE).date()


def check_waiver(expires_on: date, today: date) -> None:
    """WaiverInvalid for one that is over already, or outlives a year: what is accepted is looked at again."""
    last = today + timedelta(days=WAIVED_DAYS_MAX)
    if not today <= expires_on <= last:
        problem = FieldProblem("/expires_on", f"expected a day from {today} to {last}")
        raise WaiverInvalid("A waiver ends within a year from today", problems=[problem])
