"""Which events this service reads, and the use case that applies each."""

from typing import Final

from services.partners.adapters.unit_of_work import UnitOfWork
from services.partners.application.project_documents import (
    project_confirmations,
    project_issued_notes,
    project_reports,
    project_statements,
)
from services.partners.application.project_receivables import (
    project_allocations,
    project_certificates,
    project_charges,
    project_cheques,
    project_credit_notes,
    project_invoices,
    project_queries,
    project_receipts,
    project_refunds,
    project_reversals,
)
from services.partners.application.prove_sheets import take_in_figures
from services.partners.application.take_in_accounts import take_in_accounts
from services.partners.application.take_in_orders import take_in_orders
from shared.events.account_statements import BalanceConfirmationAskedV1, StatementPublishedV1
from shared.events.accounts import AccountsToldV1
from shared.events.credit_notes import (
    CreditNoteApprovedV1,
    CreditNoteEndedV1,
    CreditNoteIssuedV1,
    CreditNoteRequestedV1,
)
from shared.events.crm import AccountChangedV1, OrderChangedV1
from shared.events.instruments import ChequeBouncedV1, ChequeStandingChangedV1
from shared.events.payment_queries import QueryChangedV1
from shared.events.payments import (
    AllocationChangedV1,
    InvoicesRegisteredV1,
    ReceiptReversedV1,
    ReceiptsBookedV1,
    RefundPaidV1,
    TaxCertificateRecordedV1,
)
from shared.events.reporting import ReportPublishedV1
from shared.inbox import Subscription, on

SUBSCRIPTIONS: Final[tuple[Subscription[UnitOfWork], ...]] = (
    on(InvoicesRegisteredV1, project_invoices),
    on(ReceiptsBookedV1, project_receipts),
    on(ReceiptReversedV1, project_reversals),
    on(AllocationChangedV1, project_allocations),
    on(RefundPaidV1, project_refunds),
    on(ChequeBouncedV1, project_charges),
    on(ChequeStandingChangedV1, project_cheques),
    on(TaxCertificateRecordedV1, project_certificates),
    on(QueryChangedV1, project_queries),
    on(AccountsToldV1, take_in_figures),
    on(CreditNoteRequestedV1, project_credit_notes),
    on(CreditNoteApprovedV1, project_credit_notes),
    on(CreditNoteIssuedV1, project_credit_notes),
    on(CreditNoteIssuedV1, project_issued_notes),
    on(CreditNoteEndedV1, project_credit_notes),
    on(StatementPublishedV1, project_statements),
    on(BalanceConfirmationAskedV1, project_confirmations),
    on(ReportPublishedV1, project_reports),
    on(AccountChangedV1, take_in_accounts),
    on(OrderChangedV1, take_in_orders),
)
