"""Letters about collections: who was written to, why, what became of it, and once more for one that failed."""

from datetime import UTC, datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Response
from sqlalchemy.ext.asyncio import AsyncConnection

from services.reporting.adapters.collection_letter_store import Row, visible_letter, visible_letters
from services.reporting.adapters.letter_store import LetterTable
from services.reporting.api.dependencies import PageWanted, Reading, Work
from services.reporting.api.routes_collections import CollectionId, visible
from services.reporting.api.schemas_collection_letters import (
    CollectionLetterBody,
    CollectionLetterState,
    letter_body,
)
from services.reporting.application.resend_letter import resend_letter
from services.reporting.domain.errors import CollectionUnknown, LetterNotResendable, LetterUnknown
from shared.idempotency import IdempotencyKey, KeyReused, StillRunning
from shared.identity import Caller, CurrentCaller
from shared.list_routes import listed
from shared.pagination import Page
from shared.problem_details import refusals
from shared.replies import as_reply, done_once

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
    await visible(connection, caller, collection_id)
    scope = f"collection-letters|{collection_id}|{state}"
    key = page.after(scope)
    before = UUID(str(key[0])) if key else None
    rows = await visible_letters(
        connection, caller, (collection_id, state), before=before, limit=page.limit + 1
    )
    kept, cursor = page.cut(rows, scope, lambda row: (str(row.id),))
    return Page(items=[letter_body(row) for row in kept], next_cursor=cursor)


@router.post(
    "/{letter_id}/resend",
    response_model=CollectionLetterBody,
    summary="Send a failed letter of a collection once more",
    responses=refusals(CollectionUnknown, LetterUnknown, LetterNotResendable, KeyReused, StillRunning),
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
        await _letter(work.connection, caller, collection_id, letter_id)
        await resend_letter(work, LetterTable.COLLECTIONS, letter_id, datetime.now(UTC))
        return as_reply(letter_body(await _letter(work.connection, caller, collection_id, letter_id)))

    path = f"/v1/collections/{collection_id}/letters/{letter_id}/resend"
    return await done_once(work, (caller, key, path), None, perform)


async def _letter(connection: AsyncConnection, caller: Caller, collection_id: UUID, letter_id: UUID) -> Row:
    await visible(connection, caller, collection_id)
    row = await visible_letter(connection, caller, collection_id, letter_id)
    if row is None:
        raise LetterUnknown(f"The collection has no letter {letter_id}")
    return row
