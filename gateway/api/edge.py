"""The way of every request: trace, identity, rights, route, passage, record.

A raw ASGI application: what a request costs here, every request of the whole system costs.
"""

import asyncio
import time
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import Final

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from gateway.adapters.credentials import Credentials
from gateway.adapters.upstream import Upstream
from gateway.api.cross_origin import CrossOrigin
from gateway.api.entrance import GUARDED_BY_ROUTE, Entrance
from gateway.api.paced_body import PacedBody
from gateway.api.proxy import CallerGone, Passage, request_head
from gateway.api.rate_limits import RateLimits
from gateway.api.reply_compression import CompressingSend, compressed_reply
from gateway.api.visit import READ_METHODS, Recorder, Visit
from gateway.api.write_witness import WriteWitness
from gateway.domain.client_address import TrustedProxies
from gateway.domain.errors import UpstreamBroken, UpstreamSlow, UpstreamUnreachable
from gateway.domain.headers import NO_STORE, SECURITY_HEADERS, Header, reply_headers
from gateway.domain.routing import GATEWAY, MEBIBYTE, Route, at_home
from shared.access import AccessMatrix, Rule, require_rights
from shared.errors import Fault, Malformed, Refusal, Unauthenticated
from shared.identity import LINK_HOLDER, Caller, InternalTokenIssuer
from shared.observability import logger
from shared.prefer import wait_seconds
from shared.problem_details import problem_response
from shared.tracing import within

PATH_LENGTH_MAX: Final = 4096
HEADERS_MAX: Final = 100
STATUS_CALLER_GONE: Final = 499
# Headers of requests that the short way does not know.
_USUAL_WAY: Final = frozenset({b"content-length", b"expect", b"origin", b"prefer", b"transfer-encoding"})
LINKS: Final = "/v1/document-links/"
_OWN_PREFIXES: Final = ("/reference/", "/problems/")
# Whoever asks whether we live is answered whatever else goes on.
_UNCOUNTED: Final = frozenset({"/health/live", "/health/ready", "/metrics"})


@dataclass(frozen=True, slots=True)
class Doorkeeper:
    """Who may come in, and where they go."""

    credentials: Credentials
    issuer: InternalTokenIssuer
    matrix: AccessMatrix
    routes: Mapping[tuple[str, str], Route]

    async def caller(self, authorization: bytes | None) -> Caller:
        """Return the caller; Unauthenticated when the header is no good."""
        remembered = self.credentials.remembered(authorization) if authorization is not None else None
        return remembered or await self.credentials.caller_of(authorization)

    def rule(self, method: str, path: str) -> Rule:
        """Return the matrix's rule; NotFound or MethodNotAllowed when it lists none."""
        return self.matrix.rule_for(method, path)

    def route(self, caller: Caller, rule: Rule, path: str) -> Route:
        """Return where the request goes; Forbidden when no role or scope of the caller may."""
        require_rights(caller, rule)
        return at_home(self.routes[(rule.method, rule.path_template)], path)


class Edge:
    """Answers through `own` what is public or the gateway's, and carries the rest to the services."""

    def __init__(
        self,
        *,
        own: ASGIApp,
        own_paths: frozenset[str],
        doorkeeper: Doorkeeper,
        upstreams: Mapping[str, Upstream],
        limits: RateLimits,
        proxies: TrustedProxies,
        cross_origin: CrossOrigin,
        recorder: Recorder,
    ) -> None:
        self.own = own
        self._own_paths = own_paths
        self._doorkeeper = doorkeeper
        self._upstreams = upstreams
        self._limits = limits
        self._proxies = proxies
        self._cross_origin = cross_origin
        self._recorder = recorder
        # Set once this process is about to end: see shared/draining_server.py.
        self.draining = asyncio.Event()
        self._log = logger("edge")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self.own(scope, receive, send)
            return
        if scope["type"] != "http":
            await send({"type": "websocket.close", "code": 1008})
            return
        visit = scope.pop("visit", None) or Visit.of(scope, self._proxies)
        origin = visit.headers.get(b"origin")
        if origin is not None:
            send = self._cross_origin.sending(origin, send)
        if visit.accepts_gzip and scope["method"] != "HEAD":
            send = CompressingSend(send)
        if scope["method"] not in READ_METHODS:
            visit.witness = WriteWitness(scope, receive, send)
            receive, send = visit.witness.receive, visit.witness.send
        try:
            await self._serve(visit, receive, send)
        except CallerGone:
            visit.status = STATUS_CALLER_GONE
        except (Refusal, Fault) as error:
            await self._refuse(error, visit, receive, send)
        finally:
            self._end(visit)

    def begin_directly(self, scope: Scope) -> Visit | None:
        """Send a plain read on at once and return its visit, or None when it has to go the usual way."""
        visit = Visit.of(scope, self._proxies)
        authorization = visit.headers.get(b"authorization")
        if authorization is None or visit.has_doubled_header or not _USUAL_WAY.isdisjoint(visit.headers):
            return None
        caller = self._doorkeeper.credentials.remembered(authorization)
        if caller is None or len(scope["headers"]) > HEADERS_MAX or len(scope["path"]) > PATH_LENGTH_MAX:
            return None
        try:
            rule = self._doorkeeper.rule("GET", scope["path"])
            route = self._doorkeeper.route(caller, rule, scope["path"])
            if (upstream := self._upstreams.get(route.service)) is None:
                return None
            token = self._doorkeeper.issuer.token_for(caller, route.service)
            head = request_head(scope, upstream.pool.authority, token, visit.trace)
        except Refusal:
            return None  # the usual way says it
        visit.caller, visit.path_template = caller, rule.path_template
        exchange = None
        if self._limits.try_admit(visit, route.quota):
            lane = upstream.lane(route, is_waited_for=False)
            if upstream.try_enter(lane):
                visit.upstream, visit.lane = upstream, lane
                exchange = upstream.pool.lend_idle(route.timeout_seconds)
        if exchange is None:
            scope["visit"] = visit  # the usual way goes on from here: nothing is counted or taken twice
            return None
        exchange.connection.send(head)
        visit.route, visit.exchange = route, exchange
        return visit

    def reply(self, visit: Visit, body: bytes) -> tuple[list[Header], bytes]:
        """Return the headers and the body of a reply that came whole, as the caller gets them."""
        assert visit.upstream is not None
        assert visit.exchange is not None
        connection = visit.exchange.connection
        headers = reply_headers(
            connection.headers,
            origin=visit.upstream.pool.origin,
            request_id=visit.trace.request_id.encode("ascii"),
        )
        headers += self._limits.headers(visit)
        if visit.accepts_gzip:
            return compressed_reply(connection.status, headers, body)
        return headers, body

    def finish_directly(self, visit: Visit) -> None:
        """Keep the connection and record the visit."""
        assert visit.upstream is not None
        assert visit.exchange is not None
        if visit.status != STATUS_CALLER_GONE:
            visit.reply_seconds = time.monotonic() - visit.exchange.connection.started_at
        visit.upstream.pool.give_back(visit.exchange)
        self._end(visit)

    def abandon_directly(self, visit: Visit) -> None:
        """Stop the service's work: the caller is gone."""
        assert visit.exchange is not None
        visit.exchange.connection.listener = None
        visit.exchange.connection.close()
        visit.status = STATUS_CALLER_GONE
        self.finish_directly(visit)

    async def _serve(self, visit: Visit, receive: Receive, send: Send) -> None:
        if visit.caller is not None and visit.route is not None:
            await self._pass_on(visit, visit.route, visit.caller, receive, send)
            return
        scope = visit.scope
        method, path = scope["method"], scope["path"]
        if len(path) > PATH_LENGTH_MAX or len(scope["headers"]) > HEADERS_MAX or visit.has_doubled_header:
            raise Malformed("The request's head is too large or names a header twice that may come once")
        if path not in _UNCOUNTED:
            await self._limits.admit(visit)
        if method == "OPTIONS" and b"origin" in visit.headers:
            await self._cross_origin.answer_preflight(visit, send)
            return
        if path in self._own_paths or path.startswith(_OWN_PREFIXES):
            visit.path_template = path if path in self._own_paths else path.split("/")[1]
            await self.own(scope, receive, self._secured(visit, send))
            return
        if path.startswith(GUARDED_BY_ROUTE):
            await self._answer_guarded(visit, receive, send)
            return
        if path.startswith(LINKS):
            await self._follow_link(visit, receive, send)
            return
        visit.caller = caller = await self._identified(visit)
        rule = self._doorkeeper.rule(method, path)
        visit.path_template = rule.path_template
        route = self._doorkeeper.route(caller, rule, path)
        await self._limits.admit(visit, route.quota)
        if route.service == GATEWAY:
            scope["caller"] = caller
            # A stream that stays open for hours asks again whether its caller may still hear.
            scope["caller_again"] = partial(self._doorkeeper.caller, visit.headers.get(b"authorization"))
            with within(visit.trace):
                await self.own(scope, PacedBody(receive, route), self._secured(visit, send))
            return
        await self._pass_on(visit, route, caller, receive, send)

    async def _follow_link(self, visit: Visit, receive: Receive, send: Send) -> None:
        """Without a login: the service checks the link, the address is what is counted, and the link is not recorded."""
        scope = visit.scope
        rule = self._doorkeeper.rule(scope["method"], scope["path"])
        visit.path_template = rule.path_template
        visit.caller = caller = _link_holder(visit.address)
        try:
            route = self._doorkeeper.route(caller, rule, scope["path"])
            await self._limits.admit(visit, route.quota)
            await self._pass_on(visit, route, caller, receive, send)
        finally:
            visit.scope = {**scope, "path": rule.path_template}

    async def _answer_guarded(self, visit: Visit, receive: Receive, send: Send) -> None:
        """Routes that prove their callers themselves; what the address holds may be a secret and is not recorded."""

        async def admit(caller: Caller) -> None:
            visit.caller = caller
            await self._limits.admit(visit, "writes")

        scope = visit.scope
        scope["entrance"] = Entrance(lambda: self._identified(visit), admit, visit.is_through_proxy)
        visit.path_template = GUARDED_BY_ROUTE
        try:
            await self.own(scope, receive, self._secured(visit, send))
        finally:
            visit.path_template = getattr(scope.get("route"), "path", GUARDED_BY_ROUTE)
            visit.scope = {**scope, "path": visit.path_template}

    async def _identified(self, visit: Visit) -> Caller:
        """Return the caller; Unauthenticated, or TooManyRequests when its address brings one bad token after another."""
        authorization = visit.headers.get(b"authorization")
        if authorization is None:
            return await self._doorkeeper.caller(None)
        if self._doorkeeper.credentials.remembered(authorization) is None:
            self._limits.admit_unknown_token(visit)
        try:
            return await self._doorkeeper.caller(authorization)
        except Unauthenticated:
            self._limits.note_failure(visit)
            raise

    async def _pass_on(
        self, visit: Visit, route: Route, caller: Caller, receive: Receive, send: Send
    ) -> None:
        timeout_seconds = route.timeout_seconds
        prefer = visit.headers.get(b"prefer")
        if prefer is not None:
            timeout_seconds += wait_seconds(prefer.decode("latin-1"), default=0.0)
        await self._enter(visit, route, is_waited_for=prefer is not None)
        assert visit.upstream is not None
        passage = Passage(
            scope=visit.scope,
            receive=receive,
            send=send,
            upstream=visit.upstream,
            route=route,
            token=self._doorkeeper.issuer.token_for(caller, route.service),
            trace=visit.trace,
            marks=self._limits.headers(visit),
        )
        try:
            if visit.exchange is not None:
                await passage.resume(visit.exchange, timeout_seconds)
            else:
                await passage.run(visit.headers, timeout_seconds)
        except (UpstreamUnreachable, UpstreamBroken, UpstreamSlow):
            if passage.reply_seconds is None:
                visit.upstream.failed(passage.address)
            raise
        finally:
            visit.status = passage.status
            visit.has_begun = passage.has_begun
            visit.reply_seconds = passage.reply_seconds

    async def _enter(self, visit: Visit, route: Route, *, is_waited_for: bool) -> None:
        """Take a place at the service; CircuitOpen or Overloaded when there is none to be had."""
        if visit.lane is None:
            visit.upstream = self._upstreams[route.service]
            lane = visit.upstream.lane(route, is_waited_for=is_waited_for)
            await visit.upstream.enter(lane)
            visit.lane = lane

    def _end(self, visit: Visit) -> None:
        """Give back what the visit holds, whatever became of it, and record it."""
        if visit.upstream is not None and visit.lane is not None:
            visit.upstream.leave(visit.lane, reply_seconds=visit.reply_seconds)
            visit.lane = None
        self._recorder.record(visit)

    async def _refuse(self, error: Refusal | Fault, visit: Visit, receive: Receive, send: Send) -> None:
        if isinstance(error, Fault):
            part = error.facts.get("part")
            self._log.warning("upstream_fault", code=error.code, part=part, has_begun=visit.has_begun)
        if visit.has_begun:
            # Part of a reply is out. Returning without its end makes the server drop the connection,
            # so the caller sees a broken reply and not a short one that looks whole.
            return
        visit.status = error.status
        response = problem_response(error, visit.scope)
        response.raw_headers += [
            *SECURITY_HEADERS,
            *self._limits.headers(visit),
            (b"x-request-id", visit.trace.request_id.encode("ascii")),
        ]
        if _leaves_much_unread(visit.headers):
            response.raw_headers.append((b"connection", b"close"))
        await response(visit.scope, receive, send)

    def _secured(self, visit: Visit, send: Send) -> Send:
        """Return a send that adds what every reply has to the gateway's own replies."""

        async def secured_send(message: Message) -> None:
            if message["type"] == "http.response.start":
                visit.status = message["status"]
                headers: list[Header] = list(message.get("headers", ()))
                present = {name for name, _ in headers}
                headers += [header for header in (*SECURITY_HEADERS, NO_STORE) if header[0] not in present]
                headers += [
                    *self._limits.headers(visit),
                    (b"x-request-id", visit.trace.request_id.encode("ascii")),
                ]
                message = {**message, "headers": headers}
            await send(message)

        return secured_send


def _leaves_much_unread(headers: Mapping[bytes, bytes]) -> bool:
    length = headers.get(b"content-length", b"0")
    return b"transfer-encoding" in headers or not length.isdigit() or int(length) > MEBIBYTE


def _link_holder(address: str) -> Caller:
    name = f"link:{address}"
    return Caller(name, frozenset({LINK_HOLDER}), frozenset(), None, name)
