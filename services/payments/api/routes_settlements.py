"""What settles what after booking: allocations, their undoing, reversals and refunds."""

from datetime import UTC, datetime
from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Query, Response
from sqlalchemy.ext.asyncio import AsyncConnection

from services.payments.adapters.queries.ledger import RECEIPT_SELECT
from services.payments.adapters.queries.listing import Listing, Row
from services.payments.adapters.queries.settlements import (
    REFUND_SELECT,
    open_of_credit,
    settlements_of_credit,
)
from services.payments.api.dependencies import PageWanted, Reading, Work
from services.payments.api.posting import posting_of
from services.payments.api.row_scope import visible_partners
from services.payments.api.schemas_settlements import (
    AllocationReversalDraft,
    AllocationsDraft,
    ReceiptReversalDraft,
    RefundBody,
    RefundDecisionDraft,
    RefundDraft,
    SettlementsBody,
    refund_body,
    settlement_body,
)
from services.payments.application.decide_refund import DecideRefund, decide_refund
from services.payments.application.request_refund import RequestRefund, request_refund
from services.payments.application.settle_credit import (
    NamedPart,
    allocate_named,
    credit_named,
    undo_named,
)
from services.payments.application.take_receipt_back import take_receipt_back
from services.payments.domain.errors import (
    AlreadyDecided,
    AlreadyReversed,
    CreditUsedUp,
    DateImpossible,
    DeductionUnknown,
    EntriesArchived,
    ItemNotPayable,
    ItemSettled,
    MakerIsChecker,
    PeriodClosed,
    RateUnknown,
    ReceiptRefunded,
)
from shared.errors import NotFound
from shared.idempotency import IdempotencyKey, KeyReused, StillRunning
from shared.identity import CurrentCaller
from shared.list_routes import listed
from shared.pagination import Page
from shared.problem_details import refusals
from shared.replies import as_reply, done_once
from shared.wire import Instant, MoneyBody, money

router = APIRouter(prefix="/v1")


async def _settlements(connection: AsyncConnection, credit_id: UUID, currency: str) -> SettlementsBody:
    rows = await settlements_of_credit(connection, credit_id)
    return SettlementsBody(
        open=money(await open_of_credit(connection, credit_id), currency),
        allocations=[settlement_body(row) for row in rows],
    )


async def settlements_reply(
    connection: AsyncConnection, credit_id: UUID, currency: str, status_code: int = 200
) -> Response:
    """What a credit settled over time, as a reply."""
    return as_reply(await _settlements(connection, credit_id, currency), status_code)


@router.get(
    "/receipts/{receipt_id}/allocations",
    response_model=SettlementsBody,
    tags=["Receipts"],
    summary="What a receipt settled over time",
)
async def list_receipt_allocations(
    receipt_id: UUID, connection: Reading, caller: CurrentCaller
) -> SettlementsBody:
    """Also what was taken back, with the day since when it no longer counts."""
    listing = Listing(RECEIPT_SELECT, order=("r.id",)).where("r.id = :receipt_id", receipt_id=receipt_id)
    rows = await visible_partners(listing, caller, code="p.code", zone="p.zone").rows(connection, limit=1)
    if not rows:
        raise NotFound(f"There is no receipt {receipt_id}")
    return await _settlements(connection, receipt_id, rows[0].currency)


@router.post(
    "/receipts/{receipt_id}/allocations",
    status_code=201,
    response_model=SettlementsBody,
    tags=["Receipts"],
    summary="Set money on account against invoices",
    responses=refusals(
        NotFound,
        CreditUsedUp,
        ItemSettled,
        ItemNotPayable,
        DeductionUnknown,
        DateImpossible,
        PeriodClosed,
        KeyReused,
        StillRunning,
    ),
)
async def allocate_receipt(
    receipt_id: UUID, draft: AllocationsDraft, work: Work, caller: CurrentCaller, key: IdempotencyKey = None
) -> Response:
    """All or nothing. Items may be named by invoice number, however it is written, or by id."""

    async def perform() -> Response:
        credit = await credit_named(work, receipt_id=receipt_id)
        await allocate_named(work, credit, named_parts(draft), posting_of(caller, draft.effective_on))
        body = await _settlements(work.connection, credit.id, credit.currency)
        return Response(body.model_dump_json(), status_code=201, media_type="application/json")

    return await done_once(work, (caller, key, f"/v1/receipts/{receipt_id}/allocations"), draft, perform)


def named_parts(draft: AllocationsDraft) -> list[NamedPart]:
    """Amounts in minor units of the currency each says."""
    return [
        NamedPart(
            item=str(one.item),
            amount=_pair(one.amount),
            deductions=tuple((part.kind, _pair(part.amount)) for part in one.deductions),
        )
        for one in draft.allocations
    ]


def _pair(amount: MoneyBody) -> tuple[int, str]:
    return amount.minor(), amount.currency


@router.post(
    "/allocations/{allocation_id}/reversal",
    response_model=SettlementsBody,
    tags=["Receipts"],
    summary="Take an allocation back",
    responses=refusals(NotFound, AlreadyReversed, DateImpossible, PeriodClosed, KeyReused, StillRunning),
)
async def reverse_allocation(
    allocation_id: UUID,
    draft: AllocationReversalDraft,
    work: Work,
    caller: CurrentCaller,
    key: IdempotencyKey = None,
) -> Response:
    """The item is open again and the money on account again; deductions on the item go with its money."""

    async def perform() -> Response:
        credit = await undo_named(work, allocation_id, posting_of(caller, draft.effective_on))
        body = await _settlements(work.connection, credit.id, credit.currency)
        return Response(body.model_dump_json(), media_type="application/json")

    return await done_once(work, (caller, key, f"/v1/allocations/{allocation_id}/reversal"), draft, perform)


@router.post(
    "/receipts/{receipt_id}/reversal",
    response_model=SettlementsBody,
    tags=["Receipts"],
    summary="Take a whole receipt back",
    responses=refusals(
        NotFound,
        AlreadyReversed,
        ReceiptRefunded,
        EntriesArchived,
        DateImpossible,
        PeriodClosed,
        KeyReused,
        StillRunning,
    ),
)
async def reverse_receipt_route(
    receipt_id: UUID,
    draft: ReceiptReversalDraft,
    work: Work,
    caller: CurrentCaller,
    key: IdempotencyKey = None,
) -> Response:
    """What it had settled is open again; mirror entries are posted, nothing is deleted.

    A bank line that it was booked for waits for a person again, unless the money itself is gone.
    """

    async def perform() -> Response:
        posting = posting_of(caller, draft.reversed_on)
        receipt = await take_receipt_back(work, receipt_id, draft.reason_code, posting)
        body = await _settlements(work.connection, receipt_id, receipt.currency)
        return Response(body.model_dump_json(), media_type="application/json")

    return await done_once(work, (caller, key, f"/v1/receipts/{receipt_id}/reversal"), draft, perform)


@router.post(
    "/refunds",
    status_code=201,
    response_model=RefundBody,
    tags=["Refunds"],
    summary="Ask to send money on account back",
    responses=refusals(NotFound, CreditUsedUp, ItemNotPayable, KeyReused, StillRunning),
)
async def request_refund_route(
    draft: RefundDraft, work: Work, caller: CurrentCaller, key: IdempotencyKey = None
) -> Response:
    """Of a receipt or of a credit note; another person decides."""

    async def perform() -> Response:
        credit = await credit_named(work, receipt_id=draft.receipt_id, credit_note_id=draft.credit_note_id)
        command = RequestRefund(
            credit, credit.minor_of(*_pair(draft.amount)), draft.bank_account, draft.reason, caller.actor
        )
        refund_id = await request_refund(work, command, at=datetime.now(UTC))
        body = refund_body(await _refund(work.connection, refund_id))
        return Response(body.model_dump_json(), status_code=201, media_type="application/json")

    return await done_once(work, (caller, key, "/v1/refunds"), draft, perform)


async def _refund(connection: AsyncConnection, refund_id: UUID) -> Row:
    rows = (
        await Listing(REFUND_SELECT, order=("f.id",))
        .where("f.id = :id", id=refund_id)
        .rows(connection, limit=1)
    )
    if not rows:
        raise NotFound(f"There is no refund {refund_id}")
    return rows[0]


@router.post(
    "/refunds/{refund_id}/decision",
    response_model=RefundBody,
    tags=["Refunds"],
    summary="Pay or refuse a refund",
    responses=refusals(
        NotFound,
        AlreadyDecided,
        MakerIsChecker,
        CreditUsedUp,
        RateUnknown,
        DateImpossible,
        PeriodClosed,
        KeyReused,
        StillRunning,
    ),
)
async def decide_refund_route(
    refund_id: UUID, draft: RefundDecisionDraft, work: Work, caller: CurrentCaller, key: IdempotencyKey = None
) -> Response:
    """Never by who asked. Paid means that the money left the bank: it is posted on that day."""

    async def perform() -> Response:
        posting = posting_of(caller, draft.refunded_on)
        command = DecideRefund(refund_id, draft.decision == "paid", draft.reference)
        await decide_refund(work, command, posting)
        body = refund_body(await _refund(work.connection, refund_id))
        return Response(body.model_dump_json(), media_type="application/json")

    return await done_once(work, (caller, key, f"/v1/refunds/{refund_id}/decision"), draft, perform)


@listed(router, "/refunds", RefundBody, tags=["Refunds"], summary="List refunds")
async def list_refunds(
    page: PageWanted,
    connection: Reading,
    caller: CurrentCaller,
    state: Literal["requested", "refused", "paid"] | None = None,
    partner_code: Annotated[str | None, Query(max_length=40)] = None,
    requested_at_gte: Instant | None = None,
    requested_at_lte: Instant | None = None,
) -> Page[RefundBody]:
    """The latest asked for first."""
    scope = f"refunds|{state}|{partner_code}|{requested_at_gte}|{requested_at_lte}"
    listing = Listing(REFUND_SELECT, order=("f.id",), is_descending=True)
    visible_partners(listing, caller, code="p.code", zone="p.zone")
    listing.where("f.state = :state", state=state).where(
        "f.partner_code = :partner_code", partner_code=partner_code
    )
    listing.where("f.requested_at >= :requested_at_gte", requested_at_gte=requested_at_gte)
    listing.where("f.requested_at <= :requested_at_lte", requested_at_lte=requested_at_lte)
    rows = await listing.after(page.after(scope), ["uuid"]).rows(connection, limit=page.limit)
    kept, cursor = page.cut(rows, scope, lambda row: (str(row.id),))
    return Page(items=[refund_body(row) for row in kept], next_cursor=cursor)
