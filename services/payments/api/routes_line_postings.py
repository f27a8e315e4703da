"""How lines of the bank stand in the books, and how those get there that are no customers' payments."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Response
from sqlalchemy.ext.asyncio import AsyncConnection

from services.payments.adapters.queries.line_standings import LINE_IN_BOOKS, LINE_STANDING_SELECT
from services.payments.adapters.queries.listing import Listing
from services.payments.api.dependencies import PageWanted, Reading, Work
from services.payments.api.posting import posting_of
from services.payments.api.schemas_reconciliations import (
    BankLineLinkDraft,
    BankLinePostingDraft,
    BankLinePostingReversalDraft,
    LedgerAccountBody,
    LedgerAccountsBody,
    LineStandingBody,
    line_standing_body,
)
from services.payments.application.post_bank_line import (
    PostBankLine,
    link_bank_line,
    post_bank_line,
    take_back_posting,
)
from services.payments.domain.chart_of_accounts import ACCOUNT_NAMES, LINE_ACCOUNTS
from services.payments.domain.errors import (
    AccountNotForLines,
    EntriesArchived,
    LineInBooks,
    LinkUnfit,
    RateUnknown,
)
from shared.errors import NotFound
from shared.idempotency import IdempotencyKey, KeyReused, StillRunning
from shared.identity import CurrentCaller
from shared.list_routes import listed
from shared.pagination import Page
from shared.problem_details import refusals
from shared.replies import as_reply, done_once
from shared.wire import Day

router = APIRouter(prefix="/v1", tags=["Reconciliation"])


@listed(router, "/bank-lines", LineStandingBody, summary="List lines of the bank")
async def list_bank_lines(
    page: PageWanted,
    connection: Reading,
    _caller: CurrentCaller,
    bank_account: Annotated[str | None, Query(max_length=40)] = None,
    is_in_books: Annotated[bool | None, Query(description="false: what still waits")] = None,
    booked_on_gte: Day | None = None,
    booked_on_lte: Day | None = None,
) -> Page[LineStandingBody]:
    """In the order of the bank's days."""
    scope = f"bank-lines|{bank_account}|{is_in_books}|{booked_on_gte}|{booked_on_lte}"
    listing = Listing(LINE_STANDING_SELECT, order=("l.booked_on", "l.id"))
    listing.where("b.number = :account", account=bank_account)
    listing.where("l.booked_on >= :booked_on_gte", booked_on_gte=booked_on_gte)
    listing.where("l.booked_on <= :booked_on_lte", booked_on_lte=booked_on_lte)
    if is_in_books is not None:
        listing.conditions.append(LINE_IN_BOOKS if is_in_books else f"NOT {LINE_IN_BOOKS}")
    rows = await listing.after(page.after(scope), ["date", "uuid"]).rows(connection, limit=page.limit)
    kept, cursor = page.cut(rows, scope, lambda row: (row.booked_on.isoformat(), str(row.id)))
    return Page(items=[line_standing_body(row) for row in kept], next_cursor=cursor)


@router.get(
    "/bank-lines/{bank_line_id}/posting",
    response_model=LineStandingBody,
    summary="Show how a line of the bank stands in the books",
    responses=refusals(NotFound),
)
async def show_line_standing(
    bank_line_id: UUID, connection: Reading, _caller: CurrentCaller
) -> LineStandingBody:
    """By a receipt, a posting or a link; its evidence is at the line itself."""
    return await _line(connection, bank_line_id)


@router.post(
    "/bank-lines/{bank_line_id}/posting",
    status_code=201,
    response_model=LineStandingBody,
    summary="Post a line that is no customer's payment",
    responses=refusals(NotFound, LineInBooks, AccountNotForLines, RateUnknown, KeyReused, StillRunning),
)
async def post_bank_line_route(
    bank_line_id: UUID,
    draft: BankLinePostingDraft,
    work: Work,
    caller: CurrentCaller,
    key: IdempotencyKey = None,
) -> Response:
    """A bank charge, interest, a transfer. Its exceptions are over with it."""

    async def perform() -> Response:
        command = PostBankLine(bank_line_id, draft.account_code, draft.note)
        await post_bank_line(work, command, posting_of(caller))
        return as_reply(await _line(work.connection, bank_line_id), 201)

    return await done_once(work, (caller, key, f"/v1/bank-lines/{bank_line_id}/posting"), draft, perform)


@router.post(
    "/bank-lines/{bank_line_id}/posting/reversal",
    response_model=LineStandingBody,
    summary="Take the posting of a line back",
    responses=refusals(NotFound, EntriesArchived, KeyReused, StillRunning),
)
async def take_back_posting_route(
    bank_line_id: UUID,
    draft: BankLinePostingReversalDraft,
    work: Work,
    caller: CurrentCaller,
    key: IdempotencyKey = None,
) -> Response:
    """By a mirror entry; the line waits again."""

    async def perform() -> Response:
        await take_back_posting(work, bank_line_id, draft.reason, posting_of(caller))
        return as_reply(await _line(work.connection, bank_line_id))

    return await done_once(
        work, (caller, key, f"/v1/bank-lines/{bank_line_id}/posting/reversal"), draft, perform
    )


@router.post(
    "/bank-lines/{bank_line_id}/link",
    status_code=201,
    response_model=LineStandingBody,
    summary="Say which refund or returned cheque a debit shows",
    responses=refusals(NotFound, LineInBooks, LinkUnfit, KeyReused, StillRunning),
)
async def link_bank_line_route(
    bank_line_id: UUID,
    draft: BankLineLinkDraft,
    work: Work,
    caller: CurrentCaller,
    key: IdempotencyKey = None,
) -> Response:
    """For what the reference did not tell by itself; it posts nothing."""

    async def perform() -> Response:
        await link_bank_line(work, bank_line_id, draft.source(), posting_of(caller))
        return as_reply(await _line(work.connection, bank_line_id), 201)

    return await done_once(work, (caller, key, f"/v1/bank-lines/{bank_line_id}/link"), draft, perform)


@router.get("/ledger-accounts", response_model=LedgerAccountsBody, summary="List the chart of accounts")
async def list_ledger_accounts(_caller: CurrentCaller) -> LedgerAccountsBody:
    """Beside these, each of our bank accounts is a ledger account of its own."""
    return LedgerAccountsBody(
        items=[
            LedgerAccountBody(code=code, name=name, takes_bank_lines=code in LINE_ACCOUNTS)
            for code, name in sorted(ACCOUNT_NAMES.items())
        ]
    )


async def _line(connection: AsyncConnection, bank_line_id: UUID) -> LineStandingBody:
    listing = Listing(LINE_STANDING_SELECT, order=("l.id",)).where("l.id = :id", id=bank_line_id)
    rows = await listing.rows(connection, limit=1)
    if not rows:
        raise NotFound(f"There is no bank line {bank_line_id}")
    return line_standing_body(rows[0])
