"""Letters of a subscription: who was written to, what became of it, and once more for one that failed."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Response
from sqlalchemy.ext.asyncio import AsyncConnection

from services.reporting.adapters.letter_list import LetterList
from services.reporting.adapters.subscription_letters import letters_of_subscription
from services.reporting.api.dependencies import PageWanted, Reading, Work
from services.reporting.api.letter_replies import letter_page, letter_sent_again, resend_refusals
from services.reporting.api.routes_report_subscriptions import subscription_shown
from services.reporting.api.schemas_subscription_letters import (
    SubscriptionLetterBody,
    SubscriptionLetterState,
)
from services.reporting.domain.errors import SubscriptionUnknown
from shared.idempotency import IdempotencyKey
from shared.identity import Caller, CurrentCaller
from shared.list_routes import listed
from shared.pagination import Page
from shared.replies import done_once

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
    letters = await _letters(connection, caller, subscription_id)
    return await letter_page(connection, page, letters=letters, state=state, body=SubscriptionLetterBody)


@router.post(
    "/{letter_id}/resend",
    response_model=SubscriptionLetterBody,
    summary="Send a failed letter of a subscription once more",
    responses=resend_refusals(SubscriptionUnknown),
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
        letters = await _letters(work.connection, caller, subscription_id)
        return await letter_sent_again(work, letter_id, letters=letters, body=SubscriptionLetterBody)

    path = f"/v1/report-subscriptions/{subscription_id}/letters/{letter_id}/resend"
    return await done_once(work, (caller, key, path), None, perform)


async def _letters(connection: AsyncConnection, caller: Caller, subscription_id: UUID) -> LetterList:
    await subscription_shown(connection, caller, subscription_id)
    return letters_of_subscription(subscription_id)
