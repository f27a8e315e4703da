import io
import json
import logging

import pytest

from shared.observability import (
    Metrics,
    ObservabilityMiddleware,
    RequestLog,
    configure_logging,
    logger,
)
from shared.tracing import continued_trace, trace_from

TRACE_ID = "4bf92f3577b34da6a3ce929d0e0e4736"


def test_trace_of_the_caller_is_continued_in_a_new_span() -> None:
    trace = trace_from(f"00-{TRACE_ID}-00f067aa0ba902b7-00".encode(), b"order-7")

    assert (trace.trace_id, trace.flags, trace.request_id) == (TRACE_ID, "00", "order-7")
    assert trace.span_id != "00f067aa0ba902b7"
    assert trace.traceparent == f"00-{TRACE_ID}-{trace.span_id}-00"


@pytest.mark.parametrize(
    "traceparent",
    [
        None,
        b"",
        b"junk",
        b"00-" + b"0" * 32 + b"-00f067aa0ba902b7-01",
        b"ff-" + TRACE_ID.encode() + b"-00f067aa0ba902b7-01",
    ],
)
def test_malformed_trace_is_replaced_by_a_new_one(traceparent: bytes | None) -> None:
    trace = trace_from(traceparent, b"a\nb")

    assert trace.trace_id != TRACE_ID
    assert trace.request_id == trace.trace_id


@pytest.fixture
def _restored_logging() -> object:
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield None
    root.handlers[:] = handlers
    root.setLevel(level)


@pytest.mark.usefixtures("_restored_logging")
def test_log_lines_are_json_with_the_trace_and_encoded_control_characters(
    capsys: pytest.CaptureFixture[str],
) -> None:
    configure_logging(service="example", level="info", log_format="json")

    with continued_trace(f"00-{TRACE_ID}-00f067aa0ba902b7-01", "work"):
        logger("test").info("happened", count=3, text="a\nb\x1b[31m")
    logging.getLogger("library").warning("old style")

    own, foreign = (json.loads(line) for line in capsys.readouterr().out.splitlines())
    assert (own["event"], own["count"], own["service"], own["trace_id"]) == (
        "happened",
        3,
        "example",
        TRACE_ID,
    )
    assert (foreign["event"], foreign["level"]) == ("old style", "warning")


@pytest.mark.usefixtures("_restored_logging")
def test_a_logged_exception_says_where_it_happened_and_no_values(capsys: pytest.CaptureFixture[str]) -> None:
    configure_logging(service="example", level="info", log_format="json")
    password = "-".join(["hunter", "2"])

    try:
        raise ValueError(f"{len(password)} letters")
    except ValueError:
        logger("test").exception("failed")
        logging.getLogger("library").exception("failed too")

    own, foreign = capsys.readouterr().out.splitlines()
    assert "test_observability.py" in own
    assert "8 letters" in own
    assert password not in own + foreign


async def test_requests_are_counted_by_route_template_not_by_path() -> None:
    metrics = Metrics("example")

    async def app(scope, receive, send) -> None:
        scope["route_template"] = "/v1/receipts/{receipt_id}"
        await send({"type": "http.response.start", "status": 204, "headers": []})
        await send({"type": "http.response.body", "body": b""})

    sent: list[dict[str, object]] = []

    async def send(message) -> None:
        sent.append(message)

    scope = {"type": "http", "method": "GET", "path": "/v1/receipts/9", "headers": [(b"x-request-id", b"me")]}
    log = io.StringIO()
    request_log = RequestLog("example", level="info", log_format="json", stream=log)
    middleware = ObservabilityMiddleware(app, metrics=metrics, request_log=request_log)
    await middleware(scope, None, send)

    labels = {"service": "example", "method": "GET", "route": "/v1/receipts/{receipt_id}", "status": "204"}
    assert metrics.registry.get_sample_value("http_requests_total", labels) == 1
    assert (b"x-request-id", b"me") in sent[0]["headers"]
    request_log.flush()
    line = json.loads(log.getvalue())
    assert (line["route"], line["status"], line["request_id"]) == ("/v1/receipts/{receipt_id}", 204, "me")
