"""The outbox and its relays, on a real database and a real broker."""

import asyncio
import os
import signal
import sys
from collections import defaultdict
from collections.abc import AsyncIterator
from datetime import UTC, date, datetime, timedelta

import aio_pika
import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from shared.events.envelope import encode
from shared.messaging.connection import BrokerUnavailable
from shared.messaging.publisher import Outcome, Outgoing, Publisher
from shared.outbox import add_outbox_recipient_sql, create_outbox_sql, write_outbox
from shared.outbox.relay import OutboxRelay, RelayLimits
from shared.outbox.retell import tell_again
from shared.outbox.table import shard_of
from tests.integration.shared.counted import (
    counted,
    declare_counted_queue,
    recounted,
    run_statements,
    told,
    untold,
    write,
)
from tests.integration.shared.waiting import until
from tests.integration.shared.wire import Wire


@pytest.fixture
async def outbox(engine: AsyncEngine) -> AsyncEngine:
    await run_statements(engine, [*create_outbox_sql(), *add_outbox_recipient_sql()])
    return engine


@pytest.fixture
async def publisher(bare_broker_url: str) -> AsyncIterator[Publisher]:
    async with Publisher(bare_broker_url, name="test") as publisher:
        yield publisher


@pytest.fixture
async def relay(outbox: AsyncEngine, publisher: Publisher) -> OutboxRelay:
    return OutboxRelay(outbox, publisher)


@pytest.fixture
async def counted_queue(bare_broker_url: str) -> None:
    async with await aio_pika.connect(bare_broker_url) as connection:
        await declare_counted_queue(await connection.channel())


async def until_all_told(engine: AsyncEngine) -> None:
    async def is_all_told() -> bool:
        return not await untold(engine)

    await until(is_all_told)


async def test_event_is_told_only_after_the_commit_of_its_fact(
    outbox: AsyncEngine, relay: OutboxRelay, bare_broker_url: str, counted_queue: None
) -> None:
    fact = counted(1)
    async with outbox.connect() as connection, connection.begin() as transaction:
        await write_outbox(connection, [fact])
        before = await relay.drain()
        await transaction.commit()

    after = await relay.drain()

    assert (before, after) == (0, 1)
    assert [envelope.id for envelope in await told(bare_broker_url)] == [fact.id]


async def test_event_of_a_rolled_back_fact_is_never_told(outbox: AsyncEngine, relay: OutboxRelay) -> None:
    async with outbox.connect() as connection, connection.begin() as transaction:
        await write_outbox(connection, [counted(1)])
        await transaction.rollback()

    assert await relay.drain() == 0


async def test_told_events_are_not_told_again(
    outbox: AsyncEngine, relay: OutboxRelay, bare_broker_url: str, counted_queue: None
) -> None:
    await write(outbox, [counted(number) for number in range(20)])
    await relay.drain()

    again = await relay.drain()

    assert again == 0
    assert [envelope.data.number for envelope in await told(bare_broker_url)] == list(range(20))


async def test_a_window_holds_no_more_bytes_than_it_may_and_what_is_larger_goes_alone(
    outbox: AsyncEngine, publisher: Publisher, bare_broker_url: str, counted_queue: None
) -> None:
    facts = [counted(number) for number in range(5)]
    size = len(encode(facts[0]))
    await write(outbox, facts)
    in_twos = OutboxRelay(outbox, publisher, limits=RelayLimits(window_bytes=2 * size - 1))
    in_ones = OutboxRelay(outbox, publisher, limits=RelayLimits(window_bytes=1))

    turns = [await in_twos.turn(), await in_ones.turn(), await in_twos.turn(), await in_twos.turn()]

    assert turns == [2, 1, 2, None]
    assert [envelope.data.number for envelope in await told(bare_broker_url)] == list(range(5))


async def test_three_relays_keep_the_order_of_every_key_and_tell_each_event_once(
    outbox: AsyncEngine, bare_broker_url: str, counted_queue: None
) -> None:
    keys = [f"account-{number}" for number in range(12)]
    stop = asyncio.Event()
    publishers = [Publisher(bare_broker_url, name=f"relay-{number}") for number in range(3)]
    relays = [OutboxRelay(outbox, one, limits=RelayLimits(window=7, lanes=1)) for one in publishers]
    async with asyncio.TaskGroup() as tasks:
        for relay in relays:
            tasks.create_task(relay.run(stop))
        for number in range(60):
            await write(outbox, [counted(number, key) for key in keys])

        await until_all_told(outbox)
        stop.set()

    for publisher in publishers:
        await publisher.close()
    numbers = defaultdict(list)
    for envelope in await told(bare_broker_url):
        numbers[envelope.partition_key].append(envelope.data.number)
    assert numbers == {key: list(range(60)) for key in keys}


async def test_unroutable_event_stays_with_its_reason_and_raises_an_alarm(
    outbox: AsyncEngine, relay: OutboxRelay, capsys: pytest.CaptureFixture[str]
) -> None:
    await write(outbox, [counted(1)])

    await relay.drain()

    assert await untold(outbox) == [(1, "unroutable")]
    assert "outbox_held_back" in capsys.readouterr().out


async def test_event_held_back_holds_back_its_key_and_no_other(
    outbox: AsyncEngine, relay: OutboxRelay, bare_broker_url: str, counted_queue: None
) -> None:
    neighbour = next(f"n{n}" for n in range(1000) if shard_of(f"n{n}") == shard_of("k"))
    await write(outbox, [recounted(1, "k")])
    await relay.drain()
    await write(outbox, [counted(2, "k"), counted(3, neighbour)])

    await relay.drain()

    assert [envelope.data.number for envelope in await told(bare_broker_url)] == [3]


async def test_event_held_back_is_told_in_order_once_somebody_wants_it(
    outbox: AsyncEngine, relay: OutboxRelay, bare_broker_url: str
) -> None:
    await write(outbox, [counted(1)])
    await relay.drain()
    await write(outbox, [counted(2)])
    async with await aio_pika.connect(bare_broker_url) as connection:
        await declare_counted_queue(await connection.channel())
    await run_statements(outbox, ["UPDATE outbox SET next_attempt_at = now() WHERE attempts > 0"])

    await relay.drain()

    assert [envelope.data.number for envelope in await told(bare_broker_url)] == [1, 2]


async def test_nothing_is_lost_or_counted_as_tried_while_the_broker_is_away(outbox: AsyncEngine) -> None:
    await write(outbox, [counted(1)])
    relay = OutboxRelay(outbox, Publisher("amqp://guest:guest@127.0.0.1:1/", name="nowhere"))

    with pytest.raises(BrokerUnavailable):
        await relay.turn()

    assert await untold(outbox) == [(0, None)]


async def test_relay_goes_on_when_its_connection_is_cut(
    outbox: AsyncEngine, wire: Wire, bare_broker_url: str, counted_queue: None
) -> None:
    stop = asyncio.Event()
    async with Publisher(wire.url, name="test") as publisher:
        relay = OutboxRelay(outbox, publisher, limits=RelayLimits(outage_seconds=0.05))
        running = asyncio.create_task(relay.run(stop))
        await write(outbox, [counted(number) for number in range(50)])
        await until_all_told(outbox)

        wire.cut()
        await write(outbox, [counted(number) for number in range(50, 100)])
        await until_all_told(outbox)
        stop.set()
        await running

    numbers = [envelope.data.number for envelope in await told(bare_broker_url)]
    assert list(dict.fromkeys(numbers)) == list(range(100))


async def test_relay_killed_between_publishing_and_marking_tells_again(
    outbox: AsyncEngine, relay: OutboxRelay, bare_broker_url: str, counted_queue: None
) -> None:
    await write(outbox, [counted(number) for number in range(10)])
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "tests.integration.shared.relay_process",
        outbox.url.render_as_string(hide_password=False),
        bare_broker_url,
        env={**os.environ, "ENVIRONMENT": "test", "FAILPOINT": "after_publish_before_mark"},
    )
    assert await process.wait() == -signal.SIGKILL
    left = len(await untold(outbox))

    await relay.drain()

    numbers = [envelope.data.number for envelope in await told(bare_broker_url)]
    assert left == 10
    assert numbers == [*range(10), *range(10)]


async def add_old_day(connection: AsyncConnection, day: date, *, is_told: bool) -> None:
    await connection.execute(
        text(
            f"CREATE TABLE outbox_p{day:%Y%m%d} PARTITION OF outbox "
            f"FOR VALUES FROM ('{day} 00:00+00') TO ('{day + timedelta(days=1)} 00:00+00')"
        )
    )
    published_at = "now()" if is_told else "NULL"
    await connection.execute(
        text(
            "INSERT INTO outbox (created_at, shard, id, type, partition_key, body, published_at) "
            f"VALUES ('{day} 12:00+00', 0, gen_random_uuid(), 't', 'k', 'b', {published_at})"
        )
    )


async def test_upkeep_makes_days_ahead_and_drops_only_days_that_are_told(outbox: AsyncEngine) -> None:
    async with outbox.begin() as connection:
        today = (await connection.execute(text("SELECT (now() AT TIME ZONE 'UTC')::date"))).scalar_one()
        await add_old_day(connection, today - timedelta(days=20), is_told=True)
        await add_old_day(connection, today - timedelta(days=19), is_told=False)

        await connection.execute(text("SELECT outbox_upkeep(3, 7)"))

        names = await connection.execute(
            text("SELECT inhrelid::regclass::text FROM pg_inherits WHERE inhparent = 'outbox'::regclass")
        )
        days = [today + timedelta(days=ahead) for ahead in (-19, 0, 1, 2, 3)]
        assert set(names.scalars()) == {"outbox_default", *(f"outbox_p{day:%Y%m%d}" for day in days)}


async def test_what_was_told_since_a_moment_is_told_again_in_its_order_and_nothing_older(
    outbox: AsyncEngine, relay: OutboxRelay, bare_broker_url: str, counted_queue: None
) -> None:
    await write(outbox, [counted(number) for number in range(5)])
    await relay.drain()
    first = await told(bare_broker_url)
    async with outbox.begin() as connection:
        long_ago = "UPDATE outbox SET published_at = now() - interval '3 hours' WHERE position <= 2"
        await connection.execute(text(long_ago))

    count = await tell_again(outbox, datetime.now(UTC) - timedelta(hours=1), lambda _so_far: None)
    again = await relay.drain()

    assert (count, again) == (3, 3)
    assert [envelope.id for envelope in await told(bare_broker_url)] == [
        envelope.id for envelope in first[2:]
    ]


async def test_what_is_under_way_while_the_connection_is_closed_from_here_may_be_told_again(
    publisher: Publisher, counted_queue: None
) -> None:
    messages = [
        Outgoing(event.id, event.type, encode(event), is_mandatory=True) for event in map(counted, range(500))
    ]
    await publisher.publish(messages[:1])

    publishing = asyncio.create_task(publisher.publish(messages))
    await asyncio.sleep(0)
    await publisher.close()
    outcomes = await publishing

    assert Outcome.UNKNOWN in outcomes
    assert set(outcomes) <= {Outcome.UNKNOWN, Outcome.CONFIRMED}
