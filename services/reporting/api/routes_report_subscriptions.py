"""Subscriptions of reports: set, shown, changed as new versions, paused and resumed."""

from datetime import UTC, datetime
from itertools import islice
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Request, Response
from sqlalchemy.ext.asyncio import AsyncConnection

from services.reporting.adapters.known_calendars import calendar_of
from services.reporting.adapters.subscription_store import (
    Row,
    Setting,
    visible_subscription,
    visible_subscriptions,
)
from services.reporting.api.dependencies import PageWanted, Reading, Work
from services.reporting.api.schemas_report_subscriptions import (
    ReportSubscriptionBody,
    ReportSubscriptionDraft,
    SubscriptionNoteDraft,
    SubscriptionPreviewBody,
    planned_report_body,
    rule_of,
    subscription_body,
)
from services.reporting.application.set_subscription import (
    change_subscription,
    pause_subscription,
    resume_subscription,
    subscribe,
    subscriber_of,
    subscription_wanted,
)
from services.reporting.domain.errors import (
    CalendarNotKnown,
    DefinitionUnknown,
    PeriodUnknown,
    RecipientOutside,
    SubscriptionState,
    SubscriptionUnknown,
)
from shared.conditional import IfMatch, revision_etag, wanted_revision
from shared.errors import PreconditionMissing, Stale
from shared.idempotency import IdempotencyKey, KeyReused, StillRunning
from shared.identity import Caller, CurrentCaller
from shared.list_routes import listed
from shared.pagination import Page
from shared.problem_details import refusals
from shared.replies import as_reply, done_once
from shared.scheduling.planned_runs import planned_runs
from shared.scheduling.refusals import CalendarNeverOpen, ScheduleInvalid

router = APIRouter(prefix="/v1/report-subscriptions", tags=["Report subscriptions"])
_CHANGES = (SubscriptionUnknown, Stale, PreconditionMissing)
_RULES = (
    ScheduleInvalid,
    CalendarNotKnown,
    CalendarNeverOpen,
    DefinitionUnknown,
    PeriodUnknown,
    RecipientOutside,
)
_ONCE = (KeyReused, StillRunning)


@router.post(
    "",
    status_code=201,
    response_model=ReportSubscriptionBody,
    summary="Subscribe to a report",
    responses=refusals(*_RULES, *_ONCE),
)
async def subscribe_to_report(
    draft: ReportSubscriptionDraft,
    request: Request,
    work: Work,
    caller: CurrentCaller,
    key: IdempotencyKey = None,
) -> Response:
    """It runs from now on, over the rows that you see now. People have addresses of the house; partners get their own
    rows alone."""

    async def perform() -> Response:
        domains = request.app.state.house_domains
        setting = _setting(caller, draft.note)
        made = await subscribe(work, draft.rule(), subscriber_of(caller), setting, domains)
        return await _reply(work.connection, caller, made, 201)

    return await done_once(work, (caller, key, "/v1/report-subscriptions"), draft, perform)


@listed(router, "", ReportSubscriptionBody, summary="List report subscriptions")
async def list_report_subscriptions(
    page: PageWanted, connection: Reading, caller: CurrentCaller
) -> Page[ReportSubscriptionBody]:
    """Yours; all of them for those who see every row. In the order in which they were made."""
    at = datetime.now(UTC)
    key = page.after("report-subscriptions")
    after = UUID(str(key[0])) if key else None
    rows = await visible_subscriptions(
        connection, caller.row_scope(), caller.actor, after=after, limit=page.limit + 1
    )
    kept, cursor = page.cut(rows, "report-subscriptions", lambda row: (str(row.id),))
    return Page(items=[subscription_body(row, at) for row in kept], next_cursor=cursor)


@router.get(
    "/{subscription_id}",
    response_model=ReportSubscriptionBody,
    summary="Show a report subscription",
    responses=refusals(SubscriptionUnknown),
)
async def show_report_subscription(
    subscription_id: UUID, connection: Reading, caller: CurrentCaller
) -> Response:
    """Its ETag is what a change sends as If-Match."""
    return await _reply(connection, caller, subscription_id)


@router.put(
    "/{subscription_id}",
    response_model=ReportSubscriptionBody,
    summary="Change a report subscription",
    responses=refusals(*_CHANGES, *_RULES),
)
async def change_report_subscription(
    subscription_id: UUID,
    draft: ReportSubscriptionDraft,
    request: Request,
    work: Work,
    caller: CurrentCaller,
    if_match: IfMatch = None,
) -> Response:
    """The next version, whole, over the rows that you see. What was due before is settled by the one before."""
    found = await subscription_wanted(work, subscription_id, caller, wanted_revision(if_match))
    wanted = (draft.rule(), subscriber_of(caller))
    domains = request.app.state.house_domains
    await change_subscription(work, found, wanted, _setting(caller, draft.note), domains)
    return await _reply(work.connection, caller, subscription_id)


@router.post(
    "/{subscription_id}/pause",
    response_model=ReportSubscriptionBody,
    summary="Pause a report subscription",
    responses=refusals(*_CHANGES, SubscriptionState, *_ONCE),
)
async def pause_report_subscription(
    subscription_id: UUID,
    draft: SubscriptionNoteDraft,
    work: Work,
    caller: CurrentCaller,
    if_match: IfMatch = None,
    key: IdempotencyKey = None,
) -> Response:
    """Nothing falls due until it is resumed."""

    async def perform() -> Response:
        found = await subscription_wanted(work, subscription_id, caller, wanted_revision(if_match))
        await pause_subscription(work, found, _setting(caller, draft.note))
        return await _reply(work.connection, caller, subscription_id)

    path = f"/v1/report-subscriptions/{subscription_id}/pause"
    return await done_once(work, (caller, key, path), draft, perform)


@router.post(
    "/{subscription_id}/resumption",
    response_model=ReportSubscriptionBody,
    summary="Resume a report subscription",
    responses=refusals(*_CHANGES, SubscriptionState, *_ONCE),
)
async def resume_report_subscription(
    subscription_id: UUID,
    draft: SubscriptionNoteDraft,
    work: Work,
    caller: CurrentCaller,
    if_match: IfMatch = None,
    key: IdempotencyKey = None,
) -> Response:
    """It runs from now on; what fell into the pause is not made up for."""

    async def perform() -> Response:
        found = await subscription_wanted(work, subscription_id, caller, wanted_revision(if_match))
        await resume_subscription(work, found, _setting(caller, draft.note))
        return await _reply(work.connection, caller, subscription_id)

    path = f"/v1/report-subscriptions/{subscription_id}/resumption"
    return await done_once(work, (caller, key, path), draft, perform)


@router.get(
    "/{subscription_id}/preview",
    response_model=SubscriptionPreviewBody,
    summary="Preview a subscription's next runs",
    responses=refusals(SubscriptionUnknown),
)
async def preview_report_subscription(
    subscription_id: UUID,
    connection: Reading,
    caller: CurrentCaller,
    count: Annotated[int, Query(ge=1, le=100, description="How many runs")] = 10,
) -> SubscriptionPreviewBody:
    """From now on, each with the times that were moved to it or left out before it, and why."""
    row = await subscription_shown(connection, caller, subscription_id)
    rule = rule_of(row)
    calendar = await calendar_of(connection, rule.calendar_code)
    runs = islice(planned_runs(rule.timing, calendar, datetime.now(UTC)), count)
    return SubscriptionPreviewBody(
        subscription_id=subscription_id,
        revision=row.revision,
        is_paused=row.is_paused,
        runs=[planned_report_body(run, rule.timing.zone) for run in runs],
    )


async def subscription_shown(connection: AsyncConnection, caller: Caller, subscription_id: UUID) -> Row:
    """SubscriptionUnknown also for another's."""
    row = await visible_subscription(connection, subscription_id, caller.row_scope(), caller.actor)
    if row is None:
        raise SubscriptionUnknown(f"There is no subscription {subscription_id} of yours")
    return row


def _setting(caller: Caller, note: str | None) -> Setting:
    return Setting(caller.actor, datetime.now(UTC), note)


async def _reply(
    connection: AsyncConnection, caller: Caller, subscription_id: UUID, status_code: int = 200
) -> Response:
    row = await subscription_shown(connection, caller, subscription_id)
    return as_reply(subscription_body(row, datetime.now(UTC)), status_code, revision_etag(row.revision))
