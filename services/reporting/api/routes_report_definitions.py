"""Sources and definitions of reports: what can be asked, asked as data, changed as new versions."""

from datetime import UTC, datetime
from typing import Annotated

from fastapi import APIRouter, Path, Response
from sqlalchemy.ext.asyncio import AsyncConnection

from services.reporting.adapters.definition_store import (
    KeptDefinition,
    definition_versions,
    kept_definition,
    kept_definitions,
)
from services.reporting.api.dependencies import PageWanted, Reading, Work
from services.reporting.api.schemas_report_definitions import (
    ReportDefinitionBody,
    ReportDefinitionDraft,
    ReportDefinitionVersionBody,
    ReportSourceBody,
    definition_body,
    definition_version_body,
    source_body,
)
from services.reporting.application.define_report import define_report, redefine_report
from services.reporting.domain.errors import (
    DefinitionChanged,
    DefinitionInvalid,
    DefinitionNameTaken,
    DefinitionUnknown,
    PeriodUnknown,
)
from services.reporting.domain.report_source import SOURCES
from shared.conditional import IfMatch, revision_etag, wanted_revision
from shared.errors import PreconditionMissing
from shared.idempotency import IdempotencyKey, KeyReused, StillRunning
from shared.identity import Caller, CurrentCaller
from shared.list_routes import listed
from shared.pagination import Page
from shared.problem_details import refusals
from shared.replies import as_reply, done_once

router = APIRouter(prefix="/v1", tags=["Reports"])
Named = Annotated[
    str, Path(max_length=60, description="Name or id of the definition", examples=["daily-collections"])
]
_RULES = (DefinitionInvalid, PeriodUnknown)


@listed(router, "/report-sources", ReportSourceBody, summary="List what reports can be made of")
async def list_report_sources(page: PageWanted, _caller: CurrentCaller) -> Page[ReportSourceBody]:
    """Each with its columns, by their names."""
    (after,) = page.after("report-sources") or ("",)
    sources = [source for name, source in sorted(SOURCES.items()) if name > str(after)]
    kept, cursor = page.cut(sources, "report-sources", lambda source: (source.name,))
    return Page(items=[source_body(source) for source in kept], next_cursor=cursor)


@router.post(
    "/report-definitions",
    status_code=201,
    response_model=ReportDefinitionBody,
    summary="Define a report",
    responses=refusals(*_RULES, DefinitionNameTaken, KeyReused, StillRunning),
)
async def define_report_route(
    draft: ReportDefinitionDraft, work: Work, caller: CurrentCaller, key: IdempotencyKey = None
) -> Response:
    """It is checked against its source: what is not known there is refused with what is."""

    async def perform() -> Response:
        definition_id = await define_report(work, draft.rule(), owner=caller.actor, at=datetime.now(UTC))
        kept = await kept_definition(work.connection, str(definition_id))
        assert kept is not None, "it was added just now"
        return _reply(kept, 201)

    return await done_once(work, (caller, key, "/v1/report-definitions"), draft, perform)


@listed(router, "/report-definitions", ReportDefinitionBody, summary="List report definitions")
async def list_report_definitions(
    page: PageWanted, connection: Reading, caller: CurrentCaller
) -> Page[ReportDefinitionBody]:
    """Those for the roles you have, by their names."""
    (after,) = page.after("report-definitions") or ("",)
    kept = await kept_definitions(connection, after=str(after), limit=page.limit + 1)
    cut, cursor = page.cut(kept, "report-definitions", lambda one: (one.definition.name,))
    return Page(items=[definition_body(one) for one in cut if is_for(one, caller)], next_cursor=cursor)


@router.get(
    "/report-definitions/{definition}",
    response_model=ReportDefinitionBody,
    summary="Show a report definition",
    responses=refusals(DefinitionUnknown),
)
async def show_report_definition(definition: Named, connection: Reading, caller: CurrentCaller) -> Response:
    """Its ETag is what a change sends as If-Match."""
    return _reply(await definition_for(connection, definition, caller))


@router.put(
    "/report-definitions/{definition}",
    response_model=ReportDefinitionBody,
    summary="Change a report definition",
    responses=refusals(
        DefinitionUnknown, DefinitionChanged, PreconditionMissing, DefinitionNameTaken, *_RULES
    ),
)
async def change_report_definition(
    definition: Named,
    draft: ReportDefinitionDraft,
    work: Work,
    caller: CurrentCaller,
    if_match: IfMatch = None,
) -> Response:
    """The next version, whole. Runs keep the version that they were made with."""
    await definition_for(work.connection, definition, caller)
    actor = (caller.actor, datetime.now(UTC))
    await redefine_report(work, definition, draft.rule(), revision=wanted_revision(if_match), actor=actor)
    return _reply(await definition_for(work.connection, definition, None))


@listed(
    router,
    "/report-definitions/{definition}/versions",
    ReportDefinitionVersionBody,
    summary="List a definition's versions",
    refuses=(DefinitionUnknown,),
)
async def list_report_definition_versions(
    definition: Named, page: PageWanted, connection: Reading, caller: CurrentCaller
) -> Page[ReportDefinitionVersionBody]:
    """The newest first."""
    kept = await definition_for(connection, definition, caller)
    scope = f"report-definition-versions|{kept.id}"
    key = page.after(scope)
    rows = await definition_versions(
        connection, kept.id, before=int(key[0]) if key else None, limit=page.limit + 1
    )
    cut, cursor = page.cut(rows, scope, lambda row: (row.revision,))
    return Page(items=[definition_version_body(row) for row in cut], next_cursor=cursor)


def is_for(kept: KeptDefinition, caller: Caller) -> bool:
    """Whoever made it, and the roles it is for."""
    return kept.owner == caller.actor or bool(caller.roles & set(kept.definition.audience))


async def definition_for(connection: AsyncConnection, named: str, caller: Caller | None) -> KeptDefinition:
    """DefinitionUnknown also for one that is not for the caller."""
    kept = await kept_definition(connection, named)
    if kept is None or (caller is not None and not is_for(kept, caller)):
        raise DefinitionUnknown("There is no such definition, or it is not for you", named=named)
    return kept


def _reply(kept: KeptDefinition, status_code: int = 200) -> Response:
    return as_reply(definition_body(kept), status_code, revision_etag(kept.revision))
