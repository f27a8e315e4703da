"""Documents of credit notes."""

from datetime import UTC, datetime
from typing import Final
from uuid import UUID

from fastapi import APIRouter, Response

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
_PDF: Final = {"application/pdf": {"schema": {"type": "string", "format": "binary"}}}


@router.get(
    "/{note_id}/document",
    response_class=Response,
    summary="Get a credit note as PDF",
    responses={200: {"content": _PDF}, **UNCHANGED, **refusals(NotFound, NoteState)},
)
async def get_note_document(
    note_id: UUID, pool: Pool, caller: CurrentCaller, if_none_match: IfNoneMatch = None
) -> Response:
    """The same bytes each time, until the note is registered or cancelled. Its ETag is the SHA-256 of the file."""
    async with pool.reading() as connection:
        note = await visible_note(connection, caller, note_id)
    document = await make_note_document(pool, note_id, datetime.now(UTC))
    assert document.pdf is not None
    assert document.sha256 is not None
    etag = f'"{document.sha256.hex()}"'
    headers = {"ETag": etag, "Cache-Control": "private, no-cache"}
    if if_none_match is not None and etag in if_none_match:
        return Response(status_code=304, headers=headers)
    name = f"{note.number.replace('/', '-')}.pdf"
    return Response(
        document.pdf, media_type="application/pdf", headers={**headers, **attachment_headers(name)}
    )
