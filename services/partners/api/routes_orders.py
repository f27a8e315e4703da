"""Orders of partners: told by the systems that keep them, shown with their history."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Request, Response

from services.partners.adapters.import_store import add_import
from services.partners.adapters.order_queries import OrderFilter, order_rows, order_shown, telling_rows
from services.partners.adapters.order_store import order_of
from services.partners.api.dependencies import PageWanted, Reading, Work
from services.partners.api.order_rows import COLUMNS, EXAMPLE, GatheredOrder, gathered
from services.partners.api.schemas_orders import (
    OrderBatchReply,
    OrderBody,
    OrderDraft,
    OrderSummaryBody,
    OrderVersionBody,
    order_batch_reply,
    order_body,
    order_summary_body,
    refused_order,
    verdict_body,
    version_body,
)
from services.partners.api.schemas_partner_imports import import_of
from services.partners.application.record_orders import (
    OrderOutcome,
    OrderVerdict,
    ToldOrder,
    record_orders,
)
from services.partners.domain.batch_import import ImportSubject
from services.partners.domain.errors import OrderInvalid, OrderUnknown
from services.partners.domain.order import OrderState
from shared.bulk import BatchRefused, BatchReply, batch_body, batch_refusal, read_records, refused, validated
from shared.errors import Refusal
from shared.idempotency import Attempt, IdempotencyKey, KeyReused, StillRunning, once
from shared.identity import CurrentCaller
from shared.list_routes import listed
from shared.pagination import Page
from shared.problem_details import refusals
from shared.replies import as_reply, done_once, known_before

router = APIRouter(prefix="/v1/orders", tags=["Orders"])


@router.post(
    "",
    status_code=201,
    response_model=OrderBody,
    summary="Tell an order as it is now",
    responses={**known_before(OrderBody), **refusals(OrderInvalid, KeyReused, StillRunning)},
)
async def record_order_route(
    draft: OrderDraft, work: Work, caller: CurrentCaller, key: IdempotencyKey = None
) -> Response:
    """Whole, by its number: 201 when it is new, 200 when it is known. The later `modified_at` counts.

    What an earlier state says that comes late is kept in the history and changes nothing.
    """

    async def perform() -> Response:
        told = draft.told(draft.order_number)
        (verdict,) = await record_orders(work, [told], actor=caller.actor, at=datetime.now(UTC))
        if isinstance(verdict, Refusal):
            raise verdict
        shown = await order_shown(work.connection, caller.row_scope(), verdict.order_id)
        return as_reply(order_body(shown), 201 if verdict.outcome is OrderOutcome.RECORDED else 200)

    return await done_once(work, (caller, key, "/v1/orders"), draft, perform)


@router.post(
    "/batch",
    response_model=OrderBatchReply,
    summary="Tell up to 10,000 orders as they are now",
    responses=refusals(BatchRefused, StillRunning, KeyReused),
    openapi_extra=batch_body(
        OrderDraft, csv_columns=", ".join(COLUMNS), csv_example=EXAMPLE, takes_workbooks=True
    ),
)
async def record_orders_route(
    request: Request,
    work: Work,
    caller: CurrentCaller,
    key: IdempotencyKey = None,
    atomic: Annotated[bool, Query(description="All or nothing: one refused item refuses the batch")] = False,  # noqa: FBT002
) -> Response:
    """One verdict per order. A table has one row per line: rows with one order number are one order.

    A row that repeats a line adds a dispatch to it. `holds` names kinds of holds on the line, parted by `;`.
    """
    records, content = await read_records(request, takes_workbooks=True)
    orders = gathered(records)

    async def perform() -> Response:
        reply = await _record(work, orders, actor=caller.actor)
        if atomic and reply.refused:
            raise batch_refusal(BatchReply.of(reply.items))
        sent = (request.headers.get("content-type", ""), content)
        told = import_of(ImportSubject.ORDERS, sent, reply.items, (), (caller.actor, datetime.now(UTC)))
        await add_import(work.connection, told)
        reply.import_id = told.id
        return as_reply(reply)

    attempt = Attempt(caller.subject, key, b"POST /v1/orders/batch\n" + content) if key else None
    return await once(work.connection, attempt, perform)


async def _record(work: Work, orders: Sequence[GatheredOrder], *, actor: str) -> OrderBatchReply:
    drafts = [validated(one.record, _told, index) for index, one in enumerate(orders)]
    told = [draft for draft in drafts if isinstance(draft, ToldOrder)]
    verdicts = iter(await record_orders(work, told, actor=actor, at=datetime.now(UTC)))
    items = []
    for index, (draft, one) in enumerate(zip(drafts, orders, strict=True)):
        if not isinstance(draft, ToldOrder):
            items.append(refused_order(one.placed(draft), one.rows))
            continue
        number, verdict = draft.order.number, next(verdicts)
        if isinstance(verdict, OrderVerdict):
            items.append(verdict_body(index, number, verdict, one.rows))
        else:
            items.append(refused_order(one.placed(refused(index, number, verdict)), one.rows))
    return order_batch_reply(items)


def _told(record: object) -> ToldOrder:
    draft = OrderDraft.model_validate(record)
    return draft.told(draft.order_number)


@listed(router, "", OrderSummaryBody, summary="List orders")
async def list_orders(
    page: PageWanted,
    connection: Reading,
    caller: CurrentCaller,
    zone: Annotated[str | None, Query(max_length=200)] = None,
    partner_code: Annotated[str | None, Query(max_length=40)] = None,
    order_number: Annotated[str | None, Query(max_length=40)] = None,
    state: OrderState | None = None,
    is_held: Annotated[bool | None, Query(description="true: those that something stops")] = None,
) -> Page[OrderSummaryBody]:
    """By order number."""
    scope = f"orders|{zone}|{partner_code}|{order_number}|{state}|{is_held}"
    (after,) = page.after(scope) or ("",)
    rows = await order_rows(
        connection,
        caller.row_scope(),
        OrderFilter(
            zone=zone, partner_code=partner_code, state=state, is_held=is_held, order_number=order_number
        ),
        after=str(after),
        limit=page.limit + 1,
    )
    kept, cursor = page.cut(rows, scope, lambda row: (row.order_number,))
    return Page(items=[order_summary_body(row) for row in kept], next_cursor=cursor)


@router.get(
    "/{order_id}", response_model=OrderBody, summary="Show one order", responses=refusals(OrderUnknown)
)
async def show_order(order_id: UUID, connection: Reading, caller: CurrentCaller) -> Response:
    """With its lines, holds, dispatches, and what the CRM says of it."""
    return as_reply(order_body(await order_shown(connection, caller.row_scope(), order_id)))


@listed(
    router,
    "/{order_id}/versions",
    OrderVersionBody,
    refuses=(OrderUnknown,),
    summary="List what was told of an order",
)
async def list_order_versions(
    order_id: UUID, page: PageWanted, connection: Reading, caller: CurrentCaller
) -> Page[OrderVersionBody]:
    """Newest first: each with who told it, from which source, and what came late."""
    await order_shown(connection, caller.row_scope(), order_id)
    scope = f"order-versions|{order_id}"
    key = page.after(scope)
    before = UUID(str(key[0])) if key else None
    rows = await telling_rows(connection, order_id, before=before, limit=page.limit + 1)
    kept, cursor = page.cut(rows, scope, lambda row: (str(row.id),))
    return Page(items=[version_body(row, order_of(row.content)) for row in kept], next_cursor=cursor)
