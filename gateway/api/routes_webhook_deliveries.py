"""Deliveries of webhooks: whether they arrive, trying an endpoint out, and sending again."""

from typing import Annotated, Final
from uuid import UUID

from fastapi import APIRouter, Query, Request, Response

from gateway.adapters.webhook_deliveries import (
    WantedDeliveries,
    attempts_of,
    deliveries_after,
    delivery_of,
    repeat_delivery,
)
from gateway.adapters.webhook_endpoints import (
    endpoint_of,
)
from gateway.api.schemas_webhooks import (
    ResendDraft,
    ResentBody,
    WebhookDeliveryBody,
    WebhookDeliveryFileBody,
    delivery_body,
    delivery_file_body,
)
from gateway.api.webhook_requests import changer, found, reader, reply_of
from gateway.application.register_webhook import (
    resend_between,
    send_test,
)
from gateway.domain.errors import EventForgotten
from gateway.domain.webhook import DeliveryState
from shared.database import UnitOfWork
from shared.dependencies import PageWanted, Reading, Work
from shared.errors import NotFound
from shared.idempotency import IdempotencyKey, KeyReused, StillRunning
from shared.identity import CurrentCaller
from shared.list_routes import listed
from shared.pagination import Page
from shared.problem_details import refusals
from shared.replies import done_once

router = APIRouter(prefix="/v1/webhook-endpoints", tags=["Webhooks"])
ENDPOINT: Final = "/{endpoint_id}"
DELIVERY: Final = "/{endpoint_id}/deliveries/{delivery_id}"
ONCE: Final = (KeyReused, StillRunning)


@router.post(
    ENDPOINT + "/test",
    status_code=202,
    response_model=WebhookDeliveryBody,
    summary="Try an endpoint out",
    operation_id="test_webhook_endpoint",
    responses=refusals(NotFound, *ONCE),
)
async def try_out(
    endpoint_id: UUID, request: Request, work: Work, caller: CurrentCaller, key: IdempotencyKey = None
) -> Response:
    """Queues a `webhook_endpoint.tested` for this endpoint alone; look at the delivery for what came of it."""

    async def perform() -> Response:
        endpoint = found(await endpoint_of(work.connection, endpoint_id, owner=changer(caller)))
        delivery_id = await send_test(work, endpoint, by=caller.subject)
        return await _delivery(work, endpoint_id, delivery_id)

    return await done_once(work, (caller, key, request.url.path), None, perform)


@router.post(
    ENDPOINT + "/resends",
    status_code=202,
    response_model=ResentBody,
    summary="Deliver again what was told in a time",
    operation_id="resend_webhooks",
    responses=refusals(NotFound, *ONCE),
)
async def resend_range(
    endpoint_id: UUID,
    draft: ResendDraft,
    request: Request,
    work: Work,
    caller: CurrentCaller,
    key: IdempotencyKey = None,
) -> Response:
    """Also what the endpoint missed because it was disabled or registered later; 10,000 events at most."""

    async def perform() -> Response:
        endpoint = found(await endpoint_of(work.connection, endpoint_id, owner=changer(caller)))
        queued = await resend_between(work, endpoint, draft.told_from_at, draft.told_until_at)
        return reply_of(ResentBody(queued_count=len(queued)), 202)

    return await done_once(work, (caller, key, request.url.path), draft, perform)


@listed(
    router,
    ENDPOINT + "/deliveries",
    WebhookDeliveryBody,
    summary="List deliveries to an endpoint",
    operation_id="list_webhook_deliveries",
    refuses=(NotFound,),
)
async def list_webhook_deliveries(
    endpoint_id: UUID,
    page: PageWanted,
    connection: Reading,
    caller: CurrentCaller,
    state: DeliveryState | None = None,
    event_type: Annotated[str | None, Query(max_length=60, description="Only of this type")] = None,
) -> Page[WebhookDeliveryBody]:
    """The newest first; those that ended are kept for thirty days."""
    found(await endpoint_of(connection, endpoint_id, owner=reader(caller)))
    scope = f"webhook-deliveries|{endpoint_id}|{state}|{event_type}"
    after = page.after(scope)
    wanted = WantedDeliveries(endpoint_id, state, event_type)
    last = UUID(str(after[0])) if after else None
    rows = await deliveries_after(connection, last, wanted, limit=page.limit)
    kept, cursor = page.cut(rows, scope, lambda row: (str(row.id),))
    return Page(items=[delivery_body(row) for row in kept], next_cursor=cursor)


@router.get(DELIVERY, summary="Show a delivery with its attempts", operation_id="show_webhook_delivery")
async def show_delivery(
    endpoint_id: UUID, delivery_id: UUID, connection: Reading, caller: CurrentCaller
) -> WebhookDeliveryFileBody:
    """Each attempt with the status, the time it took and the beginning of the reply."""
    found(await endpoint_of(connection, endpoint_id, owner=reader(caller)))
    row = await delivery_of(connection, endpoint_id, delivery_id)
    if row is None:
        raise NotFound("There is no such delivery")
    return delivery_file_body(row, await attempts_of(connection, delivery_id))


@router.post(
    DELIVERY + "/resend",
    status_code=202,
    response_model=WebhookDeliveryBody,
    summary="Deliver once more",
    operation_id="resend_webhook_delivery",
    responses=refusals(NotFound, EventForgotten, *ONCE),
)
async def resend(
    endpoint_id: UUID,
    delivery_id: UUID,
    request: Request,
    work: Work,
    caller: CurrentCaller,
    key: IdempotencyKey = None,
) -> Response:
    """With the same `webhook-id`, so that a receiver that has it knows."""

    async def perform() -> Response:
        found(await endpoint_of(work.connection, endpoint_id, owner=changer(caller)))
        row = await delivery_of(work.connection, endpoint_id, delivery_id)
        if row is None:
            raise NotFound("There is no such delivery")
        if not await repeat_delivery(work.connection, delivery_id):
            raise EventForgotten("Events are kept for a week")
        return await _delivery(work, endpoint_id, delivery_id)

    return await done_once(work, (caller, key, request.url.path), None, perform)


async def _delivery(work: UnitOfWork, endpoint_id: UUID, delivery_id: UUID) -> Response:
    row = await delivery_of(work.connection, endpoint_id, delivery_id)
    assert row is not None
    return reply_of(delivery_body(row), 202)
