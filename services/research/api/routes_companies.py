"""Companies behind the names that sources have for them: found, explained, and decided by people."""

from datetime import UTC, datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Path, Query, Response

from services.research.adapters.companies import (
    company_entities,
    company_rows,
    decision_rows,
    matches_within,
    open_match_rows,
)
from services.research.adapters.entity_sources import source_rows
from services.research.adapters.resolutions import resolution_row, resolution_rows
from services.research.api.dependencies import PageWanted, Reading, Work
from services.research.api.schemas_companies import (
    CompanyBody,
    CompanyFoundBody,
    DecidedEntitiesBody,
    EntityDecisionBody,
    EntityDecisionDraft,
    EntityMatchBody,
    EntitySourceBody,
    EntitySourceDraft,
    ResolutionBody,
    ResolutionDraft,
    company_body,
    company_entity_body,
    decision_body,
    match_body,
    resolution_body,
)
from services.research.application.decide_entities import Verdict, decide_entities
from services.research.application.resolve_entities import ask_resolution
from services.research.application.set_entity_source import WishedSource, set_entity_source
from services.research.domain.entity import search_words
from services.research.domain.errors import (
    CompanyUnknown,
    DatasetNotYours,
    DatasetUnknown,
    EntityDecisionContradicts,
    EntityDecisionInvalid,
    EntitySourceInvalid,
    EntityUnknown,
    ResolutionUnknown,
    SearchTooWide,
)
from shared.idempotency import IdempotencyKey, KeyReused, StillRunning
from shared.identity import CurrentCaller
from shared.list_routes import listed
from shared.pagination import Page
from shared.problem_details import refusals
from shared.replies import as_reply, done_once

router = APIRouter(prefix="/v1", tags=["Companies"])


@listed(
    router,
    "/companies",
    CompanyFoundBody,
    summary="Find companies by any of their names",
    refuses=(SearchTooWide,),
)
async def list_companies(
    page: PageWanted,
    connection: Reading,
    caller: CurrentCaller,
    q: Annotated[
        str,
        Query(max_length=200, description="Beginnings of words of a name, in any order", examples=["om sai"]),
    ],
) -> Page[CompanyFoundBody]:
    """However a source writes it; names of datasets count where you see the dataset."""
    scope = f"companies|{q}"
    name_key, company_id = page.after(scope) or ("", "")
    rows = await company_rows(
        connection, caller, search_words(q), after=(str(name_key), str(company_id)), limit=page.limit + 1
    )
    kept, cursor = page.cut(rows, scope, lambda row: (row.name_key, str(row.id)))
    items = [
        CompanyFoundBody(**{name: getattr(row, name) for name in CompanyFoundBody.model_fields})
        for row in kept
    ]
    return Page(items=items, next_cursor=cursor)


@router.get(
    "/companies/{company_id}",
    summary="Show a company and why its names are one",
    response_model=CompanyBody,
    responses=refusals(CompanyUnknown),
)
async def show_company(
    company_id: Annotated[UUID, Path(description="`id` of the company")],
    connection: Reading,
    caller: CurrentCaller,
) -> CompanyBody:
    """The names you see of it, and what was found alike among them."""
    entities = await company_entities(connection, caller, company_id)
    links = await matches_within(connection, [row.id for row in entities])
    return company_body(company_id, entities, links)


@listed(router, "/entity-matches", EntityMatchBody, summary="List pairs that wait for a decision")
async def list_entity_matches(
    page: PageWanted, connection: Reading, caller: CurrentCaller
) -> Page[EntityMatchBody]:
    """The likeliest first: what the odds leave open, and what something holds apart although they are good."""
    key = page.after("entity-matches")
    after = (float(str(key[0])), str(key[1])) if key else None
    rows = await open_match_rows(connection, caller, after=after, limit=page.limit + 1)
    kept, cursor = page.cut(rows, "entity-matches", lambda row: (repr(row["probability"]), str(row["id"])))
    return Page(items=[match_body(row) for row in kept], next_cursor=cursor)


@router.post(
    "/entity-decisions",
    status_code=201,
    summary="Decide whether entities are one company",
    response_model=DecidedEntitiesBody,
    responses=refusals(
        EntityUnknown, EntityDecisionInvalid, EntityDecisionContradicts, KeyReused, StillRunning
    ),
)
async def record_entity_decision(
    draft: EntityDecisionDraft, work: Work, caller: CurrentCaller, key: IdempotencyKey = None
) -> Response:
    """It counts at once, and no resolution ever goes against it. A later decision on the same two replaces it."""

    async def perform() -> Response:
        said = Verdict(
            entity_id=draft.entity_id,
            other_ids=draft.other_entity_ids,
            verdict=draft.verdict,
            note=draft.note,
        )
        rows = await decide_entities(work, said, caller, at=datetime.now(UTC))
        return as_reply(DecidedEntitiesBody(items=[company_entity_body(row) for row in rows]), 201)

    return await done_once(work, (caller, key, "/v1/entity-decisions"), draft, perform)


@listed(router, "/entity-decisions", EntityDecisionBody, summary="List decisions about entities")
async def list_entity_decisions(
    page: PageWanted, connection: Reading, caller: CurrentCaller
) -> Page[EntityDecisionBody]:
    """The last first."""
    key = page.after("entity-decisions")
    before = UUID(str(key[0])) if key else None
    rows = await decision_rows(connection, caller, before=before, limit=page.limit + 1)
    kept, cursor = page.cut(rows, "entity-decisions", lambda row: (str(row.id),))
    return Page(items=[decision_body(row) for row in kept], next_cursor=cursor)


@router.post(
    "/entity-resolutions",
    status_code=202,
    summary="Have entities compared",
    response_model=ResolutionBody,
    responses=refusals(KeyReused, StillRunning),
)
async def ask_entity_resolution(
    draft: ResolutionDraft, work: Work, caller: CurrentCaller, key: IdempotencyKey = None
) -> Response:
    """`Location` is its job. What changed is compared by itself: after loads at once, otherwise within ten minutes."""

    async def perform() -> Response:
        resolution_id = await ask_resolution(work, draft.scope, caller.actor, at=datetime.now(UTC))
        body = resolution_body(await resolution_row(work.connection, resolution_id))
        return as_reply(body, 202, {"Location": f"/v1/jobs/{body.job_id}"})

    return await done_once(work, (caller, key, "/v1/entity-resolutions"), draft, perform)


@listed(router, "/entity-resolutions", ResolutionBody, summary="List comparisons of entities")
async def list_entity_resolutions(
    page: PageWanted, connection: Reading, caller: CurrentCaller
) -> Page[ResolutionBody]:
    """The last first."""
    key = page.after("entity-resolutions")
    before = UUID(str(key[0])) if key else None
    rows = await resolution_rows(connection, before=before, limit=page.limit + 1)
    kept, cursor = page.cut(rows, "entity-resolutions", lambda row: (str(row.id),))
    return Page(items=[resolution_body(row) for row in kept], next_cursor=cursor)


@router.get(
    "/entity-resolutions/{resolution_id}",
    summary="Show a comparison of entities",
    response_model=ResolutionBody,
    responses=refusals(ResolutionUnknown),
)
async def show_entity_resolution(
    resolution_id: Annotated[UUID, Path(description="`id` of the resolution")],
    connection: Reading,
) -> ResolutionBody:
    """How many were compared, and what came of it."""
    return resolution_body(await resolution_row(connection, resolution_id))


@router.post(
    "/entity-sources",
    status_code=201,
    summary="Have companies read from a dataset",
    response_model=EntitySourceBody,
    responses=refusals(DatasetUnknown, DatasetNotYours, EntitySourceInvalid, KeyReused, StillRunning),
)
async def set_entity_source_route(
    draft: EntitySourceDraft, work: Work, caller: CurrentCaller, key: IdempotencyKey = None
) -> Response:
    """By its owner; sent again it replaces what was set. Its newest version, and every one to come, is resolved."""

    async def perform() -> Response:
        at = datetime.now(UTC)
        wished = WishedSource(dataset=draft.dataset, names=draft.columns(), is_unique=draft.is_unique)
        await set_entity_source(work, wished, caller, at=at)
        rows = await source_rows(work.connection, caller, after="", limit=1, dataset=draft.dataset)
        return as_reply(EntitySourceBody.of(rows[0]), 201)

    return await done_once(work, (caller, key, "/v1/entity-sources"), draft, perform)


@listed(router, "/entity-sources", EntitySourceBody, summary="List datasets that name companies")
async def list_entity_sources(
    page: PageWanted, connection: Reading, caller: CurrentCaller
) -> Page[EntitySourceBody]:
    """Those you see, by name."""
    key = page.after("entity-sources")
    rows = await source_rows(connection, caller, after=str(key[0]) if key else "", limit=page.limit + 1)
    kept, cursor = page.cut(rows, "entity-sources", lambda row: (row.dataset,))
    return Page(items=[EntitySourceBody.of(row) for row in kept], next_cursor=cursor)
