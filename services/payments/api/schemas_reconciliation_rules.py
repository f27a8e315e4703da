"""Bodies of reconciliation rules and tolerances."""

from datetime import date, datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field, model_validator

from services.payments.adapters.queries.listing import Row
from services.payments.api.schemas_bank_accounts import AccountNumber
from services.payments.api.schemas_reconciliations import AccountCode, Note, RuleName
from shared.wire import Day, MoneyBody, PositiveMoney, WireModel, money

KIND_EXAMPLES = ["interest", "tax_refund", "own_transfer"]


class RuleDraft(WireModel):
    """Which waiting lines belong to which account; not in force until another person approves it."""

    name: RuleName
    direction: Literal["credit", "debit"]
    narration_kind: Annotated[
        str,
        Field(
            max_length=60,
            description="What the matching says the line is; empty for any",
            examples=KIND_EXAMPLES,
        ),
    ] = ""
    words: Annotated[
        list[Annotated[str, Field(min_length=2, max_length=60)]],
        Field(
            max_length=20,
            default_factory=list,
            description="Phrases of which the narration holds one, as whole words; empty for any",
            examples=[["SMS CHRG", "CHRG"]],
        ),
    ]
    bank_account: AccountNumber | None = None
    amount_max: PositiveMoney | None = None
    account_code: AccountCode
    valid_from: Day
    valid_to: Day | None = None

    @model_validator(mode="after")
    def _is_complete(self) -> "RuleDraft":
        if not self.narration_kind and not self.words:
            raise ValueError("expected narration_kind, words, or both")
        if self.valid_to is not None and self.valid_to < self.valid_from:
            raise ValueError("expected valid_to on or after valid_from")
        return self


class RuleBody(WireModel):
    id: UUID
    name: str
    direction: Literal["credit", "debit"]
    narration_kind: str
    words: list[str]
    bank_account: str | None
    amount_max: MoneyBody | None
    account_code: str
    valid_from: date
    valid_to: date | None
    proposed_by: str
    proposed_at: datetime
    approved_by: str | None
    approved_at: datetime | None


class SimulatedPostingBody(WireModel):
    """A line that the rule would post."""

    bank_line_id: UUID
    booked_on: date
    amount: MoneyBody
    narration: str
    narration_kind: str


class RuleSimulationBody(WireModel):
    """What the rule would do to the lines that wait now; nothing is posted."""

    rule_id: UUID
    waiting: Annotated[int, Field(description="Lines that wait on the accounts it looks at")]
    posted: int
    contested: Annotated[int, Field(description="Of those it fits, lines that another rule gives elsewhere")]
    lines: Annotated[list[SimulatedPostingBody], Field(description="The first hundred it would post")]


class ToleranceDraft(WireModel):
    """What may stay unexplained, by name; not in force until another person signs it."""

    name: RuleName
    bank_account: Annotated[
        AccountNumber | None, Field(description="Null for all accounts of the currency")
    ] = None
    amount: PositiveMoney
    reason: Note
    valid_from: Day
    valid_to: Day

    @model_validator(mode="after")
    def _ends_after_it_begins(self) -> "ToleranceDraft":
        if self.valid_to < self.valid_from:
            raise ValueError("expected valid_to on or after valid_from")
        return self


class ToleranceBody(WireModel):
    id: UUID
    name: str
    bank_account: str | None
    amount: MoneyBody
    reason: str
    valid_from: date
    valid_to: date
    set_by: str
    set_at: datetime
    signed_by: str | None
    signed_at: datetime | None


def rule_body(row: Row) -> RuleBody:
    """The reply for one rule."""
    return RuleBody(
        id=row.id,
        name=row.name,
        direction=row.direction,
        narration_kind=row.narration_kind,
        words=row.words,
        bank_account=row.bank_account,
        amount_max=None
        if row.amount_max_minor is None
        else money(row.amount_max_minor, row.currency or "INR"),
        account_code=row.account_code,
        valid_from=row.valid_from,
        valid_to=row.valid_to,
        proposed_by=row.proposed_by,
        proposed_at=row.proposed_at,
        approved_by=row.approved_by,
        approved_at=row.approved_at,
    )


def tolerance_body(row: Row) -> ToleranceBody:
    """The reply for one tolerance."""
    return ToleranceBody(
        id=row.id,
        name=row.name,
        bank_account=row.bank_account,
        amount=money(row.amount_minor, row.currency),
        reason=row.reason,
        valid_from=row.valid_from,
        valid_to=row.valid_to,
        set_by=row.set_by,
        set_at=row.set_at,
        signed_by=row.signed_by,
        signed_at=row.signed_at,
    )
