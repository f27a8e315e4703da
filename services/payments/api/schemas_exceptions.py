"""Bodies of exceptions."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field

from services.payments.adapters.queries.listing import Row
from shared.wire import MoneyBody, WireModel, money

StandingName = Literal["open", "accepted", "resolved"]
Words = Annotated[str, Field(min_length=3, max_length=2_000, examples=["The bank books it tomorrow"])]
Evidence = Annotated[
    list[Annotated[str, Field(min_length=3, max_length=500)]],
    Field(
        max_length=20,
        default_factory=list,
        description="Links or references of what it rests on",
        examples=[["Bank e-mail of 2026-10-15, case 4711"]],
    ),
]


class ExceptionBody(WireModel):
    """Something a person must look at."""

    id: UUID
    code: str
    detail: str
    state: StandingName
    owner: Annotated[str, Field(description="Empty while it is nobody's")]
    bank_account: Annotated[str | None, Field(description="Number of our account it is about")]
    amount: Annotated[MoneyBody | None, Field(description="Of the bank's line it is about")]
    statement_id: UUID | None
    bank_line_id: UUID | None
    raised_at: datetime
    raised_by: str
    age_hours: Annotated[int, Field(description="Whole hours since it was raised, until it was resolved")]
    accepted_at: datetime | None
    accepted_by: str | None
    waived: Annotated[MoneyBody | None, Field(description="Money given up with the acceptance")]
    resolved_at: datetime | None
    cause: Annotated[str, Field(description="Why it is over; empty before")]


class ExceptionEventBody(WireModel):
    """One step; `value` is the new owner or the cause."""

    kind: Literal["assigned", "noted", "accepted", "resolved", "reopened"]
    value: str
    note: str
    evidence: list[str]
    actor: str
    at: datetime


class ExceptionHistoryBody(ExceptionBody):
    """With everything that was done about it, the oldest first."""

    revision: int
    history: list[ExceptionEventBody]


class ExceptionAgeBody(WireModel):
    """How many of a code wait with an owner, by age."""

    code: str
    owner: str
    waiting: int
    accepted: Annotated[int, Field(description="Of those, accepted but not resolved")]
    under_1_day: int
    under_3_days: int
    under_7_days: int
    from_7_days: int
    oldest_raised_at: datetime


class ExceptionSummaryBody(WireModel):
    as_of: datetime
    waiting: int
    groups: list[ExceptionAgeBody]


class ExceptionOwnerDraft(WireModel):
    owner: Annotated[str, Field(min_length=1, max_length=100, examples=["meera.k"])]


class ExceptionNoteDraft(WireModel):
    note: Words
    evidence: Evidence


class ExceptionAcceptanceDraft(WireModel):
    """Known and borne. Who raised or owns it cannot waive its money."""

    note: Words
    evidence: Annotated[Evidence, Field(min_length=1)]
    waived: MoneyBody | None = None


class ExceptionResolutionDraft(WireModel):
    """What ended it."""

    cause: Literal["booked", "bank_corrected", "duplicate", "data_corrected", "not_ours", "other"]
    note: Words
    evidence: Evidence


class ExceptionReopeningDraft(WireModel):
    reason: Words


def exception_facts(row: Row, at: datetime) -> dict[str, object]:
    """The fields of one exception as they stand at an instant."""
    until = row.resolved_at or at
    waived = None
    if row.waived_minor is not None:
        waived = money(row.waived_minor, row.line_currency or row.account_currency or "INR")
    return {
        "id": row.id,
        "code": row.code,
        "detail": row.detail,
        "state": row.standing,
        "owner": row.owner,
        "bank_account": row.bank_account,
        "amount": None if row.line_minor is None else money(row.line_minor, row.line_currency),
        "statement_id": row.statement_id,
        "bank_line_id": row.bank_line_id,
        "raised_at": row.raised_at,
        "raised_by": row.raised_by,
        "age_hours": max(0, int((until - row.raised_at).total_seconds() // 3600)),
        "accepted_at": row.accepted_at,
        "accepted_by": row.accepted_by,
        "waived": waived,
        "resolved_at": row.resolved_at,
        "cause": row.cause,
    }


def event_body(row: Row) -> ExceptionEventBody:
    """The reply for one step."""
    return ExceptionEventBody(
        kind=row.kind,
        value=row.value,
        note=row.note,
        evidence=row.evidence,
        actor=row.actor,
        at=row.at,
    )
