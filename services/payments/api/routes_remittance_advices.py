"""Remittance advices: what partners say they paid, before or after the bank says it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated, Final
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request, Response
from sqlalchemy.ext.asyncio import AsyncConnection

from services.payments.adapters.queries.listing import Listing, Row
from services.payments.adapters.queries.remittance_advices import ADVICE_SELECT
from services.payments.api.dependencies import PageWanted, Reading, Work
from services.payments.api.posting import posting_of
from services.payments.api.row_scope import visible_partners
from services.payments.api.schemas_remittance_advices import (
    AdviceBody,
    AdviceDraft,
    AdviceRow,
    CancellationDraft,
    StateName,
    advice_body,
)
from services.payments.application.tell_advices import AdviceVerdict, cancel_advice, tell_advices
from services.payments.domain.business_day import business_day
from services.payments.domain.errors import AdviceState, AdviceTaken, PartnerUnknown
from services.payments.domain.remittance_advice import OVERDUE_AFTER_DAYS, AdviceInvalid, RemittanceAdvice
from shared.bulk import (
    BatchRefused,
    BatchReply,
    ItemVerdict,
    batch_body,
    batch_refusal,
    read_records,
    refused,
    validated,
)
from shared.conditional import IfMatch, revision_etag, wanted_revision
from shared.errors import NotFound, PreconditionMissing, Stale
from shared.idempotency import Attempt, IdempotencyKey, KeyReused, StillRunning, once
from shared.identity import Caller, CurrentCaller
from shared.list_routes import listed
from shared.pagination import Page
from shared.problem_details import refusals
from shared.replies import as_reply, done_once, known_before
from shared.wire import Day

router = APIRouter(prefix="/v1/remittance-advices", tags=["Remittance advices"])
CSV_COLUMNS: Final = "partner_code,reference,cheque_number,amount_in_rupees,paid_on,items,note"
CSV_EXAMPLE: Final = (
    CSV_COLUMNS + "\nCP0101,HDFCR52026101400000001,,123000.00,2026-10-14,"
    "ENG/26-27/70001=118000.00;ENG/26-27/70002=5000.00,October\n"
)


@router.post(
    "",
    status_code=201,
    response_model=AdviceBody,
    summary="Tell what a partner paid",
    responses={
        **known_before(AdviceBody),
        **refusals(PartnerUnknown, AdviceInvalid, AdviceTaken, KeyReused, StillRunning),
    },
)
async def tell_remittance_advice(
    draft: AdviceDraft, work: Work, caller: CurrentCaller, key: IdempotencyKey = None
) -> Response:
    """The bank's credit with this reference and amount is booked as advised; one that waits already, at once.

    The same advice again answers 200. What contradicts the open items is suggested to a person, never booked.
    """

    async def perform() -> Response:
        (verdict,) = await tell_advices(work, [_own(draft.advice(), caller)], posting_of(caller))
        if verdict.refusal is not None or verdict.advice_id is None:
            raise verdict.refusal or NotFound("There is no such advice")
        return await _reply(work.connection, caller, verdict.advice_id, 200 if verdict.is_duplicate else 201)

    return await done_once(work, (caller, key, "/v1/remittance-advices"), draft, perform)


@router.post(
    "/batch",
    response_model=BatchReply,
    summary="Tell up to 10,000 payments of partners",
    responses=refusals(BatchRefused, KeyReused, StillRunning),
    openapi_extra=batch_body(AdviceDraft, csv_columns=CSV_COLUMNS, csv_example=CSV_EXAMPLE),
)
async def tell_remittance_advices_batch(
    request: Request,
    work: Work,
    caller: CurrentCaller,
    key: IdempotencyKey = None,
    atomic: Annotated[bool, Query(description="All or nothing: one refused item refuses the batch")] = False,  # noqa: FBT002
) -> Response:
    """One verdict per advice, in order. In CSV, `items` is `number=amount;number=amount` or empty."""
    records, content = await read_records(request)

    async def perform() -> Response:
        reply = await _tell(work, records, caller)
        if atomic and reply.refused:
            raise batch_refusal(reply)
        return as_reply(reply)

    attempt = Attempt(caller.subject, key, b"POST /v1/remittance-advices/batch\n" + content) if key else None
    return await once(work.connection, attempt, perform)


async def _tell(work: Work, records: Sequence[object], caller: Caller) -> BatchReply:
    drafts = [
        validated(record, lambda one: _own(_advice(one), caller), index)
        for index, record in enumerate(records)
    ]
    advices = [draft for draft in drafts if isinstance(draft, RemittanceAdvice)]
    verdicts = iter(await tell_advices(work, advices, posting_of(caller)))
    return BatchReply.of(
        [
            _item_verdict(index, draft, next(verdicts)) if isinstance(draft, RemittanceAdvice) else draft
            for index, draft in enumerate(drafts)
        ]
    )


def _advice(record: object) -> RemittanceAdvice:
    kind = AdviceRow if isinstance(record, dict) and "amount_in_rupees" in record else AdviceDraft
    return kind.model_validate(record).advice()


def _own(advice: RemittanceAdvice, caller: Caller) -> RemittanceAdvice:
    """A partner tells of its own payments only."""
    if caller.partner_code is not None and advice.partner_code != caller.partner_code:
        raise PartnerUnknown(f"There is no partner {advice.partner_code}")
    return advice


def _item_verdict(index: int, advice: RemittanceAdvice, verdict: AdviceVerdict) -> ItemVerdict:
    if verdict.refusal is not None:
        return refused(index, advice.reference_key, verdict.refusal)
    status = "duplicate" if verdict.is_duplicate else "accepted"
    return ItemVerdict(index=index, status=status, id=verdict.advice_id, key=advice.reference_key)


@dataclass(frozen=True, slots=True)
class AdviceFilters:
    """What a list of advices is narrowed to; each is a query parameter."""

    state: StateName | None = None
    partner_code: Annotated[str | None, Query(max_length=40)] = None
    reference: Annotated[str | None, Query(max_length=40)] = None
    is_overdue: Annotated[bool | None, Query(description="Waiting longer than the money can take")] = None
    overdue_after_days: Annotated[int, Query(ge=0, le=365)] = OVERDUE_AFTER_DAYS
    paid_on_gte: Day | None = None
    paid_on_lte: Day | None = None

    def narrow(self, listing: Listing) -> Listing:
        listing.parameters |= {"overdue_days": self.overdue_after_days}
        listing.where("w.state = :state", state=self.state)
        listing.where("w.partner_code = :partner_code", partner_code=self.partner_code)
        listing.where("w.reference = :reference", reference=self.reference)
        listing.where("w.is_overdue = :is_overdue", is_overdue=self.is_overdue)
        listing.where("w.paid_on >= :paid_on_gte", paid_on_gte=self.paid_on_gte)
        return listing.where("w.paid_on <= :paid_on_lte", paid_on_lte=self.paid_on_lte)


@listed(router, "", AdviceBody, summary="List remittance advices")
async def list_remittance_advices(
    page: PageWanted,
    connection: Reading,
    caller: CurrentCaller,
    filters: Annotated[AdviceFilters, Depends()],
) -> Page[AdviceBody]:
    """The earliest paid first; `state=waiting` with `is_overdue=true` is whom to ask."""
    scope = f"remittance-advices|{filters}"
    listing = filters.narrow(_listing(caller)).after(page.after(scope), ["date", "uuid"])
    rows = await listing.rows(connection, limit=page.limit)
    kept, cursor = page.cut(rows, scope, lambda row: (row.paid_on.isoformat(), str(row.id)))
    return Page(items=[advice_body(row) for row in kept], next_cursor=cursor)


@router.get("/{advice_id}", response_model=AdviceBody, summary="Show one remittance advice and its history")
async def show_remittance_advice(advice_id: UUID, connection: Reading, caller: CurrentCaller) -> Response:
    """Its ETag is what a cancellation sends as If-Match."""
    return await _reply(connection, caller, advice_id)


@router.post(
    "/{advice_id}/cancellation",
    response_model=AdviceBody,
    summary="Take an advice back",
    responses=refusals(NotFound, AdviceState, Stale, PreconditionMissing, KeyReused, StillRunning),
)
async def cancel_remittance_advice(
    advice_id: UUID,
    draft: CancellationDraft,
    work: Work,
    caller: CurrentCaller,
    if_match: IfMatch = None,
    key: IdempotencyKey = None,
) -> Response:
    """While its money has not come. What was booked by it is taken back with the receipt's reversal instead."""

    async def perform() -> Response:
        revision = wanted_revision(if_match)
        await _visible(work.connection, caller, advice_id)
        await cancel_advice(work, advice_id, revision, draft.reason, posting_of(caller))
        return await _reply(work.connection, caller, advice_id)

    return await done_once(
        work, (caller, key, f"/v1/remittance-advices/{advice_id}/cancellation"), draft, perform
    )


def _listing(caller: Caller) -> Listing:
    listing = Listing(ADVICE_SELECT, order=("w.paid_on", "w.id"))
    listing.parameters |= {"today": business_day(datetime.now(UTC)), "overdue_days": OVERDUE_AFTER_DAYS}
    return visible_partners(listing, caller, code="w.partner_code", zone="w.zone")


async def _visible(connection: AsyncConnection, caller: Caller, advice_id: UUID) -> Row:
    rows = await _listing(caller).where("w.id = :id", id=advice_id).rows(connection, limit=1)
    if not rows:
        raise NotFound(f"There is no remittance advice {advice_id}")
    return rows[0]


async def _reply(
    connection: AsyncConnection, caller: Caller, advice_id: UUID, status_code: int = 200
) -> Response:
    body = advice_body(await _visible(connection, caller, advice_id))
    return as_reply(body, status_code, revision_etag(body.revision))
