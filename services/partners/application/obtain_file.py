"""Gives the bytes of a document in a format and language: as they were kept, else set or fetched now, and kept."""

import asyncio
import hashlib
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

from services.partners.adapters.document_rows import Row, StoredFile, add_file, document_by_id, files_of
from services.partners.adapters.document_source import DocumentSource
from services.partners.adapters.partner_documents.rendering import render
from services.partners.domain.document import (
    SET_FORMATS,
    DocumentKind,
    Language,
    file_name,
)
from services.partners.domain.errors import DocumentRemoved, DocumentUnknown, SourceUnavailable
from shared.database import Database
from shared.document_store import DocumentStore
from shared.upload_scan import FORMAT_MEDIA_TYPES


@dataclass(frozen=True, slots=True)
class DocumentFiles:
    """What it takes: the database, the store, whoever keeps the documents of others, and the name we send under.

    Without a source only what is in the store can be given.
    """

    database: Database
    store: DocumentStore
    source: DocumentSource | None
    sender: str

    async def close(self) -> None:
        if self.source is not None:
            await self.source.close()


async def obtain_file(
    files: DocumentFiles, document_id: UUID, file_format: str, language: Language
) -> tuple[StoredFile, bytes]:
    """The first to ask has it made; everybody after gets the same bytes.

    DocumentUnknown when there is no such document or format, DocumentRemoved after its retention, and a fault when
    the store or the source does not answer. A document in one language is given in that one.
    """
    async with files.database.reading() as connection:
        document = await document_by_id(connection, document_id)
        kept = await files_of(connection, [document_id])
    if document is None:
        raise DocumentUnknown(f"There is no document {document_id}")
    spoken = document.language or language.value
    stored = _stored(kept, file_format, spoken, datetime.now(UTC))
    if stored is None:
        content = await _made(files, document, file_format, spoken)
        stored = await _kept(files, document, file_format, spoken, content)
    return stored, await files.store.get(stored.sha256)


def _stored(kept: object, file_format: str, language: str, now: datetime) -> StoredFile | None:
    assert isinstance(kept, list | tuple)
    for row in kept:
        if (row.format, row.language) != (file_format, language):
            continue
        if row.removed_at is not None and row.removed_at <= now:
            raise DocumentRemoved(f"The document's files were removed at {row.removed_at:%Y-%m-%d}")
        return StoredFile(
            document_id=row.document_id,
            format=row.format,
            language=row.language,
            media_type=row.media_type,
            file_name=row.file_name,
            sha256=row.sha256,
            size_bytes=row.size_bytes,
        )
    return None


async def _made(files: DocumentFiles, document: Row, file_format: str, language: str) -> bytes:
    if document.content is not None and file_format in SET_FORMATS:
        return await asyncio.to_thread(
            render,
            DocumentKind(document.kind),
            document.content,
            (file_format, language),
            sender=files.sender,
            made_at=document.published_at,
        )
    if document.source_path is None:
        raise DocumentUnknown(f"The document {document.id} is not there as {file_format}")
    if files.source is None:
        raise SourceUnavailable("This process knows no address to fetch documents of other services from")
    content = await files.source.fetch(
        document.source_path, file_format, None if document.language else language
    )
    if file_format == "pdf" and document.content_sha256 not in (None, hashlib.sha256(content).hexdigest()):
        raise SourceUnavailable(f"{document.source_path} is not the document that was published")
    return content


async def _kept(
    files: DocumentFiles, document: Row, file_format: str, language: str, content: bytes
) -> StoredFile:
    """Bytes first, row after: a row without bytes would be a promise that cannot be kept."""
    is_set_here = document.content is not None  # its number says less to the partner than its day
    named_by = f"{document.to_on}" if is_set_here or not document.number else document.number
    words = [document.kind.replace("_", "-"), document.partner_code, named_by]
    file = StoredFile(
        document_id=document.id,
        format=file_format,
        language=language,
        media_type=FORMAT_MEDIA_TYPES[file_format],
        file_name=file_name(words, file_format),
        sha256=await files.store.put(content),
        size_bytes=len(content),
    )
    now = datetime.now(UTC)
    async with files.database.engine.begin() as connection:
        await add_file(connection, file, at=now)
        kept = await files_of(connection, [document.id])
    first = _stored(kept, file_format, language, now)
    assert first is not None
    return first
