"""What operators see of a process: log lines, trace ids and metrics, none of them with personal data."""

import asyncio
import logging
import sys
import time
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from itertools import accumulate
from typing import Final, TextIO

import structlog
from prometheus_client import (
    CONTENT_TYPE_LATEST,
    CollectorRegistry,
    Counter,
    Gauge,
    generate_latest,
    start_http_server,
)
from prometheus_client.metrics_core import CounterMetricFamily, HistogramMetricFamily, Metric
from prometheus_client.platform_collector import PlatformCollector
from prometheus_client.process_collector import ProcessCollector
from prometheus_client.registry import Collector
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from structlog.typing import EventDict, FilteringBoundLogger, Processor

from shared.trace import Span, Trace
from shared.tracing import current_trace, is_tracing, note_span, trace_from, within

LATENCY_BUCKETS_SECONDS: Final = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)
LOG_FLUSH_SECONDS: Final = 0.2
QUIET_PATHS: Final = frozenset({"/health/live", "/health/ready", "/metrics"})


def configure_logging(*, service: str, level: str, log_format: str) -> None:
    """Send the records of structlog and the standard library to stdout, as JSON lines or as text."""
    shared: list[Processor] = [
        structlog.stdlib.add_log_level,
        _with_service(service),
        _with_trace,
        structlog.processors.TimeStamper(fmt="iso", utc=True, key="at"),
    ]
    renderer: Processor = (
        structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback)
        if log_format == "text"
        else structlog.processors.JSONRenderer()
    )
    final: list[Processor] = [structlog.stdlib.ProcessorFormatter.remove_processors_meta]
    if log_format == "json":
        # Without the values of variables, which the library would add: they may be names, amounts and secrets.
        frames = structlog.tracebacks.ExceptionDictTransformer(show_locals=False)
        final.append(structlog.processors.ExceptionRenderer(frames))
    handler = logging.StreamHandler(sys.stdout)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(foreign_pre_chain=shared, processors=[*final, renderer])
    )
    logging.basicConfig(handlers=[handler], level=level.upper(), force=True)
    for name in ("uvicorn", "uvicorn.error", "uvicorn.access"):
        logging.getLogger(name).handlers.clear()
        logging.getLogger(name).propagate = name != "uvicorn.access"
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=True,
    )


def logger(name: str) -> FilteringBoundLogger:
    """Return a logger; events are short names (`receipts_booked`), facts are keyword arguments."""
    bound: FilteringBoundLogger = structlog.get_logger(name)
    return bound


class _Durations:
    """How often one route answered one status, by how long it took."""

    __slots__ = ("counts", "seconds")

    def __init__(self) -> None:
        self.counts = [0] * (len(LATENCY_BUCKETS_SECONDS) + 1)
        self.seconds = 0.0


class RequestCollector(Collector):
    """Counts and durations of requests, kept in plain numbers and named only when somebody asks.

    The client library's own counters take a lock and walk all buckets each time: half a small request's log line.
    """

    def __init__(self, service: str) -> None:
        self._service = service
        self._observed: dict[tuple[str, str, int], _Durations] = {}

    def observe(self, method: str, route: str, status: int, seconds: float) -> None:
        key = (method, route, status)
        durations = self._observed.get(key)
        if durations is None:
            durations = self._observed[key] = _Durations()
        durations.counts[bisect_left(LATENCY_BUCKETS_SECONDS, seconds)] += 1
        durations.seconds += seconds

    def durations(self, method: str, route: str, status: int) -> _Durations:
        """Where the answers of one route with one status are counted."""
        return self._observed.setdefault((method, route, status), _Durations())

    def collect(self) -> Iterator[Metric]:
        """Yield the families; called from the thread that answers scrapes."""
        labels = ("service", "method", "route", "status")
        requests = CounterMetricFamily("http_requests", "Requests answered", labels=labels)
        durations = HistogramMetricFamily(
            "http_request_duration_seconds", "From the request's head to the reply's last byte", labels=labels
        )
        bounds = [*(str(float(bound)) for bound in LATENCY_BUCKETS_SECONDS), "+Inf"]
        for (method, route, status), observed in list(self._observed.items()):
            values = (self._service, method, route, str(status))
            cumulated = list(accumulate(observed.counts))
            requests.add_metric(values, cumulated[-1])
            durations.add_metric(values, list(zip(bounds, cumulated, strict=True)), observed.seconds)
        yield requests
        yield durations


class Metrics:
    """The metrics of one process, in a registry of its own."""

    def __init__(self, service: str) -> None:
        self.registry = CollectorRegistry()
        ProcessCollector(registry=self.registry)
        PlatformCollector(registry=self.registry)
        self.service = service
        self._requests = RequestCollector(service)
        self.registry.register(self._requests)

    def observe_request(self, method: str, route: str, status: int, seconds: float) -> None:
        """Count one request; `route` must be a template, or the number of series has no bound."""
        self._requests.observe(method, route, status, seconds)

    def durations(self, method: str, route: str, status: int) -> _Durations:
        """Where `observe_request` counts, for who asks the same again and again."""
        return self._requests.durations(method, route, status)

    def counter(self, name: str, documentation: str, labels: Sequence[str] = ()) -> Counter:
        """Return a counter; its labels take few values, each of which is a series."""
        return Counter(name, documentation, labels, registry=self.registry)

    def gauge(self, name: str, documentation: str, labels: Sequence[str] = ()) -> Gauge:
        """Return a gauge; `set_function` spares keeping it up to date."""
        return Gauge(name, documentation, labels, registry=self.registry)

    async def reply(self, _request: Request) -> Response:
        """Answer GET /metrics."""
        return Response(generate_latest(self.registry), media_type=CONTENT_TYPE_LATEST)

    def serve(self, host: str, port: int) -> None:
        """Answer GET /metrics on a port of its own, from a thread: for workers and for the gateway."""
        start_http_server(port, addr=host, registry=self.registry)


class RequestLog:
    """One line per request, written in batches: ten times cheaper than the general log, at the price of losing
    up to 200 ms of lines when the process is killed.

    The route is logged as its template, the query not at all: no names or numbers get into the log. All parts
    are of restricted alphabets, so that nothing in a line needs escaping.
    """

    def __init__(self, service: str, *, level: str, log_format: str, stream: TextIO = sys.stdout) -> None:
        self._service = service
        self._is_wanted = level in ("debug", "info")
        self._is_json = log_format == "json"
        self._stream = stream
        self._second, self._until_second = -1.0, ""
        self._lines: list[str] = []
        self._timer: asyncio.TimerHandle | None = None

    def note(self, method: str, route: str, status: int, seconds: float, trace: Trace) -> None:
        if not self._is_wanted:
            return
        at = self._now()
        if self._is_json:
            line = (
                f'{{"event":"request","level":"info","at":"{at}","service":"{self._service}","method":"{method}",'
                f'"route":"{route}","status":{status},"duration_ms":{seconds * 1000:.2f},'
                f'"trace_id":"{trace.trace_id}","request_id":"{trace.request_id}"}}\n'
            )
        else:
            line = (
                f"{at} {self._service} {method} {route} {status} {seconds * 1000:.2f} ms {trace.trace_id}\n"
            )
        self._lines.append(line)
        if self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(LOG_FLUSH_SECONDS, self.flush)

    def note_known(self, template: str, seconds: float, trace: Trace) -> None:
        """The same line as `note`, from a template that `known` made."""
        self._lines.append(template % (self._now(), seconds * 1000, trace.trace_id, trace.request_id))
        if self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(LOG_FLUSH_SECONDS, self.flush)

    def known(self, method: str, route: str, status: int) -> str | None:
        """The line of one route and status with places for instant, milliseconds and ids; None when none is wanted."""
        if not self._is_wanted:
            return None
        if self._is_json:
            return (
                f'{{"event":"request","level":"info","at":"%s","service":"{self._service}","method":"{method}",'
                f'"route":"{route}","status":{status},"duration_ms":%.2f,"trace_id":"%s","request_id":"%s"}}\n'
            )
        return f"%s {self._service} {method} {route} {status} %.2f ms %s%.0s\n"

    def _now(self) -> str:
        seconds, fraction = divmod(time.time(), 1)
        if seconds != self._second:
            self._second = seconds
            self._until_second = datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%S")
        return f"{self._until_second}.{int(fraction * 1000):03d}Z"

    def flush(self) -> None:
        """Write what is pending; called by itself and once more at the end."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        lines, self._lines = self._lines, []
        if lines:
            self._stream.write("".join(lines))
            self._stream.flush()


class KnownRequest:
    """Records the requests of one route: as `Metrics.observe_request` and `RequestLog.note` do, prepared once."""

    __slots__ = ("_known", "_log", "_method", "_metrics", "_route")

    def __init__(self, metrics: Metrics, log: RequestLog, method: str, route: str) -> None:
        self._metrics, self._log = metrics, log
        self._method, self._route = method, route
        self._known: dict[int, tuple[_Durations, str | None]] = {}

    def record(self, status: int, seconds: float, trace: Trace) -> None:
        known = self._known.get(status)
        if known is None:
            durations = self._metrics.durations(self._method, self._route, status)
            known = self._known[status] = (durations, self._log.known(self._method, self._route, status))
        durations, template = known
        durations.counts[bisect_left(LATENCY_BUCKETS_SECONDS, seconds)] += 1
        durations.seconds += seconds
        if template is not None:
            self._log.note_known(template, seconds, trace)
        note_request(trace, self._method, self._route, status, seconds)


class ObservabilityMiddleware:
    """Outermost middleware: names the trace, echoes X-Request-Id, counts, times and logs each request.

    Successful calls of health and metrics are counted but not logged.
    """

    def __init__(self, app: ASGIApp, *, metrics: Metrics, request_log: RequestLog) -> None:
        self._app = app
        self._metrics = metrics
        self._request_log = request_log

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        names = {name: value for name, value in scope["headers"] if name in (b"traceparent", b"x-request-id")}
        trace = trace_from(names.get(b"traceparent"), names.get(b"x-request-id"))
        scope["trace"] = trace
        started, status = time.perf_counter(), 500

        async def send_with_id(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                headers = [*message.get("headers", ()), (b"x-request-id", trace.request_id.encode("ascii"))]
                message = {**message, "headers": headers}
            await send(message)

        with within(trace):
            try:
                await self._app(scope, receive, send_with_id)
            finally:
                self._record(scope, status, time.perf_counter() - started)

    def _record(self, scope: Scope, status: int, seconds: float) -> None:
        path = scope["path"]
        route = scope.get("route_template") or (path if path in QUIET_PATHS else "(none)")
        self._metrics.observe_request(scope["method"], route, status, seconds)
        if path not in QUIET_PATHS or status >= 400:
            self._request_log.note(scope["method"], route, status, seconds, scope["trace"])
            note_request(scope["trace"], scope["method"], route, status, seconds)


def note_request(trace: Trace, method: str, route: str, status: int, seconds: float) -> None:
    """Tell the collector of traces, if there is one, of a request that ended now; names by OpenTelemetry's conventions."""
    if not is_tracing():
        return
    attributes: dict[str, str | int] = {
        "http.request.method": method, "http.route": route, "http.response.status_code": status
    }  # fmt: skip
    note_span(trace, Span(f"{method} {route}", "SERVER", seconds, attributes, is_error=status >= 500))


def _with_service(service: str) -> Processor:
    def named(_logger: object, _method: str, event: EventDict) -> EventDict:
        event["service"] = service
        return event

    return named


def _with_trace(_logger: object, _method: str, event: EventDict) -> EventDict:
    trace = current_trace()
    if trace is not None:
        event["trace_id"] = trace.trace_id
        if trace.request_id != trace.trace_id:
            event["request_id"] = trace.request_id
    return event
