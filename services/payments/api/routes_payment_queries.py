"""The single point of contact for questions on payments, and the answer to where a payment is."""

from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Response
from sqlalchemy.ext.asyncio import AsyncConnection

from services.payments.adapters.queries.listing import Listing, Row
from services.payments.adapters.queries.payment_queries import (
    QUERY_SELECT,
    THREAD_SELECT,
    TraceWanted,
    links_of,
    query_service,
    trace_facts,
)
from services.payments.api.dependencies import PageWanted, Reading, Work
from services.payments.api.posting import posting_of
from services.payments.api.row_scope import visible_partners
from services.payments.api.schemas_payment_queries import (
    AnswerDraft,
    AssignmentDraft,
    Category,
    LinkBody,
    MessageDraft,
    QueryBody,
    QueryClosingDraft,
    QueryDraft,
    QueryServiceBody,
    QueryThreadBody,
    StateName,
    TraceBody,
    message_body,
    query_body,
    query_facts,
    trace_body,
)
from services.payments.application.answer_query import (
    Words,
    add_words,
    answer_query,
    assign_query,
    close_query,
)
from services.payments.application.open_query import OpenQuery, open_query
from services.payments.domain.errors import PartnerUnknown, QueryState, QueryTaken
from services.payments.domain.payment_trace import Trace, trace_of
from services.payments.domain.transaction_reference import cleaned_reference
from shared.conditional import IfMatch, revision_etag, wanted_revision
from shared.errors import Invalid, NotFound, PreconditionMissing, Stale
from shared.idempotency import IdempotencyKey, KeyReused, StillRunning
from shared.identity import Caller, CurrentCaller
from shared.list_routes import listed
from shared.money import minor_from_text
from shared.pagination import Page
from shared.problem_details import refusals
from shared.replies import as_reply, done_once, known_before
from shared.wire import Day, Instant

router = APIRouter(prefix="/v1", tags=["Payment queries"])


@router.get("/payment-traces/{reference}", response_model=TraceBody, summary="Where is this payment?")
async def trace_payment(
    reference: str,
    connection: Reading,
    caller: CurrentCaller,
    amount: Annotated[
        str | None, Query(max_length=20, description="In rupees, to be sure", examples=["1180.00"])
    ] = None,
) -> TraceBody:
    """By UTR, RRN or cheque number, also one that a bank cut short: state, evidence, next step, promised time.

    Partners and zones see their own receipts and cheques; that money under the reference waits to be identified is told
    to whoever knows the reference.
    """
    amount_minor = None if amount is None else minor_from_text(amount, "INR")
    return trace_body(await _trace(connection, caller, reference, amount_minor))


async def _trace(
    connection: AsyncConnection, caller: Caller, reference: str, amount_minor: int | None = None
) -> Trace:
    scope = caller.row_scope()
    wanted = TraceWanted(
        cleaned_reference(reference),
        None if scope.sees_all else scope.partner_code,
        None if scope.sees_all or scope.partner_code else tuple(sorted(scope.zones)),
        amount_minor,
    )
    if not wanted.reference:
        raise NotFound(f"'{reference}' is no reference; expected a UTR, RRN or cheque number")
    facts = await trace_facts(connection, wanted)
    return trace_of(facts.receipts, facts.lines, facts.cheques, statements_until=facts.statements_until)


@router.post(
    "/payment-queries",
    status_code=201,
    response_model=QueryThreadBody,
    summary="Open a question on a payment",
    responses={
        **known_before(QueryThreadBody),
        **refusals(PartnerUnknown, QueryTaken, KeyReused, StillRunning),
    },
)
async def open_payment_query(
    draft: QueryDraft, work: Work, caller: CurrentCaller, key: IdempotencyKey = None
) -> Response:
    """Its clock starts now. The same external id again answers 200 with the question that is known."""

    async def perform() -> Response:
        is_partner = caller.partner_code is not None
        partner_code = caller.partner_code or draft.partner_code
        if partner_code is None or draft.partner_code not in (None, partner_code):
            raise Invalid(
                "Expected partner_code: a question is about one partner, and a partner asks for itself"
            )
        command = OpenQuery(
            partner_code=partner_code,
            category=draft.category,
            subject=draft.subject,
            body=draft.body,
            channel="partner" if is_partner else draft.channel,
            external_id=draft.external_id,
            owner="desk" if is_partner else draft.owner,
            links=tuple((link.kind, link.target_id) for link in draft.links),
        )
        query_id, is_new = await open_query(work, command, posting_of(caller))
        return await _thread(work.connection, caller, query_id, 201 if is_new else 200)

    return await done_once(work, (caller, key, "/v1/payment-queries"), draft, perform)


@dataclass(frozen=True, slots=True)
class QueryFilters:
    """What a list of questions is narrowed to; each is a query parameter."""

    state: StateName | None = None
    category: Category | None = None
    partner_code: Annotated[str | None, Query(max_length=40)] = None
    owner: Annotated[str | None, Query(max_length=120)] = None
    is_overdue: Annotated[bool | None, Query(description="Open and past their time")] = None
    opened_at_gte: Instant | None = None
    opened_at_lte: Instant | None = None

    def narrow(self, listing: Listing, at: datetime) -> Listing:
        listing.where("q.state = :state", state=self.state)
        listing.where("q.category = :category", category=self.category)
        listing.where("q.partner_code = :partner_code", partner_code=self.partner_code)
        listing.where("q.owner = :owner", owner=self.owner)
        listing.where("q.opened_at >= :opened_at_gte", opened_at_gte=self.opened_at_gte)
        listing.where("q.opened_at <= :opened_at_lte", opened_at_lte=self.opened_at_lte)
        return listing.where(
            "(q.state = 'open' AND q.due_at < :at) = :is_overdue", at=at, is_overdue=self.is_overdue
        )


@listed(router, "/payment-queries", QueryBody, summary="List questions on payments")
async def list_payment_queries(
    page: PageWanted,
    connection: Reading,
    caller: CurrentCaller,
    filters: Annotated[QueryFilters, Depends()],
) -> Page[QueryBody]:
    """The most urgent first."""
    at = datetime.now(UTC)
    listing = Listing(QUERY_SELECT, order=("q.due_at", "q.id"))
    filters.narrow(visible_partners(listing, caller, code="p.code", zone="p.zone"), at)
    scope = f"payment-queries|{filters}"
    rows = await listing.after(page.after(scope), ["timestamptz", "uuid"]).rows(connection, limit=page.limit)
    kept, cursor = page.cut(rows, scope, lambda row: (row.due_at.isoformat(), str(row.id)))
    return Page(items=[query_body(row, at) for row in kept], next_cursor=cursor)


@router.get(
    "/payment-queries/service-level",
    response_model=QueryServiceBody,
    summary="How well questions are answered",
)
async def show_query_service(
    connection: Reading,
    _caller: CurrentCaller,
    opened_on_gte: Day | None = None,
    opened_on_lte: Day | None = None,
    category: Category | None = None,
) -> QueryServiceBody:
    """Over the questions opened in the period."""
    row = await query_service(connection, (opened_on_gte, opened_on_lte), category, datetime.now(UTC))
    return QueryServiceBody(
        opened=row.opened,
        answered=row.answered,
        answered_on_time=row.on_time,
        overdue=row.overdue,
        on_time_share=_share(row.on_time, row.answered + row.overdue),
        hours_to_answer=None if row.hours is None else f"{Decimal(row.hours):.1f}",
        satisfaction=None if row.satisfaction is None else f"{Decimal(row.satisfaction):.2f}",
    )


def _share(part: int, whole: int) -> str | None:
    return None if whole == 0 else f"{Decimal(part) / Decimal(whole):.4f}"


@router.get(
    "/payment-queries/{query_id}", response_model=QueryThreadBody, summary="Show a question and its thread"
)
async def show_payment_query(query_id: UUID, connection: Reading, caller: CurrentCaller) -> Response:
    """Partners do not see notes and changes made among us."""
    return await _thread(connection, caller, query_id)


@router.post(
    "/payment-queries/{query_id}/messages",
    status_code=201,
    response_model=QueryThreadBody,
    summary="Add a message or a note",
    responses=refusals(NotFound, KeyReused, StillRunning),
)
async def add_query_message(
    query_id: UUID, draft: MessageDraft, work: Work, caller: CurrentCaller, key: IdempotencyKey = None
) -> Response:
    """A message of the partner opens an answered or closed question again, with a new clock."""

    async def perform() -> Response:
        await _visible(work.connection, caller, query_id)
        is_partner = caller.partner_code is not None
        words = Words(draft.body, draft.is_internal and not is_partner)
        await add_words(work, query_id, words, posting_of(caller), by_partner=is_partner)
        return await _thread(work.connection, caller, query_id, 201)

    return await done_once(work, (caller, key, f"/v1/payment-queries/{query_id}/messages"), draft, perform)


@router.post(
    "/payment-queries/{query_id}/answer",
    response_model=QueryThreadBody,
    summary="Answer a question",
    responses=refusals(NotFound, QueryState, Stale, PreconditionMissing, KeyReused, StillRunning),
)
async def answer_payment_query(
    query_id: UUID,
    draft: AnswerDraft,
    work: Work,
    caller: CurrentCaller,
    if_match: IfMatch = None,
    key: IdempotencyKey = None,
) -> Response:
    """In one's own words, or composed from the books: name the payment's reference and the trace is the answer."""

    async def perform() -> Response:
        await _visible(work.connection, caller, query_id)
        words = Words(draft.body.strip())
        if draft.trace_reference is not None:
            trace = await _trace(work.connection, caller, draft.trace_reference)
            text = "\n\n".join(part for part in (words.body, f"{trace.text} {trace.next_step}") if part)
            words = Words(text, evidence={"state": trace.state.value, "rests_on": list(trace.evidence)})
        if not words.body:
            raise Invalid("Expected words, a reference to trace, or both")
        await answer_query(work, query_id, words, wanted_revision(if_match), posting_of(caller))
        return await _thread(work.connection, caller, query_id)

    return await done_once(work, (caller, key, f"/v1/payment-queries/{query_id}/answer"), draft, perform)


@router.post(
    "/payment-queries/{query_id}/assignment",
    response_model=QueryThreadBody,
    summary="Give a question to somebody",
    responses=refusals(NotFound, QueryState, Stale, PreconditionMissing, KeyReused, StillRunning),
)
async def assign_payment_query(
    query_id: UUID,
    draft: AssignmentDraft,
    work: Work,
    caller: CurrentCaller,
    if_match: IfMatch = None,
    key: IdempotencyKey = None,
) -> Response:
    """The thread keeps from whom to whom."""

    async def perform() -> Response:
        await assign_query(work, query_id, draft.owner, wanted_revision(if_match), posting_of(caller))
        return await _thread(work.connection, caller, query_id)

    return await done_once(work, (caller, key, f"/v1/payment-queries/{query_id}/assignment"), draft, perform)


@router.post(
    "/payment-queries/{query_id}/closing",
    response_model=QueryThreadBody,
    summary="Close an answered question",
    responses=refusals(NotFound, QueryState, Stale, PreconditionMissing, KeyReused, StillRunning),
)
async def close_payment_query(
    query_id: UUID,
    draft: QueryClosingDraft,
    work: Work,
    caller: CurrentCaller,
    if_match: IfMatch = None,
    key: IdempotencyKey = None,
) -> Response:
    """By us or by the partner, with its satisfaction."""

    async def perform() -> Response:
        await _visible(work.connection, caller, query_id)
        await close_query(work, query_id, draft.satisfaction, wanted_revision(if_match), posting_of(caller))
        return await _thread(work.connection, caller, query_id)

    return await done_once(work, (caller, key, f"/v1/payment-queries/{query_id}/closing"), draft, perform)


async def _visible(connection: AsyncConnection, caller: Caller, query_id: UUID) -> Row:
    listing = Listing(QUERY_SELECT, order=("q.id",)).where("q.id = :id", id=query_id)
    rows = await visible_partners(listing, caller, code="p.code", zone="p.zone").rows(connection, limit=1)
    if not rows:
        raise NotFound(f"There is no question {query_id}")
    return rows[0]


async def _thread(
    connection: AsyncConnection, caller: Caller, query_id: UUID, status_code: int = 200
) -> Response:
    row = await _visible(connection, caller, query_id)
    listing = Listing(THREAD_SELECT, order=("m.id",)).where("m.query_id = :id", id=query_id)
    if caller.partner_code is not None:
        listing.conditions.append("m.kind IN ('question', 'message', 'answer')")
    messages = await listing.rows(connection, limit=2_000)
    body = QueryThreadBody(
        **query_facts(row, datetime.now(UTC)),
        links=[
            LinkBody(kind=link.kind, target_id=link.target_id)
            for link in await links_of(connection, query_id)
        ],
        messages=[message_body(one) for one in messages],
    )
    return as_reply(body, status_code, revision_etag(row.revision))
