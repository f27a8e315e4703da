"""Turns orders that were written into the events other services read."""

from collections.abc import Sequence
from decimal import Decimal

from services.partners.adapters.order_store import Telling
from services.partners.adapters.unit_of_work import UnitOfWork
from services.partners.domain.order import OrderLine
from shared.events.envelope import in_events
from shared.events.orders import OrderLineState, OrdersChangedV1, OrdersRecordedV1, OrderTold

PARTITION_KEY = "orders"


def publish_orders(work: UnitOfWork, versions: Sequence[Telling]) -> None:
    """Tell first versions as recorded and later ones as changed, many in one event."""
    for part in in_events([_told(one) for one in versions if one.version == 1]):
        work.publish(OrdersRecordedV1(orders=part), partition_key=PARTITION_KEY, subject=part[0].order_number)
    for part in in_events([_told(one) for one in versions if one.version != 1]):
        work.publish(OrdersChangedV1(orders=part), partition_key=PARTITION_KEY, subject=part[0].order_number)


def quantity_text(quantity: Decimal) -> str:
    """Plain digits without zeros at the end: 10.500 is 10.5."""
    return f"{quantity.normalize():f}"


def _told(telling: Telling) -> OrderTold:
    order = telling.order
    assert telling.version is not None
    return OrderTold(
        order_number=order.number,
        partner_code=order.partner_code,
        version=telling.version,
        ordered_on=order.ordered_on,
        currency=order.currency,
        state=order.state,
        is_held=order.is_held,
        value_minor=order.value_minor,
        open_minor=order.open_minor,
        source=telling.source,
        modified_at=telling.stamp.modified_at,
        lines=tuple(_line(line) for line in order.lines),
    )


def _line(line: OrderLine) -> OrderLineState:
    return OrderLineState(
        number=line.number,
        product_code=line.product_code,
        quantity=quantity_text(line.quantity),
        cancelled=quantity_text(line.cancelled),
        allocated=quantity_text(line.allocated),
        dispatched=quantity_text(line.dispatched),
        state=line.state,
        value_minor=line.value_minor,
        open_minor=line.open_minor,
        requested_on=line.requested_on,
        promised_on=line.promised_on,
    )
