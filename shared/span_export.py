"""Tells spans to a collector by OpenTelemetry's protocol over HTTP, in batches, from a thread.

Loaded only where there is a collector: see shared/tracing.py, which is what the rest uses.
"""

import time
from typing import Final

from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.trace import SpanContext, SpanKind, Status, StatusCode, TraceFlags

from shared.trace import Span, Trace

EXPORT_TIMEOUT_SECONDS: Final = 10


class SpanExport:
    """Never waits: what the collector does not take in time is dropped by the library, and counted in its log."""

    def __init__(self, service: str, endpoint: str) -> None:
        exporter = OTLPSpanExporter(
            endpoint=f"{endpoint.rstrip('/')}/v1/traces", timeout=EXPORT_TIMEOUT_SECONDS
        )
        self._processor = BatchSpanProcessor(exporter)
        self._resource = Resource.create({"service.name": service, "service.namespace": "salesops"})

    def tell(self, trace: Trace, span: Span) -> None:
        """Tell of a piece of work, which is `trace`'s own span."""
        ended = time.time_ns()
        self._processor.on_end(
            ReadableSpan(
                span.name,
                context=_context(trace, trace.span_id),
                parent=_context(trace, trace.parent_id) if trace.parent_id else None,
                resource=self._resource,
                attributes=dict(span.attributes),
                kind=SpanKind[span.kind],
                status=Status(StatusCode.ERROR if span.is_error else StatusCode.UNSET),
                start_time=ended - int(span.seconds * 1e9),
                end_time=ended,
            )
        )

    def close(self) -> None:
        """Send what is left, for a few seconds at most."""
        self._processor.shutdown()  # type: ignore[no-untyped-call]


def _context(trace: Trace, span_id: str) -> SpanContext:
    flags = TraceFlags(int(trace.flags, 16))
    return SpanContext(int(trace.trace_id, 16), int(span_id, 16), is_remote=False, trace_flags=flags)
