"""Documents of partners: listed, shown, made, handed in, and given out."""

import base64
from datetime import UTC, datetime
from typing import Annotated, Final
from uuid import UUID

from fastapi import APIRouter, Query, Request, Response

from services.partners.adapters.document_queries import (
    DocumentFilter,
    document_rows,
    opening_rows,
    visible_document,
)
from services.partners.adapters.document_rows import note_opening
from services.partners.adapters.queries import owner_named, partner_named
from services.partners.api.dependencies import Files, PageWanted, Reading, Work
from services.partners.api.schemas_documents import (
    DocumentBody,
    DocumentOpeningBody,
    DocumentRenderingDraft,
    FormatName,
    HandedInKind,
    document_body,
)
from services.partners.application.freeze_document import (
    BUSINESS_TIME_ZONE,
    FreezeDocument,
    freeze_document,
)
from services.partners.application.obtain_file import obtain_file
from services.partners.application.take_in_file import HandedIn, take_in_file
from services.partners.domain.document import TITLE_LENGTH_MAX, DocumentKind, Language, Period
from services.partners.domain.errors import (
    DocumentInvalid,
    DocumentRemoved,
    DocumentUnknown,
    PartnerUnknown,
    SheetUnproved,
)
from shared.conditional import UNCHANGED, IfNoneMatch
from shared.documents.attachment import attachment_headers
from shared.idempotency import Attempt, IdempotencyKey, KeyReused, StillRunning, once
from shared.identity import CurrentCaller
from shared.list_routes import listed
from shared.pagination import Page
from shared.problem_details import refusals
from shared.replies import as_reply, done_once, known_before
from shared.upload_scan import FORMAT_MEDIA_TYPES, FileRefused, FileTooLarge, scanned_upload
from shared.wire import Day

router = APIRouter(prefix="/v1", tags=["Documents"])
_BINARY: Final = {"schema": {"type": "string", "format": "binary"}}
_UPLOADED: Final = {
    "requestBody": {"required": True, "content": dict.fromkeys(FORMAT_MEDIA_TYPES.values(), _BINARY)}
}


@listed(router, "/documents", DocumentBody, summary="List documents of partners")
async def list_documents(
    page: PageWanted,
    connection: Reading,
    caller: CurrentCaller,
    partner_code: Annotated[str | None, Query(max_length=40)] = None,
    kind: DocumentKind | None = None,
    to_gte: Annotated[Day | None, Query(description="Whose last day is not before")] = None,
    to_lte: Annotated[Day | None, Query(description="Whose last day is not after")] = None,
    is_superseded: Annotated[bool | None, Query(description="False: only the current ones")] = None,
) -> Page[DocumentBody]:
    """Newest first; superseded versions stay."""
    scope = f"documents|{partner_code}|{kind}|{to_gte}|{to_lte}|{is_superseded}"
    key = page.after(scope)
    after = (datetime.fromisoformat(str(key[0])), UUID(str(key[1]))) if key else None
    chosen = DocumentFilter(
        partner_code=partner_code, kind=kind, to_gte=to_gte, to_lte=to_lte, is_superseded=is_superseded
    )
    rows = await document_rows(connection, caller.row_scope(), chosen, after=after, limit=page.limit + 1)
    kept, cursor = page.cut(rows, scope, lambda row: (row.published_at.isoformat(), str(row.id)))
    return Page(items=[document_body(row) for row in kept], next_cursor=cursor)


@router.get(
    "/documents/{document_id}",
    response_model=DocumentBody,
    summary="Show a document",
    responses=refusals(DocumentUnknown),
)
async def show_document(document_id: UUID, connection: Reading, caller: CurrentCaller) -> DocumentBody:
    """What it is, its versions' order, its files and hashes."""
    return document_body(await visible_document(connection, caller.row_scope(), document_id))


@router.get(
    "/documents/{document_id}/content",
    summary="Download a document",
    response_class=Response,
    responses={
        200: {"content": dict.fromkeys(FORMAT_MEDIA_TYPES.values(), _BINARY)},
        **UNCHANGED,
        **refusals(DocumentUnknown, DocumentRemoved),
    },
)
async def download_document(
    document_id: UUID,
    files: Files,
    caller: CurrentCaller,
    file_format: Annotated[FormatName, Query(alias="format", description="One of its formats")] = "pdf",
    language: Annotated[Language, Query(description="Of a document that is set in any")] = Language.ENGLISH,
    if_none_match: IfNoneMatch = None,
) -> Response:
    """An attachment, the same bytes every time; their SHA-256 is in `Repr-Digest` (RFC 9530). Each opening is kept."""
    async with files.database.reading() as connection:
        await visible_document(connection, caller.row_scope(), document_id)
    file, content = await obtain_file(files, document_id, file_format, language)
    digest = base64.b64encode(bytes.fromhex(file.sha256)).decode()
    headers = attachment_headers(file.file_name) | {
        "ETag": f'"{file.sha256}"',
        "Repr-Digest": f"sha-256=:{digest}:",
        "Cache-Control": "private, no-cache",
    }
    if if_none_match is not None and file.sha256 in if_none_match:
        return Response(status_code=304, headers={"ETag": headers["ETag"]})
    async with files.database.engine.begin() as connection:
        await note_opening(connection, file, opened_by=caller.actor, at=datetime.now(UTC))
    return Response(content, media_type=file.media_type, headers=headers)


@listed(
    router,
    "/documents/{document_id}/openings",
    DocumentOpeningBody,
    summary="List who opened a document",
    refuses=[DocumentUnknown],
)
async def list_document_openings(
    document_id: UUID, page: PageWanted, connection: Reading, caller: CurrentCaller
) -> Page[DocumentOpeningBody]:
    """The last first."""
    await visible_document(connection, caller.row_scope(), document_id)
    scope = f"document-openings|{document_id}"
    key = page.after(scope)
    rows = await opening_rows(
        connection, document_id, after=int(key[0]) if key else None, limit=page.limit + 1
    )
    kept, cursor = page.cut(rows, scope, lambda row: (row.id,))
    items = [
        DocumentOpeningBody.model_validate({n: getattr(row, n) for n in DocumentOpeningBody.model_fields})
        for row in kept
    ]
    return Page(items=items, next_cursor=cursor)


@router.post(
    "/document-renderings",
    status_code=201,
    response_model=DocumentBody,
    summary="Make a payment sheet or an order board now",
    responses={
        **known_before(DocumentBody),
        **refusals(PartnerUnknown, DocumentInvalid, KeyReused, StillRunning, SheetUnproved),
    },
)
async def make_document(
    draft: DocumentRenderingDraft, work: Work, caller: CurrentCaller, key: IdempotencyKey = None
) -> Response:
    """Frozen as a version of its day; 200 with the version that holds when nothing has changed since.

    A new version of an order board is also published, so that the partner's next board is compared with it.
    """
    now = datetime.now(UTC)

    async def perform() -> Response:
        partner = await owner_named(work.connection, caller.row_scope(), draft.partner_code)
        wanted = FreezeDocument(
            partner=partner,
            kind=DocumentKind(draft.kind),
            cut_off_on=draft.cut_off_on or now.astimezone(BUSINESS_TIME_ZONE).date(),
            as_of=now,
            actor=caller.actor,
        )
        added = await freeze_document(work, wanted)
        row = await visible_document(work.connection, caller.row_scope(), added.id)
        return as_reply(document_body(row), 201 if added.is_new else 200)

    return await done_once(work, (caller, key, "/v1/document-renderings"), draft, perform)


@router.post(
    "/documents",
    status_code=201,
    response_model=DocumentBody,
    summary="Hand in a document for a partner",
    responses={
        **known_before(DocumentBody),
        **refusals(
            PartnerUnknown,
            DocumentInvalid,
            FileRefused,
            FileTooLarge,
            KeyReused,
            StillRunning,
        ),
    },
    openapi_extra=_UPLOADED,
)
async def hand_in_document(  # noqa: PLR0913, PLR0917 - the parts of what is handed in, by name
    request: Request,
    work: Work,
    files: Files,
    caller: CurrentCaller,
    partner_code: Annotated[str, Query(max_length=40)],
    title: Annotated[str, Query(min_length=1, max_length=TITLE_LENGTH_MAX, description="What it is called")],
    from_on: Annotated[Day, Query(description="First day it is about")],
    to_on: Annotated[Day, Query(description="Last day it is about")],
    kind: Annotated[HandedInKind, Query(description="What it is")] = "uploaded_file",
    language: Annotated[Language, Query(description="What it is written in")] = Language.ENGLISH,
    key: IdempotencyKey = None,
) -> Response:
    """The raw body is the file; its type is checked against its bytes, and macros, bombs and viruses are refused.

    The same bytes under the same title and period are known before (200); others are its next version.
    """
    if from_on > to_on:
        raise DocumentInvalid(f"The period ends on {to_on}, before it begins on {from_on}")
    async with scanned_upload(request) as upload:
        sha256 = await files.store.put(upload.content)

    async def perform() -> Response:
        told = HandedIn(
            partner=await partner_named(work.connection, caller.row_scope(), partner_code),
            kind=DocumentKind(kind),
            title=" ".join(title.split()),
            period=Period(from_on, to_on),
            language=language,
            format=upload.format,
            sha256=sha256,
            size_bytes=len(upload.content),
            actor=caller.actor,
        )
        added = await take_in_file(work, told, at=datetime.now(UTC))
        row = await visible_document(work.connection, caller.row_scope(), added.id)
        return as_reply(document_body(row), 201 if added.is_new else 200)

    asked = f"POST /v1/documents?{request.url.query}\n{sha256}".encode()
    return await once(work.connection, Attempt(caller.subject, key, asked) if key else None, perform)
