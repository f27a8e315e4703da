"""Registrations with the invoice registration portal as use cases read and write them."""

from collections.abc import Sequence
from dataclasses import asdict
from datetime import date, datetime
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection
from uuid_utils.compat import uuid7

from services.payments.adapters.einvoice_payload import DOCUMENT_TYPE, registration_payload
from services.payments.adapters.einvoice_registry import Exchange
from services.payments.adapters.queries.credit_notes import note_lines
from services.payments.adapters.repositories import Row
from services.payments.adapters.repositories.credit_notes import partner_facts
from services.payments.adapters.repositories.gst import registration_on
from services.payments.domain.einvoice import Registered, RegistrationStanding


async def add_einvoice(connection: AsyncConnection, note_id: UUID, due_on: date | None, at: datetime) -> None:
    """The note has to be registered, by `due_on` if there is a limit."""
    await connection.execute(
        sa.text(
            "INSERT INTO einvoices (note_id, standing, due_on, failures, last_error, next_attempt_at, updated_at)"
            " VALUES (:id, 'pending', :due_on, 0, '', :at, :at)"
        ),
        {"id": note_id, "due_on": due_on, "at": at},
    )


async def einvoice_for_update(connection: AsyncConnection, note_id: UUID) -> Row | None:
    """The registration, locked; None for a note that needs none."""
    return (
        await connection.execute(
            sa.text("SELECT * FROM einvoices WHERE note_id = :id FOR UPDATE"), {"id": note_id}
        )
    ).one_or_none()


async def einvoice_with_note(connection: AsyncConnection, note_id: UUID) -> Row | None:
    """The registration with number, day and supplier of its note."""
    return (
        await connection.execute(
            sa.text(
                "SELECT e.*, n.number, n.issued_on, n.supplier_gstin, n.reason_text FROM einvoices e"
                " JOIN credit_notes n ON n.id = e.note_id WHERE e.note_id = :id"
            ),
            {"id": note_id},
        )
    ).one_or_none()


async def payload_of(connection: AsyncConnection, note_id: UUID) -> tuple[bytes, tuple[str, str, str]]:
    """What the portal is told of the note, and the (type, number, day) by which it knows it."""
    note = (
        await connection.execute(sa.text("SELECT * FROM credit_notes WHERE id = :id"), {"id": note_id})
    ).one()
    ours = await registration_on(connection, note.supplier_gstin, note.issued_on)
    partner = await partner_facts(connection, note.partner_code)
    assert ours is not None
    assert partner is not None
    payload = registration_payload(note, await note_lines(connection, note_id), ours, partner)
    return payload, (DOCUMENT_TYPE, note.number, f"{note.issued_on:%d/%m/%Y}")


async def keep_exchanges(
    connection: AsyncConnection, note_id: UUID, exchanges: Sequence[Exchange], at: datetime
) -> None:
    for one in exchanges:
        await connection.execute(
            sa.text(
                "INSERT INTO einvoice_exchanges VALUES (:id, :note_id, :operation, :request, :status, :response, :at)"
            ),
            {**asdict(one), "id": uuid7(), "note_id": note_id, "at": at},
        )


async def set_registered(
    connection: AsyncConnection, note_id: UUID, answer: Registered, at: datetime
) -> None:
    await connection.execute(
        sa.text(
            "UPDATE einvoices SET standing = 'registered', irn = :irn, ack_no = :ack_no, ack_at = :ack_at,"
            " signed_invoice = :signed_invoice, signed_qr = :signed_qr, last_error = '', updated_at = :at"
            " WHERE note_id = :id"
        ),
        {**asdict(answer), "id": note_id, "at": at},
    )


async def set_standing(
    connection: AsyncConnection, note_id: UUID, standing: RegistrationStanding, error: str, at: datetime
) -> None:
    await connection.execute(
        sa.text(
            "UPDATE einvoices SET standing = :standing, last_error = :error, next_attempt_at = :at, updated_at = :at"
            " WHERE note_id = :id"
        ),
        {"id": note_id, "standing": standing.value, "error": error, "at": at},
    )


async def note_failure(
    connection: AsyncConnection, note_id: UUID, error: str, retry_at: datetime, at: datetime
) -> None:
    """It stays as it is; the next attempt is due at `retry_at`."""
    await connection.execute(
        sa.text(
            "UPDATE einvoices SET failures = failures + 1, last_error = :error, next_attempt_at = :retry_at,"
            " updated_at = :at WHERE note_id = :id"
        ),
        {"id": note_id, "error": error, "retry_at": retry_at, "at": at},
    )


async def due_einvoices(connection: AsyncConnection, at: datetime, limit: int) -> Sequence[Row]:
    """What waits for the portal and whose next attempt is due, the longest waiting first."""
    return (
        await connection.execute(
            sa.text(
                "SELECT note_id, standing FROM einvoices WHERE standing IN ('pending', 'cancel_pending')"
                " AND next_attempt_at <= :at ORDER BY next_attempt_at LIMIT :limit"
            ),
            {"at": at, "limit": limit},
        )
    ).all()


async def unregistered_notes(connection: AsyncConnection) -> Sequence[Row]:
    """Issued notes that the portal has not taken yet, with their limit."""
    return (
        await connection.execute(
            sa.text(
                "SELECT n.id, n.number, n.issued_on, n.partner_code, p.zone, e.due_on, e.standing FROM einvoices e"
                " JOIN credit_notes n ON n.id = e.note_id JOIN partners p ON p.code = n.partner_code"
                " WHERE e.standing IN ('pending', 'refused') AND n.standing = 'issued' AND e.due_on IS NOT NULL"
                " ORDER BY n.issued_on, n.id"
            )
        )
    ).all()


async def add_alert(connection: AsyncConnection, note_id: UUID, after_days: int, at: datetime) -> bool:
    """False when this day was told of before."""
    added = await connection.execute(
        sa.text("INSERT INTO einvoice_alerts VALUES (:id, :days, :at) ON CONFLICT DO NOTHING"),
        {"id": note_id, "days": after_days, "at": at},
    )
    return added.rowcount == 1
