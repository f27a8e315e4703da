"""Orders of the CRM as they were told: every telling is kept, the latest of each record holds."""

from collections.abc import Sequence
from datetime import datetime

import msgspec
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from services.partners.domain.crm_order import CRM_SOURCE
from shared.events.crm import OrderChangedV1
from shared.events.envelope import Envelope


def latest_tellings(condition: str) -> str:
    """SQL of the latest telling of each record of which any telling meets the condition.

    The condition is met by an index first, because there are more tellings than anybody wants to sort.
    """
    return f"""
        SELECT DISTINCT ON (organization_id, record_id) * FROM crm_order_tellings
        WHERE (organization_id, record_id) IN (
            SELECT organization_id, record_id FROM crm_order_tellings WHERE {condition})
        ORDER BY organization_id, record_id, system_modstamp DESC, sequence DESC
    """


async def add_crm_tellings(
    connection: AsyncConnection, told: Sequence[Envelope[OrderChangedV1]], *, at: datetime
) -> None:
    """What is known stays as it is, so that order and repetition do not matter."""
    rows = [
        {
            "organization_id": one.data.organization_id,
            "record_id": one.data.record_id,
            "system_modstamp": one.data.system_modstamp,
            "sequence": one.sequence or 0,
            "order_number": one.data.order_number,
            "partner_code": one.data.partner_code,
            "status": one.data.status,
            "currency": one.data.currency,
            "stated_minor": one.data.amount_minor,
            "ordered_on": one.data.ordered_on,
            "is_deleted": one.data.is_deleted,
        }
        for one in told
    ]
    await connection.execute(
        sa.text(
            "INSERT INTO crm_order_tellings (organization_id, record_id, system_modstamp, sequence, order_number,"
            " partner_code, status, currency, stated_minor, ordered_on, is_deleted, told_at)"
            " SELECT *, CAST(:at AS timestamptz) FROM json_to_recordset(CAST(:rows AS json)) AS told ("
            " organization_id text, record_id text, system_modstamp timestamptz, sequence bigint, order_number text,"
            " partner_code text, status text, currency text, stated_minor bigint, ordered_on date, is_deleted boolean)"
            " ON CONFLICT DO NOTHING"
        ),
        {"rows": msgspec.json.encode(rows).decode(), "at": at},
    )


async def numbers_of_other_sources(connection: AsyncConnection, numbers: Sequence[str]) -> set[str]:
    """Orders that a system with stock and dispatches tells: the CRM's lines say less."""
    rows = await connection.execute(
        sa.text(
            "SELECT order_number FROM orders WHERE order_number = ANY(CAST(:numbers AS text[])) AND source <> :crm"
        ),
        {"numbers": list(numbers), "crm": CRM_SOURCE},
    )
    return set(rows.scalars())
