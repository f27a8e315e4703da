"""Opportunities of the CRM, to see what research is about."""

from dataclasses import asdict, dataclass
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Path, Query

from services.research.adapters.opportunities import opportunity_row, opportunity_rows, version_rows
from services.research.api.dependencies import PageWanted, Reading
from services.research.api.schemas_opportunities import (
    OpportunityBody,
    OpportunityDetailBody,
    opportunity_facts,
    version_body,
)
from services.research.domain.errors import OpportunityUnknown
from shared.identity import CurrentCaller
from shared.list_routes import listed
from shared.pagination import Page
from shared.problem_details import refusals
from shared.wire import Day

router = APIRouter(prefix="/v1/opportunities", tags=["Opportunities"])
OpportunityId = Annotated[UUID, Path(description="`id` of the opportunity here")]


@dataclass(frozen=True, slots=True)
class OpportunityFilters:
    """What a list of opportunities is narrowed to; each is a query parameter."""

    stage: Annotated[str | None, Query(max_length=200, description="As the CRM calls it")] = None
    partner_code: Annotated[str | None, Query(max_length=40, description="Of the partner it is with")] = None
    zone: Annotated[str | None, Query(max_length=200, description="Its own, else the partner's")] = None
    is_closed: Annotated[bool | None, Query(description="Won or lost")] = None
    research_requested: Annotated[bool | None, Query(description="The CRM asks for research")] = None
    close_on_gte: Annotated[Day | None, Query(description="Expected on this day or later")] = None
    close_on_lte: Annotated[Day | None, Query(description="Expected on this day or before")] = None


@listed(router, "", OpportunityBody, summary="List opportunities")
async def list_opportunities(
    page: PageWanted,
    connection: Reading,
    caller: CurrentCaller,
    filters: Annotated[OpportunityFilters, Depends()],
) -> Page[OpportunityBody]:
    """In the order they were first heard of; people of a zone see their zone's."""
    scope = f"opportunities|{filters}"
    key = page.after(scope)
    after = UUID(str(key[0])) if key else None
    rows = await opportunity_rows(connection, caller.row_scope(), asdict(filters), after, page.limit + 1)
    kept, cursor = page.cut(rows, scope, lambda row: (str(row.id),))
    return Page(items=[OpportunityBody(**opportunity_facts(row)) for row in kept], next_cursor=cursor)


@router.get("/{opportunity_id}", summary="Show an opportunity", responses=refusals(OpportunityUnknown))
async def show_opportunity(
    opportunity_id: OpportunityId, connection: Reading, caller: CurrentCaller
) -> OpportunityDetailBody:
    """As it was told last, and how it was told before."""
    row = await opportunity_row(connection, caller.row_scope(), opportunity_id)
    if row is None:
        raise OpportunityUnknown(f"There is no opportunity {opportunity_id}")
    versions = [version_body(one) for one in await version_rows(connection, opportunity_id)]
    return OpportunityDetailBody(**opportunity_facts(row), versions=versions)
