"""Turns what the services tell each other into what is told outside: one live event per thing and partner.

A batch is split, so that a partner or a zone hears of its own rows and of nothing else.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, TypeVar, cast
from uuid import UUID

from pydantic import BaseModel

from gateway.domain import live_collection_data as collections
from gateway.domain import live_data as data
from gateway.domain import live_report_data as report_data
from gateway.domain.live_research_data import (
    CompetitorDigestSharedData,
    CompetitorObservedData,
    ResearchBriefSharedData,
)
from shared.events import account_statements as statements
from shared.events import accounts, documents, instruments, partners, payments, reporting, research, webhooks
from shared.events import credit_notes as notes
from shared.events import document_schedules as schedules
from shared.events import payment_queries as queries
from shared.events import template_collections as gathered
from shared.events.envelope import Event
from shared.wire import MoneyBody, money


@dataclass(frozen=True, slots=True, kw_only=True)
class Telling:
    """What is told of one thing; `key` names the resource in the link."""

    type: str
    key: str | UUID
    data: BaseModel
    partner_code: str | None = None
    zone: str | None = None
    recipient: str | None = None


Translate = Callable[[Event], Iterable[Telling]]
E = TypeVar("E", bound=Event)


def receipts_booked(event: payments.ReceiptsBookedV1) -> Iterator[Telling]:
    for receipt in event.receipts:
        body = data.ReceiptBookedData(
            receipt_id=receipt.receipt_id,
            partner_code=receipt.partner_code,
            zone=receipt.zone,
            bank_account=receipt.bank_account,
            received_on=receipt.received_on,
            booked_at=receipt.booked_at,
            amount=money(receipt.amount_minor, receipt.currency),
            on_account=money(receipt.on_account_minor, receipt.currency),
            rail=receipt.rail,
            reference=receipt.reference,
            is_on_time=receipt.is_on_time,
            settles=_parts(receipt),
        )
        yield _of_partner("receipt.booked", receipt.receipt_id, body, receipt)


def receipt_reversed(event: payments.ReceiptReversedV1) -> Iterator[Telling]:
    body = data.ReceiptReversedData(
        receipt_id=event.receipt_id,
        partner_code=event.partner_code,
        zone=event.zone,
        reason_code=event.reason_code,
        reversed_on=event.reversed_on,
        amount=money(event.amount_minor, event.currency),
        reopens=_parts(event),
    )
    yield _of_partner("receipt.reversed", event.receipt_id, body, event)


def allocation_changed(event: payments.AllocationChangedV1) -> Iterator[Telling]:
    for change in event.changes:
        amount = money(change.amount_minor, change.currency)
        body = data.AllocationChangedData(**_same(data.AllocationChangedData, change), amount=amount)
        yield _of_partner("allocation.changed", change.invoice_id, body, change)


def refund_paid(event: payments.RefundPaidV1) -> Iterator[Telling]:
    amount = money(event.amount_minor, event.currency)
    body = data.RefundPaidData(**_same(data.RefundPaidData, event), amount=amount)
    yield _of_partner("refund.paid", event.refund_id, body, event)


def statement_imported(event: payments.StatementImportedV1) -> Iterator[Telling]:
    facts = _same(data.BankStatementImportedData, event)
    body = data.BankStatementImportedData(bank_statement_id=event.statement_id, **facts)
    yield Telling(type="bank_statement.imported", key=event.statement_id, data=body)


def credit_waiting(
    event: payments.ReceiptUnidentifiedV1 | payments.BookingAtRiskV1 | payments.BookingOverdueV1,
) -> Iterator[Telling]:
    names = {
        payments.ReceiptUnidentifiedV1: "credit.unidentified",
        payments.BookingAtRiskV1: "booking.at_risk",
        payments.BookingOverdueV1: "booking.overdue",
    }
    amount = money(event.amount_minor, event.currency)
    body = data.CreditWaitingData(**_same(data.CreditWaitingData, event), amount=amount)
    yield Telling(type=names[type(event)], key=event.bank_line_id, data=body, zone=event.zone)


def credit_note_moved(
    event: notes.CreditNoteRequestedV1
    | notes.CreditNoteApprovedV1
    | notes.CreditNoteIssuedV1
    | notes.CreditNoteEndedV1
    | notes.CreditNoteAppliedV1,
) -> Iterator[Telling]:
    note = event.note
    step = event.type_name.split(".")[-2].removeprefix("credit_note_")
    left = event.open_minor if isinstance(event, notes.CreditNoteAppliedV1) else None
    body = data.CreditNoteData(
        credit_note_id=note.note_id,
        total=money(note.total_minor, note.currency),
        open=None if left is None else money(left, note.currency),
        **_same(data.CreditNoteData, note),
    )
    yield _of_partner(f"credit_note.{step}", note.note_id, body, note)


def credit_note_reporting_due(event: notes.CreditNoteReportingDueV1) -> Iterator[Telling]:
    facts = _same(data.CreditNoteReportingDueData, event)
    body = data.CreditNoteReportingDueData(credit_note_id=event.note_id, **facts)
    yield _of_partner("credit_note.reporting_due", event.note_id, body, event)


def cheque_bounced(event: instruments.ChequeBouncedV1) -> Iterator[Telling]:
    """What is told again for those who keep figures is no news."""
    if not event.is_news:
        return
    body = data.ChequeBouncedData(
        amount=money(event.amount_minor, event.currency),
        charge=money(event.charge_minor, event.currency),
        **_same(data.ChequeBouncedData, event),
    )
    yield _of_partner("cheque.bounced", event.bounce_id, body, event)


def bounce_deadline_near(event: instruments.BounceDeadlineNearV1) -> Iterator[Telling]:
    body = data.BounceDeadlineData(**_same(data.BounceDeadlineData, event))
    yield _of_partner("cheque.deadline_near", event.bounce_id, body, event)


def query_moved(
    event: queries.QueryOpenedV1 | queries.QueryAnsweredV1 | queries.QueryOverdueV1,
) -> Iterator[Telling]:
    step = event.type_name.split(".")[-2].removeprefix("query_")
    facts = _same(data.PaymentQueryData, event)
    body = data.PaymentQueryData(payment_query_id=event.query_id, **facts)
    yield _of_partner(f"payment_query.{step}", event.query_id, body, event)


def assignment_moved(event: research.AssignmentEvent) -> Iterator[Telling]:
    step = event.type_name.split(".")[-2].removeprefix("assignment_")
    facts = _same(data.ResearchAssignmentData, event)
    body = data.ResearchAssignmentData(research_assignment_id=event.assignment_id, **facts)
    yield _of_partner(f"research_assignment.{step}", event.assignment_id, body, event)


def findings_shared(event: research.FindingsSharedV1) -> Iterator[Telling]:
    body = ResearchBriefSharedData(**_same(ResearchBriefSharedData, event))
    yield _of_partner("research_brief.shared", event.brief_id, body, event)


def competitor_observed(event: research.CompetitorObservedV1) -> Iterator[Telling]:
    body = CompetitorObservedData(**_same(CompetitorObservedData, event))
    yield Telling(type="competitor.observed", key=event.observation_id, data=body, zone=event.zone)


def competitor_digest_shared(event: research.CompetitorDigestSharedV1) -> Iterator[Telling]:
    body = CompetitorDigestSharedData(**_same(CompetitorDigestSharedData, event))
    yield Telling(type="competitor_digest.shared", key=event.digest_id, data=body, zone=event.zone)


def submission_moved(
    event: gathered.SubmissionAskedV1 | gathered.SubmissionDueV1 | gathered.SubmissionDecidedV1,
) -> Iterator[Telling]:
    match event:
        case gathered.SubmissionDecidedV1():
            decided = collections.SubmissionDecidedData(**_same(collections.SubmissionDecidedData, event))
            yield _of_partner("submission.decided", event.submission_id, decided, event)
        case gathered.SubmissionDueV1():
            due = collections.SubmissionDueData(**_same(collections.SubmissionDueData, event))
            yield _of_partner("submission.due", event.collection_id, due, event)
        case _:
            asked = collections.SubmissionAskedData(**_same(collections.SubmissionAskedData, event))
            yield _of_partner("submission.asked", event.collection_id, asked, event)


def collection_closed(event: gathered.CollectionClosedV1) -> Iterator[Telling]:
    body = collections.CollectionClosedData(**_same(collections.CollectionClosedData, event))
    yield Telling(type="collection.closed", key=event.collection_id, data=body)


def statement_published(event: statements.StatementPublishedV1) -> Iterator[Telling]:
    facts = _same(data.AccountStatementData, event)
    facts["balances"] = [money(one.closing_minor, one.currency) for one in event.balances]
    body = data.AccountStatementData(account_statement_id=event.statement_id, **facts)
    yield _of_partner("account_statement.published", event.statement_id, body, event)


def confirmation_moved(
    event: statements.BalanceConfirmationAskedV1
    | statements.BalanceConfirmationRemindedV1
    | statements.BalanceConfirmedV1
    | statements.BalanceDisputedV1,
) -> Iterator[Telling]:
    step = event.type_name.split(".")[-2].removeprefix("balance_").removeprefix("confirmation_")
    facts = _same(data.BalanceConfirmationData, event)
    if not isinstance(event, statements.BalanceConfirmationRemindedV1):
        facts["balance"] = money(event.balance_minor, event.currency)
    if isinstance(event, statements.BalanceConfirmedV1 | statements.BalanceDisputedV1):
        facts["partner_balance"] = money(event.partner_balance_minor, event.currency)
    body = data.BalanceConfirmationData(balance_confirmation_id=event.confirmation_id, **facts)
    yield _of_partner(f"balance_confirmation.{step}", event.confirmation_id, body, event)


def schedule_missed(event: schedules.ScheduleMissedV1) -> Iterator[Telling]:
    body = data.ScheduleMissedData(**_same(data.ScheduleMissedData, event) | {"reason": event.reason.value})
    yield Telling(type="schedule.missed", key=event.schedule_id, data=body)


def subscription_missed(event: reporting.SubscriptionMissedV1) -> Iterator[Telling]:
    facts = _same(report_data.SubscriptionMissedData, event) | {"reason": event.reason.value}
    body = report_data.SubscriptionMissedData(**facts)
    yield Telling(type="report_subscription.missed", key=event.subscription_id, data=body)


def source_failed(event: reporting.SourceSnapshotFailedV1) -> Iterator[Telling]:
    body = report_data.SourceSnapshotFailedData(**_same(report_data.SourceSnapshotFailedData, event))
    yield Telling(type="source_snapshot.failed", key=event.system, data=body)


def source_missed(event: reporting.SourceSnapshotMissedV1) -> Iterator[Telling]:
    facts = _same(report_data.SourceSnapshotMissedData, event) | {"reason": event.reason.value}
    body = report_data.SourceSnapshotMissedData(**facts)
    yield Telling(type="source_snapshot.missed", key=event.system, data=body)


def issues_changed(event: reporting.DataIssuesChangedV1) -> Iterator[Telling]:
    body = report_data.DataIssuesChangedData(**_same(report_data.DataIssuesChangedData, event))
    yield Telling(type="data_issues.changed", key=event.snapshot_id, data=body)


def dashboards_changed(event: reporting.DashboardsChangedV1) -> Iterator[Telling]:
    for name in event.dashboards:
        body = report_data.DashboardChangedData(dashboard=name, changed_at=event.changed_at)
        yield Telling(type="dashboard.changed", key=name, data=body)


def sheet_compared(
    event: accounts.PaymentSheetDiffersV1 | accounts.PaymentSheetAgreesV1,
) -> Iterator[Telling]:
    step = event.type_name.split(".")[-2].removeprefix("payment_sheet_")
    facts = _same(data.PaymentSheetDifferenceData, event)
    if isinstance(event, accounts.PaymentSheetDiffersV1):
        facts["figures"] = [one.figure for one in event.differences]
    body = data.PaymentSheetDifferenceData(**facts)
    yield Telling(type=f"payment_sheet.{step}", key=event.difference_id, data=body, zone=event.zone)


def partners_told(event: partners.PartnersRegisteredV1 | partners.PartnersChangedV1) -> Iterator[Telling]:
    step = event.type_name.split(".")[-2].removeprefix("partners_")
    for partner in event.partners:
        body = data.PartnerData(**_same(data.PartnerData, partner) | {"status": partner.status.value})
        name = f"partner.{step}"
        yield Telling(type=name, key=partner.code, data=body, partner_code=partner.code, zone=partner.zone)


def endpoint_stopped(event: webhooks.WebhookEndpointStoppedV1) -> Iterator[Telling]:
    facts = _same(data.WebhookStoppedData, event)
    body = data.WebhookStoppedData(webhook_endpoint_id=event.endpoint_id, **facts)
    name = "webhook_endpoint.stopped"
    yield Telling(type=name, key=event.endpoint_id, data=body, recipient=event.owner)


def _of_partner(name: str, key: UUID, body: BaseModel, fact: Any) -> Telling:  # noqa: ANN401 - any fact of a partner
    return Telling(type=name, key=key, data=body, partner_code=fact.partner_code, zone=fact.zone)


def _same(model: type[BaseModel], fact: object) -> dict[str, Any]:
    """Return what the fact and the public body call by the same name; the model checks the values."""
    return {name: getattr(fact, name) for name in model.model_fields if hasattr(fact, name)}


def _parts(fact: payments.ReceiptBooked | payments.ReceiptReversedV1) -> list[data.InvoicePart]:
    def part(one: payments.Allocation | payments.Deduction, kind: str, amount: MoneyBody) -> data.InvoicePart:
        return data.InvoicePart(
            invoice_id=one.invoice_id, invoice_number=one.invoice_number, kind=kind, amount=amount
        )

    settled = [part(one, "receipt", money(one.amount_minor, fact.currency)) for one in fact.allocations]
    kept = [part(one, one.kind, money(one.amount_minor, fact.currency)) for one in fact.deductions]
    return settled + kept


def document_moved(
    event: documents.DocumentPublishedV1
    | documents.DocumentDeliveredV1
    | documents.DocumentDeliveryFailedV1
    | documents.DocumentAcknowledgedV1,
) -> Iterator[Telling]:
    kinds: dict[type[Event], tuple[str, type[BaseModel]]] = {
        documents.DocumentPublishedV1: ("document.published", data.DocumentPublishedData),
        documents.DocumentDeliveredV1: ("document.delivered", data.DocumentDeliveredData),
        documents.DocumentDeliveryFailedV1: ("document.delivery_failed", data.DocumentDeliveryFailedData),
        documents.DocumentAcknowledgedV1: ("document.acknowledged", data.DocumentAcknowledgedData),
    }
    name, body = kinds[type(event)]
    key = event.delivery_id if isinstance(event, documents.DocumentDeliveryFailedV1) else event.document_id
    yield _of_partner(name, key, body.model_validate(_same(body, event)), event)


def _translating(
    translate: Callable[[E], Iterable[Telling]], *classes: type[E]
) -> dict[type[Event], Translate]:
    # Safe because an event is only ever given to the translation of its own class.
    return dict.fromkeys(classes, cast("Translate", translate))


TRANSLATIONS: Final[Mapping[type[Event], Translate]] = {
    **_translating(receipts_booked, payments.ReceiptsBookedV1),
    **_translating(receipt_reversed, payments.ReceiptReversedV1),
    **_translating(allocation_changed, payments.AllocationChangedV1),
    **_translating(refund_paid, payments.RefundPaidV1),
    **_translating(statement_imported, payments.StatementImportedV1),
    **_translating(credit_waiting, payments.ReceiptUnidentifiedV1),
    **_translating(credit_waiting, payments.BookingAtRiskV1),
    **_translating(credit_waiting, payments.BookingOverdueV1),
    **_translating(credit_note_moved, notes.CreditNoteRequestedV1),
    **_translating(credit_note_moved, notes.CreditNoteApprovedV1),
    **_translating(credit_note_moved, notes.CreditNoteIssuedV1),
    **_translating(credit_note_moved, notes.CreditNoteEndedV1),
    **_translating(credit_note_moved, notes.CreditNoteAppliedV1),
    **_translating(credit_note_reporting_due, notes.CreditNoteReportingDueV1),
    **_translating(cheque_bounced, instruments.ChequeBouncedV1),
    **_translating(bounce_deadline_near, instruments.BounceDeadlineNearV1),
    **_translating(query_moved, queries.QueryOpenedV1),
    **_translating(query_moved, queries.QueryAnsweredV1),
    **_translating(query_moved, queries.QueryOverdueV1),
    **_translating(statement_published, statements.StatementPublishedV1),
    **_translating(confirmation_moved, statements.BalanceConfirmationAskedV1),
    **_translating(confirmation_moved, statements.BalanceConfirmationRemindedV1),
    **_translating(confirmation_moved, statements.BalanceConfirmedV1),
    **_translating(confirmation_moved, statements.BalanceDisputedV1),
    **_translating(document_moved, documents.DocumentPublishedV1),
    **_translating(document_moved, documents.DocumentDeliveredV1),
    **_translating(document_moved, documents.DocumentDeliveryFailedV1),
    **_translating(document_moved, documents.DocumentAcknowledgedV1),
    **_translating(assignment_moved, research.AssignmentOpenedV1),
    **_translating(assignment_moved, research.AssignmentDueSoonV1),
    **_translating(assignment_moved, research.AssignmentOverdueV1),
    **_translating(assignment_moved, research.AssignmentDeliveredV1),
    **_translating(findings_shared, research.FindingsSharedV1),
    **_translating(competitor_observed, research.CompetitorObservedV1),
    **_translating(competitor_digest_shared, research.CompetitorDigestSharedV1),
    **_translating(submission_moved, gathered.SubmissionAskedV1),
    **_translating(submission_moved, gathered.SubmissionDueV1),
    **_translating(submission_moved, gathered.SubmissionDecidedV1),
    **_translating(collection_closed, gathered.CollectionClosedV1),
    **_translating(partners_told, partners.PartnersRegisteredV1),
    **_translating(partners_told, partners.PartnersChangedV1),
    **_translating(sheet_compared, accounts.PaymentSheetDiffersV1),
    **_translating(sheet_compared, accounts.PaymentSheetAgreesV1),
    **_translating(schedule_missed, schedules.ScheduleMissedV1),
    **_translating(subscription_missed, reporting.SubscriptionMissedV1),
    **_translating(source_failed, reporting.SourceSnapshotFailedV1),
    **_translating(source_missed, reporting.SourceSnapshotMissedV1),
    **_translating(issues_changed, reporting.DataIssuesChangedV1),
    **_translating(dashboards_changed, reporting.DashboardsChangedV1),
    **_translating(endpoint_stopped, webhooks.WebhookEndpointStoppedV1),
}


def tellings(events: Sequence[Event]) -> Iterator[tuple[int, Telling]]:
    """Yield what is told of each event, with the event's place in the sequence."""
    for place, event in enumerate(events):
        for telling in TRANSLATIONS[type(event)](event):
            yield place, telling
