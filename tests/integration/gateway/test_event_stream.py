"""The stream of live events: rows, order, resuming, ends; over real sockets and a real database."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

import aiohttp
import psutil
import pytest
import sqlalchemy as sa
from uuid_utils.compat import uuid7

from gateway.adapters.live_events import live_events_after, prune_live_events
from gateway.adapters.live_tail import LiveTail
from gateway.api.event_stream import EventStreamResponse, Hearing
from gateway.application.tell_live_events import tell
from gateway.application.translate_events import Telling
from gateway.consumers import SUBSCRIPTIONS
from gateway.domain import live_data
from gateway.domain.live_event import Audience
from shared.database import Database, UnitOfWork
from shared.events.envelope import Event
from shared.events.partners import PartnersRegisteredV1, PartnerState, PartnerStatus
from shared.events.payments import ReceiptBooked, ReceiptsBookedV1
from shared.identity import RowScope
from shared.inbox import apply_once
from tests.factories.payment_facts import a_receipt, told
from tests.integration.gateway.listening import Stream, listening
from tests.integration.gateway.running import Seen, access_token, bearer, gateway_before, recording_app

Happen = Callable[..., Awaitable[None]]
HEARTBEAT = 0.05


@pytest.fixture(scope="module")
async def database(database_url: str) -> AsyncIterator[Database]:
    database = Database(database_url, application_name="test", pool_size=4)
    yield database
    await database.close()


@pytest.fixture(scope="module")
async def gateway(database_url: str) -> AsyncIterator[str]:
    async with gateway_before(recording_app(Seen([])), database_url) as url:
        yield url


@pytest.fixture(scope="module")
def happen(database: Database) -> Happen:
    """Have events taken in, as the gateway's worker does."""
    apply = apply_once("gateway", SUBSCRIPTIONS, lambda: UnitOfWork(database))

    async def happen(*events: Event) -> None:
        await apply([told(event) for event in events])

    return happen


def booked(*receipts: ReceiptBooked) -> ReceiptsBookedV1:
    return ReceiptsBookedV1(receipts=receipts)


def a_marked_receipt(**facts: object) -> ReceiptBooked:
    """A receipt of a partner that no other test knows."""
    return a_receipt(**{"partner_code": f"CP-{uuid7()}", **facts})


async def is_forgotten_by_age(database: Database, hours: int) -> None:
    async with database.engine.begin() as connection:
        await connection.execute(
            sa.text("UPDATE live_events SET told_at = told_at - make_interval(hours => :hours)"),
            {"hours": hours},
        )


async def test_an_event_arrives_in_its_published_form(gateway: str, happen: Happen) -> None:
    receipt = a_marked_receipt(amount_minor=1234_50)

    async with listening(gateway, query=f"?partner_code={receipt.partner_code}") as stream:
        await happen(booked(receipt))
        [event] = await stream.events(1)

    assert event.event == event.body["type"] == "receipt.booked"
    assert event.body["data"]["amount"] == {"amount": "1234.50", "currency": "INR"}
    assert event.body["links"] == {"resource": f"/v1/receipts/{receipt.receipt_id}"}
    head = stream.head.lower()
    assert "content-type: text/event-stream" in head
    assert "cache-control: no-store, no-transform" in head
    assert "x-accel-buffering: no" in head
    assert "content-encoding" not in head


async def test_of_one_batch_everybody_hears_the_own_rows(gateway: str, happen: Happen) -> None:
    mine, other = a_marked_receipt(zone="South-9"), a_marked_receipt(zone="North-9")
    nobody = a_marked_receipt(zone=None)

    async with (
        listening(gateway, "partner", partner_code=mine.partner_code) as partner,
        listening(gateway, "zonal_sales", zones=["North-9"]) as zonal,
        listening(gateway, "coordinator", "?types=receipt.booked") as coordinator,
    ):
        await happen(booked(mine, other, nobody))
        heard_by_all = [frame.body["data"]["receipt_id"] for frame in await coordinator.events(3)]
        partner_ids = [frame.body["data"]["receipt_id"] for frame in await partner.events(1)]
        zonal_ids = [frame.body["data"]["receipt_id"] for frame in await zonal.events(1)]
        await happen(booked(mine))
        [next_of_partner] = await partner.events(1)

    assert heard_by_all == [str(one.receipt_id) for one in (mine, other, nobody)]
    assert partner_ids == [str(mine.receipt_id)]
    assert zonal_ids == [str(other.receipt_id)]
    assert next_of_partner.body["data"]["receipt_id"] == str(mine.receipt_id)


async def test_the_zone_of_a_partner_is_known_where_the_event_does_not_tell_it(
    gateway: str, happen: Happen
) -> None:
    receipt = a_marked_receipt(zone=None)
    partner = PartnerState(
        code=receipt.partner_code,
        name="Godavari",
        city=None,
        zone="East-9",
        gstin=None,
        ifsc=None,
        bank_account=None,
        status=PartnerStatus.ACTIVE,
        version=1,
    )
    await happen(PartnersRegisteredV1(partners=(partner,)))

    async with listening(gateway, "zonal_sales", "?types=receipt.*", zones=["East-9"]) as stream:
        await happen(booked(receipt))
        [event] = await stream.events(1)

    assert event.body["data"]["partner_code"] == receipt.partner_code


@pytest.mark.parametrize(
    ("role", "query", "status", "code"),
    [
        ("admin", "?types=receipt.paid", 422, "invalid"),
        ("partner", "?types=bank_statement.imported", 403, "forbidden"),
        ("admin", "?last_event_id=x", 422, "invalid"),
        ("admin", "?last_event_id=-1", 422, "invalid"),
    ],
)
async def test_what_cannot_be_heard_is_refused_before_the_stream(
    gateway: str, role: str, query: str, status: int, code: str
) -> None:
    async with (
        aiohttp.ClientSession() as session,
        session.get(f"{gateway}/v1/events{query}", headers=bearer(role)) as reply,
    ):
        body = await reply.json(content_type="application/problem+json")

    assert (reply.status, body["code"]) == (status, code)


@pytest.mark.parametrize("is_header", [True, False])
async def test_a_stream_that_resumes_misses_nothing_and_repeats_nothing(
    gateway: str, happen: Happen, is_header: bool
) -> None:
    partner_code = f"CP-{uuid7()}"
    receipts = [a_receipt(partner_code=partner_code) for _ in range(4)]
    query = f"?partner_code={partner_code}"
    async with listening(gateway, query=query) as stream:
        await happen(booked(receipts[0]))
        [first] = await stream.events(1)
    await happen(booked(receipts[1]), booked(receipts[2]))

    resumed = f"{query}&last_event_id={first.id}"
    async with listening(
        gateway, query=query if is_header else resumed, last_id=first.id if is_header else None
    ) as stream:
        await happen(booked(receipts[3]))
        events = await stream.events(3)

    assert [one.body["data"]["receipt_id"] for one in events] == [str(one.receipt_id) for one in receipts[1:]]
    positions = [int(one.id or 0) for one in (first, *events)]
    assert positions == sorted(set(positions))


async def test_a_stream_catches_up_over_many_pages_while_more_happens(gateway: str, happen: Happen) -> None:
    partner_code = f"CP-{uuid7()}"
    receipts = [a_receipt(partner_code=partner_code) for _ in range(1_600)]
    async with listening(gateway, query=f"?partner_code={partner_code}") as stream:
        await happen(booked(receipts[0]))
        [first] = await stream.events(1)
    await happen(*(booked(*receipts[start : start + 500]) for start in range(1, 1_500, 500)))

    async with listening(gateway, query=f"?partner_code={partner_code}", last_id=first.id) as stream:
        await happen(booked(*receipts[1_501:]))
        events = await stream.events(len(receipts) - 2)

    ids = [one.body["data"]["receipt_id"] for one in events]
    assert ids == [str(one.receipt_id) for one in (*receipts[1:1_501], *receipts[1_501:])][: len(ids)]


async def test_a_position_that_is_too_old_or_unknown_begins_anew_and_says_so(
    fresh_database: Any,
) -> None:
    url = await fresh_database("gateway")
    database = Database(url, application_name="test")
    apply = apply_once("gateway", SUBSCRIPTIONS, lambda: UnitOfWork(database))
    await apply([told(booked(a_receipt(), a_receipt()))])
    async with gateway_before(recording_app(Seen([])), url) as gateway:
        async with listening(gateway, last_id="1") as stream:
            [resumed] = await stream.events(1)
        await is_forgotten_by_age(database, 25)
        firsts = {}
        for last_id in ("1", "2", "999999"):
            async with listening(gateway, last_id=last_id) as stream:
                await apply([told(booked(a_receipt()))])
                firsts[last_id] = (await stream.events(1))[0]
    await database.close()

    assert resumed.event == "receipt.booked"
    assert (firsts["1"].event, firsts["1"].id) == ("reset", "2")
    assert firsts["2"].event == "receipt.booked"  # nothing happened since: nothing is missed
    assert firsts["999999"].event == "reset"


async def test_events_are_forgotten_after_a_week_and_positions_before_them_are_reset(
    fresh_database: Any,
) -> None:
    database = Database(await fresh_database("gateway"), application_name="test")
    tail = LiveTail(database)
    apply = apply_once("gateway", SUBSCRIPTIONS, lambda: UnitOfWork(database))
    await apply([told(booked(a_receipt(), a_receipt()))])
    await is_forgotten_by_age(database, 8 * 24)
    await apply([told(booked(a_receipt()))])

    async with database.engine.begin() as connection:
        gone = await prune_live_events(connection)
        left = await live_events_after(connection, 0)
    may_resume = [await tail.may_resume(position) for position in (1, 2, 3)]
    await database.close()

    assert (gone, [event.position for event in left]) == (2, [3])
    assert may_resume == [False, True, True]


async def test_a_position_is_never_passed_by_one_that_commits_earlier(database: Database) -> None:
    """Two workers tell at once: the second waits, so that no reader sees it before the first."""
    telling = (datetime.now(UTC), a_telling())
    async with UnitOfWork(database) as first, UnitOfWork(database) as second:
        [early] = await tell(first, [telling])
        waiting = asyncio.create_task(tell(second, [telling]))
        await somebody_waits(database)
        assert not waiting.done()
        await first.commit()
        [late] = await waiting
        async with database.reading() as connection:
            seen = [event.position for event in await live_events_after(connection, early.position - 1)]
        await second.commit()

    assert early.position < late.position
    assert seen == [early.position]


def a_telling() -> Telling:
    data = live_data.PartnerData(
        code="CP1", name="Godavari", city=None, zone="South", status="active", version=1
    )
    return Telling(type="partner.changed", key="CP1", data=data)


async def somebody_waits(database: Database) -> None:
    """Return once a session of this database waits for an advisory lock."""
    query = sa.text("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted")
    async with asyncio.timeout(60):
        while True:
            async with database.reading() as connection:
                if await connection.scalar(query):
                    return


async def test_an_event_told_twice_is_on_the_stream_once(gateway: str, database: Database) -> None:
    receipt = a_marked_receipt()
    apply = apply_once("gateway", SUBSCRIPTIONS, lambda: UnitOfWork(database))
    envelope = told(booked(receipt))

    async with listening(gateway, query=f"?partner_code={receipt.partner_code}") as stream:
        await apply([envelope])
        await apply([envelope])
        await apply([told(booked(a_receipt(partner_code=receipt.partner_code)))])
        first, second = await stream.events(2)

    assert first.body["data"]["receipt_id"] == str(receipt.receipt_id)
    assert second.body["data"]["receipt_id"] != str(receipt.receipt_id)


async def test_every_process_tells_and_a_stream_goes_on_at_another(database_url: str, happen: Happen) -> None:
    partner_code = f"CP-{uuid7()}"
    query = f"?partner_code={partner_code}"
    async with (
        gateway_before(recording_app(Seen([])), database_url) as one,
        gateway_before(recording_app(Seen([])), database_url) as other,
    ):
        async with listening(one, query=query) as here, listening(other, query=query) as there:
            await happen(booked(a_receipt(partner_code=partner_code)))
            [at_one], [at_other] = await here.events(1), await there.events(1)
        await happen(booked(a_receipt(partner_code=partner_code)))
        async with listening(other, query=query, last_id=at_one.id) as resumed:
            [missed] = await resumed.events(1)

    assert at_one == at_other
    assert int(missed.id or 0) > int(at_one.id or 0)


async def test_silence_is_broken_by_signs_of_life(database_url: str) -> None:
    async with (
        gateway_before(recording_app(Seen([])), database_url, heartbeat_seconds=HEARTBEAT) as gateway,
        listening(gateway, query="?partner_code=NOBODY") as stream,
    ):
        frames = [await stream.frame() for _ in range(2)]

    assert [frame.comment for frame in frames] == ["still here"] * 2


async def test_a_stream_ends_with_its_token(database_url: str) -> None:
    expires_at = int(datetime.now(UTC).timestamp()) - 56  # sixty seconds of skew are granted
    async with (
        gateway_before(recording_app(Seen([])), database_url, heartbeat_seconds=HEARTBEAT) as gateway,
        listening(gateway, query="?partner_code=NOBODY", exp=expires_at) as stream,
    ):
        frames = await stream.rest()

    assert (frames[-1].event, frames[-1].body) == ("end", {"reason": "token_ended"})


async def test_streams_end_first_when_the_process_drains(database_url: str) -> None:
    async with asyncio.timeout(60):
        async with gateway_before(recording_app(Seen([])), database_url) as gateway:
            leaving = listening(gateway)
            stream: Stream = await leaving.__aenter__()
        frames = await stream.rest()
        await leaving.__aexit__(None, None, None)

    assert (frames[-1].event, frames[-1].body) == ("end", {"reason": "draining"})


async def test_a_reader_that_takes_nothing_is_dropped(database: Database, happen: Happen) -> None:
    tail = LiveTail(database)
    tail.start()
    hearing = Hearing(
        audience=Audience(
            types=frozenset({"receipt.booked"}),
            scope=RowScope(sees_all=True, zones=frozenset(), partner_code=None),
        ),
        subject="asha",
        after=None,
        is_reset=False,
        is_still_allowed=lambda: asyncio.sleep(0, result=True),
    )
    sent: list[dict[str, Any]] = []
    is_listening = asyncio.Event()

    async def send(message: Any) -> None:
        sent.append(message)
        if message.get("body", b"").startswith(b"retry:"):
            is_listening.set()
        if message.get("body", b"").startswith(b"id:"):
            await asyncio.Event().wait()  # its socket is full and stays so

    stream = EventStreamResponse(tail, hearing, patience_seconds=HEARTBEAT)
    streaming = asyncio.create_task(stream({}, asyncio.Event().wait, send))  # type: ignore[arg-type]
    async with asyncio.timeout(60):
        await is_listening.wait()
        await happen(booked(a_receipt()))
        await streaming
    await tail.stop()

    assert tail.listener_count == 0
    assert sent[-1].get("more_body") is True  # no end: the server drops the connection


async def test_a_thousand_streams_on_one_process_hear_an_event_at_once(
    fresh_database: Any,
) -> None:
    """One real socket for each; the database sees the pool of the process and nothing more."""
    url = await fresh_database("gateway")
    database = Database(url, application_name="test")
    apply = apply_once("gateway", SUBSCRIPTIONS, lambda: UnitOfWork(database))
    token = access_token("coordinator")
    resident = psutil.Process().memory_info
    async with gateway_before(recording_app(Seen([])), url) as gateway:
        before = resident().rss
        streams = await asyncio.gather(*(_opened(gateway, token) for _ in range(1_000)))
        await apply([told(booked(a_receipt()))])
        heard = await asyncio.gather(*(_heard(reader) for reader, _ in streams))
        after = resident().rss
        connections = await _connections(database)
        for _, writer in streams:
            writer.transport.abort()
    await database.close()

    assert len(set(heard)) == 1
    assert json.loads(heard[0])["type"] == "receipt.booked"
    assert connections <= 8
    assert (after - before) / 1_000 < 150 * 1024  # both ends of the socket


async def _opened(gateway: str, token: str) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    reader, writer = await asyncio.open_connection("127.0.0.1", urlsplit(gateway).port)
    writer.write(
        f"GET /v1/events HTTP/1.1\r\nHost: gateway\r\nAuthorization: Bearer {token}\r\n\r\n".encode()
    )
    await reader.readuntil(b"retry: 3000\n\n")
    return reader, writer


async def _heard(reader: asyncio.StreamReader) -> str:
    """The next event; where opening them all took long, signs of life come before it."""
    while not (said := (await reader.readuntil(b"\n\n")).decode().partition("data: ")[2]):
        pass
    return said


async def _connections(database: Database) -> int:
    query = sa.text(
        "SELECT count(*) FROM pg_stat_activity"
        " WHERE application_name = 'gateway' AND datname = current_database()"
    )
    async with database.reading() as connection:
        return int(await connection.scalar(query) or 0)
