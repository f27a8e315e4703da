"""Digests of competitors: subscribed to, made by hand or by the clock, listed, and read as PDF."""

import asyncio
from datetime import UTC, datetime
from typing import Annotated, Any, Final
from uuid import UUID

from fastapi import APIRouter, Path, Query, Response

from services.research.adapters.digests import (
    digest_row,
    digest_rows,
    digest_run_row,
    digest_run_rows,
    subscription_row,
    subscription_rows,
)
from services.research.adapters.research_documents.digest import digest_pdf
from services.research.api.dependencies import PageWanted, Reading, Work
from services.research.api.schemas_digests import (
    DigestBody,
    DigestDetailBody,
    DigestRunBody,
    DigestSubscriptionBody,
    DigestSubscriptionChange,
    DigestSubscriptionDraft,
    digest_facts,
    digest_run_body,
    subscription_body,
)
from services.research.application.make_digest import make_digest
from services.research.application.subscribe_digest import change_subscription, subscribe_digest
from services.research.domain.errors import (
    DigestSubscriptionInvalid,
    DigestSubscriptionUnknown,
    DigestUnknown,
    ZoneNeeded,
)
from shared.conditional import IfMatch, revision_etag, wanted_revision
from shared.documents.attachment import attachment_headers
from shared.errors import PreconditionMissing, Stale
from shared.idempotency import IdempotencyKey, KeyReused, StillRunning
from shared.identity import CurrentCaller
from shared.list_routes import listed
from shared.pagination import Page
from shared.problem_details import refusals
from shared.replies import as_reply, done_once
from shared.scheduling.refusals import ScheduleInvalid

router = APIRouter(prefix="/v1", tags=["Competitors"])
SubscriptionId = Annotated[UUID, Path(description="`id` of the subscription")]
DigestId = Annotated[UUID, Path(description="`id` of the digest")]
_BASE: Final = "/competitor-digest-subscriptions"
_PDF: Final[dict[int | str, dict[str, Any]]] = {
    200: {"content": {"application/pdf": {"schema": {"type": "string", "format": "binary"}}}}
}


@router.post(
    _BASE,
    status_code=201,
    summary="Subscribe to a digest of competitors",
    response_model=DigestSubscriptionBody,
    responses=refusals(DigestSubscriptionInvalid, ScheduleInvalid, ZoneNeeded, KeyReused, StillRunning),
)
async def record_digest_subscription(
    draft: DigestSubscriptionDraft, work: Work, caller: CurrentCaller, key: IdempotencyKey = None
) -> Response:
    """The first digest tells all that holds, each further one what is otherwise than in the one before."""

    async def perform() -> Response:
        subscription_id = await subscribe_digest(
            work, draft.wanted(), draft.zone, caller, at=datetime.now(UTC)
        )
        row = await subscription_row(work.connection, caller.row_scope(), subscription_id)
        return as_reply(subscription_body(row), 201, revision_etag(row.revision))

    return await done_once(work, (caller, key, f"/v1{_BASE}"), draft, perform)


@listed(router, _BASE, DigestSubscriptionBody, summary="List subscriptions to digests of competitors")
async def list_digest_subscriptions(
    page: PageWanted, connection: Reading, caller: CurrentCaller
) -> Page[DigestSubscriptionBody]:
    """Those made last first; people of a zone see those of their zones."""
    key = page.after("digest-subscriptions")
    before = UUID(str(key[0])) if key else None
    rows = await subscription_rows(connection, caller.row_scope(), before=before, limit=page.limit + 1)
    kept, cursor = page.cut(rows, "digest-subscriptions", lambda row: (str(row.id),))
    return Page(items=[subscription_body(row) for row in kept], next_cursor=cursor)


@router.get(
    f"{_BASE}/{{subscription_id}}",
    summary="Show a subscription to a digest of competitors",
    response_model=DigestSubscriptionBody,
    responses=refusals(DigestSubscriptionUnknown),
)
async def show_digest_subscription(
    subscription_id: SubscriptionId, connection: Reading, caller: CurrentCaller
) -> Response:
    """The newest version; its `ETag` is what a change is decided on."""
    row = await subscription_row(connection, caller.row_scope(), subscription_id)
    return as_reply(subscription_body(row), headers=revision_etag(row.revision))


@router.put(
    f"{_BASE}/{{subscription_id}}",
    summary="Change a subscription to a digest of competitors",
    response_model=DigestSubscriptionBody,
    responses=refusals(
        DigestSubscriptionUnknown, DigestSubscriptionInvalid, ScheduleInvalid, Stale, PreconditionMissing
    ),
)
async def change_digest_subscription(
    subscription_id: SubscriptionId,
    draft: DigestSubscriptionChange,
    work: Work,
    caller: CurrentCaller,
    if_match: IfMatch = None,
) -> Response:
    """By its owner or an administrator. Without `cron` it ends; the next digest is compared with the last all the same."""
    change = (subscription_id, wanted_revision(if_match))
    await change_subscription(work, change, draft.wanted(), caller, at=datetime.now(UTC))
    row = await subscription_row(work.connection, caller.row_scope(), subscription_id)
    await work.commit()
    return as_reply(subscription_body(row), headers=revision_etag(row.revision))


@router.post(
    f"{_BASE}/{{subscription_id}}/runs",
    status_code=201,
    summary="Make a digest of competitors now",
    response_model=DigestRunBody,
    responses=refusals(DigestSubscriptionUnknown, KeyReused, StillRunning),
)
async def make_competitor_digest(
    subscription_id: SubscriptionId, work: Work, caller: CurrentCaller, key: IdempotencyKey = None
) -> Response:
    """As the clock would, by its owner or an administrator; `digest_id` is null when nothing changed."""

    async def perform() -> Response:
        run_id = await make_digest(work, subscription_id, caller, at=datetime.now(UTC))
        return as_reply(digest_run_body(await digest_run_row(work.connection, run_id)), 201)

    return await done_once(work, (caller, key, f"/v1{_BASE}/{subscription_id}/runs"), None, perform)


@listed(
    router,
    f"{_BASE}/{{subscription_id}}/runs",
    DigestRunBody,
    summary="List when a digest of competitors was due",
    refuses=(DigestSubscriptionUnknown,),
)
async def list_digest_runs(
    subscription_id: SubscriptionId, page: PageWanted, connection: Reading, caller: CurrentCaller
) -> Page[DigestRunBody]:
    """The last first, those that told nothing or were left out too."""
    await subscription_row(connection, caller.row_scope(), subscription_id)
    scope = f"digest-runs|{subscription_id}"
    key = page.after(scope)
    before = UUID(str(key[0])) if key else None
    rows = await digest_run_rows(connection, subscription_id, before=before, limit=page.limit + 1)
    kept, cursor = page.cut(rows, scope, lambda row: (str(row.id),))
    return Page(items=[digest_run_body(row) for row in kept], next_cursor=cursor)


@listed(router, "/competitor-digests", DigestBody, summary="List digests of competitors")
async def list_competitor_digests(
    page: PageWanted,
    connection: Reading,
    caller: CurrentCaller,
    subscription_id: Annotated[UUID | None, Query(description="Of this subscription alone")] = None,
) -> Page[DigestBody]:
    """The last made first; people of a zone see those of their zones."""
    scope = f"digests|{subscription_id}"
    key = page.after(scope)
    before = UUID(str(key[0])) if key else None
    chosen = {"subscription": subscription_id}
    rows = await digest_rows(connection, caller.row_scope(), chosen, before, page.limit + 1)
    kept, cursor = page.cut(rows, scope, lambda row: (str(row.id),))
    return Page(items=[DigestBody(**digest_facts(row)) for row in kept], next_cursor=cursor)


@router.get(
    "/competitor-digests/{digest_id}",
    summary="Show a digest of competitors",
    response_model=DigestDetailBody,
    responses=refusals(DigestUnknown),
)
async def show_competitor_digest(digest_id: DigestId, connection: Reading, caller: CurrentCaller) -> Response:
    """What was frozen."""
    row = await digest_row(connection, caller.row_scope(), digest_id)
    return as_reply(DigestDetailBody(**digest_facts(row), content=row.content))


@router.get(
    "/competitor-digests/{digest_id}/content",
    summary="Download a digest of competitors",
    response_class=Response,
    responses={**_PDF, **refusals(DigestUnknown)},
)
async def download_competitor_digest(
    digest_id: DigestId, connection: Reading, caller: CurrentCaller
) -> Response:
    """As PDF, the same bytes each time."""
    row = await digest_row(connection, caller.row_scope(), digest_id)
    pdf = await asyncio.to_thread(
        digest_pdf, row.content, title=row.title, number=row.number, zone=row.zone, made_at=row.made_at
    )
    headers = attachment_headers(f"competitors-{row.made_at:%Y-%m-%d}-{row.number}.pdf")
    return Response(pdf, media_type="application/pdf", headers=headers)
