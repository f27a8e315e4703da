"""Keeps who partners are, what they ordered and what may be ordered, as partners and the CRM tell it."""

from collections.abc import Sequence
from dataclasses import asdict

from services.reporting.adapters.fact_store import FactKind, keep_facts, note_told
from services.reporting.adapters.unit_of_work import UnitOfWork
from services.reporting.domain.projection import Projection
from shared.events.crm import OpportunityChangedV1
from shared.events.envelope import Envelope
from shared.events.orders import OrdersChangedV1, OrdersRecordedV1
from shared.events.partners import PartnersChangedV1, PartnersRegisteredV1


async def project_partners(
    work: UnitOfWork, told: Sequence[Envelope[PartnersRegisteredV1] | Envelope[PartnersChangedV1]]
) -> None:
    partners = [partner for one in told for partner in one.data.partners]
    await keep_facts(work.connection, FactKind.PARTNER, partners)
    await note_told(work.connection, Projection.PARTNERS, told)


async def project_orders(
    work: UnitOfWork, told: Sequence[Envelope[OrdersRecordedV1] | Envelope[OrdersChangedV1]]
) -> None:
    """Lines of every version are kept; those of the order's latest count."""
    orders = [order for one in told for order in one.data.orders]
    lines = [
        {"order_number": order.order_number, "version": order.version, **asdict(line)}
        for order in orders
        for line in order.lines
    ]
    await keep_facts(work.connection, FactKind.ORDER, orders)
    await keep_facts(work.connection, FactKind.ORDER_LINE, lines)
    await note_told(work.connection, Projection.ORDERS, told)


async def project_opportunities(work: UnitOfWork, told: Sequence[Envelope[OpportunityChangedV1]]) -> None:
    opportunities = [
        {
            **one.data.model_dump(),
            "sequence": one.sequence or 0,
            "is_closed": bool(one.data.is_closed or one.data.is_won),
            "is_won": bool(one.data.is_won),
        }
        for one in told
    ]
    await keep_facts(work.connection, FactKind.OPPORTUNITY, opportunities)
    await note_told(work.connection, Projection.PIPELINE, told)
