"""The edge with the way of reads whose headers came before: see gateway/api/swift.py."""

import time
from collections.abc import Sequence
from typing import Any

from gateway.api import swift
from gateway.api.edge import LINKS, Edge
from gateway.api.reply_bytes import reply_bytes, reply_lines
from gateway.api.visit import DENIED, Visit
from gateway.domain.headers import Header
from shared.errors import Refusal
from shared.tracing import trace_from


class SwiftEdge(Edge):
    """Asks of a known head only what may have changed since, and leaves all else to the usual ways."""

    def __init__(self, **parts: Any) -> None:  # noqa: ANN401 - the parent's own
        super().__init__(**parts)
        self._default_headers: Sequence[Header] = ()
        self._default_lines = b""

    def remember(self, visit: Visit, digest: bytes) -> swift.KnownHead | None:
        """What a later read with the same block of headers need not find out again; see gateway/api/swift.py."""
        authorization = visit.headers[b"authorization"]
        remembered = self._doorkeeper.credentials.entry(authorization)
        if remembered is None:
            return None
        return swift.known_head(visit, remembered, digest, address_key=self._limits.address_key(visit))

    def begin_swiftly(self, known: swift.KnownHead, target: bytes) -> swift.Swift | None:
        """Send a read on at once; None, with nothing counted or taken, when it has to go another way."""
        parts = swift.path_and_query(target)
        if parts is None or not self._doorkeeper.credentials.counts(known.remembered):
            return None
        plan = known.plans.get(parts[0]) or self._plan(known, parts[0])
        if plan is None or not plan.upstream.has_place(plan.lane):
            return None
        cell = self._limits.try_admit_known(known.address_key, plan.quota_key)
        if cell is None:
            return None
        # Nothing is waited for between here and the questions above: they still hold.
        plan.upstream.try_enter(plan.lane)
        exchange = plan.upstream.pool.lend_idle(plan.route.timeout_seconds)
        trace = trace_from(None, None)
        if exchange is not None:
            token = self._doorkeeper.issuer.token_for(known.caller, plan.route.service)
            exchange.connection.send(swift.request_bytes(known, plan, target, token, trace))
        return swift.Swift(known, plan, parts[1], trace, cell, exchange)

    def _plan(self, known: swift.KnownHead, path: bytes) -> swift.Plan | None:
        text = path.decode("ascii")
        try:
            rule = self._doorkeeper.rule("GET", text)
            route = self._doorkeeper.route(known.caller, rule, text)
        except Refusal:
            return None  # the usual way says it
        upstream = self._upstreams.get(route.service)
        if upstream is None or route.quota is None or text.startswith(LINKS):
            return None
        plan = swift.Plan(
            route=route,
            upstream=upstream,
            lane=upstream.lane(route, is_waited_for=False),
            template=rule.path_template,
            quota_key=self._limits.caller_key(known.caller, route.quota),
            path=text,
            request=self._recorder.known("GET", rule.path_template),
        )
        if len(known.plans) >= swift.PLANS_MAX:
            known.plans.clear()
        known.plans[path] = plan
        return plan

    def swift_reply(self, begun: swift.Swift, default_headers: Sequence[Header]) -> bytes:
        """Return the whole reply as the caller gets it, and finish: the same as `reply` and `finish_directly`."""
        assert begun.exchange is not None
        connection = begun.exchange.connection
        upstream, known = begun.plan.upstream, connection.known
        if known is None or begun.known.accepts_gzip or connection.status in DENIED:
            visit = begun.as_visit()
            headers, body = self.reply(visit, connection.take())
            visit.status = connection.status
            self.finish_directly(visit)
            return reply_bytes(connection.status, [*default_headers, *headers], body, keep_alive=True)
        if known.lines is None:
            known.lines = reply_lines(connection.status, connection.headers, upstream.pool.origin)
        own = b"x-request-id: %b\r\n" % begun.trace.request_id.encode("ascii")
        if default_headers is not self._default_headers:  # the server makes new ones every second
            self._default_headers = default_headers
            self._default_lines = b"".join(b"%b: %b\r\n" % header for header in default_headers)
        data = b"".join(
            (
                known.lines,
                self._default_lines,
                own,
                self._limits.lines(begun.cell),
                b"\r\n",
                connection.take(),
            )
        )
        seconds = time.monotonic() - connection.started_at
        upstream.pool.give_back(begun.exchange)
        upstream.leave(begun.plan.lane, reply_seconds=seconds)
        begun.plan.request.record(known.status, time.perf_counter() - begun.started, begun.trace)
        return data
