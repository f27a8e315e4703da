"""API keys: make, list, show, rotate, revoke."""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Path, Query, Request, Response
from sqlalchemy.ext.asyncio import AsyncConnection

from gateway.adapters.api_key_store import key_events, keys_page, one_key
from gateway.adapters.api_keys import KeyDigests
from gateway.api.schemas_api_keys import (
    ApiKeyBody,
    ApiKeyDraft,
    ApiKeyEventBody,
    ApiKeyHistoryBody,
    IssuedApiKeyBody,
    KeyRevocationDraft,
    RotationDraft,
    key_facts,
)
from gateway.application.issue_api_key import (
    IssueApiKey,
    IssuedKey,
    RotateApiKey,
    issue_api_key,
    rotate_api_key,
)
from gateway.application.own_api_key import refuse_invisible, sees_all_keys
from gateway.application.revoke_credentials import revoke_api_key
from gateway.domain.errors import GrantTooWide, KeyRevoked
from shared.conditional import IfMatch, revision_etag, wanted_revision
from shared.dependencies import PageWanted, Reading, Work
from shared.errors import PreconditionMissing, Stale
from shared.idempotency import Attempt, IdempotencyKey, KeyReused, StillRunning, once
from shared.identity import CurrentCaller
from shared.list_routes import listed
from shared.pagination import Page
from shared.problem_details import refusals
from shared.replies import as_reply, attempt_of, done_once

router = APIRouter(prefix="/v1/api-keys", tags=["API keys"])
KeyId = Annotated[UUID, Path(description="Id of the API key")]


@router.post(
    "",
    status_code=201,
    response_model=IssuedApiKeyBody,
    responses=refusals(GrantTooWide, KeyReused, StillRunning),
    summary="Make an API key",
    operation_id="issue_api_key",
)
async def issue_api_key_route(
    draft: ApiKeyDraft, request: Request, work: Work, caller: CurrentCaller, key: IdempotencyKey = None
) -> Response:
    """You own it. Its text is in this reply and nowhere else: a reply that is replayed leaves it out."""
    command = IssueApiKey(draft.name, draft.grant(), draft.valid_for())

    async def issue() -> IssuedKey:
        return await issue_api_key(work, _digests(request), command, caller, datetime.now(UTC))

    return await _shown_once(work.connection, attempt_of(caller, key, "/v1/api-keys", draft), issue, 201)


@listed(router, "", ApiKeyBody, summary="List API keys", operation_id="list_api_keys")
async def list_api_keys(
    page: PageWanted,
    connection: Reading,
    caller: CurrentCaller,
    owner: Annotated[str | None, Query(max_length=255, description="Of this subject")] = None,
) -> Page[ApiKeyBody]:
    """Your own, the newest first; auditors and admins see all. Never the keys themselves."""
    scope = f"api-keys|{owner}|{caller.subject}"
    filters: dict[str, object] = {"owner": owner}
    if caller.owner is not None:
        filters["id"] = UUID(caller.subject.partition(":")[2])
    elif not sees_all_keys(caller):
        filters["owner"] = caller.subject if owner in (None, caller.subject) else ""
    rows = await keys_page(connection, filters, page.after(scope), page.limit)
    kept, cursor = page.cut(rows, scope, lambda row: (str(row.id),))
    return Page(items=[ApiKeyBody.model_validate(key_facts(row)) for row in kept], next_cursor=cursor)


@router.get(
    "/{api_key_id}",
    response_model=ApiKeyHistoryBody,
    summary="Show an API key and its history",
    operation_id="show_api_key",
)
async def show_api_key(api_key_id: KeyId, connection: Reading, caller: CurrentCaller) -> Response:
    """404 for a key that is not yours to see. The `ETag` is what a rotation takes."""
    row = refuse_invisible(await one_key(connection, api_key_id), api_key_id, caller)
    return _reply(await _history(connection, row.id), 200)


@router.post(
    "/{api_key_id}/rotation",
    response_model=IssuedApiKeyBody,
    responses=refusals(KeyRevoked, Stale, PreconditionMissing, KeyReused, StillRunning),
    summary="Give an API key a new secret",
    operation_id="rotate_api_key",
)
async def rotate_api_key_route(
    api_key_id: KeyId,
    draft: RotationDraft,
    request: Request,
    work: Work,
    caller: CurrentCaller,
    if_match: IfMatch = None,
    key: IdempotencyKey = None,
) -> Response:
    """The secret before counts for the overlap you choose, so that nothing stops. A key may rotate itself."""
    command = RotateApiKey(api_key_id, wanted_revision(if_match), draft.overlap(), draft.valid_for())

    async def rotate() -> IssuedKey:
        return await rotate_api_key(work, _digests(request), command, caller, datetime.now(UTC))

    attempt = attempt_of(caller, key, f"/v1/api-keys/{api_key_id}/rotation", draft)
    return await _shown_once(work.connection, attempt, rotate, 200)


@router.post(
    "/{api_key_id}/revocation",
    response_model=ApiKeyHistoryBody,
    responses=refusals(KeyReused, StillRunning),
    summary="Revoke an API key",
    operation_id="revoke_api_key",
)
async def revoke_api_key_route(
    api_key_id: KeyId,
    draft: KeyRevocationDraft,
    work: Work,
    caller: CurrentCaller,
    key: IdempotencyKey = None,
) -> Response:
    """Every replica refuses it within two seconds; again changes nothing. Takes no `If-Match`: it may be urgent."""

    async def perform() -> Response:
        await revoke_api_key(work, api_key_id, draft.reason, caller, datetime.now(UTC))
        return _reply(await _history(work.connection, api_key_id), 200)

    return await done_once(work, (caller, key, f"/v1/api-keys/{api_key_id}/revocation"), draft, perform)


async def _shown_once(
    connection: AsyncConnection,
    attempt: Attempt | None,
    issue: Callable[[], Awaitable[IssuedKey]],
    status: int,
) -> Response:
    """Reply with the key's text, and keep the reply for a replay without it: nothing stored can be shown."""
    issued: list[IssuedKey] = []

    async def perform() -> Response:
        issued.append(await issue())
        return _reply(await _issued_body(connection, issued[0].id, None), status)

    reply = await once(connection, attempt, perform)
    if not issued:
        return reply
    return _reply(await _issued_body(connection, issued[0].id, issued[0].text), status)


async def _issued_body(connection: AsyncConnection, key_id: UUID, text: str | None) -> IssuedApiKeyBody:
    history = await _history(connection, key_id)
    return IssuedApiKeyBody(**history.model_dump(), key=text)


async def _history(connection: AsyncConnection, key_id: UUID) -> ApiKeyHistoryBody:
    row = await one_key(connection, key_id)
    assert row is not None
    events = [
        ApiKeyEventBody(kind=event.kind, detail=event.detail, by=event.by, at=event.at)
        for event in await key_events(connection, key_id)
    ]
    return ApiKeyHistoryBody.model_validate({**key_facts(row), "history": events})


def _reply(body: ApiKeyHistoryBody, status: int) -> Response:
    headers = {**revision_etag(body.revision), "Cache-Control": "no-store"}
    if status == 201:
        headers["Location"] = f"/v1/api-keys/{body.id}"
    return as_reply(body, status, headers)


def _digests(request: Request) -> KeyDigests:
    digests = request.app.state.key_digests
    assert isinstance(digests, KeyDigests)
    return digests
