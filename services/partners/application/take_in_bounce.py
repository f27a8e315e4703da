"""Takes in what a mail system reports of a letter: delivered, delayed, or bounced."""

from datetime import datetime

from services.partners.adapters.delivery_claims import move_on
from services.partners.adapters.delivery_queries import Row, visible_delivery
from services.partners.adapters.delivery_rows import Step, add_step
from services.partners.adapters.unit_of_work import UnitOfWork
from services.partners.domain.bounce import Report, ReportedAction
from services.partners.domain.delivery import DeliveryState
from shared.events.documents import DocumentDeliveryFailedV1
from shared.identity import RowScope

EVERYTHING = RowScope(sees_all=True, zones=frozenset(), partner_code=None)


async def take_in_bounce(work: UnitOfWork, report: Report, *, actor: str, at: datetime) -> Row:
    """The delivery as it is now. The same report again changes nothing but the history.

    Somebody who opened the document has it: what a server on the way says later does not undo that.
    """
    delivery = await visible_delivery(work.connection, EVERYTHING, report.delivery_id)
    said = f"{report.status} {report.said}".strip()
    step = Step(f"reported_{report.action}", said, actor)
    await add_step(work.connection, delivery.id, step, at=at)
    if report.action is ReportedAction.FAILED:
        if await move_on(work.connection, delivery.id, DeliveryState.BOUNCED):
            _tell_bounced(work, delivery, said, at)
    elif report.action is not ReportedAction.DELAYED:
        await move_on(work.connection, delivery.id, DeliveryState.DELIVERED)
    return await visible_delivery(work.connection, EVERYTHING, report.delivery_id)


def _tell_bounced(work: UnitOfWork, delivery: Row, said: str, at: datetime) -> None:
    event = DocumentDeliveryFailedV1(
        delivery_id=delivery.id,
        document_id=delivery.document_id,
        kind=delivery.kind,
        partner_code=delivery.partner_code,
        zone=delivery.zone,
        channel=delivery.channel,
        state=DeliveryState.BOUNCED.value,
        reason=said,
        failed_at=at,
    )
    work.publish(event, partition_key=f"documents-{delivery.partner_code}", subject=str(delivery.id))
