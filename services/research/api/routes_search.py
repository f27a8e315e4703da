"""One search over everything that research holds."""

from typing import Annotated

from fastapi import APIRouter, Query

from services.research.adapters.search import Sought, hit_rows
from services.research.api.dependencies import PageWanted, Reading
from services.research.api.schemas_search import ResearchHitBody, hit_body
from services.research.domain.errors import SearchTooWide
from services.research.domain.search import WORDS_LENGTH_MAX, HitKind
from shared.identity import CurrentCaller
from shared.list_routes import listed
from shared.pagination import Page

router = APIRouter(prefix="/v1/research-hits", tags=["Research"])


@listed(
    router, "", ResearchHitBody, summary="Search everything that research holds", refuses=(SearchTooWide,)
)
async def list_research_hits(
    page: PageWanted,
    connection: Reading,
    caller: CurrentCaller,
    q: Annotated[
        str,
        Query(
            max_length=WORDS_LENGTH_MAX,
            description='All of the words; "in this order", `or`, and `-without` as in web searches',
            examples=['kaveri "lead time"'],
        ),
    ],
    kind: Annotated[
        list[HitKind] | None, Query(max_length=len(HitKind), description="These kinds alone")
    ] = None,
) -> Page[ResearchHitBody]:
    """The best first. Prose is found in any form of a word, companies by any of their names. You find what you may read:
    what is of your zones, what was shared, datasets you see; observations that were withdrawn are left out."""
    kinds = sorted(set(kind or HitKind))
    scope = f"research-hits|{q}|{','.join(kinds)}"
    key = page.after(scope)
    after = (float(str(key[0])), str(key[1]), str(key[2])) if key else None
    rows = await hit_rows(connection, caller, Sought(q, kinds), after=after, limit=page.limit + 1)
    kept, cursor = page.cut(rows, scope, lambda row: (repr(row.rank), row.kind, row.id))
    return Page(items=[hit_body(row) for row in kept], next_cursor=cursor)
