"""The trace of the work at hand: named in log lines and events, and told to a collector if there is one."""

import atexit
import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from random import random
from typing import TYPE_CHECKING, Literal

from shared.trace import Span, Trace, trace_of

if TYPE_CHECKING:
    from shared.span_export import SpanExport

_current_trace: ContextVar[Trace | None] = ContextVar("current_trace", default=None)


class _Spans:
    """Where spans of this process go, and the share of the traces beginning here that are told at all."""

    export: "SpanExport | None" = None
    share: float = 1.0


def start_tracing(service: str, endpoint: str, *, share: float) -> None:
    """Tell spans to the collector at `endpoint` from now on, e.g. http://collector:4318; nothing happens without one."""
    if endpoint:
        # Without a collector its library is not even loaded.
        from shared.span_export import SpanExport  # noqa: PLC0415

        _Spans.export, _Spans.share = SpanExport(service, endpoint), share
        atexit.register(stop_tracing)


def stop_tracing() -> None:
    """Send what is left."""
    if _Spans.export is not None:
        _Spans.export.close()
        _Spans.export = None


def is_tracing() -> bool:
    """Tell whether spans go anywhere."""
    return _Spans.export is not None


def current_trace() -> Trace | None:
    """Return the trace of the request or message being worked on."""
    return _current_trace.get()


def trace_from(traceparent: bytes | None, request_id: bytes | None) -> Trace:
    """Return a new span of the trace a caller names, or of a new trace; malformed values are replaced."""
    is_sampled = _Spans.share >= 1 or random() < _Spans.share  # noqa: S311 - guessing it would gain nobody anything
    return trace_of(traceparent, request_id, is_sampled=is_sampled)


@contextmanager
def within(trace: Trace) -> Iterator[None]:
    """Make a trace the current one for a piece of work."""
    token = _current_trace.set(trace)
    try:
        yield
    finally:
        _current_trace.reset(token)


@contextmanager
def continued_trace(
    traceparent: str | None, name: str, *, request_id: str | None = None, is_message: bool = False
) -> Iterator[Trace]:
    """Do a piece of work as a span of the trace that came with a message or a job, or of a new one."""
    trace = trace_from(
        traceparent.encode("utf-8") if traceparent else None,
        request_id.encode("utf-8") if request_id else None,
    )
    started, is_error = time.perf_counter(), True
    try:
        with within(trace):
            yield trace
            is_error = False
    finally:
        seconds = time.perf_counter() - started
        kind: Literal["CONSUMER", "INTERNAL"] = "CONSUMER" if is_message else "INTERNAL"
        note_span(trace, Span(name, kind, seconds, is_error=is_error))


def note_span(trace: Trace, span: Span) -> None:
    """Tell of a piece of work that ended now."""
    export = _Spans.export
    if export is not None and trace.is_sampled:
        export.tell(trace, span)
