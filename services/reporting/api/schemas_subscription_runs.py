"""Bodies of what came of a subscription's due instants, its reports and their letters."""

from datetime import date, datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import Field

from services.reporting.adapters.subscription_store import Row
from services.reporting.api.schemas_report_subscriptions import MovedRunTimeBody
from services.reporting.domain.report_subscription import ReportOutcome
from shared.scheduling.planned_runs import is_late
from shared.wire import WireModel


class SubscriptionRunBody(WireModel):
    """A due instant, and what became of it."""

    id: UUID
    due_at: datetime
    revision: Annotated[int, Field(ge=1, description="Of the rule that held")]
    is_fired: Annotated[bool, Field(description="False for one that the rule of catching up left out")]
    settled_at: datetime
    is_late: Annotated[bool, Field(description="Settled more than five minutes after it was due")]
    moved: list[MovedRunTimeBody]
    refusal: Annotated[str | None, Field(description="Why nothing could be asked for")]
    job_id: Annotated[UUID | None, Field(description="Makes its reports; follow it at /v1/jobs")]
    job_state: Literal["queued", "running", "succeeded", "failed", "cancelled"] | None
    job_message: str | None
    reports: Annotated[
        int, Field(ge=0, description="Reports that were asked for: one for the house, one a partner")
    ]
    sent: Annotated[int, Field(ge=0, description="Of them, those that were sent")]


class ReportLetterBody(WireModel):
    """A letter to somebody of the house."""

    name: str
    address: Annotated[str, Field(examples=["meera.joshi@example.com"])]
    state: Literal["queued", "sent", "failed"]
    attempts: Annotated[int, Field(ge=0)]
    next_attempt_at: datetime | None
    said: Annotated[str | None, Field(description="What the mail server said last")]
    ended_at: datetime | None


class SentComparisonBody(WireModel):
    """How it differs from what was sent before."""

    before_run_id: UUID
    before_on: Annotated[date, Field(description="When that was asked for")]
    rows_alike: Annotated[int, Field(ge=0)]
    added: Annotated[int, Field(ge=0, description="Rows that came")]
    removed: Annotated[int, Field(ge=0, description="Rows that went")]
    changed: Annotated[int, Field(ge=0, description="Rows with other figures")]


class SubscribedReportBody(WireModel):
    """A report of a run: for the house, or for one partner over its own rows."""

    report_run_id: Annotated[UUID, Field(description="Its rows and files are at /v1/report-runs")]
    partner_code: Annotated[str | None, Field(description="Null for the house")]
    outcome: Annotated[ReportOutcome | None, Field(description="Null while it is made")]
    refusal: str | None
    decided_at: datetime | None
    comparison: Annotated[
        SentComparisonBody | None, Field(description="Null for the first, or when its columns are others")
    ]
    beyond: Annotated[
        list[str],
        Field(description="The first figures beyond the limit, in words", examples=[["Net: 150.00 (INR)"]]),
    ]
    letters: Annotated[
        list[ReportLetterBody], Field(description="To the house; what partners get is at /v1/deliveries")
    ]


def run_body(row: Row) -> SubscriptionRunBody:
    same = (
        "id",
        "due_at",
        "revision",
        "is_fired",
        "settled_at",
        "refusal",
        "job_id",
        "job_state",
        "job_message",
    )
    return SubscriptionRunBody(
        **{name: getattr(row, name) for name in same},
        is_late=is_late(row.due_at, row.settled_at),
        moved=[MovedRunTimeBody(local_time=one["wall"][:16], because=one["because"]) for one in row.moved],
        reports=row.reports,
        sent=row.sent,
    )


def report_body(row: Row) -> SubscribedReportBody:
    facts: dict[str, Any] | None = row.comparison
    names = ("before_on", "rows_alike", "added", "removed", "changed")
    return SubscribedReportBody(
        report_run_id=row.report_run_id,
        partner_code=row.partner_code,
        outcome=row.outcome,
        refusal=row.refusal,
        decided_at=row.decided_at,
        comparison=None
        if facts is None
        else SentComparisonBody(before_run_id=row.compared_run_id, **{name: facts[name] for name in names}),
        beyond=row.beyond or [],
        letters=[ReportLetterBody(**one) for one in row.letters],
    )
