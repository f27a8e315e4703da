"""Spans reach a collector by OTLP, as children of the caller's, with statements and without any value."""

import threading
from collections.abc import AsyncIterator, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Final

import httpx
import pytest
from fastapi import FastAPI
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.trace.v1.trace_pb2 import Span
from sqlalchemy import text

from shared.database import Database
from shared.observability import Metrics, ObservabilityMiddleware, RequestLog
from shared.tracing import start_tracing, stop_tracing
from tests.provisions import DatabaseFactory

TRACE_ID: Final = "4bf92f3577b34da6a3ce929d0e0e4736"
CALLER: Final = "00f067aa0ba902b7"
SECRET: Final = "Sahyadri Motors"


class Collector(ThreadingHTTPServer):
    """Takes what is exported."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Reception)
        self.requests: list[ExportTraceServiceRequest] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"

    def spans(self) -> list[Span]:
        return [
            span
            for request in self.requests
            for resource in request.resource_spans
            for scope in resource.scope_spans
            for span in scope.spans
        ]


class _Reception(BaseHTTPRequestHandler):
    server: Collector

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.requests.append(ExportTraceServiceRequest.FromString(body))
        self.send_response(200)
        self.end_headers()

    def log_message(self, *_arguments: object) -> None:
        """Tests are quiet."""


@pytest.fixture
def collector() -> Iterator[Collector]:
    with Collector() as collector:
        threading.Thread(target=collector.serve_forever, daemon=True).start()
        yield collector
        stop_tracing()
        collector.shutdown()


@pytest.fixture
async def client(collector: Collector, worker_database: DatabaseFactory) -> AsyncIterator[httpx.AsyncClient]:
    start_tracing("example", collector.url, share=0.0)
    database = Database(await worker_database("research"), application_name="test")
    app = FastAPI()
    metrics, log = Metrics("example"), RequestLog("example", level="error", log_format="json")
    app.add_middleware(ObservabilityMiddleware, metrics=metrics, request_log=log)

    @app.get("/named/{name}")
    async def read(name: str) -> str:
        async with database.engine.connect() as connection:
            found: str = (
                await connection.execute(text("SELECT CAST(:name AS text)"), {"name": name})
            ).scalar_one()
        return found

    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://test") as client:
        yield client
    await database.close()


async def test_a_request_is_a_span_of_its_caller_and_its_statements_are_spans_of_it(
    client: httpx.AsyncClient, collector: Collector
) -> None:
    await client.get(f"/named/{SECRET}", headers={"traceparent": f"00-{TRACE_ID}-{CALLER}-01"})
    stop_tracing()

    spans = {
        Span.SpanKind.Name(span.kind): span
        for span in collector.spans()
        if "CAST" in str(span) or span.kind == 2
    }
    request, statement = spans["SPAN_KIND_SERVER"], spans["SPAN_KIND_CLIENT"]
    assert {span.trace_id.hex() for span in (request, statement)} == {TRACE_ID}
    assert request.parent_span_id.hex() == CALLER
    assert statement.parent_span_id == request.span_id
    assert statement.name == "SELECT"
    assert request.start_time_unix_nano <= statement.start_time_unix_nano
    assert statement.end_time_unix_nano <= request.end_time_unix_nano
    names = [one.resource.attributes for each in collector.requests for one in each.resource_spans]
    assert {one.value.string_value for found in names for one in found if one.key == "service.name"} == {
        "example"
    }
    assert SECRET not in str(collector.requests)


async def test_of_traces_that_begin_here_only_the_share_asked_for_is_told(
    client: httpx.AsyncClient, collector: Collector
) -> None:
    await client.get("/named/anybody")
    stop_tracing()

    assert collector.spans() == []
