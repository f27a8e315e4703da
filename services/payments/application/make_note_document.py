"""Makes a file of an issued credit note once per format and language; from then on the kept bytes are the document."""

import asyncio
import hashlib
from datetime import datetime
from uuid import UUID

from services.payments.adapters.note_documents.rendering import note_file
from services.payments.adapters.repositories.note_documents import (
    NoteFile,
    keep_file,
    kept_file,
    latest_document,
)
from services.payments.adapters.unit_of_work import UnitOfWork
from services.payments.domain.errors import NoteState
from shared.database import Database
from shared.errors import NotFound


async def make_note_document(
    database: Database, note_id: UUID, look: tuple[str, str], at: datetime
) -> NoteFile:
    """The document that counts in `look`, a format and a language.

    NoteState before the issue; NotFound for what a note issued before there were languages was never set in.
    No transaction is open while it is set: that takes a tenth of a second and more for long notes.
    """
    async with database.reading() as connection:
        document = await latest_document(connection, note_id)
        kept = await kept_file(connection, document, look) if document is not None else None
    if document is None:
        raise NoteState("The note is not issued; there is no document of it yet")
    if kept is not None:
        return kept
    content = await asyncio.to_thread(note_file, document.content, look, made_at=document.frozen_at)
    if content is None:
        raise NotFound("The note was issued in English as PDF, and is kept as that alone")
    made = NoteFile(content, hashlib.sha256(content).digest())
    async with UnitOfWork(database) as work:
        await keep_file(work.connection, document, look, made, at)
        await work.commit()
    async with database.reading() as connection:
        return await kept_file(connection, document, look) or made
