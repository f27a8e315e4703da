"""Bodies of balance confirmations."""

from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import Field

from services.payments.adapters.queries.listing import Row
from services.payments.api.schemas_account_statements import ConfirmationKindName, LanguageName
from services.payments.api.schemas_invoices import PartnerCode
from shared.wire import Day, MoneyBody, WireModel, money

StandingName = Literal[
    "asked",
    "unanswered",
    "disputed",
    "agreed",
    "reconciled",
    "difference_accepted",
    "not_contested",
    "alternative",
]
DifferenceKindName = Literal[
    "invoice_not_received",
    "remittance_not_received",
    "debit_note_of_ours",
    "debit_note_of_partner",
    "credit_note_of_ours",
    "credit_note_of_partner",
    "other",
]
MannerName = Literal["signed_letter", "signed_email", "digital_signature", "portal", "unsigned"]
ItemKindName = Literal["invoice", "receipt", "credit_note", "charge", "bank_line"]
Note = Annotated[str, Field(min_length=3, max_length=1000)]


class ConfirmationDraft(WireModel):
    """Ask one partner about its balance as of a day; an outstanding statement is published for it."""

    partner_code: PartnerCode
    kind: Annotated[
        ConfirmationKindName, Field(description="positive: reply always; negative: only if different")
    ]
    as_of: Day
    due_on: Day
    language: LanguageName = "en"


class DifferenceDraft(WireModel):
    """One line of the difference list: what one side has in its books and the other has not."""

    kind: DifferenceKindName
    amount: Annotated[
        MoneyBody, Field(description="Positive; of `other` what it adds to the partner's balance")
    ]
    document_number: Annotated[str, Field(max_length=60)] = ""
    document_on: Day | None = None
    note: Annotated[str, Field(max_length=500)] = ""


class ReplyDraft(WireModel):
    """What the partner replied. A partner who replies itself signs with name and designation."""

    verdict: Literal["agree", "differ"]
    partner_balance: Annotated[MoneyBody, Field(description="What it owes us by its own books")]
    signer_name: Annotated[str, Field(max_length=120)] = ""
    designation: Annotated[str, Field(max_length=120, examples=["Accounts manager"])] = ""
    manner: Annotated[
        MannerName, Field(description="How it was signed and received; a partner's own reply is `portal`")
    ] = "signed_letter"
    reference: Annotated[str, Field(max_length=200, description="Where the signed reply is kept")] = ""
    received_on: Annotated[Day | None, Field(description="Today in India unless given")] = None
    differences: Annotated[list[DifferenceDraft], Field(max_length=500, default_factory=list)]
    note: Annotated[str, Field(max_length=1000)] = ""


class ExplanationDraft(WireModel):
    """What explains a line, and how much of it (with its sign); a newer explanation replaces the older."""

    explained: Annotated[
        MoneyBody, Field(description="Of the same sign as the line's effect, at most all of it")
    ]
    item_kind: ItemKindName | None = None
    item_id: UUID | None = None
    note: Note


class AcceptanceDraft(WireModel):
    note: Note


class OurItemBody(WireModel):
    """A document of ours that goes by the number the partner names."""

    kind: str
    id: UUID
    number: str
    document_on: date
    amount: MoneyBody


class BalanceDifferenceBody(WireModel):
    """One line with what it adds to the partner's balance, and what is explained of it."""

    id: UUID
    reply_id: UUID
    kind: DifferenceKindName
    document_number: str
    document_on: date | None
    effect: MoneyBody
    note: str
    our_items: list[OurItemBody]
    explained: MoneyBody | None
    item_kind: ItemKindName | None
    item_id: UUID | None
    explanation: str | None
    explained_by: str | None


class ReplyBody(WireModel):
    id: UUID
    verdict: Literal["agree", "differ"]
    partner_balance: MoneyBody
    signer_name: str
    designation: str
    manner: MannerName
    reference: str
    received_on: date
    is_evidence: Annotated[bool, Field(description="False for a reply that nobody signed")]
    note: str
    recorded_at: datetime
    recorded_by: str


class ConfirmationEventBody(WireModel):
    state: StandingName
    step: str
    detail: str
    evidence: Annotated[
        dict[str, Any], Field(description="Computed from the ledger where the step rests on it")
    ]
    at: datetime
    actor: str


class ConfirmationBody(WireModel):
    """One line of the register."""

    id: UUID
    number: str
    partner_code: str
    partner_name: str
    zone: str
    kind: ConfirmationKindName
    as_of: date
    state: StandingName
    balance: MoneyBody
    partner_balance: MoneyBody | None
    residual: Annotated[MoneyBody | None, Field(description="What of the difference is not explained")]
    asked_on: date
    due_on: date
    statement_id: UUID
    statement_number: str
    query_number: str | None
    letter_url: str
    revision: int


class ConfirmationFileBody(ConfirmationBody):
    """With everything said about it; the ETag of its reply is its revision."""

    replies: list[ReplyBody]
    differences: list[BalanceDifferenceBody]
    events: list[ConfirmationEventBody]


class CoverageLineBody(WireModel):
    kind: ConfirmationKindName
    state: StandingName
    count: int
    balance: Annotated[MoneyBody, Field(description="Sum of the balances without their sign")]


class CoverageBody(WireModel):
    """How much of what was asked about is confirmed, in one currency."""

    currency: str
    asked: MoneyBody
    covered: Annotated[MoneyBody, Field(description="Agreed, reconciled, not contested or by other evidence")]
    covered_share: str | None
    lines: list[CoverageLineBody]


class ConfirmationSummaryBody(WireModel):
    as_of: date | None
    currencies: list[CoverageBody]


class ConfirmationRuleDraft(WireModel):
    """When silent partners are reminded, from a day on."""

    valid_from: Day
    remind_after_days: Annotated[
        list[Annotated[int, Field(ge=1, le=365)]], Field(max_length=12, examples=[[7, 15, 23]])
    ]
    alternative_after_days: Annotated[int, Field(ge=1, le=365)]
    source: Annotated[str, Field(min_length=3, max_length=300)]


class ConfirmationRuleBody(WireModel):
    valid_from: date
    remind_after_days: list[int]
    alternative_after_days: int
    source: str


def confirmation_facts(row: Row) -> dict[str, Any]:
    """The columns of one confirmation as fields of its bodies."""
    currency = row.currency
    theirs, left = row.partner_balance_minor, row.residual_minor
    return {
        "id": row.id,
        "number": row.number,
        "partner_code": row.partner_code,
        "partner_name": row.partner_name,
        "zone": row.zone,
        "kind": row.kind,
        "as_of": row.as_of,
        "state": row.state,
        "balance": money(row.balance_minor, currency),
        "partner_balance": None if theirs is None else money(theirs, currency),
        "residual": None if left is None else money(left, currency),
        "asked_on": row.asked_on,
        "due_on": row.due_on,
        "statement_id": row.statement_id,
        "statement_number": row.statement_number,
        "query_number": row.query_number,
        "letter_url": f"/v1/balance-confirmations/{row.id}/letter",
        "revision": row.revision,
    }


def reply_body(row: Row, currency: str) -> ReplyBody:
    """One reply."""
    return ReplyBody(
        id=row.id,
        verdict="agree" if row.is_agreed else "differ",
        partner_balance=money(row.partner_balance_minor, currency),
        signer_name=row.signer_name,
        designation=row.designation,
        manner=row.manner,
        reference=row.reference,
        received_on=row.received_on,
        is_evidence=row.is_evidence,
        note=row.note,
        recorded_at=row.at,
        recorded_by=row.actor,
    )


def difference_body(row: Row, currency: str) -> BalanceDifferenceBody:
    """One line of the list."""
    return BalanceDifferenceBody(
        id=row.id,
        reply_id=row.reply_id,
        kind=row.kind,
        document_number=row.document_number,
        document_on=row.document_on,
        effect=money(row.effect_minor, currency),
        note=row.note,
        our_items=[
            OurItemBody(
                kind=one["kind"],
                id=one["id"],
                number=one["number"],
                document_on=one["on"],
                amount=money(one["minor"], currency),
            )
            for one in row.our_items
        ],
        explained=None if row.explained_minor is None else money(row.explained_minor, currency),
        item_kind=row.item_kind,
        item_id=row.item_id,
        explanation=row.explanation,
        explained_by=row.explained_by,
    )


def confirmation_event_body(row: Row) -> ConfirmationEventBody:
    """One step."""
    return ConfirmationEventBody(
        state=row.state, step=row.step, detail=row.detail, evidence=row.evidence, at=row.at, actor=row.actor
    )


def summary_body(
    rows: list[Row], as_of: date | None, covered_states: frozenset[str]
) -> ConfirmationSummaryBody:
    """Counts and sums by state, and the share that is covered."""
    currencies = []
    for currency in sorted({row.currency for row in rows}):
        mine = [row for row in rows if row.currency == currency]
        asked = sum(row.balance_minor for row in mine)
        covered = sum(row.balance_minor for row in mine if row.state in covered_states)
        currencies.append(
            CoverageBody(
                currency=currency,
                asked=money(asked, currency),
                covered=money(covered, currency),
                covered_share=_share(covered, asked),
                lines=[
                    CoverageLineBody(
                        kind=row.kind,
                        state=row.state,
                        count=row.found,
                        balance=money(row.balance_minor, currency),
                    )
                    for row in mine
                ],
            )
        )
    return ConfirmationSummaryBody(as_of=as_of, currencies=currencies)


def _share(part: int, whole: int) -> str | None:
    """Four decimals, cut rather than rounded up: 0.9999 is not all of it."""
    return None if whole == 0 else f"{Decimal(part * 10_000 // whole) / 10_000:.4f}"


def rule_body(row: Row) -> ConfirmationRuleBody:
    """One rule."""
    return ConfirmationRuleBody(
        valid_from=row.valid_from,
        remind_after_days=list(row.remind_after_days),
        alternative_after_days=row.alternative_after_days,
        source=row.source,
    )
