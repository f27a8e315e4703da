"""Bodies of the booking clock."""

from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field

from services.payments.adapters.queries.booking_clock import ClockFigures
from services.payments.adapters.queries.listing import Row
from shared.wire import MoneyBody, WireModel, money

StateName = Literal["seen", "identified", "booked", "allocated", "excused"]
StandingName = Literal["in_time", "at_risk", "urgent", "late", "paused", "on_time", "booked_late", "excused"]
Note = Annotated[
    str, Field(min_length=3, max_length=500, examples=["The bank answers tomorrow, ticket 4711"])
]


class ClockBody(WireModel):
    """The 24 hours of one credit."""

    bank_line_id: UUID
    bank_account: str
    credited_on: Annotated[date, Field(description="The bank's day")]
    amount: MoneyBody
    narration: str
    reference: str
    partner_code: str | None
    zone: Annotated[str, Field(description="Empty while nobody knows whose it is")]
    state: StateName
    standing: Annotated[
        StandingName,
        Field(
            description="`at_risk` from 50 % and `urgent` from 80 % of the time on; `late` is not booked yet"
        ),
    ]
    credited_at: Annotated[
        datetime, Field(description="The clock's start: the bank's instant, or the end of its day in India")
    ]
    half_at: datetime
    warn_at: Annotated[datetime, Field(description="80 % of the time is gone")]
    due_at: datetime
    seen_at: Annotated[datetime, Field(description="When its statement arrived here")]
    identified_at: datetime | None
    booked_at: datetime | None
    allocated_at: datetime | None
    allocated_as: Annotated[
        Literal["settled", "on_account"] | None,
        Field(description="Nothing is on account any more, or a person said it stays there"),
    ]
    paused_at: datetime | None
    pause_reason: Annotated[str | None, Field(description="A code of /v1/booking-clock/reasons")]
    late_cause: Annotated[str | None, Field(description="`late` until a person names a cause")]
    told_percent: Annotated[
        int, Field(description="The furthest part of its time that was told: 0, 50, 80, 100")
    ]
    receipt_id: UUID | None


class ClockStepBody(WireModel):
    kind: Literal["paused", "resumed", "late_cause", "kept_on_account"]
    reason: str | None
    note: str
    actor: str
    at: datetime


class ClockHistoryBody(ClockBody):
    """A clock and what people did with it, the oldest first."""

    revision: int
    steps: list[ClockStepBody]


class WaitingCredit(WireModel):
    """A credit that is not booked yet."""

    bank_line_id: UUID
    bank_account: str
    amount: MoneyBody
    narration: str
    reference: str
    credited_at: datetime
    due_at: datetime
    standing: StandingName
    is_late: bool
    zone: str
    partner_code: str | None
    is_identified: bool


class ClockFiguresBody(WireModel):
    """How credits did; every credit is in exactly one of the counts beside `seen` and `booked`."""

    seen: int
    excused: Annotated[int, Field(description="No customer's payment")]
    booked: Annotated[int, Field(description="On time or late")]
    booked_on_time: int
    booked_late: int
    due: Annotated[int, Field(description="Not booked, still within 24 hours; at risk and urgent ones too")]
    at_risk: Annotated[int, Field(description="Of `due`: half of the time is gone")]
    urgent: Annotated[int, Field(description="Of `due`: 80 % of the time is gone")]
    paused: int
    late: Annotated[int, Field(description="Not booked, past 24 hours")]
    on_time_share: Annotated[
        str | None,
        Field(description="booked_on_time over booked and late, 0.0000 to 1.0000", examples=["0.9871"]),
    ]


class ClockGroupBody(ClockFiguresBody):
    key: Annotated[str, Field(description="The day, zone or bank account; an empty zone is nobody known")]


class LateCauseBody(WireModel):
    cause: str
    title: str
    count: int


class BookingClockBody(ClockFiguresBody):
    """The 24-hour promise in figures, over the credits of the period in the caller's zones."""

    as_of: datetime
    credited_on_gte: date
    credited_on_lte: date
    by_day: list[ClockGroupBody]
    by_zone: list[ClockGroupBody]
    by_bank_account: list[ClockGroupBody]
    late_causes: list[LateCauseBody]
    waiting: Annotated[list[WaitingCredit], Field(description="The most urgent first, at most 200")]


class PauseDraft(WireModel):
    """Why the time does not count for now."""

    reason: Annotated[str, Field(max_length=40, examples=["bank_asked"])]
    note: Note


class ClockNoteDraft(WireModel):
    note: Note


class LateCauseDraft(WireModel):
    """Why the credit was late."""

    cause: Annotated[str, Field(max_length=40, examples=["payer_unknown"])]
    note: Note


def clock_facts(row: Row) -> dict[str, object]:
    """The fields of one clock."""
    return {
        "bank_line_id": row.bank_line_id,
        "bank_account": row.bank_account,
        "credited_on": row.booked_on,
        "amount": money(row.amount_minor, row.currency),
        "narration": row.narration,
        "reference": row.strong_reference,
        "partner_code": row.partner_code,
        "zone": row.zone,
        "state": row.state,
        "standing": row.standing,
        "credited_at": row.credited_at,
        "half_at": row.half_at,
        "warn_at": row.warn_at,
        "due_at": row.due_at,
        "seen_at": row.seen_at,
        "identified_at": row.identified_at,
        "booked_at": row.booked_at,
        "allocated_at": row.allocated_at,
        "allocated_as": row.allocated_as or None,
        "paused_at": row.paused_at,
        "pause_reason": row.pause_code or None,
        "late_cause": row.late_code or None,
        "told_percent": row.told_percent,
        "receipt_id": row.receipt_id,
    }


def step_body(row: Row) -> ClockStepBody:
    return ClockStepBody(
        kind=row.kind, reason=row.reason_code or None, note=row.note, actor=row.actor, at=row.at
    )


def waiting_credit(row: Row) -> WaitingCredit:
    """The reply for one clock that is still running."""
    return WaitingCredit(
        bank_line_id=row.bank_line_id,
        bank_account=row.bank_account,
        amount=money(row.amount_minor, row.currency),
        narration=row.narration,
        reference=row.strong_reference,
        credited_at=row.credited_at,
        due_at=row.due_at,
        standing=row.standing,
        is_late=row.standing == "late",
        zone=row.zone,
        partner_code=row.partner_code,
        is_identified=row.identified_at is not None,
    )


def figures_of(counts: dict[str, int]) -> dict[str, object]:
    """Counts by standing as the fields of a figures body."""
    booked = counts["on_time"] + counts["booked_late"]
    promised = booked + counts["late"]
    return {
        "seen": counts["seen"],
        "excused": counts["excused"],
        "booked": booked,
        "booked_on_time": counts["on_time"],
        "booked_late": counts["booked_late"],
        "due": counts["in_time"] + counts["at_risk"] + counts["urgent"],
        "at_risk": counts["at_risk"],
        "urgent": counts["urgent"],
        "paused": counts["paused"],
        "late": counts["late"],
        "on_time_share": share(counts["on_time"], promised),
    }


def share(part: int, whole: int) -> str | None:
    """An exact decimal of four digits, cut and not rounded: 0.9999 is not yet all."""
    return None if whole == 0 else f"{Decimal(part * 10_000 // whole).scaleb(-4):.4f}"


def groups_of(figures: Sequence[ClockFigures], dimension: str) -> list[ClockGroupBody]:
    return [
        ClockGroupBody.model_validate({"key": one.key, **figures_of(one.counts)})
        for one in figures
        if one.dimension == dimension
    ]
