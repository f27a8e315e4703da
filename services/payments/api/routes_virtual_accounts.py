"""Virtual account numbers: registered once, they tell the payer of a credit with certainty."""

from typing import Annotated

from fastapi import APIRouter, Query, Response

from services.payments.adapters.queries.listing import Listing
from services.payments.adapters.queries.virtual_accounts import VIRTUAL_ACCOUNT_SELECT
from services.payments.api.dependencies import PageWanted, Reading, Work
from services.payments.api.posting import posting_of
from services.payments.api.row_scope import visible_partners
from services.payments.api.schemas_virtual_accounts import (
    VirtualAccountBody,
    VirtualAccountDraft,
    virtual_account_body,
)
from services.payments.application.register_virtual_account import register_virtual_account
from services.payments.domain.errors import BankAccountUnknown, PartnerUnknown, VirtualAccountTaken
from shared.idempotency import IdempotencyKey, KeyReused, StillRunning
from shared.identity import CurrentCaller
from shared.list_routes import listed
from shared.pagination import Page
from shared.problem_details import refusals
from shared.replies import as_reply, done_once, known_before

router = APIRouter(prefix="/v1/virtual-accounts", tags=["Virtual accounts"])


@router.post(
    "",
    status_code=201,
    response_model=VirtualAccountBody,
    summary="Register a partner's virtual account number",
    responses={
        **known_before(VirtualAccountBody),
        **refusals(PartnerUnknown, BankAccountUnknown, VirtualAccountTaken, KeyReused, StillRunning),
    },
)
async def register_virtual_account_route(
    draft: VirtualAccountDraft, work: Work, caller: CurrentCaller, key: IdempotencyKey = None
) -> Response:
    """Credits that name it are the partner's, before names are looked at. The same again answers 200.

    A later `valid_from` with another partner hands the number over; nothing is overwritten.
    """

    async def perform() -> Response:
        posting = posting_of(caller)
        account = draft.account(posting.effective_on)
        row, is_new = await register_virtual_account(work, account, draft.bank_account, posting)
        return as_reply(virtual_account_body(row), 201 if is_new else 200)

    return await done_once(work, (caller, key, "/v1/virtual-accounts"), draft, perform)


@listed(router, "", VirtualAccountBody, summary="List virtual account numbers")
async def list_virtual_accounts(
    page: PageWanted,
    connection: Reading,
    caller: CurrentCaller,
    partner_code: Annotated[str | None, Query(max_length=40)] = None,
    number: Annotated[str | None, Query(max_length=35)] = None,
    bank_account: Annotated[str | None, Query(max_length=40)] = None,
) -> Page[VirtualAccountBody]:
    """By number, each with all its days."""
    scope = f"virtual-accounts|{partner_code}|{number}|{bank_account}"
    listing = Listing(VIRTUAL_ACCOUNT_SELECT, order=("v.number", "v.valid_from"))
    visible_partners(listing, caller, code="p.code", zone="p.zone")
    listing.where("v.partner_code = :partner_code", partner_code=partner_code)
    listing.where("v.number = :number", number=number.upper() if number else None)
    listing.where("b.number = :bank_account", bank_account=bank_account)
    rows = await listing.after(page.after(scope), ["text", "date"]).rows(connection, limit=page.limit)
    kept, cursor = page.cut(rows, scope, lambda row: (row.number, row.valid_from.isoformat()))
    return Page(items=[virtual_account_body(row) for row in kept], next_cursor=cursor)
