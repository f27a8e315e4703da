"""Templates: what respondents are asked, as data, changed as new versions, with a specimen of the workbook."""

from datetime import UTC, date, datetime
from typing import Annotated, Final

from fastapi import APIRouter, Path, Query, Response
from sqlalchemy.ext.asyncio import AsyncConnection

from services.reporting.adapters.template_store import (
    KeptTemplate,
    kept_template,
    kept_templates,
    template_versions,
)
from services.reporting.api.dependencies import PageWanted, Pool, Reading, Work
from services.reporting.api.schemas_templates import (
    TemplateBody,
    TemplateDraft,
    TemplateVersionBody,
    template_body,
    template_version_body,
)
from services.reporting.api.workbook_reply import WORKBOOK_REPLY, workbook_reply
from services.reporting.application.define_template import define_template, redefine_template
from services.reporting.application.make_workbook import specimen_sheet
from services.reporting.domain.errors import (
    TemplateChanged,
    TemplateInvalid,
    TemplateNameTaken,
    TemplateUnknown,
)
from shared.conditional import IfMatch, revision_etag, wanted_revision
from shared.errors import PreconditionMissing
from shared.idempotency import IdempotencyKey, KeyReused, StillRunning
from shared.identity import CurrentCaller
from shared.list_routes import listed
from shared.pagination import Page
from shared.problem_details import refusals
from shared.replies import as_reply, done_once

router = APIRouter(prefix="/v1/templates", tags=["Templates and collections"])
Named = Annotated[
    str, Path(max_length=60, description="Name or id of the template", examples=["sales-forecast"])
]
MONTH: Final = r"^\d{4}-(0[1-9]|1[0-2])$"


@router.post(
    "",
    status_code=201,
    response_model=TemplateBody,
    summary="Define a template",
    responses=refusals(TemplateInvalid, TemplateNameTaken, KeyReused, StillRunning),
)
async def define_template_route(
    draft: TemplateDraft, work: Work, caller: CurrentCaller, key: IdempotencyKey = None
) -> Response:
    """It is checked as a whole: what contradicts itself is refused with the place of each contradiction."""

    async def perform() -> Response:
        template_id = await define_template(work, draft.rule(), owner=caller.actor, at=datetime.now(UTC))
        return _reply(await _kept(work.connection, str(template_id)), 201)

    return await done_once(work, (caller, key, "/v1/templates"), draft, perform)


@listed(router, "", TemplateBody, summary="List templates")
async def list_templates(page: PageWanted, connection: Reading, _caller: CurrentCaller) -> Page[TemplateBody]:
    """By their names."""
    (after,) = page.after("templates") or ("",)
    found = await kept_templates(connection, after=str(after), limit=page.limit + 1)
    kept, cursor = page.cut(found, "templates", lambda one: (one.template.name,))
    return Page(items=[template_body(one) for one in kept], next_cursor=cursor)


@router.get(
    "/{template}",
    response_model=TemplateBody,
    summary="Show a template",
    responses=refusals(TemplateUnknown),
)
async def show_template(template: Named, connection: Reading, _caller: CurrentCaller) -> Response:
    """As it is now; its versions are beneath it."""
    return _reply(await _kept(connection, template))


@router.put(
    "/{template}",
    response_model=TemplateBody,
    summary="Change a template",
    responses=refusals(
        TemplateUnknown, TemplateInvalid, TemplateNameTaken, TemplateChanged, PreconditionMissing
    ),
)
async def redefine_template_route(
    template: Named,
    draft: TemplateDraft,
    work: Work,
    caller: CurrentCaller,
    if_match: IfMatch = None,
) -> Response:
    """The next version; collections that were opened keep theirs."""
    revision = wanted_revision(if_match)
    actor = (caller.actor, datetime.now(UTC))
    await redefine_template(work, template, draft.rule(), revision=revision, actor=actor)
    return _reply(await _kept(work.connection, template))


@listed(
    router,
    "/{template}/versions",
    TemplateVersionBody,
    summary="List versions of a template",
    refuses=(TemplateUnknown,),
)
async def list_template_versions(
    template: Named, page: PageWanted, connection: Reading, _caller: CurrentCaller
) -> Page[TemplateVersionBody]:
    """The newest first."""
    kept = await _kept(connection, template)
    scope = f"template-versions|{kept.id}"
    key = page.after(scope)
    before = int(key[0]) if key else None
    rows = await template_versions(connection, kept.id, before=before, limit=page.limit + 1)
    shown, cursor = page.cut(rows, scope, lambda row: (row.revision,))
    return Page(items=[template_version_body(row) for row in shown], next_cursor=cursor)


@router.get(
    "/{template}/workbook",
    summary="Download a specimen of a template's workbook",
    response_class=Response,
    responses={**WORKBOOK_REPLY, **refusals(TemplateUnknown)},
)
async def download_template_specimen(
    template: Named,
    pool: Pool,
    _caller: CurrentCaller,
    first_month: Annotated[
        str | None,
        Query(pattern=MONTH, description="Its first month; else the next one", examples=["2026-12"]),
    ] = None,
) -> Response:
    """To look at: it has nobody's rows and cannot be sent in."""
    async with pool.reading() as connection:
        kept = await _kept(connection, template)
        month = (
            date.fromisoformat(f"{first_month}-01") if first_month else _next_month(datetime.now(UTC).date())
        )
        sheet = await specimen_sheet(connection, kept, month)
    return await workbook_reply(sheet, f"{kept.template.name}-specimen.xlsx")


async def _kept(connection: AsyncConnection, named: str) -> KeptTemplate:
    kept = await kept_template(connection, named)
    if kept is None:
        raise TemplateUnknown("There is no such template", named=named)
    return kept


def _reply(kept: KeptTemplate, status_code: int = 200) -> Response:
    return as_reply(template_body(kept), status_code, revision_etag(kept.revision))


def _next_month(today: date) -> date:
    return date(today.year + today.month // 12, today.month % 12 + 1, 1)
