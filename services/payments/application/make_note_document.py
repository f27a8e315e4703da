"""Makes the PDF of an issued credit note once; from then on the kept bytes are the document."""

import asyncio
import hashlib
from dataclasses import replace
from datetime import datetime
from uuid import UUID

from services.payments.adapters.note_documents.rendering import note_pdf
from services.payments.adapters.repositories.note_documents import (
    FrozenDocument,
    keep_file,
    latest_document,
)
from services.payments.adapters.unit_of_work import UnitOfWork
from services.payments.domain.errors import NoteState
from shared.database import Database


async def make_note_document(database: Database, note_id: UUID, at: datetime) -> FrozenDocument:
    """The document that counts, with its file. NoteState before the issue.

    No transaction is open while it is set: that takes a tenth of a second and more for long notes.
    """
    async with database.reading() as connection:
        document = await latest_document(connection, note_id)
    if document is None:
        raise NoteState("The note is not issued; there is no document of it yet")
    if document.pdf is not None:
        return document
    pdf = await asyncio.to_thread(note_pdf, document.content)
    made = replace(document, pdf=pdf, sha256=hashlib.sha256(pdf).digest())
    async with UnitOfWork(database) as work:
        await keep_file(work.connection, note_id, made, at)
        await work.commit()
    async with database.reading() as connection:
        kept = await latest_document(connection, note_id)
    return kept if kept is not None and kept.document_number == made.document_number else made
