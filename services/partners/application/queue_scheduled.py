"""Gives the items of fired runs to the deliveries, each apart: one that fails stops no other."""

from datetime import datetime
from typing import Final

import structlog
from sqlalchemy.exc import DBAPIError

from services.partners.adapters.schedule_items import (
    ItemOutcome,
    PlannedItem,
    claim_planned,
    settle_items,
)
from services.partners.adapters.unit_of_work import UnitOfWork
from services.partners.application.queue_delivery import queue_delivery
from services.partners.domain.delivery import DeliveryWish
from shared.errors import Refusal

ITEMS_AT_ONCE: Final = 100
log = structlog.get_logger()


async def queue_scheduled(work: UnitOfWork, at: datetime) -> int:
    """How many items were taken up, at most ITEMS_AT_ONCE; the next call takes the next ones.

    What nobody can get fails with its reason. What the database refuses is tried again a few times, without the others.
    """
    items = await claim_planned(work.connection, ITEMS_AT_ONCE)
    if items:
        outcomes = [await _queued(work, item, at) for item in items]
        await settle_items(work.connection, outcomes, at)
    return len(items)


async def _queued(work: UnitOfWork, item: PlannedItem, at: datetime) -> ItemOutcome:
    wish = DeliveryWish(
        key=f"schedule/{item.run_id}/{item.partner_code}/{item.kind}",
        partner_code=item.partner_code,
        kind=item.kind,
        period=item.period,
        roles=item.roles,
        channel=item.channel,
        formats=item.formats,
        document_id=item.document_id,
    )
    actor = f"schedule:{item.schedule_id}"
    try:
        async with work.connection.begin_nested():
            queued = await queue_delivery(work, wish, actor=actor, at=at, not_before=item.release_at)
    except Refusal as refusal:
        return ItemOutcome(item, reason=refusal.detail)
    except DBAPIError as error:
        log.warning("schedule_item_not_queued", run_id=str(item.run_id), error=repr(error.orig))
        return ItemOutcome(item)
    return ItemOutcome(item, request_id=queued.request_id)
