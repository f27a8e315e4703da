"""Letters about collections: who was written to, why, what became of it, and once more for one that failed."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Response
from sqlalchemy.ext.asyncio import AsyncConnection

from services.reporting.adapters.collection_letter_store import visible_letters
from services.reporting.adapters.letter_list import LetterList
from services.reporting.api.dependencies import PageWanted, Reading, Work
from services.reporting.api.letter_replies import letter_page, letter_sent_again, resend_refusals
from services.reporting.api.routes_collections import CollectionId, visible
from services.reporting.api.schemas_collection_letters import CollectionLetterBody, CollectionLetterState
from services.reporting.domain.errors import CollectionUnknown
from shared.idempotency import IdempotencyKey
from shared.identity import Caller, CurrentCaller
from shared.list_routes import listed
from shared.pagination import Page
from shared.replies import done_once

router = APIRouter(prefix="/v1/collections/{collection_id}/letters", tags=["Templates and collections"])


@listed(
    router, "", CollectionLetterBody, summary="List letters of a collection", refuses=(CollectionUnknown,)
)
async def list_collection_letters(
    collection_id: CollectionId,
    page: PageWanted,
    connection: Reading,
    caller: CurrentCaller,
    state: Annotated[CollectionLetterState | None, Query(description="Those that are there")] = None,
) -> Page[CollectionLetterBody]:
    """To recipients of the respondents you see, the newest first: what went, what failed and why, what waits."""
    letters = await _letters(connection, caller, collection_id)
    return await letter_page(connection, page, letters=letters, state=state, body=CollectionLetterBody)


@router.post(
    "/{letter_id}/resend",
    response_model=CollectionLetterBody,
    summary="Send a failed letter of a collection once more",
    responses=resend_refusals(CollectionUnknown),
)
async def resend_collection_letter(
    collection_id: CollectionId,
    letter_id: UUID,
    work: Work,
    caller: CurrentCaller,
    key: IdempotencyKey = None,
) -> Response:
    """With all its attempts again, to the same address; what was overtaken meanwhile does not go."""

    async def perform() -> Response:
        letters = await _letters(work.connection, caller, collection_id)
        return await letter_sent_again(work, letter_id, letters=letters, body=CollectionLetterBody)

    path = f"/v1/collections/{collection_id}/letters/{letter_id}/resend"
    return await done_once(work, (caller, key, path), None, perform)


async def _letters(connection: AsyncConnection, caller: Caller, collection_id: UUID) -> LetterList:
    await visible(connection, caller, collection_id)
    return visible_letters(caller, collection_id)
