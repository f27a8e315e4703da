"""Which events the gateway reads, and the use cases that apply each."""

from typing import Final

from gateway.application.follow_receivables import (
    follow_allocations,
    follow_answers,
    follow_invoices,
    follow_receipts,
    follow_reversals,
)
from gateway.application.follow_research import follow_findings
from gateway.application.tell_live_events import remember_partner_zones, tell_live_events
from gateway.application.translate_events import TRANSLATIONS
from shared.database import UnitOfWork
from shared.events.partners import PartnersChangedV1, PartnersRegisteredV1
from shared.events.payment_queries import QueryAnsweredV1
from shared.events.payments import (
    AllocationChangedV1,
    InvoicesRegisteredV1,
    ReceiptReversedV1,
    ReceiptsBookedV1,
)
from shared.events.research import FindingsSharedV1
from shared.inbox import Subscription, on

SUBSCRIPTIONS: Final[tuple[Subscription[UnitOfWork], ...]] = (
    on(PartnersRegisteredV1, remember_partner_zones),
    on(PartnersChangedV1, remember_partner_zones),
    on(InvoicesRegisteredV1, follow_invoices),
    on(ReceiptsBookedV1, follow_receipts),
    on(ReceiptReversedV1, follow_reversals),
    on(AllocationChangedV1, follow_allocations),
    on(QueryAnsweredV1, follow_answers),
    on(FindingsSharedV1, follow_findings),
    *(on(event_class, tell_live_events) for event_class in TRANSLATIONS),
)
