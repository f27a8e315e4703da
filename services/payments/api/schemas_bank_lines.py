"""Bodies of bank lines: what waits for a person with its candidates, and all the evidence of one line."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import Field

from services.payments.adapters.queries.bank_lines import age_in_hours
from services.payments.adapters.queries.listing import Row
from services.payments.api.schemas_bank_statements import (
    AllocationBody,
    DeductionBody,
    ReasonBody,
    allocation_body,
    deduction_body,
)
from services.payments.api.schemas_receipts import ReversalBody
from shared.wire import MoneyBody, WireModel, money

DecisionName = Literal["auto", "suggested", "exception", "reviewed"]


class CandidateBody(WireModel):
    """One explanation a person may accept: who paid, what for, and how likely that is."""

    choice: Annotated[int, Field(description="What `accept` names; 1 is the likeliest", examples=[1])]
    partner_code: str
    allocations: list[AllocationBody]
    deductions: list[DeductionBody]
    on_account: MoneyBody
    share: Annotated[int, Field(description="0 to 100: its part of the likelihood of everything weighed")]
    reasons: list[ReasonBody]


class SuggestionBody(WireModel):
    """A credit that waits for a person, with what it may be."""

    bank_line_id: UUID
    revision: Annotated[int, Field(description="Send it as If-Match when you review the line")]
    bank_account: str
    booked_on: date
    amount: MoneyBody
    narration: str
    reference: str
    decision: Literal["suggested", "exception"]
    kind: Annotated[str, Field(description="receipt or not_a_receipt")]
    partner_code: str | None
    zone: str
    reasons: list[ReasonBody]
    candidates: Annotated[list[CandidateBody], Field(description="The likeliest first; may be empty")]
    note: Annotated[str, Field(description="What the last person wrote who looked at it")]
    decided_at: datetime
    due_at: Annotated[datetime, Field(description="When its 24 hours end")]
    age_hours: Annotated[int, Field(description="Whole hours since the bank's credit")]


class LineDecisionBody(WireModel):
    """One revision of what was decided about the line."""

    revision: int
    decision: DecisionName
    kind: Literal["receipt", "bounce", "not_a_receipt", "debit"]
    partner_code: str | None
    allocations: list[AllocationBody]
    deductions: list[DeductionBody]
    on_account: MoneyBody
    score: Annotated[int, Field(description="0 to 100")]
    reasons: list[ReasonBody]
    candidates: list[CandidateBody]
    policy_version: Annotated[
        str, Field(description="The matching rules; `told` by another channel; `review` by a person")
    ]
    decided_by: str
    decided_at: datetime
    note: str
    receipt_id: UUID | None


class SightingBody(WireModel):
    """A file that brought the line."""

    statement_id: UUID
    file_name: str
    line_number: int
    outcome: Literal["new", "duplicate"]
    received_at: datetime


class LineClockBody(WireModel):
    """The line's 24 hours; only credits have them."""

    credited_at: datetime
    due_at: datetime
    seen_at: datetime
    identified_at: datetime | None
    booked_at: datetime | None
    is_excused: bool


class LineReceiptBody(WireModel):
    """A receipt that the line booked or confirmed."""

    id: UUID
    partner_code: str
    amount: MoneyBody
    channel: str
    booked_at: datetime
    reversal: ReversalBody | None


class LineExceptionBody(WireModel):
    """What was asked of a person about the line; GET /v1/exceptions/{id} has its history."""

    id: UUID
    code: str
    detail: str
    owner: str
    raised_at: datetime
    resolved_at: datetime | None
    cause: Annotated[str, Field(description="Why it is over; empty before")]


class LineAliasBody(WireModel):
    """What the line taught about its payer; GET /v1/payer-aliases shows whether it still stands."""

    id: UUID
    alias_key: Annotated[str, Field(examples=["ifsc:HDFC0000123:SUNRISEFINCORP"])]
    partner_code: str
    learned_by: str


class BankLineBody(WireModel):
    """Everything known about one entry of the bank, from the file's own words to the receipt."""

    id: UUID
    revision: int
    bank_account: str
    statement_id: UUID
    file_name: str
    line_number: int
    booked_on: date
    value_on: date
    amount: MoneyBody
    narration: str
    bank_reference: str
    customer_reference: str
    strong_reference: Annotated[str, Field(description="UTR, RRN or cheque number; empty when none is told")]
    counterparty_name: str
    counterparty_account: str
    kind_code: str
    document_numbers: list[str]
    raw: Annotated[str, Field(description="The line as the file had it")]
    stored_at: datetime
    zone: str
    clock: LineClockBody | None
    decisions: Annotated[list[LineDecisionBody], Field(description="The latest first")]
    exceptions: list[LineExceptionBody]
    receipts: list[LineReceiptBody]
    seen_in: list[SightingBody]
    aliases: list[LineAliasBody]


@dataclass(frozen=True, slots=True)
class LineEvidence:
    """The rows that tell about one line."""

    decisions: Sequence[Row]
    exceptions: Sequence[Row]
    receipts: Sequence[Row]
    sightings: Sequence[Row]
    aliases: Sequence[Row]


def suggestion_body(row: Row, at: datetime) -> SuggestionBody:
    """The reply for one waiting line."""
    return SuggestionBody(
        bank_line_id=row.id,
        revision=row.revision,
        bank_account=row.bank_account,
        booked_on=row.booked_on,
        amount=money(row.amount_minor, row.currency),
        narration=row.narration,
        reference=row.strong_reference or row.bank_reference,
        decision=row.decision,
        kind=row.kind,
        partner_code=row.partner_code,
        zone=row.zone,
        reasons=_reasons(row.reasons),
        candidates=_candidates(row, row.currency),
        note=row.note,
        decided_at=row.decided_at,
        due_at=row.due_at,
        age_hours=age_in_hours(row.credited_at, at),
    )


def bank_line_body(row: Row, evidence: LineEvidence) -> BankLineBody:
    """The reply for one line."""
    return BankLineBody(
        id=row.id,
        revision=evidence.decisions[0].revision if evidence.decisions else 0,
        bank_account=row.bank_account,
        statement_id=row.statement_id,
        file_name=row.file_name,
        line_number=row.line_number,
        booked_on=row.booked_on,
        value_on=row.value_on,
        amount=money(row.amount_minor, row.currency),
        narration=row.narration,
        bank_reference=row.bank_reference,
        customer_reference=row.customer_reference,
        strong_reference=row.strong_reference,
        counterparty_name=row.counterparty_name,
        counterparty_account=row.counterparty_account,
        kind_code=row.kind_code,
        document_numbers=row.document_numbers,
        raw=row.raw,
        stored_at=row.stored_at,
        zone=row.zone or "",
        clock=_clock(row),
        decisions=[_decision(one, row.currency) for one in evidence.decisions],
        exceptions=[
            LineExceptionBody.model_validate(one, from_attributes=True) for one in evidence.exceptions
        ],
        receipts=[_receipt(one) for one in evidence.receipts],
        seen_in=[SightingBody.model_validate(one, from_attributes=True) for one in evidence.sightings],
        aliases=[LineAliasBody.model_validate(one, from_attributes=True) for one in evidence.aliases],
    )


def _clock(row: Row) -> LineClockBody | None:
    if row.due_at is None:
        return None
    return LineClockBody.model_validate(row, from_attributes=True)


def _decision(row: Row, currency: str) -> LineDecisionBody:
    return LineDecisionBody(
        revision=row.revision,
        decision=row.decision,
        kind=row.kind,
        partner_code=row.partner_code,
        allocations=[allocation_body(one, currency) for one in row.allocations],
        deductions=[deduction_body(one, currency) for one in row.deductions],
        on_account=money(row.on_account_minor, currency),
        score=row.score,
        reasons=_reasons(row.reasons),
        candidates=_candidates(row, currency),
        policy_version=row.policy_version,
        decided_by=row.decided_by,
        decided_at=row.decided_at,
        note=row.note,
        receipt_id=row.receipt_id,
    )


def _candidates(row: Row, currency: str) -> list[CandidateBody]:
    """A line for which nothing else was weighed has its own decision as the only candidate."""
    stored = row.alternatives
    if not stored and row.partner_code is not None and row.kind == "receipt" and row.receipt_id is None:
        stored = [
            {
                "partner": row.partner_code,
                "allocations": row.allocations,
                "deductions": row.deductions,
                "on_account": row.on_account_minor,
                "share": row.score,
                "reasons": row.reasons,
            }
        ]
    return [_candidate(place, one, currency) for place, one in enumerate(stored, start=1)]


def _candidate(place: int, stored: Mapping[str, Any], currency: str) -> CandidateBody:
    return CandidateBody(
        choice=place,
        partner_code=stored["partner"],
        allocations=[allocation_body(one, currency) for one in stored["allocations"]],
        deductions=[deduction_body(one, currency) for one in stored["deductions"]],
        on_account=money(stored["on_account"], currency),
        share=stored["share"],
        reasons=_reasons(stored["reasons"]),
    )


def _receipt(row: Row) -> LineReceiptBody:
    reversal = (
        None
        if row.reason_code is None
        else ReversalBody(reason_code=row.reason_code, reversed_on=row.reversed_on)
    )
    return LineReceiptBody(
        id=row.id,
        partner_code=row.partner_code,
        amount=money(row.amount_minor, row.currency),
        channel=row.channel,
        booked_at=row.booked_at,
        reversal=reversal,
    )


def _reasons(stored: Sequence[Mapping[str, Any]]) -> list[ReasonBody]:
    return [ReasonBody(code=one["code"], text=one["text"]) for one in stored]
