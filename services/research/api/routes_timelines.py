"""What happened with a company, an opportunity or a competitor, newest first."""

from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Path

from services.research.adapters.companies import company_entities
from services.research.adapters.competitors import competitor_row
from services.research.adapters.dataset_rows import Row
from services.research.adapters.opportunities import opportunity_row
from services.research.adapters.timelines import (
    TimelineKey,
    company_timeline,
    competitor_timeline,
    opportunity_timeline,
)
from services.research.api.dependencies import PageWanted, Reading
from services.research.api.routes_competitors import CompetitorCode
from services.research.api.routes_opportunities import OpportunityId
from services.research.api.schemas_timelines import TimelineEntryBody, entry_body
from services.research.domain.errors import CompanyUnknown, CompetitorUnknown, OpportunityUnknown
from shared.dependencies import PageRequest
from shared.identity import CurrentCaller
from shared.list_routes import listed
from shared.pagination import Page

router = APIRouter(prefix="/v1", tags=["Research"])
Read = Callable[[TimelineKey | None, int], Awaitable[Sequence[Row]]]


@listed(
    router,
    "/competitors/{competitor}/timeline",
    TimelineEntryBody,
    summary="List what happened with a competitor",
    refuses=[CompetitorUnknown],
)
async def list_competitor_timeline(
    competitor: CompetitorCode, page: PageWanted, connection: Reading, caller: CurrentCaller
) -> Page[TimelineEntryBody]:
    """Its profile, what was seen of it and taken back, and battlecards; the newest first."""
    await competitor_row(connection, competitor)

    async def read(after: TimelineKey | None, limit: int) -> Sequence[Row]:
        return await competitor_timeline(connection, caller, competitor, after, limit)

    return await _page(page, f"competitor-timeline|{competitor}", read)


@listed(
    router,
    "/opportunities/{opportunity_id}/timeline",
    TimelineEntryBody,
    summary="List what happened with an opportunity",
    refuses=[OpportunityUnknown],
)
async def list_opportunity_timeline(
    opportunity_id: OpportunityId, page: PageWanted, connection: Reading, caller: CurrentCaller
) -> Page[TimelineEntryBody]:
    """How the CRM told it, and the research about it; the newest first. People of a zone see briefs that were shared."""
    if await opportunity_row(connection, caller.row_scope(), opportunity_id) is None:
        raise OpportunityUnknown(f"There is no opportunity {opportunity_id}")

    async def read(after: TimelineKey | None, limit: int) -> Sequence[Row]:
        return await opportunity_timeline(connection, caller, opportunity_id, after, limit)

    return await _page(page, f"opportunity-timeline|{opportunity_id}", read)


@listed(
    router,
    "/companies/{company_id}/timeline",
    TimelineEntryBody,
    summary="List what happened with a company",
    refuses=[CompanyUnknown],
)
async def list_company_timeline(
    company_id: Annotated[UUID, Path(description="`id` of the company")],
    page: PageWanted,
    connection: Reading,
    caller: CurrentCaller,
) -> Page[TimelineEntryBody]:
    """Its names, what people decided about them, and its opportunities with their research; the newest first."""
    await company_entities(connection, caller, company_id)

    async def read(after: TimelineKey | None, limit: int) -> Sequence[Row]:
        return await company_timeline(connection, caller, company_id, after, limit)

    return await _page(page, f"company-timeline|{company_id}", read)


async def _page(page: PageRequest, scope: str, read: Read) -> Page[TimelineEntryBody]:
    key = page.after(scope)
    after = (datetime.fromisoformat(str(key[0])), str(key[1]), str(key[2])) if key else None
    rows = await read(after, page.limit + 1)
    kept, cursor = page.cut(rows, scope, lambda row: (row.at.isoformat(), row.kind, row.key))
    return Page(items=[entry_body(row) for row in kept], next_cursor=cursor)
