"""Bank against book: statements of a day, recomputed or frozen."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Response
from sqlalchemy.ext.asyncio import AsyncConnection

from services.payments.adapters.queries.line_standings import RECONCILIATION_SELECT
from services.payments.adapters.queries.listing import Listing
from services.payments.api.dependencies import PageWanted, Reading, Work
from services.payments.api.posting import posting_of
from services.payments.api.schemas_reconciliations import (
    OpeningBody,
    OpeningDraft,
    ReconciliationBody,
    ReconciliationDraft,
    ReconciliationSummary,
    ReconcilingItemBody,
    StateName,
    frozen_body,
    reconciliation_content,
    reconciliation_summary,
)
from services.payments.application.reconcile_account import judged_today, reconcile_account
from services.payments.application.take_over_opening import take_over_opening
from services.payments.domain.errors import BankAccountUnknown, DateImpossible, OpeningTaken, RateUnknown
from shared.errors import NotFound
from shared.idempotency import IdempotencyKey, KeyReused, StillRunning
from shared.identity import CurrentCaller
from shared.list_routes import listed
from shared.pagination import Page
from shared.problem_details import refusals
from shared.replies import as_reply, done_once
from shared.wire import Day

router = APIRouter(prefix="/v1", tags=["Reconciliation"])


@router.get(
    "/reconciliations/preview",
    response_model=ReconciliationBody,
    summary="Compare bank and book on a day without keeping it",
    responses=refusals(BankAccountUnknown, DateImpossible),
)
async def preview_reconciliation(
    connection: Reading,
    caller: CurrentCaller,
    bank_account: Annotated[str, Query(max_length=40)],
    day: Day,
) -> ReconciliationBody:
    """Recomputed from the stored lines and the journal at this instant."""
    posting_of(caller, day)
    content = reconciliation_content(await judged_today(connection, bank_account, day))
    return ReconciliationBody(**content.model_dump())


@router.post(
    "/reconciliations",
    status_code=201,
    response_model=ReconciliationBody,
    summary="Reconcile an account for a day and keep the statement",
    responses=refusals(BankAccountUnknown, DateImpossible, KeyReused, StillRunning),
)
async def reconcile_account_route(
    draft: ReconciliationDraft, work: Work, caller: CurrentCaller, key: IdempotencyKey = None
) -> Response:
    """What approved rules explain is booked first. A later statement of the day is a further revision."""

    async def perform() -> Response:
        posting_of(caller, draft.day)
        reconciliation_id = await reconcile_account(
            work,
            draft.bank_account,
            draft.day,
            posting_of(caller),
            lambda kept: reconciliation_content(kept).model_dump_json().encode(),
        )
        body = await _frozen(work.connection, reconciliation_id)
        return as_reply(body, 201, {"Location": f"/v1/reconciliations/{reconciliation_id}"})

    return await done_once(work, (caller, key, "/v1/reconciliations"), draft, perform)


@listed(router, "/reconciliations", ReconciliationSummary, summary="List kept reconciliations")
async def list_reconciliations(
    page: PageWanted,
    connection: Reading,
    _caller: CurrentCaller,
    bank_account: Annotated[str | None, Query(max_length=40)] = None,
    state: StateName | None = None,
    day_gte: Day | None = None,
    day_lte: Day | None = None,
) -> Page[ReconciliationSummary]:
    """The latest day first, with every revision."""
    scope = f"reconciliations|{bank_account}|{state}|{day_gte}|{day_lte}"
    listing = Listing(RECONCILIATION_SELECT, order=("r.day", "r.id"), is_descending=True)
    listing.where("b.number = :account", account=bank_account).where("r.state = :state", state=state)
    listing.where("r.day >= :day_gte", day_gte=day_gte).where("r.day <= :day_lte", day_lte=day_lte)
    rows = await listing.after(page.after(scope), ["date", "uuid"]).rows(connection, limit=page.limit)
    kept, cursor = page.cut(rows, scope, lambda row: (row.day.isoformat(), str(row.id)))
    return Page(items=[reconciliation_summary(row) for row in kept], next_cursor=cursor)


@router.get(
    "/reconciliations/{reconciliation_id}",
    response_model=ReconciliationBody,
    summary="Show one kept reconciliation",
    responses=refusals(NotFound),
)
async def show_reconciliation(
    reconciliation_id: UUID, connection: Reading, _caller: CurrentCaller
) -> ReconciliationBody:
    """Exactly as it was frozen."""
    return await _frozen(connection, reconciliation_id)


@listed(
    router,
    "/reconciliations/{reconciliation_id}/items",
    ReconcilingItemBody,
    summary="List the reconciling items of one kept reconciliation",
    refuses=[NotFound],
)
async def list_reconciling_items(
    reconciliation_id: UUID, page: PageWanted, connection: Reading, _caller: CurrentCaller
) -> Page[ReconcilingItemBody]:
    """In the order of the statement; also as a file to send to the bank."""
    scope = f"reconciling-items|{reconciliation_id}"
    frozen = await _frozen(connection, reconciliation_id)
    key = page.after(scope)
    start = int(key[0]) if key else 0
    rows = list(enumerate(frozen.items, start=1))[start : start + page.limit + 1]
    kept, cursor = page.cut(rows, scope, lambda row: (row[0],))
    return Page(items=[item for _, item in kept], next_cursor=cursor)


@router.post(
    "/opening-balances",
    status_code=201,
    response_model=OpeningBody,
    summary="Take over what a bank account held before its first statement",
    responses=refusals(BankAccountUnknown, OpeningTaken, RateUnknown, KeyReused, StillRunning),
)
async def take_over_opening_route(
    draft: OpeningDraft, work: Work, caller: CurrentCaller, key: IdempotencyKey = None
) -> Response:
    """From the earliest proved statement, posted on its first day."""

    async def perform() -> Response:
        entry_id = await take_over_opening(work, draft.bank_account, posting_of(caller))
        return as_reply(OpeningBody(journal_entry_id=entry_id), 201)

    return await done_once(work, (caller, key, "/v1/opening-balances"), draft, perform)


async def _frozen(connection: AsyncConnection, reconciliation_id: UUID) -> ReconciliationBody:
    listing = Listing(RECONCILIATION_SELECT, order=("r.id",)).where("r.id = :id", id=reconciliation_id)
    rows = await listing.rows(connection, limit=1)
    if not rows:
        raise NotFound(f"There is no reconciliation {reconciliation_id}")
    return frozen_body(rows[0])
