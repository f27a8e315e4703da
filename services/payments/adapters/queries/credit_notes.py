"""Reads about credit notes and the rules they follow."""

from collections.abc import Sequence
from datetime import date
from typing import Final
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from services.payments.adapters.repositories import Row

NOTE_SELECT: Final = (
    "SELECT n.*, o.open_minor, p.name AS partner_name FROM credit_notes n JOIN partners p ON p.code = n.partner_code"
    " LEFT JOIN open_items o ON o.id = n.id"
)
REASON_SELECT: Final = "SELECT r.* FROM credit_note_reasons r"
RULES_SELECT: Final = "SELECT r.* FROM credit_note_rules r"
SERIES_SELECT: Final = "SELECT s.* FROM credit_note_series s"
ANNUAL_RETURN_SELECT: Final = "SELECT a.* FROM annual_returns a"


async def note_lines(connection: AsyncConnection, note_id: UUID) -> Sequence[Row]:
    """The lines with the invoices they are about."""
    return (
        await connection.execute(
            sa.text(
                "SELECT c.*, i.number AS invoice_number, i.issued_on AS invoice_issued_on FROM credit_note_lines c"
                " LEFT JOIN invoices i ON i.id = c.invoice_id WHERE c.note_id = :id ORDER BY c.position"
            ),
            {"id": note_id},
        )
    ).all()


async def note_events(connection: AsyncConnection, note_id: UUID) -> Sequence[Row]:
    """What happened to the note, the oldest first."""
    return (
        await connection.execute(
            sa.text("SELECT * FROM credit_note_events WHERE note_id = :id ORDER BY revision"), {"id": note_id}
        )
    ).all()


async def reasons_on(connection: AsyncConnection, day: date) -> Sequence[Row]:
    """The grounds as they are on the day, those no longer allowed left out."""
    return (
        await connection.execute(
            sa.text(
                "SELECT * FROM (SELECT DISTINCT ON (note_type, code) * FROM credit_note_reasons"
                " WHERE valid_from <= :day ORDER BY note_type, code, valid_from DESC) AS r WHERE r.is_allowed"
                " ORDER BY r.note_type DESC, r.code"
            ),
            {"day": day},
        )
    ).all()


async def note_einvoice(connection: AsyncConnection, note_id: UUID) -> Row | None:
    """The registration with the portal; None for a note that needs none."""
    return (
        await connection.execute(sa.text("SELECT * FROM einvoices WHERE note_id = :id"), {"id": note_id})
    ).one_or_none()


async def note_exchanges(connection: AsyncConnection, note_id: UUID) -> Sequence[Row]:
    """What was said to the portal and what it answered, the oldest first."""
    return (
        await connection.execute(
            sa.text("SELECT * FROM einvoice_exchanges WHERE note_id = :id ORDER BY id"), {"id": note_id}
        )
    ).all()
