"""Bodies of questions on payments and of the trace of a payment."""

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import Field

from services.payments.adapters.queries.listing import Row
from services.payments.api.schemas_invoices import PartnerCode
from services.payments.domain.payment_trace import Trace, TraceState
from shared.wire import WireModel

Category = Literal[
    "where_is_my_payment", "payment_difference", "credit_note", "account_statement", "tax_deducted", "refund",
    "document_objection", "other",
]  # fmt: skip
LinkKind = Literal["receipt", "invoice", "credit_note", "bank_line", "document", "balance_confirmation"]
StateName = Literal["open", "answered", "closed"]
Words = Annotated[str, Field(min_length=1, max_length=8000)]


class TraceBody(WireModel):
    """Where a payment is, in one reply."""

    state: TraceState
    text: Annotated[str, Field(description="The answer in words, ready to be sent")]
    next_step: str
    promised_at: Annotated[datetime | None, Field(description="Until when the state will have changed")]
    evidence: Annotated[list[str], Field(description="`kind:id` of what the answer rests on")]


class LinkBody(WireModel):
    kind: LinkKind
    target_id: Annotated[str, Field(min_length=1, max_length=60)]


class QueryDraft(WireModel):
    """A question on a payment. Partners leave `partner_code` out: it is their own."""

    partner_code: PartnerCode | None = None
    category: Category
    subject: Annotated[str, Field(min_length=3, max_length=200, examples=["Our RTGS of 14 October"])]
    body: Words
    channel: Literal["api", "salesforce"] = "api"
    external_id: Annotated[
        str | None, Field(max_length=80, description="Id in the other system: the same id opens one question")
    ] = None
    owner: Annotated[str, Field(min_length=1, max_length=120)] = "desk"
    links: Annotated[list[LinkBody], Field(max_length=50, default_factory=list)]


class MessageDraft(WireModel):
    body: Words
    is_internal: Annotated[bool, Field(description="A note the partner never sees")] = False


class AnswerDraft(WireModel):
    """Words of one's own, a trace of a payment, or both: the trace is added to the words with its evidence."""

    body: Annotated[str, Field(max_length=8000)] = ""
    trace_reference: Annotated[
        str | None,
        Field(max_length=40, description="UTR, RRN or cheque number to answer with what the books know"),
    ] = None


class AssignmentDraft(WireModel):
    owner: Annotated[str, Field(min_length=1, max_length=120)]


class QueryClosingDraft(WireModel):
    satisfaction: Annotated[int | None, Field(ge=1, le=5, description="As the partner told: 5 is best")] = (
        None
    )


class MessageBody(WireModel):
    kind: Literal["question", "message", "answer", "note", "change"]
    body: str
    evidence: dict[str, Any]
    author: str
    written_at: datetime


class QueryBody(WireModel):
    """A question; its ETag is its revision."""

    id: UUID
    number: str
    partner_code: str
    category: Category
    subject: str
    channel: Literal["api", "partner", "objection", "salesforce"]
    external_id: str | None
    state: StateName
    owner: str
    opened_at: datetime
    due_at: datetime
    is_overdue: bool
    answered_at: datetime | None
    closed_at: datetime | None
    satisfaction: int | None
    revision: int


class QueryThreadBody(QueryBody):
    """With its links and everything that was said, the oldest first."""

    links: list[LinkBody]
    messages: list[MessageBody]


class QueryServiceBody(WireModel):
    """How well questions were answered in a period."""

    opened: int
    answered: int
    answered_on_time: int
    overdue: Annotated[int, Field(description="Open now and past their time")]
    on_time_share: str | None
    hours_to_answer: Annotated[str | None, Field(description="Median of the answered ones, in hours")]
    satisfaction: Annotated[str | None, Field(description="Mean of those who told, 1 to 5")]


def trace_body(trace: Trace) -> TraceBody:
    """The reply for one trace."""
    return TraceBody(
        state=trace.state,
        text=trace.text,
        next_step=trace.next_step,
        promised_at=trace.promised_at,
        evidence=list(trace.evidence),
    )


def query_facts(row: Row, at: datetime) -> dict[str, Any]:
    """The fields of a question, with or without its thread."""
    names = (
        "id", "number", "partner_code", "category", "subject", "channel", "external_id", "state", "owner", "opened_at",
        "due_at", "answered_at", "closed_at", "satisfaction", "revision",
    )  # fmt: skip
    return {
        **{name: getattr(row, name) for name in names},
        "is_overdue": row.state == "open" and row.due_at < at,
    }


def query_body(row: Row, at: datetime) -> QueryBody:
    """The reply for one question in a list."""
    return QueryBody(**query_facts(row, at))


def message_body(row: Row) -> MessageBody:
    """One entry of a thread."""
    return MessageBody(
        kind=row.kind, body=row.body, evidence=row.evidence, author=row.author, written_at=row.written_at
    )
