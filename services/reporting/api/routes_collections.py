"""Collections: opened for respondents, followed, closed, and what was gathered as one data set."""

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Annotated, Any, Final
from uuid import UUID

from fastapi import APIRouter, Path, Query, Request, Response
from sqlalchemy.ext.asyncio import AsyncConnection

from services.reporting.adapters.collection_facts import workbook_path
from services.reporting.adapters.collection_store import (
    Row,
    standings,
    visible_collection,
    visible_collections,
    visible_respondent,
    visible_respondents,
)
from services.reporting.adapters.consolidated_files import MEDIA_TYPES, ConsolidatedFormat, consolidated_file
from services.reporting.adapters.planned_figures import GROUPS_MAX, compared_figures
from services.reporting.adapters.submission_store import consolidated_rows
from services.reporting.adapters.template_store import kept_template, template_of
from services.reporting.api.dependencies import PageWanted, Pool, Reading, Work
from services.reporting.api.schemas_collections import (
    CollectionBody,
    CollectionClosingDraft,
    CollectionComparisonBody,
    CollectionDraft,
    ConsolidatedRowBody,
    RespondentBody,
    collection_body,
    compared_body,
    consolidated_body,
    respondent_body,
)
from services.reporting.api.workbook_reply import WORKBOOK_REPLY, workbook_reply
from services.reporting.application.make_workbook import INDIA, respondent_sheet
from services.reporting.application.open_collection import Opening, open_collection
from services.reporting.application.watch_collections import close_collection
from services.reporting.domain.errors import (
    CollectionClosed,
    CollectionInvalid,
    CollectionUnknown,
    RespondentUnknown,
    TemplateUnknown,
)
from services.reporting.domain.template import MONEY_DECIMALS, Feed
from services.reporting.domain.template_collection import SubmissionState
from shared.documents.attachment import attachment_headers
from shared.errors import Busy
from shared.idempotency import IdempotencyKey, KeyReused, StillRunning
from shared.identity import Caller, CurrentCaller
from shared.list_routes import ExportTooLarge, listed
from shared.pagination import Page
from shared.problem_details import refusals
from shared.replies import as_reply, done_once

router = APIRouter(prefix="/v1/collections", tags=["Templates and collections"])
CollectionId = Annotated[UUID, Path(description="`id` of the collection")]
_FIGURES: Final = ("figure", "before", "actual", "figure_over", "error", "naive_error")
_PLAIN: Final = {
    "application/json": {
        "schema": {"type": "object", "description": "The columns, and rows by their names"},
        "example": {
            "collection_id": "01936d6e-5c3f-7c1a-8d2e-0f6b5a4c3d2e",
            "columns": ["respondent", "position", "stock"],
            "rows": [{"respondent": "Northern Gensets (CP-1001)", "position": 1, "stock": "42"}],
        },
    }
}
_BINARY: Final = {"schema": {"type": "string", "format": "binary"}}


class ComparisonGrouping(StrEnum):
    ZONE = "zone"
    PARTNER = "partner_code"
    PRODUCT = "product_code"
    SEGMENT = "segment"
    MONTH = "month"


@router.post(
    "",
    status_code=201,
    response_model=CollectionBody,
    summary="Open a collection",
    responses=refusals(TemplateUnknown, CollectionInvalid, KeyReused, StillRunning),
)
async def open_collection_route(
    draft: CollectionDraft,
    request: Request,
    work: Work,
    caller: CurrentCaller,
    key: IdempotencyKey = None,
) -> Response:
    """Each respondent gets a workbook of their own, with the rows that reporting knows, and hears of it by event; its
    recipients by letter, with the workbook."""

    async def perform() -> Response:
        kept = await kept_template(work.connection, draft.template)
        if kept is None:
            raise TemplateUnknown("There is no such template", named=draft.template)
        plan = draft.plan(kept.template.months)
        wishes = [one.wish() for one in draft.respondents]
        opening = Opening(
            actor=caller.actor, at=datetime.now(UTC), house_domains=request.app.state.house_domains
        )
        collection_id = await open_collection(work, kept, plan, wishes, opening)
        return as_reply(await _shown(work.connection, caller, collection_id), 201)

    return await done_once(work, (caller, key, "/v1/collections"), draft, perform)


@listed(router, "", CollectionBody, summary="List collections")
async def list_collections(
    page: PageWanted,
    connection: Reading,
    caller: CurrentCaller,
    template: Annotated[str | None, Query(max_length=60, description="Name of the template")] = None,
) -> Page[CollectionBody]:
    """The newest first: all of them for the house, for others those that ask them."""
    scope = f"collections|{template}"
    key = page.after(scope)
    before = UUID(str(key[0])) if key else None
    rows = await visible_collections(connection, caller, template, before=before, limit=page.limit + 1)
    kept, cursor = page.cut(rows, scope, lambda row: (str(row.id),))
    found = await standings(connection, caller, [row.id for row in kept])
    return Page(items=[collection_body(row, found[row.id]) for row in kept], next_cursor=cursor)


@router.get(
    "/{collection_id}",
    response_model=CollectionBody,
    summary="Show a collection",
    responses=refusals(CollectionUnknown),
)
async def show_collection(
    collection_id: CollectionId, connection: Reading, caller: CurrentCaller
) -> CollectionBody:
    """With how many of the respondents you see stand where."""
    return await _shown(connection, caller, collection_id)


@router.post(
    "/{collection_id}/closing",
    response_model=CollectionBody,
    summary="Close a collection",
    responses=refusals(CollectionUnknown, CollectionClosed, KeyReused, StillRunning),
)
async def close_collection_route(
    collection_id: CollectionId,
    draft: CollectionClosingDraft,
    work: Work,
    caller: CurrentCaller,
    key: IdempotencyKey = None,
) -> Response:
    """Nothing is taken in or decided afterwards: what was accepted until then is the data set."""

    async def perform() -> Response:
        await close_collection(work, caller, collection_id, draft.note, datetime.now(UTC))
        return as_reply(await _shown(work.connection, caller, collection_id))

    return await done_once(work, (caller, key, f"/v1/collections/{collection_id}/closing"), draft, perform)


@listed(
    router,
    "/{collection_id}/respondents",
    RespondentBody,
    summary="List respondents of a collection",
    refuses=(CollectionUnknown,),
)
async def list_respondents(
    collection_id: CollectionId,
    page: PageWanted,
    connection: Reading,
    caller: CurrentCaller,
    state: Annotated[SubmissionState | None, Query(description="Those who stand there")] = None,
) -> Page[RespondentBody]:
    """In the order they were named: who sent what, whose submission was returned, who is missing."""
    await visible(connection, caller, collection_id)
    scope = f"respondents|{collection_id}|{state}"
    key = page.after(scope)
    after = UUID(str(key[0])) if key else None
    rows = await visible_respondents(
        connection, caller, (collection_id, state), after=after, limit=page.limit + 1
    )
    kept, cursor = page.cut(rows, scope, lambda row: (str(row.id),))
    items = [respondent_body(row, workbook_path(collection_id, row.id)) for row in kept]
    return Page(items=items, next_cursor=cursor)


@router.get(
    "/{collection_id}/respondents/{respondent_id}/workbook",
    summary="Download a respondent's workbook",
    response_class=Response,
    responses={**WORKBOOK_REPLY, **refusals(CollectionUnknown, RespondentUnknown)},
)
async def download_respondent_workbook(
    collection_id: CollectionId,
    respondent_id: Annotated[UUID, Path(description="`id` of the respondent")],
    pool: Pool,
    caller: CurrentCaller,
) -> Response:
    """To be filled and sent in: protected but for the yellow cells, with drop-downs and a signed, hidden identity."""
    async with pool.reading() as connection:
        collection = await visible(connection, caller, collection_id)
        respondent = await asked(connection, caller, collection_id, respondent_id)
        sheet = await respondent_sheet(connection, collection, respondent)
    name = f"{collection.template}-{collection.first_month:%Y-%m}-{respondent.key}.xlsx"
    return await workbook_reply(sheet, name)


@listed(
    router,
    "/{collection_id}/consolidated",
    ConsolidatedRowBody,
    summary="Show what was gathered",
    refuses=(CollectionUnknown,),
)
async def list_consolidated_rows(
    collection_id: CollectionId, page: PageWanted, connection: Reading, caller: CurrentCaller
) -> Page[ConsolidatedRowBody]:
    """The rows of the last accepted version of each respondent you see, with who said what; a column for each of the
    sheet is in the files at `content`."""
    await visible(connection, caller, collection_id)
    scope = f"consolidated|{collection_id}"
    key = page.after(scope)
    after = (UUID(str(key[0])), int(key[1])) if key else None
    rows = await consolidated_rows(connection, caller, collection_id, after=after, limit=page.limit + 1)
    kept, cursor = page.cut(rows, scope, lambda row: (str(row.respondent_id), row.position))
    return Page(items=[consolidated_body(row) for row in kept], next_cursor=cursor)


@router.get(
    "/{collection_id}/consolidated/content",
    summary="Download what was gathered",
    response_class=Response,
    responses={
        200: {"content": {**{media.partition(";")[0]: _BINARY for media in MEDIA_TYPES.values()}, **_PLAIN}},
        **refusals(CollectionUnknown, ExportTooLarge, Busy),
    },
)
async def download_consolidated(
    collection_id: CollectionId,
    request: Request,
    pool: Pool,
    caller: CurrentCaller,
    wanted: Annotated[
        ConsolidatedFormat, Query(alias="format", description="One of its formats")
    ] = ConsolidatedFormat.XLSX,
) -> Response:
    """One table: who said it, and a column for each of the sheet."""
    exports: asyncio.Lock = request.app.state.exports
    if exports.locked():
        raise Busy("Other files are being made; try again in a moment", retry_after_seconds=5)
    async with exports, pool.reading() as connection:
        collection = await visible(connection, caller, collection_id)
        content = await consolidated_file(connection, caller, collection, wanted)
    name = f"{collection.template}-{collection.first_month:%Y-%m}-consolidated.{wanted}"
    return Response(content, media_type=MEDIA_TYPES[wanted], headers=attachment_headers(name))


@router.get(
    "/{collection_id}/comparison",
    response_model=CollectionComparisonBody,
    summary="Compare what was gathered with what was before and what happened",
    responses=refusals(CollectionUnknown, CollectionInvalid),
)
async def compare_collection(
    collection_id: CollectionId,
    connection: Reading,
    caller: CurrentCaller,
    by: Annotated[ComparisonGrouping, Query(description="What groups are made by")] = ComparisonGrouping.ZONE,
) -> CollectionComparisonBody:
    """Of a template that feeds a forecast or plan. Orders count in their month less what was cancelled; sales are
    invoices less issued credit notes, before tax, and are known by zone and month alone."""
    collection = await visible(connection, caller, collection_id)
    template = template_of(collection.content)
    if template.feeds is Feed.NONE:
        raise CollectionInvalid(
            "What this template gathers is compared with nothing: it feeds no forecast or plan"
        )
    is_plan = template.feeds is Feed.PLAN
    today = datetime.now(INDIA).date()
    rows = await compared_figures(connection, caller, collection, by, today)
    groups = [
        _figures(row, has_actual=not is_plan or by in (ComparisonGrouping.ZONE, ComparisonGrouping.MONTH))
        for row in rows
    ]
    decimals = MONEY_DECIMALS if is_plan else 0
    names = [row.name for row in rows]
    bodies = [compared_body(name, one, decimals) for name, one in zip(names, groups, strict=True)]
    return CollectionComparisonBody(
        by=by.value,
        unit=template.currency if is_plan else "pieces",
        groups=bodies,
        is_cut=len(rows) == GROUPS_MAX,
        total=compared_body("all", _added(groups), decimals),
    )


async def visible(connection: AsyncConnection, caller: Caller, collection_id: UUID) -> Row:
    """CollectionUnknown also for one that asks nobody the caller sees."""
    found = await visible_collection(connection, caller, collection_id)
    if found is None:
        raise CollectionUnknown(
            "There is no such collection, or it asks nobody you see", collection_id=str(collection_id)
        )
    return found


async def asked(connection: AsyncConnection, caller: Caller, collection_id: UUID, respondent_id: UUID) -> Row:
    """RespondentUnknown also for one that the caller does not see."""
    found = await visible_respondent(connection, caller, collection_id, respondent_id)
    if found is None:
        raise RespondentUnknown("The collection asks nobody of this id", respondent_id=str(respondent_id))
    return found


async def _shown(connection: AsyncConnection, caller: Caller, collection_id: UUID) -> CollectionBody:
    row = await visible(connection, caller, collection_id)
    found = await standings(connection, caller, [collection_id])
    return collection_body(row, found[collection_id])


def _figures(row: Row, *, has_actual: bool) -> dict[str, Any]:
    return {name: getattr(row, name) if has_actual or name != "actual" else None for name in _FIGURES}


def _added(groups: Sequence[dict[str, Decimal | None]]) -> dict[str, Decimal | None]:
    """Nothing where every group has nothing."""
    found: dict[str, Decimal | None] = {}
    for name in _FIGURES:
        known = [value for one in groups if (value := one[name]) is not None]
        found[name] = sum(known, Decimal(0)) if known else None
    return found
