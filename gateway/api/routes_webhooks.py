"""Webhooks out: where they go, whether they arrive, and sending them again."""

from dataclasses import replace
from datetime import timedelta
from typing import Final
from uuid import UUID

import msgspec
from fastapi import APIRouter, Request, Response

from gateway.adapters.webhook_endpoints import (
    Endpoint,
    change_endpoint,
    endpoint_of,
    endpoints_after,
)
from gateway.api.schemas_webhooks import (
    SecretRotationDraft,
    WebhookEndpointBody,
    WebhookEndpointChange,
    WebhookEndpointDraft,
    WebhookSecretBody,
    endpoint_body,
    secret_body,
)
from gateway.api.webhook_requests import changer, found, reader, reply_of
from gateway.application.register_webhook import (
    WantedEndpoint,
    register_webhook,
    resume_endpoint,
    retire_endpoint,
    rotate_secret,
    types_for,
)
from gateway.domain.webhook import EndpointState
from shared.conditional import IfMatch, wanted_revision
from shared.database import UnitOfWork
from shared.dependencies import PageWanted, Reading, Work
from shared.errors import Forbidden, NotFound, PreconditionMissing, Stale
from shared.idempotency import IdempotencyKey, KeyReused, StillRunning
from shared.identity import Caller, CurrentCaller
from shared.list_routes import listed
from shared.pagination import Page
from shared.problem_details import refusals
from shared.replies import done_once
from shared.secret_box import SecretBox
from shared.webhooks.client import check_target
from shared.webhooks.target import TargetInvalid, TargetRules

router = APIRouter(prefix="/v1/webhook-endpoints", tags=["Webhooks"])
ENDPOINT: Final = "/{endpoint_id}"
CHANGES: Final = (NotFound, Stale, PreconditionMissing)
ONCE: Final = (KeyReused, StillRunning)


@router.post(
    "",
    status_code=201,
    response_model=WebhookSecretBody,
    summary="Register where webhooks go",
    operation_id="register_webhook_endpoint",
    responses=refusals(TargetInvalid, Forbidden, *ONCE),
)
async def register(
    draft: WebhookEndpointDraft,
    request: Request,
    work: Work,
    caller: CurrentCaller,
    key: IdempotencyKey = None,
) -> Response:
    """It hears what you may hear, now and later: your roles and rows of today. The secret is shown this once."""
    await check_target(draft.url, _rules(request))
    secrets: list[str] = []

    async def perform() -> Response:
        wanted = WantedEndpoint(url=draft.url, description=draft.description, types=tuple(draft.types))
        endpoint, secret = await register_webhook(work, _box(request), caller, wanted)
        secrets.append(secret)
        return reply_of(secret_body(endpoint), 201, revision=1)

    reply = await done_once(work, (caller, key, request.url.path), draft, perform)
    return _with_secret(reply, secrets)


@listed(
    router, "", WebhookEndpointBody, summary="List where webhooks go", operation_id="list_webhook_endpoints"
)
async def list_webhook_endpoints(
    page: PageWanted, connection: Reading, caller: CurrentCaller
) -> Page[WebhookEndpointBody]:
    """Your own, in the order they were registered; admins and auditors see all."""
    scope = "webhook-endpoints"
    after = page.after(scope)
    rows = await endpoints_after(
        connection, UUID(str(after[0])) if after else None, owner=reader(caller), limit=page.limit
    )
    kept, cursor = page.cut(rows, scope, lambda one: (str(one.id),))
    return Page(items=[endpoint_body(one) for one in kept], next_cursor=cursor)


@router.get(
    ENDPOINT,
    response_model=WebhookEndpointBody,
    summary="Show an endpoint",
    operation_id="show_webhook_endpoint",
)
async def show(endpoint_id: UUID, connection: Reading, caller: CurrentCaller) -> Response:
    """Its ETag is what a change sends as If-Match."""
    endpoint = await endpoint_of(connection, endpoint_id, owner=reader(caller))
    return _shown(found(endpoint))


@router.patch(
    ENDPOINT,
    response_model=WebhookEndpointBody,
    summary="Change an endpoint",
    operation_id="change_webhook_endpoint",
    responses=refusals(TargetInvalid, Forbidden, *CHANGES),
)
async def change(
    endpoint_id: UUID,
    change: WebhookEndpointChange,
    request: Request,
    work: Work,
    caller: CurrentCaller,
    if_match: IfMatch = None,
) -> Response:
    """What it hears stays within what its owner's roles opened when it was registered."""
    endpoint = await _for_change(work, caller, endpoint_id, if_match)
    facts: dict[str, object] = change.model_dump(exclude_none=True, exclude={"is_enabled"})
    if change.url is not None:
        await check_target(change.url, _rules(request))
    if change.types is not None:
        facts["types"] = list(types_for(caller, change.types, endpoint.roles))
    if change.is_enabled is not None:
        state = EndpointState.ENABLED if change.is_enabled else EndpointState.DISABLED
        facts |= {"state": state.value, "state_reason": "" if change.is_enabled else "by its owner"}
    await change_endpoint(work.connection, endpoint_id, **facts)
    return await _changed(work, endpoint_id)


@router.delete(
    ENDPOINT,
    response_model=WebhookEndpointBody,
    summary="Retire an endpoint",
    operation_id="retire_webhook_endpoint",
    responses=refusals(*CHANGES),
)
async def retire(endpoint_id: UUID, work: Work, caller: CurrentCaller, if_match: IfMatch = None) -> Response:
    """Nothing is sent to it any more; what waited is cancelled."""
    endpoint = await _for_change(work, caller, endpoint_id, if_match)
    await retire_endpoint(work, endpoint)
    return _shown(replace(endpoint, state=EndpointState.RETIRED, revision=endpoint.revision + 1))


@router.post(
    ENDPOINT + "/secret-rotation",
    response_model=WebhookSecretBody,
    summary="Give an endpoint a new secret",
    operation_id="rotate_webhook_secret",
    responses=refusals(*CHANGES, *ONCE),
)
async def rotate(
    endpoint_id: UUID,
    draft: SecretRotationDraft,
    request: Request,
    work: Work,
    caller: CurrentCaller,
    if_match: IfMatch = None,
    key: IdempotencyKey = None,
) -> Response:
    """Deliveries carry both signatures for the overlap; the new secret is shown this once."""
    secrets: list[str] = []

    async def perform() -> Response:
        endpoint = await _for_change(work, caller, endpoint_id, if_match)
        overlap = timedelta(hours=draft.overlap_hours)
        secrets.append(await rotate_secret(work, _box(request), endpoint, overlap=overlap))
        now = found(await endpoint_of(work.connection, endpoint_id, owner=None))
        return reply_of(secret_body(now), 200, revision=now.revision)

    reply = await done_once(work, (caller, key, request.url.path), draft, perform)
    return _with_secret(reply, secrets)


@router.post(
    ENDPOINT + "/resumption",
    response_model=WebhookEndpointBody,
    summary="Send again to an endpoint that was stopped",
    operation_id="resume_webhook_endpoint",
    responses=refusals(*CHANGES, *ONCE),
)
async def resume(
    endpoint_id: UUID,
    request: Request,
    work: Work,
    caller: CurrentCaller,
    if_match: IfMatch = None,
    key: IdempotencyKey = None,
) -> Response:
    """What waited while it was paused is sent at once; what failed or was missed is resent by `/resends`."""

    async def perform() -> Response:
        await resume_endpoint(work, await _for_change(work, caller, endpoint_id, if_match))
        return await _changed(work, endpoint_id)

    return await done_once(work, (caller, key, request.url.path), None, perform)


async def _for_change(work: UnitOfWork, caller: Caller, endpoint_id: UUID, if_match: str | None) -> Endpoint:
    """Return it locked; Stale when somebody changed it since, PreconditionMissing without a revision."""
    endpoint = found(
        await endpoint_of(work.connection, endpoint_id, owner=changer(caller), is_for_change=True)
    )
    if wanted_revision(if_match) != endpoint.revision:
        raise Stale("The endpoint was changed meanwhile; read it again")
    return endpoint


async def _changed(work: UnitOfWork, endpoint_id: UUID) -> Response:
    return _shown(found(await endpoint_of(work.connection, endpoint_id, owner=None)))


def _shown(endpoint: Endpoint) -> Response:
    return reply_of(endpoint_body(endpoint), 200, revision=endpoint.revision)


def _with_secret(reply: Response, secrets: list[str]) -> Response:
    """Add what must not be kept with the reply that a repetition is answered with."""
    if not secrets:
        return reply
    body = msgspec.json.decode(reply.body) | {"secret": secrets[0]}
    headers = {name: value for name, value in reply.headers.items() if name.lower() == "etag"}
    headers["Cache-Control"] = "no-store"
    return Response(msgspec.json.encode(body), reply.status_code, headers, media_type="application/json")


def _rules(request: Request) -> TargetRules:
    rules = request.app.state.webhook_rules
    assert isinstance(rules, TargetRules)
    return rules


def _box(request: Request) -> SecretBox:
    box = request.app.state.secret_box
    assert isinstance(box, SecretBox)
    return box
