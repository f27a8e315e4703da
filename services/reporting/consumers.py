"""Which events this service reads, and the use case that applies each."""

from typing import Final

from services.reporting.adapters.unit_of_work import UnitOfWork
from services.reporting.application.project_collections import project_receipts, project_reversals
from services.reporting.application.project_desks import (
    project_acknowledgements,
    project_answers,
    project_deliveries,
    project_documents,
    project_failures,
    project_late_bookings,
    project_objections,
    project_openings,
)
from services.reporting.application.project_orders import (
    project_opportunities,
    project_orders,
    project_partners,
)
from services.reporting.application.project_receivables import (
    project_allocations,
    project_credit_notes,
    project_invoices,
    project_refunds,
    project_settlements,
)
from services.reporting.application.project_statements import project_statements
from services.reporting.application.rebuild_projections import keep_heard
from services.reporting.application.set_subscription import project_calendars
from shared.events.credit_notes import (
    CreditNoteApprovedV1,
    CreditNoteEndedV1,
    CreditNoteIssuedV1,
    CreditNoteRequestedV1,
)
from shared.events.crm import OpportunityChangedV1
from shared.events.document_schedules import HolidayCalendarChangedV1
from shared.events.documents import (
    DocumentAcknowledgedV1,
    DocumentDeliveredV1,
    DocumentDeliveryFailedV1,
    DocumentPublishedV1,
)
from shared.events.orders import OrdersChangedV1, OrdersRecordedV1
from shared.events.partners import PartnersChangedV1, PartnersRegisteredV1
from shared.events.payment_queries import DocumentObjectedV1, QueryAnsweredV1, QueryOpenedV1
from shared.events.payments import (
    AllocationChangedV1,
    BookingOverdueV1,
    InvoicesRegisteredV1,
    ReceiptReversedV1,
    ReceiptsBookedV1,
    RefundPaidV1,
    StatementImportedV1,
)
from shared.inbox import Subscription, on

PROJECTIONS: Final[tuple[Subscription[UnitOfWork], ...]] = (
    on(ReceiptsBookedV1, project_receipts),
    on(ReceiptsBookedV1, project_settlements),
    on(ReceiptReversedV1, project_reversals),
    on(StatementImportedV1, project_statements),
    on(BookingOverdueV1, project_late_bookings),
    on(InvoicesRegisteredV1, project_invoices),
    on(AllocationChangedV1, project_allocations),
    on(RefundPaidV1, project_refunds),
    on(CreditNoteRequestedV1, project_credit_notes),
    on(CreditNoteApprovedV1, project_credit_notes),
    on(CreditNoteIssuedV1, project_credit_notes),
    on(CreditNoteEndedV1, project_credit_notes),
    on(QueryOpenedV1, project_openings),
    on(QueryAnsweredV1, project_answers),
    on(PartnersRegisteredV1, project_partners),
    on(PartnersChangedV1, project_partners),
    on(OrdersRecordedV1, project_orders),
    on(OrdersChangedV1, project_orders),
    on(DocumentPublishedV1, project_documents),
    on(DocumentDeliveredV1, project_deliveries),
    on(DocumentDeliveryFailedV1, project_failures),
    on(DocumentAcknowledgedV1, project_acknowledgements),
    on(DocumentObjectedV1, project_objections),
    on(OpportunityChangedV1, project_opportunities),
)
# What projections are made of is kept first: whoever makes them anew holds up a batch there.
SUBSCRIPTIONS: Final[tuple[Subscription[UnitOfWork], ...]] = (
    *(on(kind, keep_heard) for kind in dict.fromkeys(one.event_class for one in PROJECTIONS)),
    *PROJECTIONS,
    on(HolidayCalendarChangedV1, project_calendars),
)
