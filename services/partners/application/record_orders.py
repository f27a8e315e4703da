"""Records orders as sources tell them whole: the later telling counts, an earlier one that comes late is kept."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from uuid_utils.compat import uuid7

from services.partners.adapters.order_store import (
    HeldOrder,
    Telling,
    orders_to_change,
    partner_codes_known,
    write_tellings,
)
from services.partners.adapters.published_orders import publish_orders
from services.partners.adapters.unit_of_work import UnitOfWork
from services.partners.domain.errors import OrderInvalid
from services.partners.domain.order import Order, Stamp
from shared.errors import FieldProblem, Refusal


class OrderOutcome(StrEnum):
    """What a telling did; `late` and `unchanged` changed nothing."""

    RECORDED = "recorded"
    CHANGED = "changed"
    UNCHANGED = "unchanged"
    LATE = "late"


@dataclass(frozen=True, slots=True, kw_only=True)
class ToldOrder:
    """An order as a source says it is, since when."""

    order: Order
    stamp: Stamp
    source: str


@dataclass(frozen=True, slots=True)
class OrderVerdict:
    """What became of a telling; of a late one the version that counts."""

    outcome: OrderOutcome
    order_id: UUID
    version: int


async def record_orders(
    work: UnitOfWork, told: Sequence[ToldOrder], *, actor: str, at: datetime
) -> list[OrderVerdict | Refusal]:
    """One verdict per telling, in order. OrderInvalid is returned for an order of a partner nobody registered."""
    held = await orders_to_change(work.connection, (one.order.number for one in told))
    codes = await partner_codes_known(work.connection, (one.order.partner_code for one in told))
    tellings: list[Telling] = []
    verdicts = [_recorded(one, held, codes, tellings) for one in told]
    if tellings:
        await write_tellings(work.connection, tellings, told_by=actor, at=at)
        publish_orders(work, [one for one in tellings if one.version is not None])
    return verdicts


def _recorded(
    told: ToldOrder, held: dict[str, HeldOrder], codes: set[str], tellings: list[Telling]
) -> OrderVerdict | Refusal:
    if told.order.partner_code not in codes:
        problem = FieldProblem("/partner_code", "expected the code of a registered partner")
        return OrderInvalid(f"There is no partner {told.order.partner_code}", problems=[problem])
    known = held.get(told.order.number)
    if known is not None and told.order == known.order and told.stamp <= known.stamp:
        return OrderVerdict(OrderOutcome.UNCHANGED, known.id, known.version)
    if known is not None and told.stamp < known.stamp:
        tellings.append(_telling(told, known.id, None))
        return OrderVerdict(OrderOutcome.LATE, known.id, known.version)
    order_id, version = (known.id, known.version + 1) if known else (uuid7(), 1)
    tellings.append(_telling(told, order_id, version))
    held[told.order.number] = HeldOrder(
        id=order_id, version=version, order=told.order, stamp=told.stamp, source=told.source
    )
    return OrderVerdict(OrderOutcome.CHANGED if known else OrderOutcome.RECORDED, order_id, version)


def _telling(told: ToldOrder, order_id: UUID, version: int | None) -> Telling:
    return Telling(order_id=order_id, version=version, order=told.order, stamp=told.stamp, source=told.source)
