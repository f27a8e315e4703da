"""Every type of live event: what it means, what it says, and which resource it is about.

Who may read the resource hears of it: the roles are those of the resource's own route in shared/access.py, so that
nothing is heard that could not be read.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final
from urllib.parse import quote

from pydantic import BaseModel

from gateway.domain import live_collection_data as collections
from gateway.domain import live_data as data
from gateway.domain import live_report_data as report_data
from gateway.domain.live_research_data import (
    CompetitorDigestSharedData,
    CompetitorObservedData,
    ResearchBriefSharedData,
)
from shared.access import RULES, Rule, scopes_covering
from shared.errors import FieldProblem, Forbidden, Invalid

_READERS: Final[Mapping[str, frozenset[str]]] = {
    rule.path_template: rule.roles for rule in RULES if rule.method == "GET"
}
_PARAMETER: Final = re.compile(r"\{[^}]+\}")


@dataclass(frozen=True, slots=True)
class LiveEventType:
    """`resource` is the route of what it is about; its one parameter is replaced by an id to make the link."""

    name: str
    description: str
    resource: str
    data: type[BaseModel]

    @property
    def roles(self) -> frozenset[str]:
        return _READERS[self.resource]

    def link(self, key: object) -> str:
        """Return the path of the resource itself, or of its list where it cannot be read alone."""
        return _PARAMETER.sub(quote(str(key), safe=""), self.resource)


_CREDIT_NOTE: Final = "/v1/credit-notes/{note_id}"
_WAITING: Final = "/v1/booking-clock/credits/{bank_line_id}"
_QUERY: Final = "/v1/payment-queries/{query_id}"
_CONFIRMATION: Final = "/v1/balance-confirmations/{confirmation_id}"
_BOUNCE: Final = "/v1/bounces/{bounce_id}"
_ENDPOINT: Final = "/v1/webhook-endpoints/{endpoint_id}"
_PARTNER: Final = "/v1/partners/{partner}"
_DEAD_LETTER: Final = "/v1/dead-letters/{dead_letter_id}"
_DOCUMENT: Final = "/v1/documents/{document_id}"
_OBSERVATION: Final = "/v1/competitor-observations/{observation_id}"
_DIGEST: Final = "/v1/competitor-digests/{digest_id}"
_BRIEF: Final = "/v1/research-briefs/{brief_id}"
_RESEARCH: Final = "/v1/research-assignments/{assignment_id}"
_COLLECTION: Final = "/v1/collections/{collection_id}"

LIVE_EVENT_TYPES: Final = (
    LiveEventType(
        "receipt.booked",
        "A receipt entered the ledger.",
        "/v1/receipts/{receipt_id}",
        data.ReceiptBookedData,
    ),
    LiveEventType(
        "receipt.reversed",
        "A receipt was taken back; what it had settled is open again.",
        "/v1/receipts/{receipt_id}",
        data.ReceiptReversedData,
    ),
    LiveEventType(
        "allocation.changed",
        "A credit was set against an invoice after its booking, or no longer is.",
        "/v1/invoices/{invoice_id}",
        data.AllocationChangedData,
    ),
    LiveEventType(
        "refund.paid",
        "Money of an advance or credit note was sent back to the partner.",
        "/v1/refunds",
        data.RefundPaidData,
    ),
    LiveEventType(
        "bank_statement.imported",
        "A bank statement was read to its end.",
        "/v1/bank-statements/{bank_statement_id}",
        data.BankStatementImportedData,
    ),
    LiveEventType(
        "credit.unidentified",
        "Money came in and nobody knows whose it is.",
        _WAITING,
        data.CreditWaitingData,
    ),
    LiveEventType(
        "booking.at_risk", "The 24 hours of a credit are running out.", _WAITING, data.CreditWaitingData
    ),
    LiveEventType(
        "booking.overdue",
        "The 24 hours of a credit ran out before it was booked.",
        _WAITING,
        data.CreditWaitingData,
    ),
    LiveEventType(
        "credit_note.requested", "Somebody asked for a credit note.", _CREDIT_NOTE, data.CreditNoteData
    ),
    LiveEventType(
        "credit_note.approved", "Another person approved a credit note.", _CREDIT_NOTE, data.CreditNoteData
    ),
    LiveEventType(
        "credit_note.issued",
        "A credit note got its number and is a credit of the partner.",
        _CREDIT_NOTE,
        data.CreditNoteData,
    ),
    LiveEventType(
        "credit_note.ended",
        "A credit note was refused, withdrawn or cancelled.",
        _CREDIT_NOTE,
        data.CreditNoteData,
    ),
    LiveEventType(
        "credit_note.applied",
        "Something of a credit note was set against invoices.",
        _CREDIT_NOTE,
        data.CreditNoteData,
    ),
    LiveEventType(
        "credit_note.reporting_due",
        "An issued credit note is not registered with the portal yet.",
        "/v1/credit-notes/{note_id}/registration",
        data.CreditNoteReportingDueData,
    ),
    LiveEventType(
        "cheque.bounced", "A cheque came back; its receipt was taken back.", _BOUNCE, data.ChequeBouncedData
    ),
    LiveEventType(
        "cheque.deadline_near",
        "A day that the law sets for a returned cheque is near.",
        _BOUNCE,
        data.BounceDeadlineData,
    ),
    LiveEventType(
        "payment_query.opened",
        "A question about a payment was opened, or opened again.",
        _QUERY,
        data.PaymentQueryData,
    ),
    LiveEventType(
        "payment_query.answered", "A question about a payment was answered.", _QUERY, data.PaymentQueryData
    ),
    LiveEventType(
        "payment_query.overdue", "A question's time ran out without an answer.", _QUERY, data.PaymentQueryData
    ),
    LiveEventType(
        "research_assignment.opened", "Research was asked for.", _RESEARCH, data.ResearchAssignmentData
    ),
    LiveEventType(
        "research_assignment.due_soon",
        "A day is left for an assignment.",
        _RESEARCH,
        data.ResearchAssignmentData,
    ),
    LiveEventType(
        "research_assignment.overdue",
        "An assignment's time ran out.",
        _RESEARCH,
        data.ResearchAssignmentData,
    ),
    LiveEventType(
        "research_assignment.delivered", "Research was delivered.", _RESEARCH, data.ResearchAssignmentData
    ),
    LiveEventType(
        "research_brief.shared",
        "What research found was approved and shared with sales.",
        _BRIEF,
        ResearchBriefSharedData,
    ),
    LiveEventType(
        "competitor.observed",
        "Somebody saw something of a competitor.",
        _OBSERVATION,
        CompetitorObservedData,
    ),
    LiveEventType(
        "competitor_digest.shared", "A digest of competitors was made.", _DIGEST, CompetitorDigestSharedData
    ),
    LiveEventType(
        "submission.asked",
        "Somebody is asked to fill a template.",
        _COLLECTION,
        collections.SubmissionAskedData,
    ),
    LiveEventType(
        "submission.due",
        "Nothing acceptable came of somebody who was asked: time is left, or ran out.",
        _COLLECTION,
        collections.SubmissionDueData,
    ),
    LiveEventType(
        "submission.decided",
        "A filled template was accepted or returned.",
        "/v1/submissions/{submission_id}",
        collections.SubmissionDecidedData,
    ),
    LiveEventType(
        "collection.closed",
        "A collection takes nothing in any more.",
        _COLLECTION,
        collections.CollectionClosedData,
    ),
    LiveEventType(
        "account_statement.published",
        "A partner's account statement was frozen and may be read.",
        "/v1/account-statements/{statement_id}",
        data.AccountStatementData,
    ),
    LiveEventType(
        "balance_confirmation.asked",
        "A partner is asked to confirm its balance.",
        _CONFIRMATION,
        data.BalanceConfirmationData,
    ),
    LiveEventType(
        "balance_confirmation.reminded",
        "A partner that has not replied was reminded.",
        _CONFIRMATION,
        data.BalanceConfirmationData,
    ),
    LiveEventType(
        "balance_confirmation.confirmed",
        "A partner confirmed its balance, or every difference was explained.",
        _CONFIRMATION,
        data.BalanceConfirmationData,
    ),
    LiveEventType(
        "balance_confirmation.disputed",
        "A partner's books say otherwise.",
        _CONFIRMATION,
        data.BalanceConfirmationData,
    ),
    LiveEventType(
        "document.published",
        "A version of a document for a partner was frozen or taken in.",
        _DOCUMENT,
        data.DocumentPublishedData,
    ),
    LiveEventType("document.delivered", "A recipient has a document.", _DOCUMENT, data.DocumentDeliveredData),
    LiveEventType(
        "document.delivery_failed",
        "A delivery bounced, or every attempt failed.",
        "/v1/deliveries/{delivery_id}",
        data.DocumentDeliveryFailedData,
    ),
    LiveEventType(
        "document.acknowledged",
        "A partner agrees to what a document says.",
        _DOCUMENT,
        data.DocumentAcknowledgedData,
    ),
    LiveEventType("partner.registered", "A partner entered the master.", _PARTNER, data.PartnerData),
    LiveEventType("partner.changed", "A partner in the master changed.", _PARTNER, data.PartnerData),
    LiveEventType(
        "payment_sheet.differs",
        "A payment sheet is not what the ledger says, for minutes; nothing of it is sent.",
        "/v1/payment-sheet-differences",
        data.PaymentSheetDifferenceData,
    ),
    LiveEventType(
        "payment_sheet.agrees",
        "A payment sheet that differed is what the ledger says again.",
        "/v1/payment-sheet-differences",
        data.PaymentSheetDifferenceData,
    ),
    LiveEventType(
        "schedule.missed",
        "A run of a schedule of documents started late, was left out, or was not started.",
        "/v1/document-schedules/{schedule_id}",
        data.ScheduleMissedData,
    ),
    LiveEventType(
        "report_subscription.missed",
        "A run of a report subscription started late, was left out, or was not started.",
        "/v1/report-subscriptions/{subscription_id}",
        report_data.SubscriptionMissedData,
    ),
    LiveEventType(
        "source_snapshot.failed",
        "A source system that is read by the clock could not be; says why, and when it is tried again.",
        "/v1/source-systems/{system}/schedule",
        report_data.SourceSnapshotFailedData,
    ),
    LiveEventType(
        "source_snapshot.missed",
        "A snapshot of a source system started late, was left out, or was not started.",
        "/v1/source-systems/{system}/schedule",
        report_data.SourceSnapshotMissedData,
    ),
    LiveEventType(
        "data_issues.changed",
        "The rules looked at a new snapshot: issues were opened, or are gone.",
        "/v1/source-snapshots/{snapshot_id}",
        report_data.DataIssuesChangedData,
    ),
    LiveEventType(
        "dashboard.changed",
        "A dashboard may show other figures; whoever shows it asks again with the ETag it has.",
        "/v1/dashboards/{dashboard}",
        report_data.DashboardChangedData,
    ),
    LiveEventType(
        "webhook_endpoint.stopped",
        "Nothing is sent to an endpoint of yours any more; its owner alone hears it.",
        _ENDPOINT,
        data.WebhookStoppedData,
    ),
    LiveEventType(
        "webhook_endpoint.tested",
        "An endpoint of yours is tried out; its owner alone hears it.",
        _ENDPOINT,
        data.WebhookTestedData,
    ),
    LiveEventType(
        "dead_letter.raised",
        "A service could not apply a message and put it aside.",
        _DEAD_LETTER,
        data.DeadLetterData,
    ),
)
BY_NAME: Final[Mapping[str, LiveEventType]] = {kind.name: kind for kind in LIVE_EVENT_TYPES}


def heard_by(roles: Iterable[str]) -> frozenset[str]:
    """Return the names of the types that these roles open."""
    own = frozenset(roles)
    return frozenset(kind.name for kind in LIVE_EVENT_TYPES if not kind.roles.isdisjoint(own))


def wanted_types(wanted: Iterable[str], roles: Iterable[str], *, pointer: str) -> frozenset[str]:
    """Return the types named, `receipt.*` standing for a family; all that the roles open when none is named.

    Raises Invalid for a name that is no type, Forbidden for one that the roles do not open.
    """
    names = [name.strip() for name in wanted if name.strip()]
    open_to_roles = heard_by(roles)
    if not names:
        return open_to_roles
    found: set[str] = set()
    for name in names:
        named = {known for known in BY_NAME if known == name or _is_of_family(known, name)}
        if not named:
            detail = f"'{name[:60]}' is no type; GET /v1/event-types lists them"
            raise Invalid("There is no such event type", problems=[FieldProblem(pointer, detail)])
        heard = named & open_to_roles
        if not heard:
            raise Forbidden(f"Your roles do not open {name}")
        found |= heard
    return frozenset(found)


def within_scopes(types: frozenset[str], scopes: frozenset[str] | None) -> frozenset[str]:
    """Return those whose resource an API key of these scopes may read; all of them without scopes."""
    if scopes is None:
        return types
    return frozenset(
        name
        for name in types
        if not scopes.isdisjoint(scopes_covering(Rule("GET", BY_NAME[name].resource, BY_NAME[name].roles)))
    )


def heard_of(wanted: Iterable[str], roles: Iterable[str]) -> frozenset[str]:
    """Return the types that were asked for, families as they are today, and that the roles still open."""
    names, open_to_roles = tuple(wanted), heard_by(roles)
    if not names:
        return open_to_roles
    return frozenset(
        known for known in open_to_roles if any(known == name or _is_of_family(known, name) for name in names)
    )


def _is_of_family(known: str, name: str) -> bool:
    return name.endswith(".*") and known.startswith(name[:-1])
