"""Bodies of matching policies and of decisions made again."""

from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Any, Literal
from uuid import UUID

import msgspec
from pydantic import Field

from services.payments.adapters.queries.listing import Row
from services.payments.application.replay_decision import Replay
from services.payments.domain.decision_difference import DecisionFacts, Part
from shared.wire import MoneyBody, WireModel, money

PolicyVersion = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,39}$", examples=["2026-11"])]
PolicyState = Literal["draft", "active", "retired"]


class PolicyDraft(WireModel):
    """A new version: an existing one with some values changed."""

    version: PolicyVersion
    base_version: PolicyVersion
    changes: Annotated[
        dict[str, Any],
        Field(
            min_length=1,
            description="Values by name, grouped as in `content`",
            examples=[{"allocation_certainty": 0.99, "amount": {"bank_charge": 3.0}}],
        ),
    ]
    note: Annotated[str, Field(min_length=3, max_length=500, description="Why")]


class PolicyEventBody(WireModel):
    state: PolicyState
    at: datetime
    actor: str


class PolicyBody(WireModel):
    """One version of everything the matching takes as given, the law on tax apart, which has rules of its own."""

    version: str
    state: PolicyState
    base_version: str | None
    note: str
    content: Annotated[dict[str, Any], Field(description="Weights are natural logarithms of odds")]
    content_sha256: str
    made_at: datetime
    made_by: str
    activated_at: datetime | None
    activated_by: str | None
    events: list[PolicyEventBody]


class DecidedPartBody(WireModel):
    """Money or a deduction for one invoice."""

    invoice_number: str
    kind: Annotated[str, Field(description="Kind of deduction, empty for money")]
    amount: MoneyBody


class ReasonBody(WireModel):
    code: str
    text: str


class DecisionFactsBody(WireModel):
    """A decision about a line."""

    outcome: Literal["auto", "suggested", "exception"]
    kind: str
    partner_code: str | None
    allocations: list[DecidedPartBody]
    deductions: list[DecidedPartBody]
    on_account: MoneyBody
    score: int
    reasons: list[ReasonBody]


class DecisionDifferenceBody(WireModel):
    what: Annotated[str, Field(examples=["partner_code"])]
    recorded: str
    replayed: str


class ReplayBody(WireModel):
    """The decision that was recorded beside the one that the same inputs lead to now."""

    bank_line_id: UUID
    revision: int
    decided_at: datetime
    policy_version: str
    code_recorded: Annotated[str, Field(description="Fingerprint of the matching's code then")]
    code_now: str
    is_same: bool
    differences: Annotated[
        list[DecisionDifferenceBody], Field(description="Empty, unless the matching's code was changed since")
    ]
    after_matching: Annotated[
        ReasonBody | None,
        Field(description="Found out while the decision was carried out; it lowered the outcome"),
    ]
    recorded: DecisionFactsBody
    replayed: DecisionFactsBody
    inputs: Annotated[
        dict[str, int], Field(description="How many lines, invoices, partners and known payers; bytes stored")
    ]


def policy_body(row: Row) -> PolicyBody:
    """The reply for one version."""
    return PolicyBody(
        version=row.version,
        state=row.state,
        base_version=row.base_version,
        note=row.note,
        content=row.content,
        content_sha256=row.content_sha256,
        made_at=row.made_at,
        made_by=row.made_by,
        activated_at=row.activated_at,
        activated_by=row.activated_by,
        events=[PolicyEventBody(**event) for event in row.events],
    )


def decision_facts_body(facts: DecisionFacts, currency: str) -> DecisionFactsBody:
    def parts(listed: tuple[Part, ...]) -> list[DecidedPartBody]:
        return [
            DecidedPartBody(invoice_number=number, kind=kind, amount=money(minor, currency))
            for number, kind, minor in listed
        ]

    return DecisionFactsBody.model_validate(
        {
            "outcome": facts.outcome,
            "kind": facts.kind,
            "partner_code": facts.partner_code,
            "allocations": parts(facts.allocations),
            "deductions": parts(facts.deductions),
            "on_account": money(facts.on_account_minor, currency),
            "score": facts.score,
            "reasons": [ReasonBody(code=code, text=text) for code, text in facts.reasons],
        }
    )


def replay_body(replay: Replay, currency: str) -> ReplayBody:
    """The reply for one decision made again."""
    after = replay.after_matching
    return ReplayBody(
        bank_line_id=replay.bank_line_id,
        revision=replay.revision,
        decided_at=replay.decided_at,
        policy_version=replay.policy_version,
        code_recorded=replay.code_recorded,
        code_now=replay.code_now,
        is_same=not replay.differences,
        differences=[
            DecisionDifferenceBody(what=d.what, recorded=d.recorded, replayed=d.replayed)
            for d in replay.differences
        ],
        after_matching=ReasonBody(code=after[0], text=after[1]) if after else None,
        recorded=decision_facts_body(replay.recorded, currency),
        replayed=decision_facts_body(replay.replayed, currency),
        inputs=replay.counts,
    )


class SimulationDraft(WireModel):
    days: Annotated[
        int, Field(ge=1, le=366, description="Credits of so many days up to today", examples=[30])
    ]


class ActivationDraft(WireModel):
    """An empty object: all that there is to say is who asks."""


class SimulationBody(WireModel):
    """What a policy would have decided. The figures are there when `finished_at` is."""

    id: UUID
    version: str
    content_sha256: str
    since: date
    job_id: UUID
    state: Literal["queued", "running", "succeeded", "failed", "cancelled"]
    percent: int | None
    asked_at: datetime
    asked_by: str
    finished_at: datetime | None
    counts: Annotated[
        dict[str, int] | None,
        Field(
            description="`recorded_*` is what was decided then, `simulated_*` what the policy would decide;"
            " `contrary` are automatic bookings other than what the line was settled with in the end"
        ),
    ]
    straight_through_recorded: Annotated[
        str | None, Field(description="Automatic receipts of all receipts, 0 to 1", examples=["0.9921"])
    ]
    straight_through_simulated: str | None


class SimulatedLineBody(WireModel):
    """A line that the policy would have decided otherwise."""

    bank_line_id: UUID
    booked_on: date
    amount: MoneyBody
    narration: str
    is_contrary: Annotated[
        bool, Field(description="It would be booked by itself, and not as it was settled in the end")
    ]
    recorded: DecisionFactsBody
    simulated: DecisionFactsBody


def simulation_body(row: Row) -> SimulationBody:
    """The reply for one simulation."""
    return SimulationBody(
        id=row.id,
        version=row.version,
        content_sha256=row.content_sha256,
        since=row.since,
        job_id=row.job_id,
        state="succeeded" if row.finished_at else row.job_state,
        percent=100 if row.finished_at else row.percent,
        asked_at=row.asked_at,
        asked_by=row.asked_by,
        finished_at=row.finished_at,
        counts=row.counts,
        straight_through_recorded=_straight_through(row.counts, "recorded"),
        straight_through_simulated=_straight_through(row.counts, "simulated"),
    )


def _straight_through(counts: dict[str, int] | None, when: str) -> str | None:
    if not counts or not counts.get(f"{when}_receipts"):
        return None
    share = Decimal(counts[f"{when}_straight_through"]) / counts[f"{when}_receipts"]
    return str(share.quantize(Decimal("0.0001")))


def simulated_line_body(row: Row) -> SimulatedLineBody:
    """The reply for one line that differs."""
    return SimulatedLineBody(
        bank_line_id=row.bank_line_id,
        booked_on=row.booked_on,
        amount=money(row.amount_minor, row.currency),
        narration=row.narration,
        is_contrary=row.is_contrary,
        recorded=decision_facts_body(msgspec.convert(row.recorded, DecisionFacts), row.currency),
        simulated=decision_facts_body(msgspec.convert(row.simulated, DecisionFacts), row.currency),
    )
