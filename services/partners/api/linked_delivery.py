"""What whoever holds a link acts on: one delivery of one document."""

from datetime import UTC, datetime
from uuid import UUID

from fastapi import Request, Response
from sqlalchemy.ext.asyncio import AsyncConnection

from services.partners.adapters.delivery_queries import Row, visible_delivery
from services.partners.adapters.document_queries import visible_document
from services.partners.adapters.document_rows import StoredFile, note_opening
from services.partners.application.answer_document import Answer, note_opened
from services.partners.application.obtain_file import DocumentFiles, obtain_file
from services.partners.application.take_in_bounce import EVERYTHING
from services.partners.domain.document import Language
from services.partners.domain.errors import DocumentUnknown, LinkInvalid, PrefetchRefused
from shared.database import UnitOfWork
from shared.documents.attachment import attachment_headers


async def linked_delivery(connection: AsyncConnection, delivery_id: UUID) -> Row:
    """LinkInvalid for one without a document."""
    delivery = await visible_delivery(connection, EVERYTHING, delivery_id)
    if delivery.document_id is None:
        raise LinkInvalid("The link does not lead to a document, or its time is over; ask for a new one")
    return delivery


async def linked_answer(work: UnitOfWork, delivery_id: UUID, objection: str | None) -> Answer:
    """What the holder says to the document."""
    delivery = await linked_delivery(work.connection, delivery_id)
    document = await visible_document(work.connection, EVERYTHING, delivery.document_id)
    return Answer(document=document, delivery_id=delivery.id, objection=objection, actor=actor_of(delivery))


def refuse_prefetch(request: Request) -> None:
    """PrefetchRefused for what a program fetches ahead; it asks again when a person wants it, and that counts.

    Sec-Purpose is of the Fetch standard (as of November 2026); the others are what browsers sent before it.
    """
    sent = request.headers
    words = " ".join(sent.get(name, "") for name in ("sec-purpose", "purpose", "x-purpose", "x-moz")).lower()
    if "prefetch" in words or "prerender" in words or "preview" in words:
        raise PrefetchRefused("A document is given when somebody asks for it, and not ahead")


async def give_linked(
    files: DocumentFiles,
    delivery_id: UUID,
    file_format: str | None,
    language: Language | None = None,
    *,
    is_opened: bool = True,
) -> Response:
    """The bytes as an attachment, the opening kept. DocumentUnknown for a format that was not sent, DocumentRemoved."""
    async with files.database.reading() as connection:
        delivery = await linked_delivery(connection, delivery_id)
    wanted = file_format or delivery.formats[0]
    if wanted not in delivery.formats:
        raise DocumentUnknown(f"The document was not sent as {wanted}")
    spoken = language or Language(delivery.language)
    file, content = await obtain_file(files, delivery.document_id, wanted, spoken)
    if is_opened:
        await _note_opening(files, file, delivery)
    headers = attachment_headers(file.file_name) | {"Cache-Control": "private, no-store"}
    return Response(content, media_type=file.media_type, headers=headers)


async def _note_opening(files: DocumentFiles, file: StoredFile, delivery: Row) -> None:
    now = datetime.now(UTC)
    async with UnitOfWork(files.database) as work:
        await note_opening(work.connection, file, opened_by=actor_of(delivery), at=now)
        await note_opened(work, delivery.id, actor=actor_of(delivery), at=now)
        await work.commit()


def actor_of(delivery: Row) -> str:
    """Who the link was for: whoever holds it acts for that address."""
    return f"link:{delivery.address}"
