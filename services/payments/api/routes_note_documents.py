"""Documents of credit notes."""

from datetime import UTC, datetime
from typing import Annotated, Final
from uuid import UUID

from fastapi import APIRouter, Query, Response

from services.payments.adapters.account_documents.labels import Language
from services.payments.adapters.note_documents.rendering import MEDIA_TYPES, NoteFormat
from services.payments.api.dependencies import Pool
from services.payments.api.note_scope import visible_note
from services.payments.application.make_note_document import make_note_document
from services.payments.domain.errors import NoteState
from shared.conditional import UNCHANGED, IfNoneMatch
from shared.documents.attachment import attachment_headers
from shared.errors import NotFound
from shared.identity import CurrentCaller
from shared.problem_details import refusals

router = APIRouter(prefix="/v1/credit-notes", tags=["Credit notes"])
_FILES: Final = {name: {"schema": {"type": "string", "format": "binary"}} for name in MEDIA_TYPES.values()}


@router.get(
    "/{note_id}/document",
    response_class=Response,
    summary="Get a credit note as PDF or XLSX",
    responses={200: {"content": _FILES}, **UNCHANGED, **refusals(NotFound, NoteState)},
)
async def get_note_document(
    note_id: UUID,
    pool: Pool,
    caller: CurrentCaller,
    file_format: Annotated[
        NoteFormat, Query(alias="format", description="The PDF is what is signed; the workbook has its lines")
    ] = "pdf",
    language: Annotated[Language, Query(description="English, Hindi or Marathi")] = "en",
    if_none_match: IfNoneMatch = None,
) -> Response:
    """The same bytes each time, until the note is registered or cancelled. Its ETag is the SHA-256 of the file.

    A note issued before there were languages is a PDF in English: 404 for anything else.
    """
    async with pool.reading() as connection:
        note = await visible_note(connection, caller, note_id)
    document = await make_note_document(pool, note_id, (file_format, language), datetime.now(UTC))
    etag = f'"{document.sha256.hex()}"'
    headers = {"ETag": etag, "Cache-Control": "private, no-cache"}
    if if_none_match is not None and etag in if_none_match:
        return Response(status_code=304, headers=headers)
    name = f"{note.number.replace('/', '-')}{'' if language == 'en' else f'-{language}'}.{file_format}"
    return Response(
        document.content,
        media_type=MEDIA_TYPES[file_format],
        headers={**headers, **attachment_headers(name)},
    )
