"""What came from Salesforce, notification by notification: those set aside with their reasons, and reading them again."""

from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Path, Query, Response
from sqlalchemy.ext.asyncio import AsyncConnection

from gateway.adapters.salesforce_message_bodies import told_in
from gateway.adapters.salesforce_notifications import Row, notification_row, notification_rows, replays_of
from gateway.api.schemas_salesforce import ReplayBody
from gateway.api.schemas_salesforce_notifications import (
    Channel,
    NotificationDetailBody,
    NotificationReplayOrder,
    NotificationState,
    SalesforceNotificationBody,
    notification_facts,
    replay_body,
)
from gateway.application.replay_notifications import NotificationReplay, replay_notifications
from shared.dependencies import PageWanted, Reading, Work
from shared.errors import NotFound
from shared.idempotency import IdempotencyKey, KeyReused, StillRunning
from shared.identity import CurrentCaller
from shared.list_routes import listed
from shared.pagination import Page
from shared.problem_details import refusals
from shared.replies import as_reply, done_once
from shared.wire import Instant

router = APIRouter(prefix="/v1", tags=["Salesforce"])
NotificationId = Annotated[UUID, Path(description="`id` of the notification here")]


@dataclass(frozen=True, slots=True)
class NotificationFilters:
    """What a list of notifications is narrowed to; each is a query parameter."""

    state: Annotated[NotificationState | None, Query(description="What they have become")] = None
    object_name: Annotated[str | None, Query(max_length=80, description="API name of the object")] = None
    record_id: Annotated[str | None, Query(max_length=18, description="18 characters")] = None
    channel: Annotated[Channel | None, Query(description="How they came")] = None
    received_at_gte: Annotated[Instant | None, Query(description="Those that came since then")] = None


@listed(
    router,
    "/salesforce-notifications",
    SalesforceNotificationBody,
    summary="List Salesforce's notifications",
    operation_id="list_salesforce_notifications",
)
async def list_salesforce_notifications(
    page: PageWanted,
    connection: Reading,
    _caller: CurrentCaller,
    filters: Annotated[NotificationFilters, Depends()],
) -> Page[SalesforceNotificationBody]:
    """In the order they came; `state=quarantined` is what could not be understood and waits for a person."""
    scope = f"salesforce-notifications|{filters}"
    after = page.after(scope)
    rows = await notification_rows(
        connection, asdict(filters), str(after[0]) if after else None, page.limit + 1
    )
    kept, cursor = page.cut(rows, scope, lambda row: (str(row.id),))
    items = [SalesforceNotificationBody(**notification_facts(row)) for row in kept]
    return Page(items=items, next_cursor=cursor)


@router.post(
    "/salesforce-notifications/replay",
    summary="Read many notifications again",
    operation_id="replay_salesforce_notifications",
    response_model=ReplayBody,
    responses=refusals(KeyReused, StillRunning),
)
async def replay_many_notifications(
    order: NotificationReplayOrder, work: Work, caller: CurrentCaller, key: IdempotencyKey = None
) -> Response:
    """After a mapping was mended: those that wait are read by what is in force now, the oldest first, at most 500 at
    once. Of a record told meanwhile nothing is told twice."""

    async def perform() -> Response:
        wanted = NotificationReplay(
            notification_ids=order.notification_ids, object_name=order.object_name, by=caller.actor
        )
        done = await replay_notifications(work, wanted, at=datetime.now(UTC))
        return as_reply(ReplayBody(read=done.read, told=done.told, still_quarantined=done.still_quarantined))

    return await done_once(work, (caller, key, "/v1/salesforce-notifications/replay"), order, perform)


@router.get(
    "/salesforce-notifications/{notification_id}",
    summary="Show a notification of Salesforce",
    operation_id="show_salesforce_notification",
    responses=refusals(NotFound),
)
async def show_salesforce_notification(
    notification_id: NotificationId, connection: Reading, _caller: CurrentCaller
) -> NotificationDetailBody:
    """As it came, why it waits, and how often it was read again."""
    return await _detail(connection, notification_id)


@router.post(
    "/salesforce-notifications/{notification_id}/replay",
    summary="Read a notification again",
    operation_id="replay_salesforce_notification",
    response_model=NotificationDetailBody,
    responses=refusals(NotFound, KeyReused, StillRunning),
)
async def replay_salesforce_notification(
    notification_id: NotificationId, work: Work, caller: CurrentCaller, key: IdempotencyKey = None
) -> Response:
    """One that does not wait any more stays as it is."""

    async def perform() -> Response:
        await _found(work.connection, notification_id)
        wanted = NotificationReplay(notification_ids=[notification_id], by=caller.actor)
        await replay_notifications(work, wanted, at=datetime.now(UTC))
        return as_reply(await _detail(work.connection, notification_id))

    path = f"/v1/salesforce-notifications/{notification_id}/replay"
    return await done_once(work, (caller, key, path), None, perform)


async def _found(connection: AsyncConnection, notification_id: UUID) -> Row:
    row = await notification_row(connection, notification_id)
    if row is None:
        raise NotFound("There is no such notification")
    return row


async def _detail(connection: AsyncConnection, notification_id: UUID) -> NotificationDetailBody:
    row = await _found(connection, notification_id)
    told = {} if row.body is None else told_in(row.organization_id, row.channel, row.body)
    known = told.get(row.notification_id)
    replays = [replay_body(one) for one in await replays_of(connection, notification_id)]
    return NotificationDetailBody(
        **notification_facts(row), payload=known.payload if known else None, replays=replays
    )
