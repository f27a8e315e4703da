"""One request as the edge sees it, and what is recorded of it."""

import time
from dataclasses import dataclass
from typing import Final

from starlette.types import Scope

from gateway.adapters.request_audit import AuditEntry, RequestAudit
from gateway.adapters.upstream_pool import Exchange, UpstreamPool
from gateway.domain.routing import Route
from shared.identity import Caller
from shared.observability import Metrics, RequestLog, Trace, trace_from

_LOOKED_AT: Final = frozenset(
    {
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
        b"x-request-id",
    }
)
_SINGLE: Final = frozenset({b"authorization", b"content-length", b"transfer-encoding"})
_READ_METHODS: Final = frozenset({"GET", "HEAD", "OPTIONS"})


@dataclass(slots=True)
class Visit:
    """What is known of a request; filled in on its way and recorded at its end."""

    scope: Scope
    trace: Trace
    headers: dict[bytes, bytes]
    has_doubled_header: bool
    started: float
    caller: Caller | None = None
    path_template: str = "(none)"
    status: int = 500
    has_begun: bool = False
    # Set when the request was sent on already; see gateway/api/direct.py.
    route: Route | None = None
    pool: UpstreamPool | None = None
    exchange: Exchange | None = None

    @classmethod
    def of(cls, scope: Scope) -> "Visit":
        """Read the few headers the edge looks at, in one pass."""
        headers: dict[bytes, bytes] = {}
        has_doubled_header = False
        for name, value in scope["headers"]:
            if name in _LOOKED_AT:
                if name in headers and name in _SINGLE:
                    has_doubled_header = True
                headers[name] = value
        trace = trace_from(headers.get(b"traceparent"), headers.get(b"x-request-id"))
        scope["trace"] = trace
        return cls(scope, trace, headers, has_doubled_header, time.perf_counter())


class Recorder:
    """Counts, times and logs every request; keeps denied calls and writes for the auditors."""

    def __init__(self, *, metrics: Metrics, request_log: RequestLog, audit: RequestAudit) -> None:
        self._metrics = metrics
        self._request_log = request_log
        self._audit = audit

    def record(self, visit: Visit) -> None:
        seconds = time.perf_counter() - visit.started
        method = visit.scope["method"]
        self._metrics.observe_request(method, visit.path_template, visit.status, seconds)
        self._request_log.note(method, visit.path_template, visit.status, seconds, visit.trace)
        if visit.status in (401, 403) or method not in _READ_METHODS:
            self._audit.note(_audit_entry(visit))


def _audit_entry(visit: Visit) -> AuditEntry:
    client = visit.scope.get("client")
    return AuditEntry(
        subject=visit.caller.subject if visit.caller else None,
        roles=visit.caller.roles if visit.caller else frozenset(),
        method=visit.scope["method"],
        route=visit.path_template,
        path=visit.scope["path"],
        status=visit.status,
        trace_id=visit.trace.trace_id,
        client_address=client[0] if client else "unknown",
    )
