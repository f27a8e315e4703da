"""Reads of a caller who asked before on the same connection, with the very same headers.

A script, a browser or a service in front sends one block of headers again and again. Reading it, finding out who sent it,
what may pass on and where it goes has the same outcome each time, and costs more than all the rest of a small read. A
connection therefore remembers the outcome under the block's digest: no token is kept, and each request asks anew whether
the credential still counts and the quotas, the places and the circuit allow it. Whatever is not as usual goes the usual
way, from the point it has reached.
"""

import re
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any, Final

from starlette.types import Scope

from gateway.adapters.credentials import Remembered
from gateway.adapters.lane import Lane
from gateway.adapters.upstream import Upstream
from gateway.adapters.upstream_pool import Exchange
from gateway.api.visit import Visit
from gateway.domain.headers import Header, request_headers
from gateway.domain.rate_limit import Cell, Key
from gateway.domain.routing import Route
from shared.identity import Caller
from shared.observability import KnownRequest
from shared.trace import Trace

PLANS_MAX: Final = 64
_LINE_BYTES_MAX: Final = 2_048
_GET: Final = b"GET "
_VERSION: Final = b" HTTP/1.1"
# Nothing to decode, nothing that a parser could read otherwise; `..` is left to the access matrix.
_TARGET: Final = re.compile(rb"(/v1/[A-Za-z0-9/_.~-]+)(?:\?([A-Za-z0-9/_.~&=:,+*@!$'();-]*))?")
# Headers that make each request another one, or that only the usual way understands.
_UNUSUAL: Final = frozenset(
    {b"traceparent", b"x-request-id", b"upgrade", b"te", b"trailer", b"http2-settings"}
)


@dataclass(slots=True)
class Plan:
    """Where the reads of one path go, for one caller."""

    route: Route
    upstream: Upstream
    lane: Lane
    template: str
    quota_key: Key
    path: str
    request: KnownRequest
    token: str = ""  # the internal one last used, and the lines around it
    lines: bytes = b""


@dataclass(slots=True)
class KnownHead:
    """One block of headers on one connection: who sent it and what of it passes on, without what proves them."""

    digest: bytes
    remembered: Remembered
    caller: Caller
    scope: Mapping[str, Any]  # of the connection; its headers are without the credential
    looked_at: dict[bytes, bytes]
    address: str
    is_through_proxy: bool
    accepts_gzip: bool
    address_key: Key
    passed: bytes  # the lines that pass on, and whose request it is
    plans: dict[bytes, Plan] = field(default_factory=dict)


class Swift:
    """A request under way; it is a `Visit` once somebody wants to know more of it."""

    __slots__ = ("cell", "exchange", "known", "plan", "query", "started", "trace", "visit")

    def __init__(
        self, known: KnownHead, plan: Plan, query: bytes, trace: Trace, cell: Cell, exchange: Exchange | None
    ) -> None:
        self.known, self.plan, self.query, self.trace = known, plan, query, trace
        self.cell, self.exchange = cell, exchange
        self.started = time.perf_counter()
        self.visit: Visit | None = None

    def as_visit(self) -> Visit:
        """What the usual way goes on with: admitted, counted, in its place and sent."""
        if self.visit is None:
            known, plan = self.known, self.plan
            path = plan.path
            scope: Scope = {
                **known.scope,
                "path": path,
                "raw_path": path.encode("ascii"),
                "query_string": self.query,
                "trace": self.trace,
            }
            self.visit = Visit(
                scope,
                self.trace,
                known.looked_at,
                has_doubled_header=False,
                started=self.started,
                address=known.address,
                accepts_gzip=known.accepts_gzip,
                is_through_proxy=known.is_through_proxy,
                caller=known.caller,
                cell=self.cell,
                is_address_counted=True,
                is_caller_counted=True,
                path_template=plan.template,
                route=plan.route,
                exchange=self.exchange,
                upstream=plan.upstream,
                lane=plan.lane,
            )
        return self.visit


def head_of(data: bytes) -> tuple[bytes, bytes] | None:
    """The target and the block of headers of a GET that is there whole and alone; None for anything else."""
    if not data.startswith(_GET) or data.find(b"\r\n\r\n") != len(data) - 4:
        return None
    line, _, block = data.partition(b"\r\n")
    if not line.endswith(_VERSION) or len(line) > _LINE_BYTES_MAX:
        return None
    return line[4:-9], block


def path_and_query(target: bytes) -> tuple[bytes, bytes] | None:
    """The parts of a target that needs no decoding."""
    match = _TARGET.fullmatch(target)
    return None if match is None else (match[1], match[2] or b"")


def digest_of(block: bytes) -> bytes:
    return sha256(block).digest()


def known_head(visit: Visit, remembered: Remembered, digest: bytes, *, address_key: Key) -> KnownHead | None:
    """What a visit that was sent on directly shows of its block of headers; None when it should not be remembered."""
    headers: list[Header] = visit.scope["headers"]
    if visit.caller is None or not _UNUSUAL.isdisjoint(name for name, _ in headers):
        return None
    kept = [header for header in headers if header[0] != b"authorization"]
    client = visit.scope.get("client")
    address = (client[0] if client else "unknown").encode("ascii")
    forwarded = b"x-forwarded-for: %b\r\nx-forwarded-proto: %b\r\n" % (
        address,
        visit.scope["scheme"].encode("ascii"),
    )
    scope = {key: value for key, value in visit.scope.items() if key not in ("trace", "visit")}
    return KnownHead(
        digest=digest,
        remembered=remembered,
        caller=visit.caller,
        scope={**scope, "headers": kept},
        looked_at={name: value for name, value in visit.headers.items() if name != b"authorization"},
        address=visit.address,
        is_through_proxy=visit.is_through_proxy,
        accepts_gzip=visit.accepts_gzip,
        address_key=address_key,
        passed=b"".join(request_headers(kept)) + forwarded,
    )


def request_bytes(known: KnownHead, plan: Plan, target: bytes, token: str, trace: Trace) -> bytes:
    """The request's head for the service, as `proxy.request_head` writes it."""
    if token is not plan.token:
        host = b" HTTP/1.1\r\nhost: %b\r\n" % plan.upstream.pool.authority
        plan.lines = host + known.passed + f"authorization: Bearer {token}\r\n".encode("ascii")
        plan.token = token
    trace_id, span_id, flags, request_id, _parent = trace
    own = f"traceparent: 00-{trace_id}-{span_id}-{flags}\r\nx-request-id: {request_id}\r\n\r\n"
    return b"".join((_GET, target, plan.lines, own.encode("ascii")))
