"""Payers that are known to pay for partners: listed with their evidence, withdrawn with a reason."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Response

from services.payments.adapters.queries.listing import Listing
from services.payments.adapters.queries.payer_aliases import ALIAS_SELECT, HAS_PROOF, PROVED_BY, STANDS
from services.payments.api.dependencies import PageWanted, Reading, Work
from services.payments.api.posting import posting_of
from services.payments.api.schemas_payer_aliases import (
    AliasKind,
    AliasWithdrawalDraft,
    PayerAliasBody,
    payer_alias_body,
)
from services.payments.application.withdraw_alias import withdraw_alias
from services.payments.domain.errors import AliasWithdrawn
from shared.errors import NotFound
from shared.idempotency import IdempotencyKey, KeyReused, StillRunning
from shared.identity import CurrentCaller
from shared.list_routes import listed
from shared.pagination import Page
from shared.problem_details import refusals
from shared.replies import as_reply, done_once

router = APIRouter(prefix="/v1/payer-aliases", tags=["Payer aliases"])


@listed(router, "", PayerAliasBody, summary="List known payers")
async def list_payer_aliases(
    page: PageWanted,
    connection: Reading,
    _caller: CurrentCaller,
    partner_code: Annotated[str | None, Query(max_length=40)] = None,
    kind: AliasKind | None = None,
    bank_line_id: Annotated[UUID | None, Query(description="Proved by this line")] = None,
    is_standing: bool | None = None,  # noqa: FBT001
) -> Page[PayerAliasBody]:
    """Those learned first come first; also those that were withdrawn, unless you filter."""
    scope = f"payer-aliases|{partner_code}|{kind}|{bank_line_id}|{is_standing}"
    listing = Listing(ALIAS_SELECT, order=("g.first_learned_at", "g.id"))
    listing.where("g.partner_code = :partner_code", partner_code=partner_code)
    listing.where("g.kind = :kind", kind=kind).where(PROVED_BY, bank_line_id=bank_line_id)
    listing.where(f"{STANDS} = :is_standing", is_standing=is_standing)
    rows = await listing.after(page.after(scope), ["timestamptz", "uuid"]).rows(connection, limit=page.limit)
    kept, cursor = page.cut(rows, scope, lambda row: (row.first_learned_at.isoformat(), str(row.id)))
    return Page(items=[payer_alias_body(row) for row in kept], next_cursor=cursor)


@router.post(
    "/{alias_id}/withdrawal",
    response_model=PayerAliasBody,
    summary="Stop knowing a payer",
    responses=refusals(NotFound, AliasWithdrawn, KeyReused, StillRunning),
)
async def withdraw_payer_alias(
    alias_id: UUID, draft: AliasWithdrawalDraft, work: Work, caller: CurrentCaller, key: IdempotencyKey = None
) -> Response:
    """All its proofs so far count no more; what it led to stays booked until somebody takes it back."""

    async def perform() -> Response:
        await withdraw_alias(work, alias_id, draft.reason, posting_of(caller))
        listing = Listing(ALIAS_SELECT, order=("g.id",)).where(HAS_PROOF, alias_id=alias_id)
        (row,) = await listing.rows(work.connection, limit=1)
        return as_reply(payer_alias_body(row))

    return await done_once(work, (caller, key, f"/v1/payer-aliases/{alias_id}/withdrawal"), draft, perform)
