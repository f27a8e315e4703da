"""Which service answers a resource, how long it may take and how much it takes in.

Paths name resources, so a resource can move to another service here without any caller noticing.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Final

from gateway.domain.rate_limit import QuotaName
from shared.access import Rule
from shared.jobs.home import JOBS, home_of

SERVICES: Final = ("payments", "partners", "reporting", "research")
GATEWAY: Final = "gateway"
JOB: Final = JOBS + "/{job_id}"

MEBIBYTE: Final = 1024 * 1024
TIMEOUT_SECONDS: Final = 30.0
BODY_BYTES_MAX: Final = 1 * MEBIBYTE

# The first path segment after /v1.
RESOURCES: Final[Mapping[str, str]] = {
    **dict.fromkeys(
        (
            "api-keys",
            "dead-letters",
            "event-types",
            "events",
            "limits",
            "me",
            "request-audit",
            "salesforce-mappings",
            "salesforce-notifications",
            "salesforce-records",
            "salesforce-sweeps",
            "salesforce-write-mappings",
            "salesforce-writes",
            "token-revocations",
            "webhook-endpoints",
        ),
        GATEWAY,
    ),
    **dict.fromkeys(
        (
            "account-statement-batches",
            "account-statements",
            "accounts",
            "ageing",
            "allocations",
            "annual-returns",
            "audit-trail",
            "balance-confirmations",
            "bank-accounts",
            "bank-lines",
            "bank-statements",
            "booking-clock",
            "bounce-charge-rules",
            "bounces",
            "confirmation-rules",
            "credit-note-reasons",
            "credit-note-rules",
            "credit-note-series",
            "credit-notes",
            "discount-terms",
            "exceptions",
            "general-ledger-exports",
            "exchange-rates",
            "freight-terms",
            "gst-registrations",
            "ims-actions",
            "ims-statuses",
            "instruments",
            "invoices",
            "jobs",
            "journal-entries",
            "ledger-accounts",
            "ledger-names",
            "opening-balances",
            "payer-aliases",
            "matching-policies",
            "payment-queries",
            "payment-traces",
            "periods",
            "policy-simulations",
            "receipts",
            "reconciliation-rules",
            "reconciliation-tolerances",
            "reconciliations",
            "refunds",
            "remittance-advices",
            "suggestions",
            "tax-certificates",
            "tax-deductors",
            "tax-receivables",
            "tax-rules",
            "trial-balance",
            "virtual-accounts",
        ),
        "payments",
    ),
    **dict.fromkeys(
        (
            "crm-accounts",
            "deliveries",
            "delivery-bounces",
            "document-links",
            "document-renderings",
            "documents",
            "partner-documents",
            "partners",
            "payment-sheet-differences",
            "payment-sheets",
            "retention-rules",
            "order-board-lines",
            "order-boards",
            "orders",
            "partner-duplicate-decisions",
            "partner-duplicates",
            "partner-imports",
            "partner-merges",
            "partner-documents",
            "partners",
            "payment-sheets",
        ),
        "partners",
    ),
    **dict.fromkeys(("crm-accounts", "partner-documents", "partners", "payment-sheets"), "partners"),
    **dict.fromkeys(("delivery-scores", "document-schedules", "holiday-calendars"), "partners"),
    **dict.fromkeys(("dashboards", "projections"), "reporting"),
    **dict.fromkeys(("analyses", "analysis-tables", "saved-analyses"), "reporting"),
    "dashboards": "reporting",
    **dict.fromkeys(("report-definitions", "report-runs", "report-sources"), "reporting"),
    **dict.fromkeys(("source-systems", "source-snapshots", "validation-rules"), "reporting"),
    **dict.fromkeys(("data-issues", "data-quality-scores"), "reporting"),
    **dict.fromkeys(("collections", "submissions", "templates"), "reporting"),
    **dict.fromkeys(
        ("report-definitions", "report-runs", "report-sources", "report-subscriptions"), "reporting"
    ),
    **dict.fromkeys(("system-tasks", "task-checklists"), "reporting"),
    **dict.fromkeys(("entities", "opportunities", "research-assignments"), "research"),
    **dict.fromkeys(("opportunities", "research-briefs", "research-brief-drafts"), "research"),
    **dict.fromkeys(
        (
            "battlecards",
            "competitor-attributes",
            "competitor-comparisons",
            "competitor-digest-subscriptions",
            "competitor-digests",
            "competitor-observations",
            "competitors",
        ),
        "research",
    ),
    **dict.fromkeys(("companies", "entity-matches", "entity-decisions", "research-hits"), "research"),
    "market-analyses": "research",
    **dict.fromkeys(("entity-resolutions", "entity-sources", "saved-queries"), "research"),
    **dict.fromkeys(("dataset-query-runs", "dataset-uploads", "datasets", "mapping-profiles"), "research"),
}


@dataclass(frozen=True, slots=True)
class Route:
    """Where a request goes and its bounds; the time runs until the reply's head arrives."""

    service: str
    path_template: str
    timeout_seconds: float
    body_bytes_max: int
    quota: QuotaName | None
    is_long: bool  # takes so long, or so much, that small requests must not wait behind it


@dataclass(frozen=True, slots=True)
class Bounds:
    """What a route needs beyond the usual."""

    timeout_seconds: float
    body_bytes_max: int


BOUNDS: Final[Mapping[tuple[str, str], Bounds]] = {
    ("POST", "/v1/bank-statements"): Bounds(300.0, 512 * MEBIBYTE),
    ("POST", "/v1/invoices/batch"): Bounds(120.0, 64 * MEBIBYTE),
    ("POST", "/v1/receipts/batch"): Bounds(120.0, 64 * MEBIBYTE),
    ("POST", "/v1/partners/batch"): Bounds(120.0, 64 * MEBIBYTE),
    ("POST", "/v1/documents"): Bounds(120.0, 21 * MEBIBYTE),
    ("GET", "/v1/documents/{document_id}/content"): Bounds(120.0, BODY_BYTES_MAX),
    ("POST", "/v1/research-assignments/{assignment_id}/files"): Bounds(120.0, 21 * MEBIBYTE),
    ("GET", "/v1/research-assignments/{assignment_id}/files/{file_id}/content"): Bounds(
        120.0, BODY_BYTES_MAX
    ),
    ("POST", "/v1/orders/batch"): Bounds(120.0, 64 * MEBIBYTE),
    ("POST", "/v1/exchange-rates/batch"): Bounds(120.0, 64 * MEBIBYTE),
    ("POST", "/v1/ims-actions/batch"): Bounds(120.0, 64 * MEBIBYTE),
    ("POST", "/v1/remittance-advices/batch"): Bounds(120.0, 64 * MEBIBYTE),
    ("GET", "/v1/accounts/{partner}/statement"): Bounds(120.0, BODY_BYTES_MAX),
    ("POST", "/v1/account-statements"): Bounds(120.0, BODY_BYTES_MAX),
    ("GET", "/v1/report-runs/{run_id}/content"): Bounds(120.0, BODY_BYTES_MAX),
    ("GET", "/v1/audit-trail/verification"): Bounds(120.0, BODY_BYTES_MAX),
    ("GET", "/v1/periods/{month}/checklist"): Bounds(120.0, BODY_BYTES_MAX),
    ("POST", "/v1/saved-analyses/{saved_analysis_id}/runs"): Bounds(120.0, BODY_BYTES_MAX),
    ("POST", "/v1/analysis-tables"): Bounds(120.0, 64 * MEBIBYTE),
    ("POST", "/v1/source-systems/{system}/files"): Bounds(120.0, 64 * MEBIBYTE),
    ("POST", "/v1/validation-rules/{rule}/simulations"): Bounds(120.0, BODY_BYTES_MAX),
    ("POST", "/v1/collections/{collection_id}/submissions"): Bounds(120.0, 33 * MEBIBYTE),
    ("GET", "/v1/collections/{collection_id}/respondents/{respondent_id}/workbook"): Bounds(
        120.0, BODY_BYTES_MAX
    ),
    ("GET", "/v1/collections/{collection_id}/consolidated/content"): Bounds(120.0, BODY_BYTES_MAX),
    ("GET", "/v1/submissions/{submission_id}/marked-copy"): Bounds(120.0, BODY_BYTES_MAX),
    **{
        ("POST", f"/v1/analyses/{kind}"): Bounds(120.0, BODY_BYTES_MAX)
        for kind in (
            "variance",
            "bill-of-materials",
            "landed-cost",
            "margin-waterfall",
            "projection",
            "bundling",
        )
    },
    ("GET", "/v1/analyses/{analysis_id}/content"): Bounds(120.0, BODY_BYTES_MAX),
    ("POST", "/v1/general-ledger-exports"): Bounds(120.0, BODY_BYTES_MAX),
    ("POST", "/v1/periods/{month}/closing"): Bounds(120.0, BODY_BYTES_MAX),
    # Five gigabytes over a line of an office take an hour; who has a worse one sends parts.
    ("POST", "/v1/datasets/{dataset}/uploads"): Bounds(3600.0, 5 * 1024 * MEBIBYTE),
    ("GET", "/v1/dataset-query-runs/{run_id}/content"): Bounds(120.0, BODY_BYTES_MAX),
    ("PUT", "/v1/dataset-uploads/{upload_id}/parts/{number}"): Bounds(600.0, 64 * MEBIBYTE),
}


def routes_of(
    rules: Iterable[Rule], *, timeout_seconds: float = TIMEOUT_SECONDS
) -> dict[tuple[str, str], Route]:
    """Return the route of each (method, path template); KeyError names a resource without a service."""
    return {(rule.method, rule.path_template): _route(rule, timeout_seconds) for rule in rules}


def at_home(route: Route, path: str) -> Route:
    """Return the route of this very path: a job is answered by the service whose it is, which its id tells.

    For an id that tells none, payments answers that there is no such job.
    """
    if route.path_template != JOB:
        return route
    return replace(route, service=home_of(path.rpartition("/")[2]) or route.service)


def service_of(path: str) -> str | None:
    """Return who answers a path or path template; the gateway outside /v1, None for a resource nobody has.

    Every service answers for its own jobs; the words about them are those of the service named here. The list of all is
    put together by the gateway.
    """
    if not path.startswith("/v1/") or path == JOBS:
        return GATEWAY
    return RESOURCES.get(path.split("/")[2])


def _route(rule: Rule, timeout_seconds: float) -> Route:
    service = GATEWAY if rule.path_template == JOBS else RESOURCES[rule.path_template.split("/")[2]]
    usual = Bounds(timeout_seconds, BODY_BYTES_MAX)
    bounds = BOUNDS.get((rule.method, rule.path_template), usual)
    quota = _quota(rule, bounds)
    return Route(
        service=service,
        path_template=rule.path_template,
        timeout_seconds=bounds.timeout_seconds,
        body_bytes_max=bounds.body_bytes_max,
        quota=quota,
        is_long=bounds is not usual or quota == "imports",
    )


def _quota(rule: Rule, bounds: Bounds) -> QuotaName | None:
    if rule.path_template == "/v1/limits":
        return None  # who has used everything up has to be able to find out
    if rule.method == "GET":
        return "reads"
    is_import = bounds.body_bytes_max > BODY_BYTES_MAX or rule.path_template.endswith("/batch")
    return "imports" if is_import else "writes"
