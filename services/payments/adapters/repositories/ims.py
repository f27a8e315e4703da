"""Steps of reported credit notes as use cases read and write them."""

from collections.abc import Mapping, Sequence
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from services.payments.adapters.repositories import Row
from services.payments.domain.ims import ImsAction, ImsStep


async def note_of_number(connection: AsyncConnection, supplier_gstin: str, number: str) -> UUID | None:
    """The GST note by what the portal knows it by; the newest of several years."""
    found: UUID | None = await connection.scalar(
        sa.text(
            "SELECT id FROM credit_notes WHERE supplier_gstin = :gstin AND note_type = 'gst'"
            " AND upper(number) = upper(:number) ORDER BY issued_on DESC LIMIT 1"
        ),
        {"gstin": supplier_gstin, "number": number},
    )
    return found


async def ims_steps(connection: AsyncConnection, note_id: UUID) -> list[ImsStep]:
    """What happened to the note so far, the oldest first."""
    rows = await connection.execute(
        sa.text("SELECT * FROM ims_steps WHERE note_id = :id ORDER BY step"), {"id": note_id}
    )
    return [ims_step(row) for row in rows]


async def steps_of_notes(connection: AsyncConnection, note_ids: Sequence[UUID]) -> dict[UUID, list[ImsStep]]:
    """The steps of several notes at once."""
    rows = await connection.execute(
        sa.text("SELECT * FROM ims_steps WHERE note_id = ANY(CAST(:ids AS uuid[])) ORDER BY note_id, step"),
        {"ids": sorted(note_ids)},
    )
    found: dict[UUID, list[ImsStep]] = {}
    for row in rows:
        found.setdefault(row.note_id, []).append(ims_step(row))
    return found


async def add_ims_step(connection: AsyncConnection, values: Mapping[str, object]) -> None:
    await connection.execute(
        sa.text(
            "INSERT INTO ims_steps (note_id, step, action, period, acted_on, reversal_minor, reference, remark,"
            " recorded_at, recorded_by) VALUES (:note_id, :step, :action, :period, :acted_on, :reversal_minor,"
            " :reference, :remark, :at, :by)"
        ),
        values,
    )


def ims_step(row: Row) -> ImsStep:
    """The step in a row with the columns of `ims_steps`."""
    return ImsStep(ImsAction(row.action), row.period, row.acted_on, row.reference, row.reversal_minor)
