"""Which events this service listens to."""

from collections.abc import Sequence

from services.payments.application.open_query import OpenQuery, open_query
from services.payments.application.project_partners import project_partners
from services.payments.domain.business_day import business_day
from services.payments.domain.posting import Posting
from shared.database import UnitOfWork
from shared.events.envelope import Envelope
from shared.events.partners import PartnersChangedV1, PartnersRegisteredV1
from shared.events.payment_queries import DocumentObjectedV1
from shared.inbox import Subscription, on


async def apply_registered(work: UnitOfWork, envelopes: Sequence[Envelope[PartnersRegisteredV1]]) -> None:
    await project_partners(work, [state for envelope in envelopes for state in envelope.data.partners])


async def apply_changed(work: UnitOfWork, envelopes: Sequence[Envelope[PartnersChangedV1]]) -> None:
    await project_partners(work, [state for envelope in envelopes for state in envelope.data.partners])


async def open_objections(work: UnitOfWork, envelopes: Sequence[Envelope[DocumentObjectedV1]]) -> None:
    """An objection opens a question; told twice it is the same one."""
    for envelope in envelopes:
        told = envelope.data
        command = OpenQuery(
            partner_code=told.partner_code,
            category="document_objection",
            subject=f"Objection to {told.title}"[:200],
            body=told.objection,
            channel="objection",
            external_id=f"{told.document_id}:{told.objected_at.isoformat()}",
            links=(("document", str(told.document_id)),),
        )
        await open_query(
            work, command, Posting(told.partner_code, told.objected_at, business_day(told.objected_at))
        )


SUBSCRIPTIONS: Sequence[Subscription[UnitOfWork]] = (
    on(PartnersRegisteredV1, apply_registered),
    on(PartnersChangedV1, apply_changed),
    on(DocumentObjectedV1, open_objections),
)
