"""Reads about our GST registrations and the lines of invoices."""

from collections.abc import Sequence
from datetime import date
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from services.payments.adapters.repositories import Row
from services.payments.adapters.repositories.gst import REGISTRATIONS_ON
from services.payments.adapters.repositories.gst import default_registration as default_registration
from services.payments.adapters.repositories.gst import registration_from as registration_from
from services.payments.adapters.repositories.gst import taxes_of as taxes_of

REGISTRATION_SELECT = "SELECT g.* FROM gst_registrations g"


async def registrations_valid_on(connection: AsyncConnection, day: date) -> Sequence[Row]:
    """What each registration says on the day, those given up left out; the default one first."""
    return (
        await connection.execute(
            sa.text(
                f"SELECT r.* FROM ({REGISTRATIONS_ON}) AS r WHERE r.valid_to IS NULL OR r.valid_to >= :day"
                " ORDER BY r.is_default DESC, r.valid_from DESC, r.gstin"
            ),
            {"day": day},
        )
    ).all()


async def has_derived_lines(connection: AsyncConnection, invoice_id: UUID) -> bool:
    """Whether the lines were made by us because billing told none."""
    found = await connection.scalar(
        sa.text("SELECT bool_or(is_derived) FROM invoice_lines WHERE invoice_id = :id"), {"id": invoice_id}
    )
    return bool(found)
