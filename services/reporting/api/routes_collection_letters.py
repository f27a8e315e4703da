"""Letters about collections: who was written to, why, and what became of it."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query

from services.reporting.adapters.collection_letter_store import visible_letters
from services.reporting.api.dependencies import PageWanted, Reading
from services.reporting.api.routes_collections import CollectionId, visible
from services.reporting.api.schemas_collection_letters import (
    CollectionLetterBody,
    CollectionLetterState,
    letter_body,
)
from services.reporting.domain.errors import CollectionUnknown
from shared.identity import CurrentCaller
from shared.list_routes import listed
from shared.pagination import Page

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
