"""An order of the CRM with its lines: it knows what was ordered, not what was allocated or sent."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Final

from services.partners.domain.errors import OrderInvalid
from services.partners.domain.order import Order, OrderLine

CRM_SOURCE: Final = "crm"


@dataclass(frozen=True, slots=True, kw_only=True)
class CrmLine:
    """One product as the CRM tells it; `quantity` is a decimal text."""

    product_code: str
    description: str
    quantity: str
    unit_price_minor: int | None
    requested_on: date | None


def order_of_crm(
    names: tuple[str, str],
    ordered_on: date,
    currency: str,
    lines: Sequence[CrmLine],
    customer_reference: str | None,
) -> Order | None:
    """`names` are of the order and the partner. None without lines, without a price, or when lines contradict."""
    if not lines or any(line.unit_price_minor is None for line in lines):
        return None
    try:
        return Order(
            number=names[0],
            partner_code=names[1],
            ordered_on=ordered_on,
            currency=currency,
            customer_reference=customer_reference,
            lines=tuple(
                OrderLine(
                    number=number,
                    product_code=line.product_code,
                    description=line.description,
                    quantity=Decimal(line.quantity),
                    unit_value_minor=line.unit_price_minor or 0,
                    requested_on=line.requested_on,
                )
                for number, line in enumerate(lines, 1)
            ),
        )
    except OrderInvalid:
        return None
