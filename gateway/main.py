"""Runs the gateway: `python -m gateway.main`."""

import asyncio
import errno
import gc
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import cache
from typing import Any, Final

from fastapi import FastAPI
from starlette.middleware.errors import ServerErrorMiddleware
from starlette.types import ASGIApp

from gateway.adapters.access_tokens import AccessTokens
from gateway.adapters.api_keys import ApiKeys, KeyDigests
from gateway.adapters.credentials import Credentials
from gateway.adapters.job_lists import JobLists
from gateway.adapters.key_source import KeySource
from gateway.adapters.live_tail import LiveTail
from gateway.adapters.part_states import PartStates
from gateway.adapters.rate_limiter import RateLimiter
from gateway.adapters.request_audit import RequestAudit
from gateway.adapters.revocation_watch import RevocationWatch
from gateway.adapters.service_documents import PublishedText, ServiceDocuments
from gateway.adapters.upstream import Upstream, UpstreamWatch
from gateway.adapters.upstream_pool import UpstreamPool
from gateway.api import routes_salesforce_sweeps, routes_salesforce_writes
from gateway.api.cross_origin import CrossOrigin
from gateway.api.edge import Doorkeeper
from gateway.api.rate_limits import RateLimits
from gateway.api.routes_api_keys import router as api_keys_router
from gateway.api.routes_dead_letters import router as dead_letters_router
from gateway.api.routes_events import router as events_router
from gateway.api.routes_gateway import health_router, me_router, reference_router
from gateway.api.routes_jobs import router as job_list_router
from gateway.api.routes_request_audit import router as request_audit_router
from gateway.api.routes_revocations import router as revocations_router
from gateway.api.routes_salesforce import router as salesforce_router
from gateway.api.routes_salesforce_notifications import router as salesforce_notifications_router
from gateway.api.routes_salesforce_webhooks import router as salesforce_webhooks_router
from gateway.api.routes_webhook_deliveries import router as deliveries_router
from gateway.api.routes_webhooks import router as webhooks_router
from gateway.api.schemas_events import AnyLiveEvent
from gateway.api.swift_edge import SwiftEdge
from gateway.api.visit import Recorder
from gateway.domain.client_address import TrustedProxies
from gateway.domain.routing import routes_of
from gateway.settings import GatewaySettings
from shared.access import RULES, AccessMatrix
from shared.conditional import ConditionalReplies
from shared.database import Database
from shared.deprecation import DeprecationHeaders
from shared.draining_server import DrainingConfig, serve
from shared.events.catalogue import bundled_document
from shared.identity import InternalTokenIssuer
from shared.jobs.api import jobs_router
from shared.observability import Metrics, RequestLog, configure_logging, logger
from shared.pagination import CursorSigner
from shared.problem_details import answer_unexpected, install_problem_handlers
from shared.service_app import EXPORTS_AT_ONCE, describe_bodies
from shared.settings import load_settings
from shared.tracing import start_tracing

SERVICE: Final = "gateway"
KEEP_ALIVE_SECONDS: Final = 75
# A worker of several that does not answer its parent for so long is replaced; on a busy machine five are too few.
HUNG_SECONDS: Final = 30
BACKLOG: Final = 2048
GARBAGE_THRESHOLDS: Final = (50_000, 20, 100)
DOCUMENT_PATHS: Final = frozenset({"/openapi.json", "/openapi-salesforce.json", "/asyncapi.json"})
OWN_PATHS: Final = DOCUMENT_PATHS | {"/", "/health/live", "/health/ready"}


@dataclass(frozen=True, slots=True)
class Resources:
    """What lives as long as the process."""

    settings: GatewaySettings
    metrics: Metrics
    request_log: RequestLog
    database: Database
    audit: RequestAudit
    limiter: RateLimiter
    keys: KeySource
    watch: RevocationWatch
    api_keys: ApiKeys
    documents: ServiceDocuments
    upstreams: dict[str, Upstream]
    live_tail: LiveTail

    @asynccontextmanager
    async def running(self, app: FastAPI) -> AsyncIterator[None]:
        """Begin with what needs the event loop; end so that nothing noted is lost."""
        serve_metrics(self.settings, self.metrics)
        self.audit.start()
        self.limiter.start()
        self.documents.start()
        self.live_tail.start()
        self.watch.start()
        self.api_keys.start()
        ending = asyncio.create_task(self._end_streams(app.state.draining))
        yield
        ending.cancel()
        await self.live_tail.stop()
        await self.documents.stop()
        for upstream in self.upstreams.values():
            upstream.pool.close()
        await self.audit.stop()
        await self.limiter.stop()
        await self.watch.stop()
        await self.api_keys.stop()
        await self.database.close()
        self.request_log.flush()

    async def _end_streams(self, draining: asyncio.Event) -> None:
        await draining.wait()
        self.live_tail.close_all()


def resources_of(settings: GatewaySettings, own_document: dict[str, Any]) -> Resources:
    """Create everything; nothing connects before it is used."""
    metrics, urls = Metrics(SERVICE), settings.service_urls()
    url, pool_size = settings.database_url.get_secret_value(), settings.database_pool_size
    database = Database(url, application_name=SERVICE, pool_size=pool_size)
    metrics.registry.register(database.pool_use)
    revocations = RevocationWatch(database)
    watch, connections_max = UpstreamWatch(metrics), settings.upstream_connections_max
    pools = [UpstreamPool(name, each, connections_max=connections_max) for name, each in urls.items()]
    return Resources(
        settings=settings,
        metrics=metrics,
        request_log=RequestLog(SERVICE, level=settings.log_level, log_format=settings.log_format),
        database=database,
        audit=RequestAudit(database, metrics),
        limiter=RateLimiter(database, metrics),
        keys=KeySource(jwks=settings.jwks, url=settings.jwks_url),
        watch=revocations,
        api_keys=ApiKeys(database, KeyDigests(settings.peppers()), revocations),
        documents=ServiceDocuments(urls, own_document),
        upstreams={pool.service: Upstream(pool, watch) for pool in pools},
        live_tail=LiveTail(database),
    )


class GatewayApp(ServerErrorMiddleware):
    """The edge, with a problem document for what nobody expected; the server's protocol finds the edge here."""

    def __init__(self, edge: SwiftEdge) -> None:
        super().__init__(edge, handler=answer_unexpected)
        self.edge = edge
        self.draining = edge.draining


def create_own_app() -> FastAPI:
    """What the gateway answers itself; its document needs neither settings nor services."""
    own = FastAPI(
        title="SalesOps gateway",
        openapi_url=None,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        generate_unique_id_function=lambda route: route.name,
    )
    for router in (api_keys_router, revocations_router, request_audit_router, dead_letters_router):
        own.include_router(router)
    for router in (
        me_router,
        events_router,
        routes_salesforce_writes.router,
        webhooks_router,
        deliveries_router,
        routes_salesforce_sweeps.router,
        job_list_router,
        jobs_router(),
        health_router,
        reference_router,
        salesforce_router,
        salesforce_notifications_router,
        salesforce_webhooks_router,
    ):
        own.include_router(router)

    own.add_middleware(ConditionalReplies)
    describe_bodies(own, [AnyLiveEvent])
    own.add_middleware(DeprecationHeaders)
    install_problem_handlers(own)
    return own


@cache
def own_document() -> dict[str, Any]:
    """What describes the gateway's own routes, to be read only: the same for every application of a process, and making
    it takes nearly all of the time of making one."""
    return create_own_app().openapi()


def create_app(settings: GatewaySettings) -> ASGIApp:
    """The whole gateway as one ASGI application."""
    own = create_own_app()
    resources = resources_of(settings, own_document())
    own.router.lifespan_context = resources.running
    own.state.database = resources.database
    own.state.has_salesforce = bool(settings.salesforce_instance_url)
    own.state.cursor_signer = CursorSigner(settings.cursor_secret.get_secret_value().encode())
    own.state.exports = asyncio.Semaphore(EXPORTS_AT_ONCE)
    own.state.live_tail = resources.live_tail
    own.state.webhook_rules, own.state.secret_box = settings.target_rules(), settings.secret_box()
    own.state.heartbeat_seconds = settings.heartbeat_seconds
    own.state.documents, own.state.keys = resources.documents, resources.keys
    own.state.asyncapi = PublishedText(bundled_document())
    own.state.salesforce = settings.salesforce_guard()
    own.state.part_states = PartStates(resources.database, settings.service_urls())
    own_paths = OWN_PATHS
    if settings.environment != "production":
        own.add_route("/metrics", resources.metrics.reply, include_in_schema=False)
        own_paths |= {"/metrics"}
    tokens = AccessTokens(resources.keys, issuer=settings.issuer, audience=settings.audience)
    own.state.credentials = Credentials(tokens, resources.api_keys, resources.watch)
    own.state.key_digests = KeyDigests(settings.peppers())
    issuer = InternalTokenIssuer(settings.internal_token_private_key.get_secret_value())
    own.state.job_lists = JobLists(settings.service_urls(), issuer)
    doorkeeper = Doorkeeper(
        credentials=own.state.credentials,
        issuer=issuer,
        matrix=AccessMatrix(RULES),
        routes=routes_of(RULES, timeout_seconds=settings.timeout_seconds),
    )
    limits = own.state.rate_limits = RateLimits(resources.limiter, settings.quotas())
    recorder = Recorder(metrics=resources.metrics, request_log=resources.request_log, audit=resources.audit)
    edge = SwiftEdge(
        own=own,
        own_paths=own_paths,
        doorkeeper=doorkeeper,
        upstreams=resources.upstreams,
        limits=limits,
        proxies=TrustedProxies(settings.trusted_proxies),
        cross_origin=CrossOrigin(settings.cors_origins),
        recorder=recorder,
    )
    own.state.draining = edge.draining
    return GatewayApp(edge)


def create_configured_app() -> ASGIApp:
    """What each worker process calls: settings from the environment, logging to stdout."""
    settings = load_settings(GatewaySettings)
    configure_logging(service=SERVICE, level=settings.log_level, log_format=settings.log_format)
    start_tracing(SERVICE, settings.otlp_endpoint, share=settings.trace_share)
    app = create_app(settings)
    # What lives as long as the process need not be searched for garbage again and again: a full search costs
    # 100 ms, in which nobody is answered.
    gc.collect()
    gc.freeze()
    gc.set_threshold(*GARBAGE_THRESHOLDS)
    return app


def serve_metrics(settings: GatewaySettings, metrics: Metrics) -> None:
    """Answer on the metrics port; further processes of the same gateway take the next free ones."""
    if settings.metrics_port == 0:
        return
    for port in range(settings.metrics_port, settings.metrics_port + settings.processes):
        try:
            metrics.serve(settings.host, port)
        except OSError as error:
            if error.errno != errno.EADDRINUSE:
                raise
        else:
            return
    logger(SERVICE).warning("metrics_port_taken", port=settings.metrics_port)


def main() -> None:
    settings = load_settings(GatewaySettings)
    config = DrainingConfig(
        "gateway.main:create_configured_app",
        drain_seconds=settings.drain_seconds,
        factory=True,
        host=settings.host,
        port=settings.port,
        workers=settings.processes,
        loop="uvloop",
        http="gateway.api.direct:DirectProtocol",
        ws="none",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,  # gateway/domain/client_address.py
        backlog=BACKLOG,
        timeout_keep_alive=KEEP_ALIVE_SECONDS,
        timeout_graceful_shutdown=settings.shutdown_seconds,
        timeout_worker_healthcheck=HUNG_SECONDS,
    )
    serve(config)


if __name__ == "__main__":
    main()
