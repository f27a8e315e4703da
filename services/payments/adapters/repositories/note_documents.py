"""Documents of credit notes: frozen content, and the file made of it once."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
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
    """One document of a note; `pdf` is None until it was made for the first time."""

    document_number: int
    content: dict[str, Any]
    pdf: bytes | None
    sha256: bytes | None


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
                "SELECT d.document_number, d.content, f.pdf, f.sha256 FROM note_documents d"
                " LEFT JOIN note_files f USING (note_id, document_number) WHERE d.note_id = :id"
                " ORDER BY d.document_number DESC LIMIT 1"
            ),
            {"id": note_id},
        )
    ).one_or_none()
    return None if row is None else FrozenDocument(*row)


async def keep_file(
    connection: AsyncConnection, note_id: UUID, document: FrozenDocument, at: datetime
) -> None:
    """Keep the file unless somebody kept it meanwhile: the first one made is the one that counts."""
    await connection.execute(
        sa.text(
            "INSERT INTO note_files (note_id, document_number, pdf, sha256, made_at)"
            " VALUES (:id, :number, :pdf, :sha256, :at) ON CONFLICT DO NOTHING"
        ),
        {
            "id": note_id,
            "number": document.document_number,
            "pdf": document.pdf,
            "sha256": document.sha256,
            "at": at,
        },
    )
