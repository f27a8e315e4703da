"""What a partner says to a document it got: agreed, or not and why; and that somebody opened it."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from services.partners.adapters.delivery_claims import move_on
from services.partners.adapters.delivery_rows import (
    Step,
    add_reply,
    add_step,
    add_unsubscription,
    deliveries_of_document,
)
from services.partners.adapters.document_queries import Row
from services.partners.adapters.unit_of_work import UnitOfWork
from services.partners.domain.delivery import DeliveryState
from shared.events.documents import DocumentAcknowledgedV1
from shared.events.payment_queries import DocumentObjectedV1


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """To which document, by whom, and by which delivery it came back; an agreement has no objection."""

    document: Row
    delivery_id: UUID | None
    objection: str | None
    actor: str


async def answer_document(work: UnitOfWork, answer: Answer, *, at: datetime) -> bool:
    """False for an agreement that is known. An objection is told to payments, which opens a question."""
    state = DeliveryState.OBJECTED if answer.objection else DeliveryState.ACKNOWLEDGED
    step = Step(state.value, answer.objection, answer.actor)
    document = answer.document
    is_new = await add_reply(work.connection, document.id, answer.delivery_id, step, at=at)
    if not is_new:
        return False
    answered = [answer.delivery_id] if answer.delivery_id else None
    for delivery_id in answered or await deliveries_of_document(work.connection, document.id):
        if await move_on(work.connection, delivery_id, state):
            await add_step(work.connection, delivery_id, step, at=at)
    _tell(work, answer, at)
    return True


async def note_opened(work: UnitOfWork, delivery_id: UUID, *, actor: str, at: datetime) -> None:
    """The first opening moves the delivery; each is in the document's openings."""
    if await move_on(work.connection, delivery_id, DeliveryState.OPENED):
        await add_step(work.connection, delivery_id, Step("opened", None, actor), at=at)


async def unsubscribe(work: UnitOfWork, delivery: Row, *, actor: str, at: datetime) -> None:
    """Of optional documents of the kind, at this address."""
    await add_unsubscription(work.connection, delivery.address, delivery.kind, delivery.id, at)
    await add_step(work.connection, delivery.id, Step("unsubscribed", delivery.kind, actor), at=at)


def _tell(work: UnitOfWork, answer: Answer, at: datetime) -> None:
    document = answer.document
    key = f"documents-{document.partner_code}"
    if answer.objection:
        objected = DocumentObjectedV1(
            document_id=document.id,
            partner_code=document.partner_code,
            title=document.title,
            objection=answer.objection,
            objected_at=at,
        )
        work.publish(objected, partition_key=key, subject=str(document.id))
        return
    acknowledged = DocumentAcknowledgedV1(
        document_id=document.id,
        kind=document.kind,
        partner_code=document.partner_code,
        zone=document.zone,
        title=document.title,
        acknowledged_by=answer.actor,
        acknowledged_at=at,
    )
    work.publish(acknowledged, partition_key=key, subject=str(document.id))
