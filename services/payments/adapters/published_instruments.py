"""Tells other services how cheques in hand stand."""

from collections.abc import Sequence
from uuid import UUID

import sqlalchemy as sa

from services.payments.adapters.unit_of_work import UnitOfWork
from services.payments.domain.cheque_return import months_after
from services.payments.domain.instrument import VALID_MONTHS
from shared.events.instruments import ChequeStandingChangedV1


async def publish_standings(work: UnitOfWork, instrument_ids: Sequence[UUID]) -> None:
    """Tell each cheque as its row says it is now."""
    if not instrument_ids:
        return
    rows = await work.connection.execute(
        sa.text(
            "SELECT i.*, p.zone FROM instruments i JOIN partners p ON p.code = i.partner_code"
            " WHERE i.id = ANY(CAST(:ids AS uuid[])) ORDER BY i.id"
        ),
        {"ids": list(instrument_ids)},
    )
    for row in rows:
        event = ChequeStandingChangedV1(
            instrument_id=row.id,
            partner_code=row.partner_code,
            zone=row.zone,
            cheque_number=row.cheque_number,
            drawee_bank=row.drawee_bank,
            currency=row.currency,
            amount_minor=row.amount_minor,
            cheque_on=row.cheque_on,
            received_on=row.received_on,
            stale_on=months_after(row.cheque_on, VALID_MONTHS),
            standing=row.standing,
            items=tuple(row.items),
            revision=row.revision,
        )
        work.publish(event, partition_key=str(row.id), subject=str(row.id))
