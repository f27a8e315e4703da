"""Which roles may call which route: one table, denied by default, enforced by gateway and services.

The table says nothing about rows: a role that may list receipts still sees only those its row scope admits.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final

from fastapi.routing import iter_route_contexts
from starlette.applications import Starlette
from starlette.types import ASGIApp, Receive, Scope, Send

from shared.errors import Forbidden, Malformed, NotFound, Refusal
from shared.identity import LINK_HOLDER, ROLES, Caller, InternalTokenVerifier, bearer_token

PUBLIC_PATHS: Final = frozenset({"/health/live", "/health/ready", "/metrics", "/openapi.json"})

EVERYBODY: Final = ROLES
BACK_OFFICE: Final = frozenset({"coordinator", "approver", "integration", "auditor", "admin"})
WRITERS: Final = frozenset({"coordinator", "integration", "admin"})
APPROVERS: Final = frozenset({"approver", "admin"})
OWN_ROWS: Final = frozenset({"zonal_sales", "partner"})
ANALYSTS: Final = frozenset({"analyst"})
ZONES: Final = frozenset({"zonal_sales"})
PARTNERS: Final = frozenset({"partner"})
AUDIT: Final = frozenset({"auditor", "admin"})
ADMINS: Final = frozenset({"admin"})
LINK_HOLDERS: Final = frozenset({LINK_HOLDER})
HOOKS: Final = WRITERS | ANALYSTS | ZONES


class MethodNotAllowed(Refusal):
    """The path exists; the fact `allow` lists the methods it answers."""

    code, status, title = "method_not_allowed", 405, "Method not allowed"


@dataclass(frozen=True, slots=True)
class Rule:
    """One route and the roles that may call it; `{name}` in the template stands for one path segment."""

    method: str
    path_template: str
    roles: frozenset[str]


RULES: Final = (
    Rule("GET", "/v1/limits", EVERYBODY),
    Rule("GET", "/v1/me", EVERYBODY),
    # Who hears which type is said by the rule of the resource that it is about: gateway/domain/live_event_types.py.
    Rule("GET", "/v1/events", EVERYBODY),
    Rule("GET", "/v1/event-types", EVERYBODY),
    Rule("POST", "/v1/salesforce-sweeps", WRITERS),
    Rule("GET", "/v1/salesforce-sweeps", BACK_OFFICE),
    Rule("GET", "/v1/salesforce-sweeps/{sweep_id}", BACK_OFFICE),
    Rule("GET", "/v1/salesforce-writes", BACK_OFFICE),
    Rule("GET", "/v1/salesforce-writes/{write_id}", BACK_OFFICE),
    Rule("POST", "/v1/salesforce-writes/{write_id}/resend", WRITERS),
    Rule("GET", "/v1/salesforce-write-mappings", BACK_OFFICE),
    Rule("GET", "/v1/salesforce-write-mappings/{subject}", BACK_OFFICE),
    Rule("PUT", "/v1/salesforce-write-mappings/{subject}", APPROVERS),
    Rule("POST", "/v1/api-keys", EVERYBODY),
    Rule("GET", "/v1/api-keys", EVERYBODY),
    Rule("GET", "/v1/api-keys/{api_key_id}", EVERYBODY),
    Rule("POST", "/v1/api-keys/{api_key_id}/rotation", EVERYBODY),
    Rule("POST", "/v1/api-keys/{api_key_id}/revocation", EVERYBODY),
    Rule("POST", "/v1/token-revocations", ADMINS),
    Rule("GET", "/v1/token-revocations", AUDIT),
    Rule("GET", "/v1/request-audit", AUDIT),
    Rule("GET", "/v1/dead-letters", AUDIT),
    Rule("GET", "/v1/dead-letters/{dead_letter_id}", AUDIT),
    Rule("POST", "/v1/dead-letters/replay", ADMINS),
    Rule("POST", "/v1/dead-letters/discard", ADMINS),
    Rule("POST", "/v1/dead-letters/{dead_letter_id}/replay", ADMINS),
    Rule("POST", "/v1/dead-letters/{dead_letter_id}/discard", ADMINS),
    # People of the house: a receiver in an allowed private network must not be for partners to name.
    Rule("POST", "/v1/webhook-endpoints", HOOKS),
    Rule("GET", "/v1/webhook-endpoints", HOOKS | AUDIT),
    Rule("GET", "/v1/webhook-endpoints/{endpoint_id}", HOOKS | AUDIT),
    Rule("PATCH", "/v1/webhook-endpoints/{endpoint_id}", HOOKS),
    Rule("DELETE", "/v1/webhook-endpoints/{endpoint_id}", HOOKS),
    Rule("POST", "/v1/webhook-endpoints/{endpoint_id}/secret-rotation", HOOKS),
    Rule("POST", "/v1/webhook-endpoints/{endpoint_id}/resumption", HOOKS),
    Rule("POST", "/v1/webhook-endpoints/{endpoint_id}/test", HOOKS),
    Rule("POST", "/v1/webhook-endpoints/{endpoint_id}/resends", HOOKS),
    Rule("GET", "/v1/webhook-endpoints/{endpoint_id}/deliveries", HOOKS | AUDIT),
    Rule("GET", "/v1/webhook-endpoints/{endpoint_id}/deliveries/{delivery_id}", HOOKS | AUDIT),
    Rule("POST", "/v1/webhook-endpoints/{endpoint_id}/deliveries/{delivery_id}/resend", HOOKS),
    Rule("GET", "/v1/salesforce-records", BACK_OFFICE),
    Rule("GET", "/v1/salesforce-records/{record_id}", BACK_OFFICE),
    Rule("POST", "/v1/salesforce-records/replay", WRITERS),
    Rule("GET", "/v1/salesforce-notifications", BACK_OFFICE),
    Rule("POST", "/v1/salesforce-notifications/replay", WRITERS),
    Rule("GET", "/v1/salesforce-notifications/{notification_id}", BACK_OFFICE),
    Rule("POST", "/v1/salesforce-notifications/{notification_id}/replay", WRITERS),
    Rule("GET", "/v1/salesforce-mappings", BACK_OFFICE),
    Rule("POST", "/v1/salesforce-mappings", WRITERS),
    Rule("POST", "/v1/salesforce-mappings/{mapping_id}/trial", WRITERS | APPROVERS),
    Rule("POST", "/v1/salesforce-mappings/{mapping_id}/activation", APPROVERS),
    # payments
    Rule("POST", "/v1/bank-accounts", WRITERS),
    Rule("GET", "/v1/bank-accounts", BACK_OFFICE),
    Rule("POST", "/v1/bank-statements", WRITERS),
    Rule("GET", "/v1/bank-statements", BACK_OFFICE),
    Rule("GET", "/v1/bank-statements/{bank_statement_id}", BACK_OFFICE),
    Rule("GET", "/v1/bank-statements/{bank_statement_id}/lines", BACK_OFFICE),
    Rule("POST", "/v1/gst-registrations", APPROVERS),
    Rule("GET", "/v1/gst-registrations", BACK_OFFICE),
    Rule("GET", "/v1/gst-registrations/current", BACK_OFFICE | OWN_ROWS),
    Rule("GET", "/v1/suggestions", BACK_OFFICE),
    Rule("POST", "/v1/suggestions/acceptance", WRITERS),
    Rule("GET", "/v1/bank-lines/{bank_line_id}", BACK_OFFICE),
    Rule("POST", "/v1/bank-lines/{bank_line_id}/review", WRITERS),
    Rule("POST", "/v1/bank-lines/redecision", WRITERS),
    Rule("GET", "/v1/payer-aliases", BACK_OFFICE),
    Rule("POST", "/v1/payer-aliases/{alias_id}/withdrawal", WRITERS),
    Rule("POST", "/v1/invoices/batch", WRITERS),
    Rule("GET", "/v1/invoices", BACK_OFFICE | OWN_ROWS),
    Rule("GET", "/v1/invoices/{invoice_id}", BACK_OFFICE | OWN_ROWS),
    Rule("POST", "/v1/receipts", WRITERS),
    Rule("POST", "/v1/receipts/batch", WRITERS),
    Rule("GET", "/v1/receipts", BACK_OFFICE | OWN_ROWS),
    Rule("GET", "/v1/receipts/{receipt_id}", BACK_OFFICE | OWN_ROWS),
    Rule("GET", "/v1/receipts/{receipt_id}/allocations", BACK_OFFICE | OWN_ROWS),
    Rule("POST", "/v1/receipts/{receipt_id}/allocations", WRITERS),
    Rule("POST", "/v1/receipts/{receipt_id}/reversal", WRITERS),
    Rule("POST", "/v1/allocations/{allocation_id}/reversal", WRITERS),
    Rule("POST", "/v1/refunds", WRITERS),
    Rule("POST", "/v1/credit-notes", WRITERS),
    Rule("GET", "/v1/credit-notes", BACK_OFFICE | OWN_ROWS),
    Rule("GET", "/v1/credit-notes/{note_id}", BACK_OFFICE | OWN_ROWS),
    Rule("POST", "/v1/credit-notes/{note_id}/approval", APPROVERS),
    Rule("POST", "/v1/credit-notes/{note_id}/refusal", APPROVERS),
    Rule("POST", "/v1/credit-notes/{note_id}/withdrawal", WRITERS),
    Rule("POST", "/v1/credit-notes/{note_id}/issue", WRITERS),
    Rule("POST", "/v1/credit-notes/{note_id}/cancellation", APPROVERS),
    Rule("GET", "/v1/credit-notes/{note_id}/applications", BACK_OFFICE | OWN_ROWS),
    Rule("POST", "/v1/credit-notes/{note_id}/applications", WRITERS),
    Rule("GET", "/v1/credit-notes/{note_id}/ims-actions", BACK_OFFICE),
    Rule("POST", "/v1/credit-notes/{note_id}/ims-actions", WRITERS),
    Rule("POST", "/v1/ims-actions/batch", WRITERS),
    Rule("GET", "/v1/ims-statuses", BACK_OFFICE),
    Rule("GET", "/v1/credit-notes/{note_id}/registration", BACK_OFFICE),
    Rule("POST", "/v1/credit-notes/{note_id}/registration", WRITERS),
    Rule("GET", "/v1/credit-notes/{note_id}/document", BACK_OFFICE | OWN_ROWS),
    Rule("GET", "/v1/credit-note-reasons", BACK_OFFICE),
    Rule("POST", "/v1/credit-note-reasons", APPROVERS),
    Rule("GET", "/v1/credit-note-rules", BACK_OFFICE),
    Rule("POST", "/v1/credit-note-rules", APPROVERS),
    Rule("GET", "/v1/credit-note-series", BACK_OFFICE),
    Rule("POST", "/v1/credit-note-series", APPROVERS),
    Rule("GET", "/v1/annual-returns", BACK_OFFICE),
    Rule("POST", "/v1/annual-returns", APPROVERS),
    Rule("POST", "/v1/remittance-advices", WRITERS | PARTNERS),
    Rule("POST", "/v1/remittance-advices/batch", WRITERS | PARTNERS),
    Rule("GET", "/v1/remittance-advices", BACK_OFFICE | OWN_ROWS),
    Rule("GET", "/v1/remittance-advices/{advice_id}", BACK_OFFICE | OWN_ROWS),
    Rule("POST", "/v1/remittance-advices/{advice_id}/cancellation", WRITERS | PARTNERS),
    Rule("POST", "/v1/virtual-accounts", WRITERS),
    Rule("GET", "/v1/virtual-accounts", BACK_OFFICE | OWN_ROWS),
    Rule("POST", "/v1/instruments", WRITERS),
    Rule("GET", "/v1/instruments", BACK_OFFICE | OWN_ROWS),
    Rule("GET", "/v1/instruments/{instrument_id}", BACK_OFFICE | OWN_ROWS),
    Rule("POST", "/v1/instruments/{instrument_id}/deposit", WRITERS),
    Rule("POST", "/v1/instruments/{instrument_id}/withdrawal", WRITERS),
    Rule("POST", "/v1/bounces", WRITERS),
    Rule("GET", "/v1/bounces", BACK_OFFICE | OWN_ROWS),
    Rule("GET", "/v1/bounces/{bounce_id}", BACK_OFFICE | OWN_ROWS),
    Rule("POST", "/v1/bounces/{bounce_id}/steps", WRITERS),
    Rule("GET", "/v1/accounts/{partner}/cheques", BACK_OFFICE | OWN_ROWS),
    Rule("GET", "/v1/exchange-rates", BACK_OFFICE),
    Rule("GET", "/v1/exchange-rates/{currency}/{day}", BACK_OFFICE),
    Rule("POST", "/v1/exchange-rates", WRITERS),
    Rule("POST", "/v1/exchange-rates/batch", WRITERS),
    Rule("GET", "/v1/bounce-charge-rules", BACK_OFFICE),
    Rule("POST", "/v1/bounce-charge-rules", APPROVERS),
    Rule("GET", "/v1/refunds", BACK_OFFICE | OWN_ROWS),
    Rule("POST", "/v1/refunds/{refund_id}/decision", APPROVERS),
    Rule("GET", "/v1/payment-traces/{reference}", BACK_OFFICE | OWN_ROWS),
    Rule("POST", "/v1/payment-queries", WRITERS | OWN_ROWS),
    Rule("GET", "/v1/payment-queries", BACK_OFFICE | OWN_ROWS),
    Rule("GET", "/v1/payment-queries/service-level", BACK_OFFICE | ANALYSTS),
    Rule("GET", "/v1/payment-queries/{query_id}", BACK_OFFICE | OWN_ROWS),
    Rule("POST", "/v1/payment-queries/{query_id}/messages", WRITERS | OWN_ROWS),
    Rule("POST", "/v1/payment-queries/{query_id}/answer", WRITERS),
    Rule("POST", "/v1/payment-queries/{query_id}/assignment", WRITERS),
    Rule("POST", "/v1/payment-queries/{query_id}/closing", WRITERS | OWN_ROWS),
    Rule("GET", "/v1/accounts/{partner}/open-items", BACK_OFFICE | OWN_ROWS),
    Rule("GET", "/v1/accounts/{partner}/statement", BACK_OFFICE | OWN_ROWS),
    Rule("GET", "/v1/accounts/{partner}/ageing", BACK_OFFICE | OWN_ROWS),
    Rule("POST", "/v1/account-statements", WRITERS),
    Rule("GET", "/v1/account-statements", BACK_OFFICE | OWN_ROWS),
    Rule("GET", "/v1/account-statements/{statement_id}", BACK_OFFICE | OWN_ROWS),
    Rule("GET", "/v1/account-statements/{statement_id}/content", BACK_OFFICE | OWN_ROWS),
    Rule("POST", "/v1/account-statement-batches", WRITERS),
    Rule("GET", "/v1/account-statement-batches", BACK_OFFICE),
    Rule("GET", "/v1/account-statement-batches/{batch_id}", BACK_OFFICE),
    Rule("GET", "/v1/account-statement-batches/{batch_id}/entries", BACK_OFFICE),
    Rule("POST", "/v1/balance-confirmations", WRITERS),
    Rule("GET", "/v1/balance-confirmations", BACK_OFFICE | OWN_ROWS),
    Rule("GET", "/v1/balance-confirmations/summary", BACK_OFFICE),
    Rule("GET", "/v1/balance-confirmations/{confirmation_id}", BACK_OFFICE | OWN_ROWS),
    Rule("GET", "/v1/balance-confirmations/{confirmation_id}/letter", BACK_OFFICE | OWN_ROWS),
    Rule("POST", "/v1/balance-confirmations/{confirmation_id}/replies", WRITERS | PARTNERS),
    Rule(
        "POST",
        "/v1/balance-confirmations/{confirmation_id}/differences/{difference_id}/explanations",
        WRITERS,
    ),
    Rule("POST", "/v1/balance-confirmations/{confirmation_id}/acceptance", APPROVERS),
    Rule("POST", "/v1/balance-confirmations/{confirmation_id}/alternative-procedure", WRITERS),
    Rule("GET", "/v1/confirmation-rules", BACK_OFFICE),
    Rule("POST", "/v1/confirmation-rules", APPROVERS),
    Rule("GET", "/v1/ageing", BACK_OFFICE | OWN_ROWS | ANALYSTS),
    Rule("GET", "/v1/tax-rules", BACK_OFFICE),
    Rule("POST", "/v1/tax-rules", APPROVERS),
    Rule("GET", "/v1/tax-deductors", BACK_OFFICE),
    Rule("POST", "/v1/tax-deductors", WRITERS),
    Rule("GET", "/v1/discount-terms", BACK_OFFICE),
    Rule("POST", "/v1/discount-terms", APPROVERS),
    Rule("GET", "/v1/freight-terms", BACK_OFFICE),
    Rule("POST", "/v1/freight-terms", APPROVERS),
    Rule("GET", "/v1/tax-receivables", BACK_OFFICE | OWN_ROWS),
    Rule("POST", "/v1/tax-certificates", WRITERS),
    Rule("GET", "/v1/tax-certificates", BACK_OFFICE | OWN_ROWS),
    Rule("POST", "/v1/matching-policies", WRITERS | APPROVERS),
    Rule("GET", "/v1/matching-policies", BACK_OFFICE),
    Rule("GET", "/v1/matching-policies/{version}", BACK_OFFICE),
    Rule("POST", "/v1/matching-policies/{version}/simulation", WRITERS | APPROVERS),
    Rule("POST", "/v1/matching-policies/{version}/activation", APPROVERS),
    Rule("GET", "/v1/policy-simulations", BACK_OFFICE),
    Rule("GET", "/v1/policy-simulations/{simulation_id}", BACK_OFFICE),
    Rule("GET", "/v1/policy-simulations/{simulation_id}/lines", BACK_OFFICE),
    Rule("GET", "/v1/bank-lines/{bank_line_id}/replay", BACK_OFFICE),
    Rule("GET", "/v1/journal-entries", BACK_OFFICE),
    Rule("GET", "/v1/journal-entries/{entry_id}", BACK_OFFICE),
    Rule("GET", "/v1/trial-balance", BACK_OFFICE),
    Rule("GET", "/v1/trial-balance/accounts", BACK_OFFICE),
    Rule("GET", "/v1/booking-clock", BACK_OFFICE | ANALYSTS | ZONES),
    Rule("GET", "/v1/booking-clock/credits", BACK_OFFICE | ANALYSTS | ZONES),
    Rule("GET", "/v1/booking-clock/credits/{bank_line_id}", BACK_OFFICE | ANALYSTS | ZONES),
    Rule("POST", "/v1/booking-clock/credits/{bank_line_id}/pause", WRITERS),
    Rule("POST", "/v1/booking-clock/credits/{bank_line_id}/resumption", WRITERS),
    Rule("POST", "/v1/booking-clock/credits/{bank_line_id}/late-cause", WRITERS),
    Rule("POST", "/v1/booking-clock/credits/{bank_line_id}/on-account", WRITERS),
    Rule("GET", "/v1/booking-clock/reasons", BACK_OFFICE | ANALYSTS | ZONES),
    Rule("POST", "/v1/booking-clock/reasons", APPROVERS),
    Rule("GET", "/v1/booking-clock/calendars", BACK_OFFICE | ANALYSTS | ZONES),
    Rule("POST", "/v1/booking-clock/calendars", APPROVERS),
    Rule("GET", "/v1/booking-clock/calendars/{code}/days", BACK_OFFICE | ANALYSTS | ZONES),
    Rule("POST", "/v1/booking-clock/calendars/{code}/days", APPROVERS),
    Rule("GET", "/v1/booking-clock/terms", BACK_OFFICE | ANALYSTS | ZONES),
    Rule("POST", "/v1/booking-clock/terms", APPROVERS),
    Rule("GET", "/v1/booking-clock/escalations", BACK_OFFICE),
    Rule("POST", "/v1/booking-clock/escalations", APPROVERS),
    Rule("GET", "/v1/exceptions", BACK_OFFICE),
    Rule("GET", "/v1/exceptions/summary", BACK_OFFICE),
    Rule("GET", "/v1/exceptions/{exception_id}", BACK_OFFICE),
    Rule("POST", "/v1/exceptions/{exception_id}/assignment", WRITERS | APPROVERS),
    Rule("POST", "/v1/exceptions/{exception_id}/notes", WRITERS | APPROVERS),
    Rule("POST", "/v1/exceptions/{exception_id}/acceptance", APPROVERS),
    Rule("POST", "/v1/exceptions/{exception_id}/resolution", WRITERS | APPROVERS),
    Rule("POST", "/v1/exceptions/{exception_id}/reopening", WRITERS | APPROVERS),
    Rule("GET", "/v1/bank-lines", BACK_OFFICE),
    Rule("GET", "/v1/bank-lines/{bank_line_id}/posting", BACK_OFFICE),
    Rule("POST", "/v1/bank-lines/{bank_line_id}/posting", WRITERS),
    Rule("POST", "/v1/bank-lines/{bank_line_id}/posting/reversal", WRITERS),
    Rule("POST", "/v1/bank-lines/{bank_line_id}/link", WRITERS),
    Rule("GET", "/v1/ledger-accounts", BACK_OFFICE),
    Rule("POST", "/v1/opening-balances", APPROVERS),
    Rule("GET", "/v1/reconciliations", BACK_OFFICE),
    Rule("GET", "/v1/reconciliations/preview", BACK_OFFICE),
    Rule("GET", "/v1/reconciliations/{reconciliation_id}", BACK_OFFICE),
    Rule("GET", "/v1/reconciliations/{reconciliation_id}/items", BACK_OFFICE),
    Rule("POST", "/v1/reconciliations", WRITERS | APPROVERS),
    Rule("GET", "/v1/reconciliation-rules", BACK_OFFICE),
    Rule("GET", "/v1/reconciliation-rules/{rule_id}/simulation", BACK_OFFICE),
    Rule("POST", "/v1/reconciliation-rules", WRITERS | APPROVERS),
    Rule("POST", "/v1/reconciliation-rules/{rule_id}/approval", APPROVERS),
    Rule("GET", "/v1/reconciliation-tolerances", BACK_OFFICE),
    Rule("POST", "/v1/reconciliation-tolerances", WRITERS | APPROVERS),
    Rule("POST", "/v1/reconciliation-tolerances/{tolerance_id}/signature", APPROVERS),
    Rule("GET", "/v1/periods", BACK_OFFICE),
    Rule("GET", "/v1/periods/{month}", BACK_OFFICE),
    Rule("GET", "/v1/periods/{month}/checklist", BACK_OFFICE),
    Rule("GET", "/v1/periods/{month}/balances", BACK_OFFICE),
    Rule("POST", "/v1/periods/{month}/waivers", APPROVERS),
    Rule("POST", "/v1/periods/{month}/closing", APPROVERS),
    Rule("POST", "/v1/periods/{month}/reopening", WRITERS | APPROVERS),
    Rule("POST", "/v1/periods/{month}/reopening/decision", APPROVERS),
    Rule("GET", "/v1/general-ledger-exports", BACK_OFFICE),
    Rule("GET", "/v1/general-ledger-exports/{export_id}", BACK_OFFICE),
    Rule("GET", "/v1/general-ledger-exports/{export_id}/content", BACK_OFFICE),
    Rule("POST", "/v1/general-ledger-exports", WRITERS | APPROVERS),
    Rule("GET", "/v1/ledger-names", BACK_OFFICE),
    Rule("POST", "/v1/ledger-names", APPROVERS),
    # Rows: whoever asked for it; admins and auditors see everybody's (shared/jobs/listing.py).
    Rule("GET", "/v1/jobs", BACK_OFFICE | ANALYSTS),
    Rule("GET", "/v1/jobs/{job_id}", BACK_OFFICE | ANALYSTS),
    Rule("DELETE", "/v1/jobs/{job_id}", WRITERS),
    Rule("GET", "/v1/audit-trail/verification", AUDIT),
    # partners
    Rule("POST", "/v1/partners/batch", WRITERS),
    Rule("GET", "/v1/partner-imports", BACK_OFFICE),
    Rule("GET", "/v1/partner-imports/{import_id}", BACK_OFFICE),
    Rule("GET", "/v1/partner-imports/{import_id}/findings", BACK_OFFICE),
    Rule("GET", "/v1/partners", BACK_OFFICE | ANALYSTS | ZONES),
    Rule("GET", "/v1/partners/{partner}", BACK_OFFICE | ANALYSTS | ZONES),
    Rule("PATCH", "/v1/partners/{partner}", WRITERS),
    Rule("GET", "/v1/partners/{partner}/versions", BACK_OFFICE | ZONES),
    Rule("GET", "/v1/partners/{partner}/people", BACK_OFFICE | ZONES),
    Rule("POST", "/v1/partners/{partner}/people", WRITERS),
    Rule("PATCH", "/v1/partners/{partner}/people/{person_id}", WRITERS),
    Rule("GET", "/v1/partners/{partner}/bank-details", BACK_OFFICE),
    Rule("POST", "/v1/partners/{partner}/bank-details", WRITERS | APPROVERS),
    Rule("POST", "/v1/partners/{partner}/bank-details/{bank_details_id}/approval", APPROVERS),
    Rule("GET", "/v1/partner-duplicates", BACK_OFFICE),
    Rule("POST", "/v1/partner-duplicate-decisions", WRITERS | APPROVERS),
    Rule("GET", "/v1/partner-merges", BACK_OFFICE),
    Rule("POST", "/v1/partner-merges", APPROVERS),
    Rule("POST", "/v1/partner-merges/{merge_id}/reversal", APPROVERS),
    Rule("GET", "/v1/partners/{partner}/terms", BACK_OFFICE | ZONES),
    Rule("PUT", "/v1/partners/{partner}/terms", APPROVERS),
    Rule("GET", "/v1/partners/{partner}/terms/versions", BACK_OFFICE | ZONES),
    Rule("POST", "/v1/orders", WRITERS),
    Rule("POST", "/v1/orders/batch", WRITERS),
    Rule("GET", "/v1/orders", BACK_OFFICE | ANALYSTS | OWN_ROWS),
    Rule("GET", "/v1/orders/{order_id}", BACK_OFFICE | ANALYSTS | OWN_ROWS),
    Rule("GET", "/v1/orders/{order_id}/versions", BACK_OFFICE | ZONES),
    Rule("GET", "/v1/order-boards", BACK_OFFICE | ANALYSTS | OWN_ROWS),
    Rule("GET", "/v1/order-board-lines", BACK_OFFICE | ANALYSTS | OWN_ROWS),
    Rule("GET", "/v1/order-boards/{partner}", BACK_OFFICE | ANALYSTS | OWN_ROWS),
    Rule("POST", "/v1/order-boards/{partner}/publication", WRITERS),
    Rule("GET", "/v1/order-boards/{partner}/publications", BACK_OFFICE | OWN_ROWS),
    Rule("GET", "/v1/order-boards/{partner}/publications/{number}", BACK_OFFICE | OWN_ROWS),
    Rule("GET", "/v1/partner-documents", BACK_OFFICE | OWN_ROWS),
    Rule("GET", "/v1/documents", BACK_OFFICE | OWN_ROWS),
    Rule("POST", "/v1/documents", WRITERS),
    Rule("GET", "/v1/documents/{document_id}", BACK_OFFICE | OWN_ROWS),
    Rule("GET", "/v1/documents/{document_id}/content", BACK_OFFICE | OWN_ROWS),
    Rule("GET", "/v1/documents/{document_id}/openings", BACK_OFFICE | ZONES),
    Rule("POST", "/v1/document-renderings", WRITERS | ZONES),
    Rule("GET", "/v1/deliveries", BACK_OFFICE | ZONES),
    Rule("GET", "/v1/deliveries/{delivery_id}", BACK_OFFICE | ZONES),
    Rule("POST", "/v1/deliveries", WRITERS),
    Rule("POST", "/v1/deliveries/{delivery_id}/resend", WRITERS),
    Rule("POST", "/v1/delivery-bounces", WRITERS),
    Rule("POST", "/v1/documents/{document_id}/acknowledgement", PARTNERS),
    Rule("POST", "/v1/documents/{document_id}/objection", PARTNERS),
    Rule("GET", "/v1/partners/{partner}/contacts", BACK_OFFICE | ZONES),
    Rule("POST", "/v1/partners/{partner}/contacts", WRITERS),
    Rule("POST", "/v1/partners/{partner}/contacts/{contact_id}/retirement", WRITERS),
    # Opened without a login: the link itself is checked by the service (services/partners/adapters/document_links.py).
    Rule("GET", "/v1/document-links/{token}", LINK_HOLDERS),
    Rule("GET", "/v1/document-links/{token}/content", LINK_HOLDERS),
    Rule("POST", "/v1/document-links/{token}/acknowledgement", LINK_HOLDERS),
    Rule("POST", "/v1/document-links/{token}/objection", LINK_HOLDERS),
    Rule("POST", "/v1/document-links/{token}/unsubscription", LINK_HOLDERS),
    Rule("POST", "/v1/document-links/{token}/content", LINK_HOLDERS),
    Rule("POST", "/v1/document-links/{token}/reply", LINK_HOLDERS),
    Rule("GET", "/v1/retention-rules", BACK_OFFICE),
    Rule("POST", "/v1/retention-rules", APPROVERS),
    Rule("GET", "/v1/crm-accounts", BACK_OFFICE),
    Rule("GET", "/v1/delivery-scores", BACK_OFFICE | ZONES),
    Rule("POST", "/v1/document-schedules", WRITERS),
    Rule("GET", "/v1/document-schedules", BACK_OFFICE),
    Rule("GET", "/v1/document-schedules/calendar", BACK_OFFICE),
    Rule("GET", "/v1/document-schedules/{schedule_id}", BACK_OFFICE),
    Rule("PATCH", "/v1/document-schedules/{schedule_id}", WRITERS),
    Rule("GET", "/v1/document-schedules/{schedule_id}/versions", BACK_OFFICE),
    Rule("POST", "/v1/document-schedules/{schedule_id}/pause", WRITERS),
    Rule("POST", "/v1/document-schedules/{schedule_id}/resumption", WRITERS),
    Rule("GET", "/v1/document-schedules/{schedule_id}/preview", BACK_OFFICE),
    Rule("GET", "/v1/document-schedules/{schedule_id}/runs", BACK_OFFICE),
    Rule("GET", "/v1/document-schedules/{schedule_id}/runs/{run_id}/items", BACK_OFFICE),
    Rule("POST", "/v1/holiday-calendars", WRITERS),
    Rule("GET", "/v1/holiday-calendars", BACK_OFFICE),
    Rule("POST", "/v1/holiday-calendars/{code}/days", WRITERS),
    Rule("GET", "/v1/holiday-calendars/{code}/days", BACK_OFFICE),
    Rule("GET", "/v1/payment-sheets/{partner}", BACK_OFFICE | OWN_ROWS),
    Rule("GET", "/v1/payment-sheet-differences", BACK_OFFICE | ZONES),
    # reporting
    Rule("GET", "/v1/dashboards/collections", BACK_OFFICE | ANALYSTS | ZONES),
    Rule("GET", "/v1/dashboards/statements", BACK_OFFICE | ANALYSTS),
    Rule("GET", "/v1/dashboards", BACK_OFFICE | ANALYSTS | ZONES),
    Rule("GET", "/v1/dashboards/{dashboard}", BACK_OFFICE | ANALYSTS | ZONES),
    Rule("POST", "/v1/projections/rebuild", ADMINS),
    Rule("GET", "/v1/projections", BACK_OFFICE | ANALYSTS),
    Rule("POST", "/v1/analysis-tables", WRITERS | ANALYSTS),
    Rule("GET", "/v1/analysis-tables", BACK_OFFICE | ANALYSTS | ZONES),
    Rule("GET", "/v1/analysis-tables/{table_id}", BACK_OFFICE | ANALYSTS | ZONES),
    Rule("POST", "/v1/saved-analyses", WRITERS | ANALYSTS),
    Rule("GET", "/v1/saved-analyses", BACK_OFFICE | ANALYSTS | ZONES),
    Rule("GET", "/v1/saved-analyses/{saved_analysis_id}", BACK_OFFICE | ANALYSTS | ZONES),
    Rule("PUT", "/v1/saved-analyses/{saved_analysis_id}", WRITERS | ANALYSTS),
    Rule("POST", "/v1/saved-analyses/{saved_analysis_id}/runs", WRITERS | ANALYSTS),
    Rule("GET", "/v1/saved-analyses/{saved_analysis_id}/runs", BACK_OFFICE | ANALYSTS | ZONES),
    Rule("GET", "/v1/saved-analyses/{saved_analysis_id}/instants", BACK_OFFICE | ANALYSTS | ZONES),
    Rule("GET", "/v1/saved-analyses/{saved_analysis_id}/letters", BACK_OFFICE | ANALYSTS | ZONES),
    Rule("POST", "/v1/saved-analyses/{saved_analysis_id}/letters/{letter_id}/resend", WRITERS | ANALYSTS),
    Rule("POST", "/v1/analyses/variance", WRITERS | ANALYSTS),
    Rule("POST", "/v1/analyses/bill-of-materials", WRITERS | ANALYSTS),
    Rule("POST", "/v1/analyses/landed-cost", WRITERS | ANALYSTS),
    Rule("POST", "/v1/analyses/margin-waterfall", WRITERS | ANALYSTS),
    Rule("POST", "/v1/analyses/projection", WRITERS | ANALYSTS),
    Rule("POST", "/v1/analyses/bundling", WRITERS | ANALYSTS),
    Rule("POST", "/v1/analyses/{analysis_id}/overrides", WRITERS | ANALYSTS | ZONES),
    Rule("GET", "/v1/analyses/{analysis_id}/overrides", BACK_OFFICE | ANALYSTS | ZONES),
    Rule("GET", "/v1/analyses", BACK_OFFICE | ANALYSTS | ZONES),
    Rule("GET", "/v1/analyses/{analysis_id}", BACK_OFFICE | ANALYSTS | ZONES),
    Rule("GET", "/v1/analyses/{analysis_id}/content", BACK_OFFICE | ANALYSTS | ZONES),
    Rule("GET", "/v1/analyses/{analysis_id}/chart", BACK_OFFICE | ANALYSTS | ZONES),
    Rule("POST", "/v1/source-systems", WRITERS | ANALYSTS),
    Rule("GET", "/v1/source-systems", BACK_OFFICE | ANALYSTS),
    Rule("GET", "/v1/source-systems/{system}", BACK_OFFICE | ANALYSTS),
    Rule("PUT", "/v1/source-systems/{system}", WRITERS | ANALYSTS),
    Rule("POST", "/v1/source-systems/{system}/credentials", APPROVERS),
    Rule("GET", "/v1/source-systems/{system}/credentials", BACK_OFFICE | ANALYSTS),
    Rule("GET", "/v1/source-systems/{system}/schedule", BACK_OFFICE | ANALYSTS),
    Rule("GET", "/v1/source-systems/{system}/schedule-runs", BACK_OFFICE | ANALYSTS),
    Rule("POST", "/v1/source-systems/{system}/files", WRITERS | ANALYSTS),
    Rule("GET", "/v1/source-systems/{system}/files", BACK_OFFICE | ANALYSTS),
    Rule("POST", "/v1/source-systems/{system}/snapshots", WRITERS | ANALYSTS),
    Rule("GET", "/v1/source-systems/{system}/snapshots", BACK_OFFICE | ANALYSTS),
    Rule("GET", "/v1/source-snapshots/{snapshot_id}", BACK_OFFICE | ANALYSTS),
    Rule("GET", "/v1/source-snapshots/{snapshot_id}/rows", BACK_OFFICE | ANALYSTS),
    Rule("GET", "/v1/source-snapshots/{snapshot_id}/differences", BACK_OFFICE | ANALYSTS),
    Rule("POST", "/v1/validation-rules", WRITERS | ANALYSTS),
    Rule("GET", "/v1/validation-rules", BACK_OFFICE | ANALYSTS),
    Rule("GET", "/v1/validation-rules/{rule}", BACK_OFFICE | ANALYSTS),
    Rule("PUT", "/v1/validation-rules/{rule}", WRITERS | ANALYSTS),
    Rule("POST", "/v1/validation-rules/{rule}/simulations", WRITERS | APPROVERS | ANALYSTS),
    Rule("GET", "/v1/validation-rules/{rule}/simulations", BACK_OFFICE | ANALYSTS),
    Rule("POST", "/v1/validation-rules/{rule}/activation", APPROVERS | ANALYSTS),
    Rule("POST", "/v1/validation-rules/{rule}/retirement", APPROVERS | ANALYSTS),
    Rule("GET", "/v1/data-issues", BACK_OFFICE | ANALYSTS | ZONES),
    Rule("GET", "/v1/data-issues/{issue_id}", BACK_OFFICE | ANALYSTS | ZONES),
    Rule("GET", "/v1/data-issues/{issue_id}/events", BACK_OFFICE | ANALYSTS | ZONES),
    Rule("POST", "/v1/data-issues/{issue_id}/assignment", WRITERS | ANALYSTS | ZONES),
    Rule("POST", "/v1/data-issues/{issue_id}/waiver", APPROVERS | ANALYSTS),
    Rule("GET", "/v1/data-quality-scores", BACK_OFFICE | ANALYSTS | ZONES),
    Rule("POST", "/v1/templates", WRITERS | ANALYSTS),
    Rule("GET", "/v1/templates", BACK_OFFICE | ANALYSTS | ZONES),
    Rule("GET", "/v1/templates/{template}", BACK_OFFICE | ANALYSTS | ZONES),
    Rule("PUT", "/v1/templates/{template}", WRITERS | ANALYSTS),
    Rule("GET", "/v1/templates/{template}/versions", BACK_OFFICE | ANALYSTS | ZONES),
    Rule("GET", "/v1/templates/{template}/workbook", BACK_OFFICE | ANALYSTS | ZONES),
    Rule("POST", "/v1/collections", WRITERS | ANALYSTS),
    Rule("GET", "/v1/collections", EVERYBODY),
    Rule("GET", "/v1/collections/{collection_id}", EVERYBODY),
    Rule("POST", "/v1/collections/{collection_id}/closing", WRITERS | ANALYSTS),
    Rule("GET", "/v1/collections/{collection_id}/respondents", EVERYBODY),
    Rule("GET", "/v1/collections/{collection_id}/respondents/{respondent_id}/workbook", EVERYBODY),
    Rule("GET", "/v1/collections/{collection_id}/letters", BACK_OFFICE | ANALYSTS | ZONES),
    Rule("POST", "/v1/collections/{collection_id}/letters/{letter_id}/resend", WRITERS | ANALYSTS),
    Rule("GET", "/v1/collections/{collection_id}/consolidated", EVERYBODY),
    Rule("GET", "/v1/collections/{collection_id}/consolidated/content", EVERYBODY),
    Rule("GET", "/v1/collections/{collection_id}/comparison", BACK_OFFICE | ANALYSTS | ZONES),
    # Whoever is asked answers; whom they may answer for is said by their rows.
    Rule("POST", "/v1/collections/{collection_id}/submissions", WRITERS | ANALYSTS | OWN_ROWS | APPROVERS),
    Rule("GET", "/v1/collections/{collection_id}/submissions", EVERYBODY),
    Rule("GET", "/v1/submissions/{submission_id}", EVERYBODY),
    Rule("GET", "/v1/submissions/{submission_id}/findings", EVERYBODY),
    Rule("GET", "/v1/submissions/{submission_id}/marked-copy", EVERYBODY),
    Rule("POST", "/v1/submissions/{submission_id}/acceptance", WRITERS | ANALYSTS),
    Rule("POST", "/v1/submissions/{submission_id}/return", WRITERS | ANALYSTS),
    Rule("POST", "/v1/task-checklists", WRITERS | ANALYSTS),
    Rule("GET", "/v1/task-checklists", BACK_OFFICE | ANALYSTS | ZONES),
    Rule("GET", "/v1/task-checklists/{checklist}", BACK_OFFICE | ANALYSTS | ZONES),
    Rule("PUT", "/v1/task-checklists/{checklist}", WRITERS | ANALYSTS),
    Rule("POST", "/v1/task-checklists/{checklist}/tasks", WRITERS | ANALYSTS | ZONES),
    Rule("GET", "/v1/system-tasks", BACK_OFFICE | ANALYSTS | ZONES),
    Rule("GET", "/v1/system-tasks/{task_id}", BACK_OFFICE | ANALYSTS | ZONES),
    Rule("GET", "/v1/system-tasks/{task_id}/entries", BACK_OFFICE | ANALYSTS | ZONES),
    Rule("GET", "/v1/system-tasks/{task_id}/entries/{entry_id}/file", BACK_OFFICE | ANALYSTS | ZONES),
    Rule("POST", "/v1/system-tasks/{task_id}/items", WRITERS | APPROVERS | ANALYSTS | ZONES),
    Rule("POST", "/v1/system-tasks/{task_id}/evidence", WRITERS | APPROVERS | ANALYSTS | ZONES),
    Rule("POST", "/v1/system-tasks/{task_id}/assignment", WRITERS | APPROVERS | ANALYSTS | ZONES),
    Rule("POST", "/v1/system-tasks/{task_id}/completion", WRITERS | APPROVERS | ANALYSTS | ZONES),
    Rule("POST", "/v1/system-tasks/{task_id}/reopening", WRITERS | APPROVERS | ANALYSTS | ZONES),
    Rule("GET", "/v1/report-sources", BACK_OFFICE | ANALYSTS | ZONES),
    Rule("POST", "/v1/report-definitions", WRITERS | ANALYSTS),
    Rule("GET", "/v1/report-definitions", BACK_OFFICE | ANALYSTS | ZONES),
    Rule("GET", "/v1/report-definitions/{definition}", BACK_OFFICE | ANALYSTS | ZONES),
    Rule("PUT", "/v1/report-definitions/{definition}", WRITERS | ANALYSTS),
    Rule("GET", "/v1/report-definitions/{definition}/versions", BACK_OFFICE | ANALYSTS | ZONES),
    Rule("POST", "/v1/report-runs", BACK_OFFICE | ANALYSTS | ZONES),
    Rule("GET", "/v1/report-runs", BACK_OFFICE | ANALYSTS | ZONES),
    Rule("GET", "/v1/report-runs/{run_id}", BACK_OFFICE | ANALYSTS | ZONES),
    Rule("GET", "/v1/report-runs/{run_id}/rows", BACK_OFFICE | ANALYSTS | ZONES),
    Rule("GET", "/v1/report-runs/{run_id}/rows/{position}/details", BACK_OFFICE | ANALYSTS | ZONES),
    Rule("GET", "/v1/report-runs/{run_id}/content", BACK_OFFICE | ANALYSTS | ZONES),
    Rule("GET", "/v1/report-runs/{run_id}/comparison", BACK_OFFICE | ANALYSTS | ZONES),
    Rule("POST", "/v1/report-subscriptions", WRITERS | ANALYSTS | ZONES),
    Rule("GET", "/v1/report-subscriptions", BACK_OFFICE | ANALYSTS | ZONES),
    Rule("GET", "/v1/report-subscriptions/{subscription_id}", BACK_OFFICE | ANALYSTS | ZONES),
    Rule("PUT", "/v1/report-subscriptions/{subscription_id}", WRITERS | ANALYSTS | ZONES),
    Rule("POST", "/v1/report-subscriptions/{subscription_id}/pause", WRITERS | ANALYSTS | ZONES),
    Rule("POST", "/v1/report-subscriptions/{subscription_id}/resumption", WRITERS | ANALYSTS | ZONES),
    Rule("GET", "/v1/report-subscriptions/{subscription_id}/preview", BACK_OFFICE | ANALYSTS | ZONES),
    Rule("GET", "/v1/report-subscriptions/{subscription_id}/runs", BACK_OFFICE | ANALYSTS | ZONES),
    Rule(
        "GET",
        "/v1/report-subscriptions/{subscription_id}/runs/{run_id}/reports",
        BACK_OFFICE | ANALYSTS | ZONES,
    ),
    Rule("GET", "/v1/report-subscriptions/{subscription_id}/letters", BACK_OFFICE | ANALYSTS | ZONES),
    Rule(
        "POST",
        "/v1/report-subscriptions/{subscription_id}/letters/{letter_id}/resend",
        WRITERS | ANALYSTS | ZONES,
    ),
    # research
    Rule("GET", "/v1/opportunities", BACK_OFFICE | ANALYSTS | ZONES),
    Rule("GET", "/v1/opportunities/{opportunity_id}", BACK_OFFICE | ANALYSTS | ZONES),
    Rule("POST", "/v1/research-assignments", WRITERS | ANALYSTS | ZONES),
    Rule("GET", "/v1/research-assignments", BACK_OFFICE | ANALYSTS | ZONES),
    Rule("GET", "/v1/research-assignments/{assignment_id}", BACK_OFFICE | ANALYSTS | ZONES),
    Rule("PATCH", "/v1/research-assignments/{assignment_id}", WRITERS | ANALYSTS),
    Rule("GET", "/v1/research-assignments/{assignment_id}/evidence", BACK_OFFICE | ANALYSTS | ZONES),
    Rule("POST", "/v1/research-assignments/{assignment_id}/evidence", WRITERS | ANALYSTS | ZONES),
    Rule("GET", "/v1/research-assignments/{assignment_id}/files", BACK_OFFICE | ANALYSTS | ZONES),
    Rule("POST", "/v1/research-assignments/{assignment_id}/files", WRITERS | ANALYSTS | ZONES),
    Rule(
        "GET",
        "/v1/research-assignments/{assignment_id}/files/{file_id}/content",
        BACK_OFFICE | ANALYSTS | ZONES,
    ),
    Rule("GET", "/v1/research-assignments/{assignment_id}/fetches", BACK_OFFICE | ANALYSTS | ZONES),
    Rule("POST", "/v1/research-assignments/{assignment_id}/fetches", WRITERS | ANALYSTS),
    Rule(
        "GET", "/v1/research-assignments/{assignment_id}/fetches/{fetch_id}", BACK_OFFICE | ANALYSTS | ZONES
    ),
    Rule("GET", "/v1/research-assignments/{assignment_id}/findings", BACK_OFFICE | ANALYSTS | ZONES),
    Rule("POST", "/v1/research-assignments/{assignment_id}/findings", WRITERS | ANALYSTS),
    Rule("GET", "/v1/research-assignments/{assignment_id}/briefs", BACK_OFFICE | ANALYSTS | ZONES),
    Rule("POST", "/v1/research-assignments/{assignment_id}/briefs", WRITERS | ANALYSTS),
    Rule("GET", "/v1/research-assignments/{assignment_id}/brief-drafts", WRITERS | ANALYSTS),
    Rule("POST", "/v1/research-assignments/{assignment_id}/brief-drafts", WRITERS | ANALYSTS),
    Rule("GET", "/v1/research-brief-drafts/{draft_id}", WRITERS | ANALYSTS),
    Rule("POST", "/v1/research-brief-drafts/{draft_id}/adoptions", WRITERS | ANALYSTS),
    Rule("GET", "/v1/research-briefs/{brief_id}", BACK_OFFICE | ANALYSTS | ZONES),
    Rule("GET", "/v1/research-briefs/{brief_id}/content", BACK_OFFICE | ANALYSTS | ZONES),
    Rule("POST", "/v1/research-briefs/{brief_id}/review", WRITERS | APPROVERS | ANALYSTS),
    Rule("POST", "/v1/research-briefs/{brief_id}/sharing", WRITERS | APPROVERS | ANALYSTS),
    Rule("POST", "/v1/research-briefs/{brief_id}/feedback", WRITERS | APPROVERS | ANALYSTS | ZONES),
    Rule("GET", "/v1/research-hits", BACK_OFFICE | ANALYSTS | ZONES),
    Rule("GET", "/v1/competitors/{competitor}/timeline", BACK_OFFICE | ANALYSTS | ZONES),
    Rule("GET", "/v1/opportunities/{opportunity_id}/timeline", BACK_OFFICE | ANALYSTS | ZONES),
    Rule("GET", "/v1/companies/{company_id}/timeline", BACK_OFFICE | ANALYSTS | ZONES),
    Rule("GET", "/v1/entities", BACK_OFFICE | ANALYSTS | ZONES),
    Rule("GET", "/v1/companies", BACK_OFFICE | ANALYSTS | ZONES),
    Rule("GET", "/v1/companies/{company_id}", BACK_OFFICE | ANALYSTS | ZONES),
    Rule("GET", "/v1/entity-matches", BACK_OFFICE | ANALYSTS),
    Rule("POST", "/v1/entity-decisions", WRITERS | ANALYSTS),
    Rule("GET", "/v1/entity-decisions", BACK_OFFICE | ANALYSTS),
    Rule("POST", "/v1/entity-resolutions", WRITERS | ANALYSTS),
    Rule("GET", "/v1/entity-resolutions", BACK_OFFICE | ANALYSTS),
    Rule("GET", "/v1/entity-resolutions/{resolution_id}", BACK_OFFICE | ANALYSTS),
    Rule("POST", "/v1/entity-sources", WRITERS | ANALYSTS),
    Rule("GET", "/v1/entity-sources", BACK_OFFICE | ANALYSTS),
    # Which datasets somebody sees, changes and exports is said by each dataset (services/research/domain/dataset.py).
    Rule("GET", "/v1/datasets", BACK_OFFICE | ANALYSTS | ZONES),
    Rule("POST", "/v1/datasets", WRITERS | ANALYSTS),
    Rule("GET", "/v1/datasets/{dataset}", BACK_OFFICE | ANALYSTS | ZONES),
    Rule("PATCH", "/v1/datasets/{dataset}", WRITERS | ANALYSTS),
    Rule("GET", "/v1/datasets/{dataset}/uploads", BACK_OFFICE | ANALYSTS | ZONES),
    Rule("POST", "/v1/datasets/{dataset}/uploads", WRITERS | ANALYSTS),
    Rule("GET", "/v1/datasets/{dataset}/versions", BACK_OFFICE | ANALYSTS | ZONES),
    Rule("GET", "/v1/datasets/{dataset}/versions/{number}", BACK_OFFICE | ANALYSTS | ZONES),
    Rule("GET", "/v1/datasets/{dataset}/versions/{number}/columns", BACK_OFFICE | ANALYSTS | ZONES),
    Rule("GET", "/v1/datasets/{dataset}/versions/{number}/rejects", BACK_OFFICE | ANALYSTS | ZONES),
    Rule("GET", "/v1/datasets/{dataset}/versions/{number}/changes", BACK_OFFICE | ANALYSTS | ZONES),
    Rule("POST", "/v1/dataset-uploads", WRITERS | ANALYSTS),
    Rule("GET", "/v1/dataset-uploads/{upload_id}", BACK_OFFICE | ANALYSTS | ZONES),
    Rule("PUT", "/v1/dataset-uploads/{upload_id}/parts/{number}", WRITERS | ANALYSTS),
    Rule("POST", "/v1/dataset-uploads/{upload_id}/completion", WRITERS | ANALYSTS),
    Rule("POST", "/v1/dataset-query-runs", BACK_OFFICE | ANALYSTS | ZONES),
    Rule("GET", "/v1/dataset-query-runs", BACK_OFFICE | ANALYSTS | ZONES),
    Rule("GET", "/v1/dataset-query-runs/{run_id}", BACK_OFFICE | ANALYSTS | ZONES),
    Rule("GET", "/v1/dataset-query-runs/{run_id}/content", BACK_OFFICE | ANALYSTS | ZONES),
    Rule("POST", "/v1/saved-queries", BACK_OFFICE | ANALYSTS | ZONES),
    Rule("GET", "/v1/saved-queries", BACK_OFFICE | ANALYSTS | ZONES),
    Rule("GET", "/v1/saved-queries/{saved_query_id}", BACK_OFFICE | ANALYSTS | ZONES),
    Rule("PUT", "/v1/saved-queries/{saved_query_id}", BACK_OFFICE | ANALYSTS | ZONES),
    Rule("POST", "/v1/saved-queries/{saved_query_id}/runs", BACK_OFFICE | ANALYSTS | ZONES),
    Rule("GET", "/v1/saved-queries/{saved_query_id}/runs", BACK_OFFICE | ANALYSTS | ZONES),
    Rule("GET", "/v1/saved-queries/{saved_query_id}/comparison", BACK_OFFICE | ANALYSTS | ZONES),
    Rule("GET", "/v1/market-analyses", BACK_OFFICE | ANALYSTS | ZONES),
    Rule("GET", "/v1/market-analyses/{analysis}", BACK_OFFICE | ANALYSTS | ZONES),
    Rule("POST", "/v1/market-analyses/{analysis}/runs", BACK_OFFICE | ANALYSTS | ZONES),
    Rule("POST", "/v1/market-analyses/{analysis}/saved-queries", BACK_OFFICE | ANALYSTS | ZONES),
    Rule("GET", "/v1/mapping-profiles", BACK_OFFICE | ANALYSTS | ZONES),
    Rule("GET", "/v1/mapping-profiles/{profile}", BACK_OFFICE | ANALYSTS | ZONES),
    Rule("GET", "/v1/competitors", BACK_OFFICE | ANALYSTS | ZONES),
    Rule("POST", "/v1/competitors", WRITERS | ANALYSTS),
    Rule("GET", "/v1/competitors/{competitor}", BACK_OFFICE | ANALYSTS | ZONES),
    Rule("PATCH", "/v1/competitors/{competitor}", WRITERS | ANALYSTS),
    Rule("GET", "/v1/competitors/{competitor}/observations", BACK_OFFICE | ANALYSTS | ZONES),
    Rule("POST", "/v1/competitors/{competitor}/observations", WRITERS | ANALYSTS | ZONES),
    Rule("GET", "/v1/competitor-observations/{observation_id}", BACK_OFFICE | ANALYSTS | ZONES),
    Rule("POST", "/v1/competitor-observations/{observation_id}/withdrawal", WRITERS | ANALYSTS | ZONES),
    Rule("GET", "/v1/competitor-attributes", BACK_OFFICE | ANALYSTS | ZONES),
    Rule("POST", "/v1/competitor-attributes", WRITERS | ANALYSTS),
    Rule("GET", "/v1/competitor-comparisons", BACK_OFFICE | ANALYSTS | ZONES),
    Rule("GET", "/v1/competitors/{competitor}/battlecards", BACK_OFFICE | ANALYSTS | ZONES),
    Rule("POST", "/v1/competitors/{competitor}/battlecards", WRITERS | ANALYSTS),
    Rule("GET", "/v1/battlecards/{battlecard_id}", BACK_OFFICE | ANALYSTS | ZONES),
    Rule("GET", "/v1/battlecards/{battlecard_id}/content", BACK_OFFICE | ANALYSTS | ZONES),
    Rule("POST", "/v1/competitor-digest-subscriptions", WRITERS | ANALYSTS | ZONES),
    Rule("GET", "/v1/competitor-digest-subscriptions", BACK_OFFICE | ANALYSTS | ZONES),
    Rule("GET", "/v1/competitor-digest-subscriptions/{subscription_id}", BACK_OFFICE | ANALYSTS | ZONES),
    Rule("PUT", "/v1/competitor-digest-subscriptions/{subscription_id}", WRITERS | ANALYSTS | ZONES),
    Rule("POST", "/v1/competitor-digest-subscriptions/{subscription_id}/runs", WRITERS | ANALYSTS | ZONES),
    Rule("GET", "/v1/competitor-digest-subscriptions/{subscription_id}/runs", BACK_OFFICE | ANALYSTS | ZONES),
    Rule("GET", "/v1/competitor-digests", BACK_OFFICE | ANALYSTS | ZONES),
    Rule("GET", "/v1/competitor-digests/{digest_id}", BACK_OFFICE | ANALYSTS | ZONES),
    Rule("GET", "/v1/competitor-digests/{digest_id}/content", BACK_OFFICE | ANALYSTS | ZONES),
)


@dataclass(slots=True)
class _Node:
    children: dict[str, "_Node"] = field(default_factory=dict)
    rules: dict[str, Rule] = field(default_factory=dict)


class AccessMatrix:
    """Finds the rule of a request by walking path segments; a literal segment wins over a parameter."""

    def __init__(self, rules: Iterable[Rule]) -> None:
        self.rules = tuple(rules)
        self._root = _Node()
        for rule in self.rules:
            node = self._root
            for segment in rule.path_template.split("/")[1:]:
                node = node.children.setdefault("{}" if segment.startswith("{") else segment, _Node())
            if rule.method in node.rules or not rule.roles <= ROLES | LINK_HOLDERS:
                raise ValueError(f"{rule.method} {rule.path_template} is listed twice or for an unknown role")
            node.rules[rule.method] = rule

    def rule_for(self, method: str, path: str) -> Rule:
        """Return the rule; NotFound for an unlisted path, MethodNotAllowed for an unlisted method of it."""
        node: _Node | None = self._root
        for segment in path.split("/")[1:]:
            if node is None or segment in ("", ".", ".."):
                node = None
                break
            node = node.children.get(segment) or node.children.get("{}")
        if node is None or not node.rules:
            raise NotFound("There is no such resource")
        rule = node.rules.get("GET" if method == "HEAD" else method)
        if rule is None:
            raise MethodNotAllowed("The resource does not answer this method", allow=_allowed(node.rules))
        return rule

    def authorized_rule(self, caller: Caller, method: str, path: str) -> Rule:
        """Return the rule if the caller's roles and scopes admit it; Forbidden otherwise."""
        rule = self.rule_for(method, path)
        require_rights(caller, rule)
        return rule


def require_rights(caller: Caller, rule: Rule) -> None:
    """Raise Forbidden unless one of the caller's roles is in the rule and its scopes, if any, cover it."""
    if rule.roles.isdisjoint(caller.roles):
        raise Forbidden("Your roles do not allow this")
    if caller.scopes is None or rule.path_template == "/v1/me":
        return  # whoever may come in may ask as whom
    if caller.scopes.isdisjoint(scopes_covering(rule)):
        raise Forbidden(f"The key's scopes do not allow this; it takes {scopes_covering(rule)[0]}")


def scopes_covering(rule: Rule) -> tuple[str, str]:
    """Return the scopes of API keys of which one is enough: the resource's own, and the one of all resources.

    `GET /v1/receipts/{receipt_id}` takes `receipts:read` or `*:read`. Whoever may write may not read for that reason.
    """
    action = "read" if rule.method == "GET" else "write"
    return f"{rule.path_template.split('/')[2]}:{action}", f"*:{action}"


class AccessMiddleware:
    """Lets requests into a service only with an internal token for it and a role the matrix lists.

    It stands before the router: a route that somebody forgot to list answers nobody. It puts the caller into
    the scope as `caller` and the route as `route_template`. Refusals propagate to the problem handlers.
    """

    def __init__(self, app: ASGIApp, *, verifier: InternalTokenVerifier, matrix: AccessMatrix) -> None:
        self._app = app
        self._verifier = verifier
        self._matrix = matrix

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["path"] not in PUBLIC_PATHS:
            values = [value for name, value in scope["headers"] if name == b"authorization"]
            caller = self._verifier.caller_of(
                bearer_token(values[0].decode("latin-1") if len(values) == 1 else None)
            )
            rule = self._matrix.authorized_rule(caller, scope["method"], scope["path"])
            _refuse_null_characters(scope)
            scope["caller"] = caller
            scope["route_template"] = rule.path_template
        elif scope["type"] == "websocket":
            raise Forbidden("There are no web sockets here")
        await self._app(scope, receive, send)


def _refuse_null_characters(scope: Scope) -> None:
    """No name or number of ours contains one, and the database cannot even compare with it."""
    if "\0" in scope["path"] or b"%00" in scope["query_string"]:
        raise Malformed("The address contains a null character")


def unlisted_routes(app: Starlette, matrix: AccessMatrix) -> list[str]:
    """Return an application's routes that no rule lists, as 'GET /v1/…', public paths left out."""
    listed = {(rule.method, _shape(rule.path_template)) for rule in matrix.rules}
    missing: list[str] = []
    for context in iter_route_contexts(app.routes):
        path = context.path or type(context.original_route).__name__
        if path in PUBLIC_PATHS:
            continue
        methods = (context.methods or {"*"}) - {"HEAD", "OPTIONS"}
        missing += [f"{method} {path}" for method in sorted(methods) if (method, _shape(path)) not in listed]
    return missing


def _shape(path_template: str) -> str:
    return "/".join("{}" if segment.startswith("{") else segment for segment in path_template.split("/"))


def _allowed(rules: dict[str, Rule]) -> str:
    return ", ".join(sorted(rules.keys() | ({"HEAD"} if "GET" in rules else set())))
