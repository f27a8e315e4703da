"""Letters of a subscription: who was written to, what became of it, and once more for one that failed."""

from datetime import UTC, datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Response
from sqlalchemy.ext.asyncio import AsyncConnection

from services.reporting.adapters.letter_store import LetterTable
from services.reporting.adapters.subscription_letters import Row, letter_of, letters_of
from services.reporting.api.dependencies import PageWanted, Reading, Work
from services.reporting.api.routes_report_subscriptions import subscription_shown
from services.reporting.api.schemas_subscription_letters import (
    SubscriptionLetterBody,
    SubscriptionLetterState,
    subscription_letter_body,
)
from services.reporting.application.resend_letter import resend_letter
from services.reporting.domain.errors import LetterNotResendable, LetterUnknown, SubscriptionUnknown
from shared.idempotency import IdempotencyKey, KeyReused, StillRunning
from shared.identity import Caller, CurrentCaller
from shared.list_routes import listed
from shared.pagination import Page
from shared.problem_details import refusals
from shared.replies import as_reply, done_once

router = APIRouter(prefix="/v1/report-subscriptions/{subscription_id}/letters", tags=["Report subscriptions"])


@listed(
    router,
    "",
    SubscriptionLetterBody,
    summary="List the letters of a subscription",
    refuses=(SubscriptionUnknown,),
)
async def list_subscription_letters(
    subscription_id: UUID,
    page: PageWanted,
    connection: Reading,
    caller: CurrentCaller,
    state: Annotated[SubscriptionLetterState | None, Query(description="Those that are there")] = None,
) -> Page[SubscriptionLetterBody]:
    """To people of the house, the newest first: what went, what failed and why, what waits."""
    await subscription_shown(connection, caller, subscription_id)
    scope = f"subscription-letters|{subscription_id}|{state}"
    key = page.after(scope)
    before = UUID(str(key[0])) if key else None
    rows = await letters_of(connection, subscription_id, state, before=before, limit=page.limit + 1)
    kept, cursor = page.cut(rows, scope, lambda row: (str(row.id),))
    return Page(items=[subscription_letter_body(row) for row in kept], next_cursor=cursor)


@router.post(
    "/{letter_id}/resend",
    response_model=SubscriptionLetterBody,
    summary="Send a failed letter of a subscription once more",
    responses=refusals(SubscriptionUnknown, LetterUnknown, LetterNotResendable, KeyReused, StillRunning),
)
async def resend_subscription_letter(
    subscription_id: UUID,
    letter_id: UUID,
    work: Work,
    caller: CurrentCaller,
    key: IdempotencyKey = None,
) -> Response:
    """With all its attempts again, to the same address, with the report that it carried."""

    async def perform() -> Response:
        await _letter(work.connection, caller, subscription_id, letter_id)
        await resend_letter(work, LetterTable.REPORTS, letter_id, datetime.now(UTC))
        row = await _letter(work.connection, caller, subscription_id, letter_id)
        return as_reply(subscription_letter_body(row))

    path = f"/v1/report-subscriptions/{subscription_id}/letters/{letter_id}/resend"
    return await done_once(work, (caller, key, path), None, perform)


async def _letter(connection: AsyncConnection, caller: Caller, subscription_id: UUID, letter_id: UUID) -> Row:
    await subscription_shown(connection, caller, subscription_id)
    row = await letter_of(connection, subscription_id, letter_id)
    if row is None:
        raise LetterUnknown(f"The subscription has no letter {letter_id}")
    return row
