"""Which events this service reads, and the use case that applies each."""

from typing import Final

from services.reporting.adapters.unit_of_work import UnitOfWork
from services.reporting.application.project_collections import project_receipts, project_reversals
from services.reporting.application.project_statements import project_statements
from shared.events.payments import ReceiptReversedV1, ReceiptsBookedV1, StatementImportedV1
from shared.inbox import Subscription, on

SUBSCRIPTIONS: Final[tuple[Subscription[UnitOfWork], ...]] = (
    on(ReceiptsBookedV1, project_receipts),
    on(ReceiptReversedV1, project_reversals),
    on(StatementImportedV1, project_statements),
)
