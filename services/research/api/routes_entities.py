"""Companies we know, to start research from."""

from typing import Annotated

from fastapi import APIRouter, Query

from services.research.adapters.queries import EntityFilter, entity_rows
from services.research.api.dependencies import PageWanted, Reading
from services.research.api.schemas_entities import EntityBody, entity_body
from services.research.domain.entity import search_words
from services.research.domain.errors import SearchTooWide
from shared.identity import CurrentCaller
from shared.list_routes import listed
from shared.pagination import Page

router = APIRouter(prefix="/v1/entities", tags=["Entities"])


@listed(router, "", EntityBody, summary="Find companies by name", refuses=(SearchTooWide,))
async def list_entities(
    page: PageWanted,
    connection: Reading,
    caller: CurrentCaller,
    q: Annotated[
        str | None, Query(max_length=200, description="Beginnings of words of the name, in any order")
    ] = None,
    zone: Annotated[str | None, Query(max_length=200)] = None,
) -> Page[EntityBody]:
    """In the order of their names. Case, accents, punctuation and legal forms do not matter."""
    scope = f"entities|{q}|{zone}"
    name_key, source_key = page.after(scope) or ("", "")
    rows = await entity_rows(
        connection,
        caller.row_scope(),
        EntityFilter(zone, search_words(q) if q is not None else ()),
        after=(str(name_key), str(source_key)),
        limit=page.limit + 1,
    )
    kept, cursor = page.cut(rows, scope, lambda row: (row.name_key, row.source_key))
    return Page(items=[entity_body(row) for row in kept], next_cursor=cursor)
