"""Which events this service listens to."""

from collections.abc import Sequence

from services.payments.application.project_partners import project_partners
from shared.database import UnitOfWork
from shared.events.envelope import Envelope
from shared.events.partners import PartnersChangedV1, PartnersRegisteredV1
from shared.inbox import Subscription, on


async def apply_registered(work: UnitOfWork, envelopes: Sequence[Envelope[PartnersRegisteredV1]]) -> None:
    await project_partners(work, [state for envelope in envelopes for state in envelope.data.partners])


async def apply_changed(work: UnitOfWork, envelopes: Sequence[Envelope[PartnersChangedV1]]) -> None:
    await project_partners(work, [state for envelope in envelopes for state in envelope.data.partners])


SUBSCRIPTIONS: Sequence[Subscription[UnitOfWork]] = (
    on(PartnersRegisteredV1, apply_registered),
    on(PartnersChangedV1, apply_changed),
)
