"""Documents of credit notes: frozen content, and the files made of it, once per format and language."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

import msgspec
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from services.payments.adapters.note_documents.content import NoteFacts, note_content
from services.payments.adapters.queries.credit_notes import note_lines
from services.payments.adapters.repositories.credit_note_rules import reason_on
from services.payments.adapters.repositories.credit_notes import partner_facts
from services.payments.adapters.repositories.gst import registration_on


@dataclass(frozen=True, slots=True)
class FrozenDocument:
    """One document of a note."""

    note_id: UUID
    document_number: int
    content: dict[str, Any]
    frozen_at: datetime


@dataclass(frozen=True, slots=True)
class NoteFile:
    """A document in one format and language, as it was made first."""

    content: bytes
    sha256: bytes


async def freeze_document(connection: AsyncConnection, note_id: UUID, at: datetime) -> None:
    """Keep what the document says now, with names and addresses as they are; earlier ones stay."""
    content = note_content(await _facts(connection, note_id))
    await connection.execute(
        sa.text(
            "INSERT INTO note_documents (note_id, document_number, content, frozen_at) SELECT :id,"
            " 1 + (SELECT count(*) FROM note_documents WHERE note_id = :id), CAST(:content AS jsonb), :at"
        ),
        {"id": note_id, "content": msgspec.json.encode(content).decode(), "at": at},
    )


async def _facts(connection: AsyncConnection, note_id: UUID) -> NoteFacts:
    note = (
        await connection.execute(sa.text("SELECT * FROM credit_notes WHERE id = :id"), {"id": note_id})
    ).one()
    ours = await registration_on(connection, note.supplier_gstin, note.issued_on)
    partner = await partner_facts(connection, note.partner_code)
    reason = await reason_on(connection, note.note_type, note.reason_code, note.issued_on)
    assert ours is not None
    assert partner is not None
    einvoice = (
        await connection.execute(sa.text("SELECT * FROM einvoices WHERE note_id = :id"), {"id": note_id})
    ).one_or_none()
    name = reason.name if reason else note.reason_code
    return NoteFacts(note, await note_lines(connection, note_id), ours, partner, name, einvoice)


async def latest_document(connection: AsyncConnection, note_id: UUID) -> FrozenDocument | None:
    """The document that counts; None before the issue."""
    row = (
        await connection.execute(
            sa.text(
                "SELECT note_id, document_number, content, frozen_at FROM note_documents WHERE note_id = :id"
                " ORDER BY document_number DESC LIMIT 1"
            ),
            {"id": note_id},
        )
    ).one_or_none()
    return None if row is None else FrozenDocument(*row)


async def kept_file(
    connection: AsyncConnection, document: FrozenDocument, look: tuple[str, str]
) -> NoteFile | None:
    """`look` is format and language. The PDFs made while there were no others lie in a table of their own."""
    row = (await connection.execute(_KEPT, _key(document, look))).one_or_none()
    return None if row is None else NoteFile(*row)


async def keep_file(
    connection: AsyncConnection, document: FrozenDocument, look: tuple[str, str], made: NoteFile, at: datetime
) -> None:
    """Keep the file unless somebody kept it meanwhile: the first one made is the one that counts."""
    await connection.execute(
        sa.text(
            "INSERT INTO note_document_files (note_id, document_number, format, language, content, sha256, made_at)"
            " VALUES (:id, :number, :format, :language, :content, :sha256, :at) ON CONFLICT DO NOTHING"
        ),
        {**_key(document, look), "content": made.content, "sha256": made.sha256, "at": at},
    )


_KEPT: Final = sa.text(
    "SELECT content, sha256 FROM (SELECT 1 AS place, content, sha256 FROM note_document_files"
    " WHERE note_id = :id AND document_number = :number AND format = :format AND language = :language"
    " UNION ALL SELECT 0, pdf, sha256 FROM note_files"
    " WHERE note_id = :id AND document_number = :number AND :format = 'pdf' AND :language = 'en') AS kept"
    " ORDER BY place LIMIT 1"
)


def _key(document: FrozenDocument, look: tuple[str, str]) -> dict[str, object]:
    file_format, language = look
    return {
        "id": document.note_id,
        "number": document.document_number,
        "format": file_format,
        "language": language,
    }
