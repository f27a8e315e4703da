"""Files that are evidence for an assignment: handed in, listed, and given out to whoever sees the assignment."""

import base64
from datetime import UTC, datetime
from typing import Annotated, Any, Final
from uuid import UUID

from fastapi import APIRouter, Path, Request, Response

from services.research.adapters.briefs import visible_assignment
from services.research.adapters.files import file_row, file_rows
from services.research.api.announced_name import announced_file_name
from services.research.api.dependencies import Files, PageWanted, Pool, Reading
from services.research.api.routes_assignments import AssignmentId
from services.research.api.schemas_files import ResearchFileBody, file_body
from services.research.application.take_in_file import HandedIn, take_in_file
from services.research.domain.errors import AssignmentState, AssignmentUnknown, ResearchFileUnknown
from shared.conditional import UNCHANGED, IfNoneMatch
from shared.database import UnitOfWork
from shared.documents.attachment import attachment_headers
from shared.idempotency import Attempt, IdempotencyKey, KeyReused, StillRunning, once
from shared.identity import CurrentCaller
from shared.list_routes import listed
from shared.pagination import Page
from shared.problem_details import refusals
from shared.replies import as_reply, known_before
from shared.upload_scan import FORMAT_MEDIA_TYPES, FileRefused, FileTooLarge, scanned_upload

router = APIRouter(prefix="/v1/research-assignments", tags=["Research assignments"])
FileId = Annotated[UUID, Path(description="`id` of the file")]
_BINARY: Final = {"schema": {"type": "string", "format": "binary"}}
_KINDS: Final[dict[str, Any]] = dict.fromkeys(FORMAT_MEDIA_TYPES.values(), _BINARY)
# Pages are fetched and never handed in; given out, no browser may run what stands in them.
_GIVEN_OUT: Final = {**FORMAT_MEDIA_TYPES, "html": "text/html"}
_RUNS_NOTHING: Final = {"Content-Security-Policy": "sandbox; default-src 'none'"}


@listed(
    router,
    "/{assignment_id}/files",
    ResearchFileBody,
    summary="List files of a research assignment",
    refuses=[AssignmentUnknown],
)
async def list_research_files(
    assignment_id: AssignmentId, page: PageWanted, connection: Reading, caller: CurrentCaller
) -> Page[ResearchFileBody]:
    """In the order they were handed in."""
    await visible_assignment(connection, caller.row_scope(), assignment_id)
    scope = f"research-files|{assignment_id}"
    key = page.after(scope)
    after = UUID(str(key[0])) if key else None
    rows = await file_rows(connection, assignment_id, after, page.limit + 1)
    kept, cursor = page.cut(rows, scope, lambda row: (str(row.id),))
    return Page(items=[file_body(row) for row in kept], next_cursor=cursor)


@router.post(
    "/{assignment_id}/files",
    status_code=201,
    summary="Hand in a file for a research assignment",
    response_model=ResearchFileBody,
    responses={
        **known_before(ResearchFileBody),
        **refusals(AssignmentUnknown, AssignmentState, FileRefused, FileTooLarge, KeyReused, StillRunning),
    },
    openapi_extra={
        "requestBody": {"required": True, "description": "The file, at most 20 MiB", "content": _KINDS}
    },
)
async def hand_in_research_file(
    assignment_id: AssignmentId,
    request: Request,
    pool: Pool,
    files: Files,
    caller: CurrentCaller,
    key: IdempotencyKey = None,
) -> Response:
    """The raw body is the file; `Content-Type` is checked against its bytes, and macros, bombs and viruses are refused.

    Its name is that of `Content-Disposition`, a label alone. The same bytes again are the same file (200). Evidence
    names it as `file_id`.
    """
    async with pool.reading() as connection:
        await visible_assignment(connection, caller.row_scope(), assignment_id)
    async with scanned_upload(request) as upload:
        sha256 = await files.put(upload.content)
    told = HandedIn(
        file_name=announced_file_name(request),
        format=upload.format,
        sha256=sha256,
        size_bytes=len(upload.content),
    )
    asked = f"POST /v1/research-assignments/{assignment_id}/files\n{told.file_name}\n{sha256}".encode()
    async with UnitOfWork(pool) as work:

        async def perform() -> Response:
            file_id, is_new = await take_in_file(work, assignment_id, told, caller, at=datetime.now(UTC))
            row = await file_row(work.connection, assignment_id, file_id)
            return as_reply(file_body(row), 201 if is_new else 200)

        reply = await once(work.connection, Attempt(caller.subject, key, asked) if key else None, perform)
        await work.commit()
    return reply


@router.get(
    "/{assignment_id}/files/{file_id}/content",
    summary="Download a file of a research assignment",
    response_class=Response,
    responses={
        200: {"content": {**_KINDS, "text/html": _BINARY}},
        **UNCHANGED,
        **refusals(AssignmentUnknown, ResearchFileUnknown),
    },
)
async def download_research_file(
    assignment_id: AssignmentId,
    file_id: FileId,
    pool: Pool,
    files: Files,
    caller: CurrentCaller,
    if_none_match: IfNoneMatch = None,
) -> Response:
    """An attachment, the bytes that were handed in; their SHA-256 is in `Repr-Digest` (RFC 9530)."""
    async with pool.reading() as connection:
        await visible_assignment(connection, caller.row_scope(), assignment_id)
        file = await file_row(connection, assignment_id, file_id)
    headers = {"ETag": f'"{file.sha256}"'}
    if if_none_match is not None and file.sha256 in if_none_match:
        return Response(status_code=304, headers=headers)
    content = await files.get(file.sha256)
    digest = base64.b64encode(bytes.fromhex(file.sha256)).decode()
    headers |= {"Repr-Digest": f"sha-256=:{digest}:", "Cache-Control": "private, no-cache"}
    return Response(
        content,
        media_type=_GIVEN_OUT[file.format],
        headers=headers | attachment_headers(file.file_name) | _RUNS_NOTHING,
    )
