"""Our own bank accounts."""

from datetime import UTC, datetime

from fastapi import APIRouter, Response

from services.payments.adapters.queries.listing import Listing, Row
from services.payments.adapters.queries.statements import ACCOUNT_SELECT
from services.payments.api.dependencies import PageWanted, Reading, Work
from services.payments.api.schemas_bank_accounts import BankAccountBody, BankAccountDraft
from services.payments.application.register_bank_account import RegisterBankAccount, register_bank_account
from services.payments.domain.errors import BankAccountTaken
from shared.idempotency import Attempt, IdempotencyKey, KeyReused, StillRunning, once
from shared.identity import CurrentCaller
from shared.list_routes import listed
from shared.pagination import Page
from shared.problem_details import refusals
from shared.replies import known_before

router = APIRouter(prefix="/v1/bank-accounts", tags=["Bank accounts"])


@router.post(
    "",
    status_code=201,
    response_model=BankAccountBody,
    responses={**known_before(BankAccountBody), **refusals(BankAccountTaken, KeyReused, StillRunning)},
    summary="Register one of our bank accounts",
)
async def register_bank_account_route(
    draft: BankAccountDraft, work: Work, caller: CurrentCaller, key: IdempotencyKey = None
) -> Response:
    """Statements are imported into registered accounts. Registering the same account again answers 200."""

    async def perform() -> Response:
        command = RegisterBankAccount(draft.number, draft.name, draft.currency, caller.actor)
        row, is_new = await register_bank_account(work, command, at=datetime.now(UTC))
        return Response(
            _body(row).model_dump_json(), status_code=201 if is_new else 200, media_type="application/json"
        )

    content = b"POST /v1/bank-accounts\n" + draft.model_dump_json().encode()
    attempt = Attempt(caller.subject, key, content) if key else None
    return await once(work.connection, attempt, perform)


@listed(router, "", BankAccountBody, summary="List our bank accounts")
async def list_bank_accounts(
    page: PageWanted, connection: Reading, _caller: CurrentCaller
) -> Page[BankAccountBody]:
    """In the order of their numbers."""
    listing = Listing(ACCOUNT_SELECT, order=("a.number",)).after(page.after("bank-accounts"), ["text"])
    rows = await listing.rows(connection, limit=page.limit)
    kept, cursor = page.cut(rows, "bank-accounts", lambda row: (row.number,))
    return Page(items=[_body(row) for row in kept], next_cursor=cursor)


def _body(row: Row) -> BankAccountBody:
    return BankAccountBody(
        id=row.id, number=row.number, name=row.name, currency=row.currency, created_at=row.created_at
    )
