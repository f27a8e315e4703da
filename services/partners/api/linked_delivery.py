"""What whoever holds a link acts on: one delivery of one document."""

from datetime import UTC, datetime
from uuid import UUID

from fastapi import Response
from sqlalchemy.ext.asyncio import AsyncConnection

from services.partners.adapters.delivery_queries import Row, visible_delivery
from services.partners.adapters.document_queries import visible_document
from services.partners.adapters.document_rows import note_opening
from services.partners.application.answer_document import Answer, note_opened
from services.partners.application.obtain_file import DocumentFiles, obtain_file
from services.partners.application.take_in_bounce import EVERYTHING
from services.partners.domain.document import Language
from services.partners.domain.errors import DocumentUnknown, LinkInvalid
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


async def give_linked(
    files: DocumentFiles, delivery_id: UUID, file_format: str | None, language: Language | None = None
) -> Response:
    """The bytes as an attachment, the opening kept. DocumentUnknown for a format that was not sent, DocumentRemoved."""
    async with files.database.reading() as connection:
        delivery = await linked_delivery(connection, delivery_id)
    wanted = file_format or delivery.formats[0]
    if wanted not in delivery.formats:
        raise DocumentUnknown(f"The document was not sent as {wanted}")
    spoken = language or Language(delivery.language)
    file, content = await obtain_file(files, delivery.document_id, wanted, spoken)
    now = datetime.now(UTC)
    async with UnitOfWork(files.database) as work:
        await note_opening(work.connection, file, opened_by=actor_of(delivery), at=now)
        await note_opened(work, delivery.id, actor=actor_of(delivery), at=now)
        await work.commit()
    headers = attachment_headers(file.file_name) | {"Cache-Control": "private, no-store"}
    return Response(content, media_type=file.media_type, headers=headers)


def actor_of(delivery: Row) -> str:
    """Who the link was for: whoever holds it acts for that address."""
    return f"link:{delivery.address}"
