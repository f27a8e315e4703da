"""Bodies of published account statements and of batches of them."""

from datetime import date, datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field

from services.payments.adapters.queries.listing import Row
from services.payments.api.schemas_accounts import AgeingByName, StatementKindName
from services.payments.api.schemas_invoices import PartnerCode
from shared.wire import Day, MoneyBody, WireModel, money

LanguageName = Literal["en", "hi", "mr"]
FileFormatName = Literal["json", "csv", "xlsx", "pdf"]
OutcomeName = Literal["published", "unchanged", "nothing_to_send", "refused", "failed"]
PeriodStart = Annotated[
    Day | None, Field(alias="from", description="First of April before `to` unless given")
]
PeriodEnd = Annotated[Day | None, Field(alias="to", description="Today in India unless given")]
Bounds = Annotated[str | None, Field(max_length=80, examples=["30,60,90,120"])]


class StatementDraft(WireModel):
    """What the statement is to show."""

    partner_code: PartnerCode
    kind: StatementKindName = "activity"
    first: PeriodStart = None
    last: PeriodEnd = None
    ageing_by: AgeingByName = "due"
    bounds: Bounds = None
    language: LanguageName = "en"


ConfirmationKindName = Literal["positive", "negative"]


class ConfirmationAskedDraft(WireModel):
    """Each published balance is also asked to be confirmed."""

    kind: Annotated[
        ConfirmationKindName, Field(description="positive: reply always; negative: only if different")
    ]
    due_on: Day


class StatementBatchDraft(WireModel):
    """Of named partners, of a zone, or of all."""

    kind: StatementKindName = "outstanding"
    first: PeriodStart = None
    last: PeriodEnd = None
    ageing_by: AgeingByName = "due"
    bounds: Bounds = None
    language: LanguageName = "en"
    partner_codes: Annotated[list[PartnerCode], Field(max_length=10_000, default_factory=list)]
    zone: Annotated[str | None, Field(max_length=40)] = None
    confirmation: ConfirmationAskedDraft | None = None


class StatementFileBody(WireModel):
    format: FileFormatName
    sha256: Annotated[str, Field(description="Of the bytes that `url` answers, always the same")]
    size_bytes: int
    url: str


class StatementBalanceBody(WireModel):
    opening: MoneyBody
    closing: MoneyBody


class PublishedStatementBody(WireModel):
    """A statement as it was frozen."""

    id: UUID
    number: str
    partner_code: str
    partner_name: str
    zone: str
    kind: StatementKindName
    first: Annotated[date, Field(alias="from")]
    last: Annotated[date, Field(alias="to")]
    ageing_by: AgeingByName
    language: LanguageName
    balances: Annotated[list[StatementBalanceBody], Field(description="One per currency")]
    files: list[StatementFileBody]
    published_at: datetime
    published_by: str
    supersedes_id: UUID | None
    superseded_by_id: Annotated[
        UUID | None, Field(description="The newer statement of the same request; this one stays")
    ]


class StatementBatchBody(WireModel):
    """A batch and how far it is."""

    id: UUID
    kind: StatementKindName
    first: Annotated[date, Field(alias="from")]
    last: Annotated[date, Field(alias="to")]
    language: LanguageName
    zone: str | None
    confirmation: ConfirmationAskedDraft | None
    partners: int
    published: int
    unchanged: int
    nothing_to_send: int
    refused: int
    failed: int
    job_id: UUID
    job_state: Literal["queued", "running", "succeeded", "failed", "cancelled"]
    requested_at: datetime
    requested_by: str


class StatementBatchEntryBody(WireModel):
    """What became of one partner of the batch."""

    partner_code: str
    partner_name: str
    outcome: OutcomeName
    statement_id: UUID | None
    number: str | None
    code: Annotated[str, Field(description="Why it was refused or failed")]
    detail: str
    at: datetime


def published_body(row: Row) -> PublishedStatementBody:
    """The reply for one published statement."""
    return PublishedStatementBody(
        **{"from": row.from_on, "to": row.to_on},
        id=row.id,
        number=row.number,
        partner_code=row.partner_code,
        partner_name=row.partner_name,
        zone=row.zone,
        kind=row.kind,
        ageing_by=row.ageing_by,
        language=row.language,
        balances=[
            StatementBalanceBody(
                opening=money(one["opening"], one["currency"]), closing=money(one["closing"], one["currency"])
            )
            for one in row.balances
        ],
        files=[
            StatementFileBody(
                format=one["format"],
                sha256=one["sha256"],
                size_bytes=one["size"],
                url=f"/v1/account-statements/{row.id}/content?format={one['format']}",
            )
            for one in row.files
        ],
        published_at=row.published_at,
        published_by=row.published_by,
        supersedes_id=row.supersedes_id,
        superseded_by_id=row.superseded_by_id,
    )


def batch_body(row: Row) -> StatementBatchBody:
    """The reply for one batch."""
    names = ("published", "unchanged", "nothing_to_send", "refused", "failed")
    return StatementBatchBody(
        **{"from": row.from_on, "to": row.to_on},
        **{name: row.outcomes.get(name, 0) for name in names},
        id=row.id,
        kind=row.kind,
        language=row.language,
        zone=row.zone,
        confirmation=None
        if row.confirmation_kind is None
        else ConfirmationAskedDraft(kind=row.confirmation_kind, due_on=row.confirmation_due_on),
        partners=row.partners_count,
        job_id=row.job_id,
        job_state=row.job_state,
        requested_at=row.requested_at,
        requested_by=row.requested_by,
    )


def batch_entry_body(row: Row) -> StatementBatchEntryBody:
    """The reply for one partner of a batch."""
    return StatementBatchEntryBody(
        partner_code=row.partner_code,
        partner_name=row.partner_name,
        outcome=row.outcome,
        statement_id=row.statement_id,
        number=row.number,
        code=row.code,
        detail=row.detail,
        at=row.at,
    )
