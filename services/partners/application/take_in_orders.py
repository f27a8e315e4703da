"""Takes in what the CRM tells of orders: their status and value, beside the lines that other sources tell."""

from collections.abc import Sequence
from datetime import UTC, datetime

from services.partners.adapters.crm_orders import add_crm_tellings
from services.partners.adapters.unit_of_work import UnitOfWork
from shared.events.crm import OrderChangedV1
from shared.events.envelope import Envelope


async def take_in_orders(work: UnitOfWork, told: Sequence[Envelope[OrderChangedV1]]) -> None:
    await add_crm_tellings(work.connection, told, at=datetime.now(UTC))
