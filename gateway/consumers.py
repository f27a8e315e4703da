"""Which events the gateway reads, and the use case that applies each."""

from typing import Final

from gateway.application.tell_live_events import remember_partner_zones, tell_live_events
from gateway.application.translate_events import TRANSLATIONS
from shared.database import UnitOfWork
from shared.events.partners import PartnersChangedV1, PartnersRegisteredV1
from shared.inbox import Subscription, on

SUBSCRIPTIONS: Final[tuple[Subscription[UnitOfWork], ...]] = (
    on(PartnersRegisteredV1, remember_partner_zones),
    on(PartnersChangedV1, remember_partner_zones),
    *(on(event_class, tell_live_events) for event_class in TRANSLATIONS),
)
