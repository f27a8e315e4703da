"""Reads with the headers of the one before: quicker, and the same in everything else."""

import asyncio
from itertools import pairwise

import aiohttp
import pytest
import sqlalchemy as sa
from opentelemetry.proto.trace.v1.trace_pb2 import Span

from shared.database import Database
from shared.tracing import start_tracing, stop_tracing
from tests.integration.gateway.keys import as_bearer, issued, person
from tests.integration.gateway.running import Seen, gateway_before, recording_app
from tests.integration.gateway.test_direct import READ, SMALL, Caller, Upstream, warm
from tests.integration.shared.test_span_export import Collector, collector

__all__ = ["collector"]

LEARNT = 2  # so many reads with one block of headers are answered before it is known


class RecordingUpstream(Upstream):
    """Remembers the heads it was sent, the first of a connection left out."""

    def __init__(self, *replies: bytes | None) -> None:
        super().__init__(*replies)
        self.heads: list[list[bytes]] = []

    async def __call__(self, head: bytes, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        plain = reader.readuntil

        async def noting(separator: bytes = b"\r\n\r\n") -> bytes:
            read = await plain(separator)
            self.heads.append(read.split(b"\r\n"))
            return read

        reader.readuntil = noting  # type: ignore[method-assign, assignment] # the test's own reader
        await super().__call__(head, reader, writer)


def read(target: bytes) -> bytes:
    return READ.replace(b"/v1/receipts", target) + b"Accept: */*\r\nX-Internal-Role: admin\r\n\r\n"


async def told(caller: Caller, *targets: bytes) -> list[tuple[int, dict[bytes, bytes], bytes]]:
    replies = []
    for target in targets:
        caller.send(read(target))
        replies.append(await caller.reply())
    return replies


async def test_each_read_has_ids_of_its_own_counts_once_and_is_answered_alike(database_url: str) -> None:
    targets = [
        b"/v1/receipts",
        b"/v1/receipts?limit=2",
        b"/v1/invoices",
        b"/v1/receipts",
        b"/v1/receipts/1?a=b&c=d",
    ]
    upstream = RecordingUpstream()
    async with warm(upstream, database_url, reads_per_minute=60) as caller:
        replies = await told(caller, *targets)

    assert [(status, body) for status, _, body in replies] == [(200, b"ok")] * len(targets)
    assert len({frozenset(headers) for _, headers, _ in replies}) == 1, "the same headers each time"
    assert len({headers[b"x-request-id"] for _, headers, _ in replies}) == len(targets)
    left = [int(headers[b"ratelimit"].split(b"r=")[1].split(b";")[0]) for _, headers, _ in replies]
    assert [first - then for first, then in pairwise(left)] == [1] * (len(targets) - 1), "each counts once"
    heads = upstream.heads[-len(targets) :]
    assert [lines[0].split(b" ")[1] for lines in heads] == targets
    names = [sorted(line.split(b":")[0] for line in lines[1:] if line) for lines in heads]
    assert names == [names[0]] * len(targets), "the service sees the same headers each time"
    assert b"x-internal-role" not in names[0]
    traces = [next(line for line in lines if line.startswith(b"traceparent")) for lines in heads]
    assert len(set(traces)) == len(targets)


async def test_each_read_is_told_to_the_collector_of_traces_under_the_ids_that_its_service_saw(
    database_url: str, collector: Collector
) -> None:
    targets = [b"/v1/receipts", b"/v1/receipts/1?a=b", b"/v1/receipts", b"/v1/receipts"]
    upstream = RecordingUpstream()
    async with warm(upstream, database_url) as caller:
        await told(caller, *[b"/v1/receipts"] * LEARNT)
        start_tracing("gateway", collector.url, share=1.0)
        await told(caller, *targets)
        await asyncio.to_thread(stop_tracing)

    spans = [span for span in collector.spans() if span.kind == Span.SpanKind.SPAN_KIND_SERVER]
    template = "GET /v1/receipts/{receipt_id}"
    assert [span.name for span in spans] == ["GET /v1/receipts", template, *["GET /v1/receipts"] * 2]
    seen = [line.decode() for head in upstream.heads[-4:] for line in head if line.startswith(b"traceparent")]
    assert seen == [f"traceparent: 00-{span.trace_id.hex()}-{span.span_id.hex()}-01" for span in spans]
    attributes = {one.key: one.value for one in spans[1].attributes}
    assert attributes["http.response.status_code"].int_value == 200
    assert "a=b" not in str(collector.requests)


@pytest.mark.parametrize("target", [b"/v1/nothing", b"/v1//receipts", b"/v1/receipts/../partners"])
async def test_what_was_learnt_opens_nothing_that_is_closed(database_url: str, target: bytes) -> None:
    upstream = Upstream()
    async with warm(upstream, database_url) as caller:
        known = await told(caller, *[b"/v1/receipts"] * (LEARNT + 1))
        [(status, _, _)] = await told(caller, target)

    assert [status for status, _, _ in known] == [200] * (LEARNT + 1)
    assert status == 404
    assert target not in upstream.targets


async def test_other_headers_are_looked_at_anew(database_url: str) -> None:
    upstream = Upstream()
    async with warm(upstream, database_url) as caller:
        await told(caller, *[b"/v1/receipts"] * (LEARNT + 1))
        caller.send(read(b"/v1/receipts").replace(b"Bearer ", b"Bearer x"))
        status, _, _ = await caller.reply()
        [(again, _, _)] = await told(caller, b"/v1/receipts")

    assert (status, again) == (401, 200)


async def test_kept_connection_dropped_under_such_a_read_is_replaced(database_url: str) -> None:
    upstream = Upstream(*[SMALL] * (LEARNT + 1), b"")
    async with warm(upstream, database_url) as caller:
        replies = await told(caller, *[b"/v1/receipts"] * (LEARNT + 2))

    assert [status for status, _, _ in replies] == [200] * (LEARNT + 2)


async def test_caller_that_hangs_up_under_such_a_read_stops_the_service(database_url: str) -> None:
    upstream = Upstream(*[SMALL] * (LEARNT + 1), None)
    async with warm(upstream, database_url) as caller:
        await told(caller, *[b"/v1/receipts"] * (LEARNT + 1))
        caller.send(read(b"/v1/receipts"))
        async with asyncio.timeout(60):
            while len(upstream.targets) < LEARNT + 3:  # noqa: ASYNC110 - another task counts
                await asyncio.sleep(0.01)
            caller.writer.close()
            await upstream.has_lost_a_caller.wait()


async def test_what_a_service_denies_is_kept_for_the_auditors_each_time(fresh_gateway_database: str) -> None:
    denied = b"HTTP/1.1 403 Forbidden\r\ncontent-length: 2\r\n\r\nno"
    upstream = Upstream(*[SMALL] * LEARNT, *[denied] * 3)
    async with warm(upstream, fresh_gateway_database) as caller:
        replies = await told(caller, *[b"/v1/receipts"] * (LEARNT + 3))
    database = Database(fresh_gateway_database, application_name="test")
    async with database.engine.connect() as connection:
        kept = await connection.scalar(sa.text("SELECT count(*) FROM request_audit WHERE status = 403"))
    await database.close()

    assert [status for status, _, _ in replies] == [200] * LEARNT + [403] * 3
    assert kept == 3


async def test_a_person_and_their_key_use_up_one_quota_on_the_short_way_too(
    fresh_gateway_database: str,
) -> None:
    owner = person("coordinator", subject="u-quota")
    async with (
        gateway_before(recording_app(Seen([])), fresh_gateway_database, reads_per_minute=60) as url,
        aiohttp.ClientSession(base_url=url, connector=aiohttp.TCPConnector(limit=1)) as session,
    ):
        key = as_bearer((await issued(session, owner))["key"])
        left = []
        for headers in [owner] * 4 + [key] * 4:
            async with session.get("/v1/receipts", headers=headers) as reply:
                left.append(int(reply.headers["RateLimit"].split("r=")[1].split(";")[0]))

    assert left[0] - left[-1] >= 4, f"the key's reads count on: {left}"
