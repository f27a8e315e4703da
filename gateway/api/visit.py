"""One request as the edge sees it, and what is recorded of it."""

import time
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from starlette.types import Scope

from gateway.adapters.lane import Lane
from gateway.adapters.request_audit import NO_PROOF, AuditEntry, RequestAudit
from gateway.adapters.upstream import Upstream
from gateway.adapters.upstream_pool import Exchange
from gateway.api.write_witness import WriteWitness
from gateway.domain.client_address import TrustedProxies
from gateway.domain.compression import accepts_gzip
from gateway.domain.headers import Header
from gateway.domain.rate_limit import Cell
from gateway.domain.routing import Route
from shared.errors import TooManyRequests
from shared.identity import Caller
from shared.observability import KnownRequest, Metrics, RequestLog, note_request
from shared.trace import Trace
from shared.tracing import trace_from

_LOOKED_AT: Final = frozenset(
    {
        b"accept-encoding",
        b"access-control-request-headers",
        b"access-control-request-method",
        b"authorization",
        b"content-length",
        b"expect",
        b"idempotency-key",
        b"origin",
        b"prefer",
        b"traceparent",
        b"transfer-encoding",
        b"x-forwarded-for",
        b"x-request-id",
    }
)
_SINGLE: Final = frozenset({b"authorization", b"content-length", b"transfer-encoding"})
DENIED: Final = frozenset({401, 403})
READ_METHODS: Final = frozenset({"GET", "HEAD", "OPTIONS"})


@dataclass(slots=True)
class Visit:
    """What is known of a request; filled in on its way and recorded at its end."""

    scope: Scope
    trace: Trace
    headers: dict[bytes, bytes]
    has_doubled_header: bool
    started: float
    address: str = "unknown"
    accepts_gzip: bool = False
    is_through_proxy: bool = False
    caller: Caller | None = None
    # The quota that the reply tells about, and what was counted already; see gateway/api/rate_limits.py.
    cell: Cell | None = None
    is_address_counted: bool = False
    is_caller_counted: bool = False
    path_template: str = "(none)"
    status: int = 500
    has_begun: bool = False
    # Set when the request was sent on already; see gateway/api/direct.py.
    route: Route | None = None
    exchange: Exchange | None = None
    # The service it goes to, the place it holds there, and how long the reply took to begin, once one did.
    upstream: Upstream | None = None
    lane: Lane | None = None
    reply_seconds: float | None = None
    # Of a write alone: what passed.
    witness: WriteWitness | None = None

    @classmethod
    def of(cls, scope: Scope, proxies: TrustedProxies) -> "Visit":
        """Read the few headers the edge looks at, in one pass."""
        looked_at = [header for header in scope["headers"] if header[0] in _LOOKED_AT]
        headers = dict(looked_at)
        has_doubled_header = len(headers) != len(looked_at) and _is_single_doubled(looked_at)
        trace = trace_from(headers.get(b"traceparent"), headers.get(b"x-request-id"))
        scope["trace"] = trace
        is_through_proxy = False
        if proxies and (client := scope.get("client")) is not None:
            is_through_proxy = proxies.is_trusted(client[0])
            forwarded_for = b",".join(value for name, value in looked_at if name == b"x-forwarded-for")
            scope["client"] = (proxies.client_of(client[0], forwarded_for.decode("latin-1")), 0)
        client = scope.get("client")
        return cls(
            scope,
            trace,
            headers,
            has_doubled_header,
            time.perf_counter(),
            address=client[0] if client else "unknown",
            accepts_gzip=b"accept-encoding" in headers and accepts_gzip(headers[b"accept-encoding"]),
            is_through_proxy=is_through_proxy,
        )


def _is_single_doubled(headers: Iterable[Header]) -> bool:
    single = [name for name, _ in headers if name in _SINGLE]
    return len(set(single)) != len(single)


class Recorder:
    """Counts, times and logs every request; keeps denied calls and writes for the auditors."""

    def __init__(self, *, metrics: Metrics, request_log: RequestLog, audit: RequestAudit) -> None:
        self._metrics = metrics
        self._request_log = request_log
        self._audit = audit

    def known(self, method: str, template: str) -> KnownRequest:
        """Counts, times and logs the requests of one route that nothing else is kept of."""
        return KnownRequest(self._metrics, self._request_log, method, template)

    def record(self, visit: Visit) -> None:
        seconds = time.perf_counter() - visit.started
        method = visit.scope["method"]
        self._metrics.observe_request(method, visit.path_template, visit.status, seconds)
        self._request_log.note(method, visit.path_template, visit.status, seconds, visit.trace)
        note_request(visit.trace, method, visit.path_template, visit.status, seconds)
        # What a rate limit refused is counted, not kept: a flood must not become one of the database.
        is_kept = visit.status in DENIED or method not in READ_METHODS
        if is_kept and visit.status != TooManyRequests.status:
            self._audit.note(_audit_entry(visit))


def _audit_entry(visit: Visit) -> AuditEntry:
    return AuditEntry(
        subject=visit.caller.subject if visit.caller else None,
        owner=visit.caller.owner if visit.caller else None,
        roles=visit.caller.roles if visit.caller else frozenset(),
        method=visit.scope["method"],
        route=visit.path_template,
        path=visit.scope["path"],
        status=visit.status,
        trace_id=visit.trace.trace_id,
        client_address=visit.address,
        proof=visit.witness.proof() if visit.witness is not None else NO_PROOF,
    )
