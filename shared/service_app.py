"""The HTTP process of a service: the same middleware, health, documents and shutdown everywhere."""

import asyncio
import gc
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from typing import Any, Final

import sqlalchemy as sa
from fastapi import APIRouter, FastAPI, Request, Response
from fastapi.routing import APIRoute
from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from shared.access import RULES, AccessMatrix, AccessMiddleware
from shared.conditional import ConditionalReplies
from shared.database import Database
from shared.deprecation import DeprecationHeaders
from shared.draining_server import DrainingConfig, DrainingProtocol
from shared.draining_server import serve as serve_until_drained
from shared.identity import InternalTokenVerifier
from shared.jobs.api import jobs_router
from shared.jobs.listing import job_list_router
from shared.migrations.versions import SchemaVersions, schema_versions
from shared.observability import Metrics, ObservabilityMiddleware, RequestLog, configure_logging
from shared.pagination import CursorSigner
from shared.problem_details import install_problem_handlers
from shared.service_document import ServiceDocument
from shared.settings import ServiceSettings
from shared.tracing import start_tracing
from shared.version import VERSION

API_VERSION: Final = "1.0.0"
GRACEFUL_SHUTDOWN_SECONDS: Final = 20
KEEP_ALIVE_SECONDS: Final = 75
EXPORTS_AT_ONCE: Final = 3  # each holds a connection for seconds; the rest of the pool stays with the others


class ServiceApp(FastAPI):
    """An application that knows whether its process is about to end: see shared/draining_server.py."""

    def __init__(self, **options: Any) -> None:  # noqa: ANN401 - the parent's own
        super().__init__(**options)
        self.draining = asyncio.Event()


def create_service_app(
    name: str,
    settings: ServiceSettings,
    routers: Sequence[APIRouter],
    *,
    body_models: Sequence[type[BaseModel]] = (),
) -> ServiceApp:
    """An application whose routes are denied unless the access matrix lists them.

    `body_models` are schemas that bodies read by hand refer to; they are added to the OpenAPI document.
    """
    database = Database(
        settings.database_url.get_secret_value(),
        application_name=f"{name}-api",
        pool_size=settings.database_pool_size,
    )
    metrics = Metrics(name)
    metrics.registry.register(database.pool_use)
    app = ServiceApp(
        title=f"SalesOps {name}",
        version=API_VERSION,
        lifespan=_lifespan(database),
        openapi_url=None,  # shared/service_document.py
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        separate_input_output_schemas=False,
        generate_unique_id_function=_operation_id,
    )
    app.state.database = database
    app.state.cursor_signer = CursorSigner(settings.cursor_secret.get_secret_value().encode())
    app.state.exports = asyncio.Semaphore(EXPORTS_AT_ONCE)
    for router in (_health_router(name, database), jobs_router(), job_list_router(), *routers):
        app.include_router(router)
    app.add_route("/metrics", metrics.reply, include_in_schema=False)
    app.state.document = ServiceDocument(app)
    app.add_route("/openapi.json", app.state.document.reply, include_in_schema=False)

    describe_bodies(app, body_models)
    app.add_middleware(ConditionalReplies)
    app.add_middleware(DeprecationHeaders)
    verifier = InternalTokenVerifier(settings.internal_token_public_key, service=name)
    app.add_middleware(AccessMiddleware, verifier=verifier, matrix=AccessMatrix(RULES))
    install_problem_handlers(app)
    request_log = RequestLog(name, level=settings.log_level, log_format=settings.log_format)
    app.add_middleware(ObservabilityMiddleware, metrics=metrics, request_log=request_log)
    return app


def serve(name: str, settings: ServiceSettings, create: Callable[[], FastAPI]) -> None:
    """Run the process until it is told to stop; requests under way are finished."""
    configure_logging(service=name, level=settings.log_level, log_format=settings.log_format)
    start_tracing(name, settings.otlp_endpoint, share=settings.trace_share)
    app = create()
    app.state.document.make()
    # What start-up leaves behind stays for good: not looking at it again spares requests pauses of 100 ms.
    gc.collect()
    gc.freeze()
    config = DrainingConfig(
        app,
        drain_seconds=settings.drain_seconds,
        host=settings.host,
        port=settings.port,
        http=DrainingProtocol,
        ws="none",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,  # who calls is said by the internal token alone
        timeout_keep_alive=KEEP_ALIVE_SECONDS,
        timeout_graceful_shutdown=GRACEFUL_SHUTDOWN_SECONDS,
    )
    serve_until_drained(config)


def _lifespan(database: Database) -> Callable[[FastAPI], Any]:
    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        yield
        await database.close()

    return lifespan


def _operation_id(route: APIRoute) -> str:
    """Short names for generated clients: `list_receipts`."""
    return route.name.removesuffix("_route")


def _health_router(name: str, database: Database) -> APIRouter:
    router = APIRouter(tags=["Health"], include_in_schema=False)
    versions = schema_versions(name)

    @router.get("/health/live")
    async def live() -> dict[str, str]:
        return {"status": "live", "version": VERSION}

    @router.get("/health/ready")
    async def ready(request: Request, response: Response) -> dict[str, str]:
        if request.app.draining.is_set():
            response.status_code = 503
            return {"status": "draining"}
        parts = {"database": await _database_state(database, versions)}
        is_ready = all(state == "ready" for state in parts.values())
        response.status_code = 200 if is_ready else 503
        return {"status": "ready" if is_ready else "not ready", **parts}

    return router


async def _database_state(database: Database, versions: SchemaVersions) -> str:
    try:
        async with database.engine.connect() as connection:
            found = await connection.scalar(sa.text("SELECT version_num FROM alembic_version"))
    except (sa.exc.SQLAlchemyError, OSError):
        return "not reachable or not migrated"
    return "ready" if versions.suit(found) else f"at version {found}, expected {versions.newest}"


def describe_bodies(app: FastAPI, models: Sequence[type[BaseModel]]) -> None:
    """Add the schemas of what no route declares to the OpenAPI document; call it before the problem handlers."""
    generate = app.openapi

    def openapi() -> dict[str, Any]:
        document = generate()
        if models:
            _, schemas = models_json_schema(
                [(model, "validation") for model in models], ref_template="#/components/schemas/{model}"
            )
            known = document.setdefault("components", {}).setdefault("schemas", {})
            for schema_name, schema in schemas["$defs"].items():
                known.setdefault(schema_name, schema)
        return document

    app.openapi = openapi  # type: ignore[method-assign] # the documented way to change the document
