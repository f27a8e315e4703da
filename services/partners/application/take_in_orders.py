"""Takes in what the CRM tells of orders: status and value beside other sources, lines where no other source tells them."""

from collections.abc import Sequence
from datetime import UTC, datetime

from services.partners.adapters.crm_orders import add_crm_tellings, numbers_of_other_sources
from services.partners.adapters.unit_of_work import UnitOfWork
from services.partners.application.record_orders import ToldOrder, record_orders
from services.partners.domain.crm_order import CRM_SOURCE, CrmLine, order_of_crm
from services.partners.domain.order import Stamp
from shared.events.crm import OrderChangedV1
from shared.events.envelope import Envelope


async def take_in_orders(work: UnitOfWork, told: Sequence[Envelope[OrderChangedV1]]) -> None:
    """An order whose lines cannot be used, or whose partner nobody knows, stays one without lines."""
    now = datetime.now(UTC)
    await add_crm_tellings(work.connection, told, at=now)
    others = await numbers_of_other_sources(work.connection, [one.data.order_number for one in told])
    orders = [_told(one) for one in told if one.data.order_number not in others]
    usable = [order for order in orders if order is not None]
    if usable:
        await record_orders(work, usable, actor="salesforce", at=now)


def _told(envelope: Envelope[OrderChangedV1]) -> ToldOrder | None:
    one = envelope.data
    lines = [
        CrmLine(
            product_code=line.product_code,
            description=line.description,
            quantity=line.quantity,
            unit_price_minor=line.unit_price_minor,
            requested_on=line.requested_on or one.requested_on,
        )
        for line in one.lines
    ]
    if one.partner_code is None or one.ordered_on is None or one.is_deleted:
        return None
    order = order_of_crm(
        (one.order_number, one.partner_code), one.ordered_on, one.currency, lines, one.purchase_order
    )
    if order is None:
        return None
    stamp = Stamp(one.system_modstamp, envelope.sequence or 0)
    return ToldOrder(order=order, stamp=stamp, source=CRM_SOURCE)
