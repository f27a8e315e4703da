"""Keeps how partners are served, as payments and partners tell it: questions, documents, credits that were late."""

from collections.abc import Sequence

from services.reporting.adapters.fact_store import FactKind, keep_facts, note_told
from services.reporting.adapters.unit_of_work import UnitOfWork
from services.reporting.domain.projection import Projection
from shared.events.documents import (
    DocumentAcknowledgedV1,
    DocumentDeliveredV1,
    DocumentDeliveryFailedV1,
    DocumentPublishedV1,
)
from shared.events.envelope import Envelope
from shared.events.payment_queries import DocumentObjectedV1, QueryAnsweredV1, QueryOpenedV1
from shared.events.payments import BookingOverdueV1


async def project_late_bookings(work: UnitOfWork, told: Sequence[Envelope[BookingOverdueV1]]) -> None:
    late = [{**one.data.model_dump(), "told_at": one.time} for one in told]
    await keep_facts(work.connection, FactKind.LATE_BOOKING, late)
    await note_told(work.connection, Projection.BOOKING_CLOCK, told)


async def project_openings(work: UnitOfWork, told: Sequence[Envelope[QueryOpenedV1]]) -> None:
    """The due instant tells one opening from the next."""
    openings = [{**one.data.model_dump(), "opened_at": one.time} for one in told]
    await keep_facts(work.connection, FactKind.QUERY_OPENING, openings)
    await note_told(work.connection, Projection.PAYMENT_QUERIES, told)


async def project_answers(work: UnitOfWork, told: Sequence[Envelope[QueryAnsweredV1]]) -> None:
    await keep_facts(work.connection, FactKind.QUERY_ANSWER, [one.data.model_dump() for one in told])
    await note_told(work.connection, Projection.PAYMENT_QUERIES, told)


async def project_documents(work: UnitOfWork, told: Sequence[Envelope[DocumentPublishedV1]]) -> None:
    await keep_facts(work.connection, FactKind.DOCUMENT, [one.data.model_dump() for one in told])
    await note_told(work.connection, Projection.DOCUMENTS, told)


async def project_deliveries(work: UnitOfWork, told: Sequence[Envelope[DocumentDeliveredV1]]) -> None:
    outcomes = [
        {**one.data.model_dump(), "ended_at": one.data.delivered_at, "is_delivered": True} for one in told
    ]
    await keep_facts(work.connection, FactKind.DELIVERY_OUTCOME, outcomes)
    await note_told(work.connection, Projection.DOCUMENTS, told)


async def project_failures(work: UnitOfWork, told: Sequence[Envelope[DocumentDeliveryFailedV1]]) -> None:
    outcomes = [
        {**one.data.model_dump(), "ended_at": one.data.failed_at, "is_delivered": False} for one in told
    ]
    await keep_facts(work.connection, FactKind.DELIVERY_OUTCOME, outcomes)
    await note_told(work.connection, Projection.DOCUMENTS, told)


async def project_acknowledgements(
    work: UnitOfWork, told: Sequence[Envelope[DocumentAcknowledgedV1]]
) -> None:
    replies = [
        {**one.data.model_dump(), "replied_at": one.data.acknowledged_at, "is_objection": False}
        for one in told
    ]
    await keep_facts(work.connection, FactKind.DOCUMENT_REPLY, replies)
    await note_told(work.connection, Projection.DOCUMENTS, told)


async def project_objections(work: UnitOfWork, told: Sequence[Envelope[DocumentObjectedV1]]) -> None:
    replies = [
        {**one.data.model_dump(), "replied_at": one.data.objected_at, "is_objection": True} for one in told
    ]
    await keep_facts(work.connection, FactKind.DOCUMENT_REPLY, replies)
    await note_told(work.connection, Projection.DOCUMENTS, told)
