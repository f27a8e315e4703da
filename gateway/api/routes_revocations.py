"""Revocations of access tokens: by the token's id, or of all that was issued to a person until now."""

from datetime import UTC, datetime

from fastapi import APIRouter, Response

from gateway.adapters.api_key_store import Row, revocations_page
from gateway.api.schemas_api_keys import TokenRevocationBody, TokenRevocationDraft
from gateway.application.revoke_credentials import RevokeTokens, revoke_tokens
from shared.dependencies import PageWanted, Reading, Work
from shared.idempotency import IdempotencyKey, KeyReused, StillRunning
from shared.identity import CurrentCaller
from shared.list_routes import listed
from shared.pagination import Page
from shared.problem_details import refusals
from shared.replies import as_reply, done_once

router = APIRouter(prefix="/v1/token-revocations", tags=["API keys"])


@router.post(
    "",
    status_code=201,
    response_model=TokenRevocationBody,
    responses=refusals(KeyReused, StillRunning),
    summary="Revoke an access token, or all of a person",
    operation_id="revoke_tokens",
)
async def revoke_tokens_route(
    draft: TokenRevocationDraft, work: Work, caller: CurrentCaller, key: IdempotencyKey = None
) -> Response:
    """Counts in every replica within two seconds.

    Lock the person out at your identity provider as well: what it issues later counts.
    """
    command = RevokeTokens(draft.token_id, draft.subject, draft.reason)

    async def perform() -> Response:
        at = datetime.now(UTC)
        revocation_id = await revoke_tokens(work, command, caller, at)
        body = TokenRevocationBody(id=revocation_id, by=caller.actor, at=at, **draft.model_dump())
        return as_reply(body, 201)

    return await done_once(work, (caller, key, "/v1/token-revocations"), draft, perform)


@listed(
    router,
    "",
    TokenRevocationBody,
    summary="List what was revoked",
    operation_id="list_token_revocations",
)
async def list_token_revocations(
    page: PageWanted, connection: Reading, _caller: CurrentCaller
) -> Page[TokenRevocationBody]:
    """The newest first."""
    rows = await revocations_page(connection, page.after("token-revocations"), page.limit)
    kept, cursor = page.cut(rows, "token-revocations", lambda row: (str(row.id),))
    return Page(items=[_body(row) for row in kept], next_cursor=cursor)


def _body(row: Row) -> TokenRevocationBody:
    return TokenRevocationBody.model_validate(
        {name: getattr(row, name) for name in TokenRevocationBody.model_fields}
    )
