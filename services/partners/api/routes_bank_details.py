"""Bank details of partners: proposed by one person, decided by another, never overwritten."""

from datetime import UTC, datetime
from uuid import UUID

from fastapi import APIRouter, Response

from services.partners.adapters.bank_store import bank_detail_rows
from services.partners.adapters.queries import partner_named
from services.partners.api.dependencies import PageWanted, Reading, Work
from services.partners.api.schemas_bank_details import (
    BankDetailsBody,
    BankDetailsDecision,
    BankDetailsDraft,
    bank_details_body,
)
from services.partners.application.decide_bank_details import (
    BankDecision,
    decide_bank_details,
    propose_bank_details,
)
from services.partners.domain.errors import (
    BankDetailsDecided,
    BankDetailsInvalid,
    BankDetailsUnknown,
    MakerIsChecker,
    PartnerUnknown,
)
from shared.idempotency import IdempotencyKey, KeyReused, StillRunning
from shared.identity import CurrentCaller
from shared.list_routes import listed
from shared.pagination import Page
from shared.problem_details import refusals
from shared.replies import as_reply, done_once

router = APIRouter(prefix="/v1/partners/{partner}/bank-details", tags=["Partners"])


@listed(router, "", BankDetailsBody, refuses=(PartnerUnknown,), summary="List bank details of a partner")
async def list_bank_details(
    partner: str, page: PageWanted, connection: Reading, caller: CurrentCaller
) -> Page[BankDetailsBody]:
    """Newest first: proposed, current, superseded and refused ones."""
    found = await partner_named(connection, caller.row_scope(), partner)
    scope = f"bank-details|{found.id}"
    key = page.after(scope)
    before = UUID(str(key[0])) if key else None
    rows = await bank_detail_rows(connection, found.id, before=before, limit=page.limit + 1)
    kept, cursor = page.cut(rows, scope, lambda row: (str(row.id),))
    return Page(items=[bank_details_body(row) for row in kept], next_cursor=cursor)


@router.post(
    "",
    status_code=201,
    response_model=BankDetailsBody,
    summary="Propose bank details of a partner",
    responses=refusals(PartnerUnknown, BankDetailsInvalid, KeyReused, StillRunning),
)
async def propose_bank_details_route(
    partner: str, draft: BankDetailsDraft, work: Work, caller: CurrentCaller, key: IdempotencyKey = None
) -> Response:
    """They count for nothing until somebody else approves them."""

    async def perform() -> Response:
        found = await partner_named(work.connection, caller.row_scope(), partner)
        by = (caller.actor, datetime.now(UTC))
        row = await propose_bank_details(work, found, draft.details(), draft.reason, by=by)
        return as_reply(bank_details_body(row), 201)

    return await done_once(work, (caller, key, f"/v1/partners/{partner}/bank-details"), draft, perform)


@router.post(
    "/{bank_details_id}/approval",
    response_model=BankDetailsBody,
    summary="Approve or refuse bank details of a partner",
    responses=refusals(
        PartnerUnknown, BankDetailsUnknown, BankDetailsDecided, MakerIsChecker, KeyReused, StillRunning
    ),
)
async def decide_bank_details_route(
    partner: str,
    bank_details_id: UUID,
    decision: BankDetailsDecision,
    work: Work,
    caller: CurrentCaller,
    key: IdempotencyKey = None,
) -> Response:
    """Never by who proposed them. Approved ones are the partner's from now on; a later batch does not change them."""

    async def perform() -> Response:
        found = await partner_named(work.connection, caller.row_scope(), partner)
        made = BankDecision(
            is_approved=decision.is_approved, note=decision.note, actor=caller.actor, at=datetime.now(UTC)
        )
        return as_reply(bank_details_body(await decide_bank_details(work, found, bank_details_id, made)))

    path = f"/v1/partners/{partner}/bank-details/{bank_details_id}/approval"
    return await done_once(work, (caller, key, path), decision, perform)
