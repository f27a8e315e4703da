"""Source systems: described as data, changed as new versions, given files by whoever may write."""

from datetime import UTC, datetime
from typing import Annotated, Any, Final
from uuid import UUID

from fastapi import APIRouter, Path, Query, Request, Response

from services.reporting.adapters.sent_records import FILE_TYPES
from services.reporting.adapters.source_store import kept_sources, sent_files
from services.reporting.api.dependencies import PageWanted, Reading, Work
from services.reporting.api.schemas_source_systems import (
    SourceFileBody,
    SourceSystemBody,
    SourceSystemDraft,
)
from services.reporting.application.describe_source import (
    describe_source,
    redescribe_source,
    send_file,
    source_named,
)
from services.reporting.domain.data_checks.errors import (
    SourceChanged,
    SourceInvalid,
    SourceNameTaken,
    SourceObjectUnknown,
    SourceUnknown,
)
from shared.bulk import BODY_BYTES_MAX, limited_body
from shared.conditional import IfMatch, revision_etag, wanted_revision
from shared.errors import PreconditionMissing, UnsupportedFormat
from shared.idempotency import Attempt, IdempotencyKey, KeyReused, StillRunning, once
from shared.identity import CurrentCaller
from shared.list_routes import listed
from shared.pagination import Page
from shared.problem_details import refusals
from shared.replies import as_reply, done_once

router = APIRouter(prefix="/v1/source-systems", tags=["Data quality"])
SystemNamed = Annotated[
    str, Path(max_length=60, description="Name or id of the source system", examples=["salesforce"])
]
_BODY: Final[dict[str, Any]] = {
    "requestBody": {
        "required": True,
        "description": f"At most {BODY_BYTES_MAX // 2**20} MiB: a table with a header, of a workbook the first sheet.",
        "content": {
            "text/csv": {"schema": {"type": "string"}, "example": "Partner Code,Account Name\nCP-1,Sharma\n"},
            FILE_TYPES[1]: {"schema": {"type": "string", "format": "binary"}},
        },
    }
}


@router.post(
    "",
    status_code=201,
    response_model=SourceSystemBody,
    summary="Describe a source system",
    responses=refusals(SourceInvalid, SourceNameTaken, KeyReused, StillRunning),
)
async def describe_source_system(
    draft: SourceSystemDraft, work: Work, caller: CurrentCaller, key: IdempotencyKey = None
) -> Response:
    """What it holds, by which fields rows are known, and whose they are."""

    async def perform() -> Response:
        await describe_source(work, draft.source(), by=caller.actor, at=datetime.now(UTC))
        kept = await source_named(work.connection, draft.name)
        return as_reply(SourceSystemBody.of(kept), 201, revision_etag(kept.revision))

    return await done_once(work, (caller, key, "/v1/source-systems"), draft, perform)


@listed(router, "", SourceSystemBody, summary="List source systems")
async def list_source_systems(
    page: PageWanted, connection: Reading, _caller: CurrentCaller
) -> Page[SourceSystemBody]:
    """By their names."""
    (after,) = page.after("source-systems") or ("",)
    kept = await kept_sources(connection, after=str(after), limit=page.limit + 1)
    cut, cursor = page.cut(kept, "source-systems", lambda one: (one.source.name,))
    return Page(items=[SourceSystemBody.of(one) for one in cut], next_cursor=cursor)


@router.get(
    "/{system}",
    response_model=SourceSystemBody,
    summary="Show a source system",
    responses=refusals(SourceUnknown),
)
async def show_source_system(system: SystemNamed, connection: Reading, _caller: CurrentCaller) -> Response:
    """Its ETag is what a change sends as If-Match."""
    kept = await source_named(connection, system)
    return as_reply(SourceSystemBody.of(kept), headers=revision_etag(kept.revision))


@router.put(
    "/{system}",
    response_model=SourceSystemBody,
    summary="Describe a source system anew",
    responses=refusals(SourceUnknown, SourceChanged, PreconditionMissing, SourceInvalid, SourceNameTaken),
)
async def change_source_system(
    system: SystemNamed, draft: SourceSystemDraft, work: Work, caller: CurrentCaller, if_match: IfMatch = None
) -> Response:
    """The next version, whole; snapshots keep the one they were taken by."""
    who = (caller.actor, datetime.now(UTC))
    await redescribe_source(work, system, draft.source(), revision=wanted_revision(if_match), who=who)
    kept = await source_named(work.connection, system)
    return as_reply(SourceSystemBody.of(kept), headers=revision_etag(kept.revision))


@router.post(
    "/{system}/files",
    status_code=201,
    response_model=SourceFileBody,
    summary="Send a file of a source system",
    responses=refusals(SourceUnknown, SourceObjectUnknown, KeyReused, StillRunning),
    openapi_extra=_BODY,
)
async def send_source_file(
    system: SystemNamed,
    request: Request,
    work: Work,
    caller: CurrentCaller,
    object_name: Annotated[
        str, Query(alias="object", max_length=60, description="The kind of rows in it", examples=["accounts"])
    ],
    key: IdempotencyKey = None,
) -> Response:
    """Kept as it came; the next snapshot takes the newest of each object, and says what is wrong with it."""
    media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if media_type not in FILE_TYPES:
        raise UnsupportedFormat(
            f"Content-Type '{media_type[:60]}' is not read here; expected one of {', '.join(FILE_TYPES)}"
        )
    content = await limited_body(request)

    async def perform() -> Response:
        sent = (object_name, media_type, content)
        file_id = await send_file(work, system, sent, by=caller.actor, at=datetime.now(UTC))
        kept = await source_named(work.connection, system)
        (row,) = await sent_files(work.connection, kept.id, before=None, limit=1)
        assert row.id == file_id, "it was sent just now"
        return as_reply(SourceFileBody.of(row), 201)

    path = f"POST /v1/source-systems/{system}/files?{object_name}\n".encode()
    attempt = Attempt(caller.subject, key, path + content) if key else None
    return await once(work.connection, attempt, perform)


@listed(
    router,
    "/{system}/files",
    SourceFileBody,
    summary="List files of a source system",
    refuses=(SourceUnknown,),
)
async def list_source_files(
    system: SystemNamed, page: PageWanted, connection: Reading, _caller: CurrentCaller
) -> Page[SourceFileBody]:
    """The newest first."""
    kept = await source_named(connection, system)
    scope = f"source-files|{kept.id}"
    key = page.after(scope)
    before = UUID(str(key[0])) if key else None
    rows = await sent_files(connection, kept.id, before=before, limit=page.limit + 1)
    cut, cursor = page.cut(rows, scope, lambda row: (str(row.id),))
    items = [SourceFileBody.of(row) for row in cut]
    return Page(items=items, next_cursor=cursor)
