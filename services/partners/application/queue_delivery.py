"""Queues a document for whoever is to get it; a worker makes the document and sends it."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from services.partners.adapters.delivery_rows import Queueing, add_deliveries, add_wish, contacts_in_roles
from services.partners.adapters.unit_of_work import UnitOfWork
from services.partners.domain.delivery import DeliveryWish
from services.partners.domain.errors import NobodyToDeliverTo


@dataclass(frozen=True, slots=True)
class QueuedDelivery:
    """What was queued; nothing new for a key that is known."""

    request_id: UUID
    delivery_ids: tuple[UUID, ...]
    is_new: bool


async def queue_delivery(
    work: UnitOfWork, wish: DeliveryWish, *, actor: str, at: datetime, not_before: datetime | None = None
) -> QueuedDelivery:
    """In the caller's transaction, once per `wish.key`. Nothing leaves before `not_before`, e.g. the end of quiet hours.

    NobodyToDeliverTo when the roles name no contact and no recipient was given: nothing is queued then, and the key
    stays free.
    """
    found = await contacts_in_roles(work.connection, wish.partner_code, wish.roles, wish.channel)
    recipients = {(one.channel, one.address): one for one in (*wish.recipients, *found)}
    if not recipients:
        roles = ", ".join(wish.roles) or "none"
        raise NobodyToDeliverTo(f"{wish.partner_code} has no contact to deliver to (roles: {roles})")
    when = Queueing(at, not_before or at)
    wished = await add_wish(work.connection, wish, by=actor, when=when)
    if not wished.is_new:
        return QueuedDelivery(wished.request_id, (), is_new=False)
    ids = await add_deliveries(work.connection, wished.request_id, wish, list(recipients.values()), when)
    return QueuedDelivery(wished.request_id, tuple(ids), is_new=True)
