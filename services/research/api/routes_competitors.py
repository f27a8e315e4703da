"""Competitors: who they are, what holds of them, and their products beside ours."""

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Annotated, Final

from fastapi import APIRouter, Depends, Path, Query, Response
from sqlalchemy.ext.asyncio import AsyncConnection

from services.research.adapters.comparison_files import comparison_csv, comparison_workbook
from services.research.adapters.competitors import (
    Row,
    attribute_of,
    attribute_rows,
    attributes,
    competitor_row,
    competitor_rows,
    products_of,
    set_attribute,
)
from services.research.adapters.observations import live_observations
from services.research.api.dependencies import PageWanted, Reading, Work
from services.research.api.schemas_competitors import (
    AttributeBody,
    ComparisonBody,
    CompetitorBody,
    CompetitorChangeDraft,
    CompetitorDetailBody,
    CompetitorDraft,
    attribute_body,
    attribute_of_body,
    comparison_body,
    detail_body,
    product_of,
    profile_facts,
    profile_of,
)
from services.research.application.keep_competitor import ProfileChange, add_profile, change_competitor
from services.research.domain.assignment import day_in_india
from services.research.domain.comparison import COLUMNS_MAX, ComparedAttribute, ComparedProduct, compared
from services.research.domain.errors import (
    CompetitorCodeTaken,
    CompetitorInvalid,
    CompetitorUnknown,
    ObservationInvalid,
)
from services.research.domain.observation import ValueKind, standings
from shared.conditional import IfMatch, revision_etag, wanted_revision
from shared.dependencies import medium_wanted
from shared.documents.attachment import attachment_headers
from shared.errors import FieldProblem, PreconditionMissing, Stale
from shared.idempotency import IdempotencyKey, KeyReused, StillRunning
from shared.identity import Caller, CurrentCaller
from shared.list_routes import listed
from shared.medium import MEDIA_TYPES, Medium
from shared.pagination import Page
from shared.problem_details import refusals
from shared.replies import as_reply, done_once

router = APIRouter(prefix="/v1", tags=["Competitors"])
CompetitorCode = Annotated[str, Path(max_length=100, description="`code` of the competitor")]
COMPETITORS_COMPARED_MAX: Final = 10
_FILES: Final = {
    MEDIA_TYPES[medium]: {"schema": {"type": "string", "format": "binary"}}
    for medium in (Medium.CSV, Medium.XLSX)
}


@listed(router, "/competitors", CompetitorBody, summary="List competitors")
async def list_competitors(
    page: PageWanted, connection: Reading, _caller: CurrentCaller
) -> Page[CompetitorBody]:
    """By code; ours among them."""
    key = page.after("competitors")
    rows = await competitor_rows(connection, after=str(key[0]) if key else "", limit=page.limit + 1)
    kept, cursor = page.cut(rows, "competitors", lambda row: (row.code,))
    return Page(items=[CompetitorBody(**profile_of(row)) for row in kept], next_cursor=cursor)


@router.post(
    "/competitors",
    status_code=201,
    summary="Write the profile of a competitor",
    response_model=CompetitorDetailBody,
    responses=refusals(CompetitorCodeTaken, CompetitorInvalid, KeyReused, StillRunning),
)
async def add_competitor_route(
    draft: CompetitorDraft, work: Work, caller: CurrentCaller, key: IdempotencyKey = None
) -> Response:
    """Who they are, what they make with its ranges, where, and how they sell it."""
    products = [product_of(one) for one in draft.products]

    async def perform() -> Response:
        at = datetime.now(UTC)
        await add_profile(
            work, {"code": draft.code, **profile_facts(draft)}, products, by=caller.actor, at=at
        )
        return await _detail(work.connection, caller, draft.code, 201)

    return await done_once(work, (caller, key, "/v1/competitors"), draft, perform)


@router.get(
    "/competitors/{competitor}",
    summary="Show a competitor",
    response_model=CompetitorDetailBody,
    responses=refusals(CompetitorUnknown),
)
async def show_competitor(competitor: CompetitorCode, connection: Reading, caller: CurrentCaller) -> Response:
    """Its profile, and what holds of it today: the best of what was seen, what is stale, what is contradicted."""
    return await _detail(connection, caller, competitor)


@router.patch(
    "/competitors/{competitor}",
    summary="Change the profile of a competitor",
    response_model=CompetitorDetailBody,
    responses=refusals(CompetitorUnknown, CompetitorInvalid, Stale, PreconditionMissing),
)
async def change_competitor_route(
    competitor: CompetitorCode,
    draft: CompetitorChangeDraft,
    work: Work,
    caller: CurrentCaller,
    if_match: IfMatch = None,
) -> Response:
    """What it said before stays in its timeline."""
    products = None if draft.products is None else [product_of(one) for one in draft.products]
    change = ProfileChange(profile_facts(draft), products, wanted_revision(if_match))
    await change_competitor(work, competitor, change, by=caller.actor, at=datetime.now(UTC))
    return await _detail(work.connection, caller, competitor)


@listed(router, "/competitor-attributes", AttributeBody, summary="List what can be observed of competitors")
async def list_competitor_attributes(
    page: PageWanted, connection: Reading, _caller: CurrentCaller
) -> Page[AttributeBody]:
    """With how long an observation keeps, and which figures agree."""
    key = page.after("competitor-attributes")
    rows = await attribute_rows(connection, str(key[0]) if key else "", page.limit + 1)
    kept, cursor = page.cut(rows, "competitor-attributes", lambda row: (row.code,))
    return Page(items=[attribute_body(attribute_of(row)) for row in kept], next_cursor=cursor)


@router.post(
    "/competitor-attributes",
    status_code=201,
    summary="Set what can be observed of competitors",
    response_model=AttributeBody,
    responses=refusals(ObservationInvalid, KeyReused, StillRunning),
)
async def set_competitor_attribute(
    draft: AttributeBody, work: Work, caller: CurrentCaller, key: IdempotencyKey = None
) -> Response:
    """A new one, or a known one with another title, shelf life, tolerance or preference from now on. Its kind, its unit and
    whether it is single stay: observations were made by them."""

    async def perform() -> Response:
        known = (await attributes(work.connection)).get(draft.code)
        if known and (known.kind, known.unit, known.is_single) != (draft.kind, draft.unit, draft.is_single):
            problem = FieldProblem(
                "/kind", f"expected {known.kind}, unit '{known.unit}', single {known.is_single}"
            )
            raise ObservationInvalid(f"{draft.code} is observed otherwise", problems=[problem])
        if not draft.is_single and draft.kind is not ValueKind.TEXT:
            raise ObservationInvalid("Only texts add up", problems=[FieldProblem("/kind", "expected text")])
        await set_attribute(work.connection, attribute_of_body(draft), by=caller.actor, at=datetime.now(UTC))
        return as_reply(draft, 201)

    return await done_once(work, (caller, key, "/v1/competitor-attributes"), draft, perform)


@router.get(
    "/competitor-comparisons",
    summary="Compare products of competitors with ours",
    response_model=ComparisonBody,
    responses={200: {"content": _FILES}, **refusals(CompetitorUnknown)},
)
async def compare_competitors(
    connection: Reading,
    caller: CurrentCaller,
    medium: Annotated[Medium, Depends(medium_wanted)],
    competitor: Annotated[
        list[str] | None,
        Query(max_length=COMPETITORS_COMPARED_MAX, description="Codes; left out, the first ten"),
    ] = None,
    segment: Annotated[
        str | None, Query(max_length=200, description="Products of this segment alone")
    ] = None,
) -> Response:
    """Products across, attributes down, ours first; each cell names its observation, and says when it is stale or
    contradicted. CSV and XLSX hold the same as texts."""
    codes = None if competitor is None else list(dict.fromkeys(competitor))
    rows = await competitor_rows(connection, limit=COMPETITORS_COMPARED_MAX, codes=codes)
    missing = set(codes or ()) - {row.code for row in rows}
    if missing:
        raise CompetitorUnknown(f"There is no competitor {sorted(missing)[0]}")
    columns = [
        column for row in sorted(rows, key=lambda one: not one.is_ours) for column in _columns(row, segment)
    ]
    known = await attributes(connection)
    observations = await live_observations(connection, caller.row_scope(), [row.code for row in rows])
    holding = standings(observations, known, day_in_india(datetime.now(UTC)))
    shown = columns[:COLUMNS_MAX]
    rows_shown = compared(shown, holding, known)
    if medium is Medium.JSON:
        return as_reply(comparison_body(shown, rows_shown, is_cut=len(columns) > COLUMNS_MAX))
    return await asyncio.to_thread(_file, shown, rows_shown, medium)


def _file(columns: Sequence[ComparedProduct], rows: Sequence[ComparedAttribute], medium: Medium) -> Response:
    at = datetime.now(UTC)
    is_csv = medium is Medium.CSV
    content = comparison_csv(columns, rows) if is_csv else comparison_workbook(columns, rows, made_at=at)
    headers = attachment_headers(f"comparison-{at:%Y-%m-%d}.{medium}") | {"Vary": "Accept"}
    return Response(content, media_type=MEDIA_TYPES[medium], headers=headers)


def _columns(row: Row, segment: str | None) -> list[ComparedProduct]:
    return [
        ComparedProduct(competitor=row.code, competitor_name=row.name, is_ours=row.is_ours, product=one)
        for one in products_of(row)
        if segment is None or one.segment.casefold() == segment.casefold()
    ]


async def _detail(connection: AsyncConnection, caller: Caller, code: str, status_code: int = 200) -> Response:
    row = await competitor_row(connection, code)
    known = await attributes(connection)
    observations = await live_observations(connection, caller.row_scope(), [code])
    body = detail_body(row, standings(observations, known, day_in_india(datetime.now(UTC))))
    return as_reply(body, status_code, revision_etag(body.revision))
