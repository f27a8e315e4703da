"""The consumer on a real broker: duplicates, refusals, faults, outages and its own death."""

import asyncio
import json
import os
import random
import signal
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace

import aio_pika
import pytest
from aio_pika.abc import AbstractIncomingMessage
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from shared.errors import Conflict
from shared.events.envelope import Envelope, Event, encode
from shared.inbox import Handler, apply_once, on
from shared.inbox_table import create_inbox_sql
from shared.messaging.consumer import Consumer, ConsumerLimits
from shared.messaging.fed_queues import queues_lost_total
from shared.messaging.publisher import Outcome, Outgoing, Publisher
from shared.messaging.topology import (
    ServiceTopology,
    declare,
    definitions,
    service_events_exchange,
    service_topology,
)
from tests.integration.shared.counted import TYPES, CountedV1, counted, recounted, run_statements
from tests.integration.shared.projection import (
    CREATE_PROJECTION,
    Transaction,
    effects,
    project,
    until_effects,
)
from tests.integration.shared.waiting import until
from tests.integration.shared.wire import Wire

TOPOLOGY = service_topology("test", [CountedV1], retry_delays_ms=(50, 100))
LIMITS = ConsumerLimits(attempts_max=3, silence_seconds=0.5, pause_seconds_max=0.2)
OFTEN_BOUND = replace(LIMITS, bind_seconds=0.5)


@pytest.fixture
async def projection(engine: AsyncEngine) -> AsyncEngine:
    await run_statements(engine, [*create_inbox_sql(), CREATE_PROJECTION])
    return engine


@pytest.fixture
async def publisher(bare_broker_url: str) -> AsyncIterator[Publisher]:
    async with Publisher(bare_broker_url, name="test") as publisher:
        yield publisher


class Applying:
    """A consumer under test and the sizes of the batches it was given."""

    def __init__(
        self,
        engine: AsyncEngine,
        broker_url: str,
        handler: Handler[Transaction, CountedV1],
        limits: ConsumerLimits,
    ) -> None:
        self.sizes: list[int] = []
        self._apply = apply_once("test", [on(CountedV1, handler)], lambda: Transaction(engine))
        self.consumer = Consumer(broker_url, TOPOLOGY, TYPES, self._count, limits=limits)

    async def _count(self, batch: Sequence[Envelope[Event]]) -> None:
        self.sizes.append(len(batch))
        await self._apply(batch)


@asynccontextmanager
async def consuming(
    engine: AsyncEngine,
    broker_url: str,
    handler: Handler[Transaction, CountedV1] = project,
    limits: ConsumerLimits = LIMITS,
) -> AsyncIterator[Applying]:
    await declare_queues(broker_url)
    stop = asyncio.Event()
    applying = Applying(engine, broker_url, handler, limits)
    running = asyncio.create_task(applying.consumer.run(stop))
    yield applying
    stop.set()
    async with asyncio.timeout(60):
        await running


async def declare_queues(broker_url: str, topology: ServiceTopology = TOPOLOGY) -> None:
    async with await aio_pika.connect(broker_url) as connection:
        await declare(await connection.channel(), topology)


async def send(publisher: Publisher, envelopes: Sequence[Envelope[Event]]) -> None:
    outcomes = await publisher.publish([Outgoing(one.id, one.type, encode(one)) for one in envelopes])
    assert set(outcomes) == {"confirmed"}


async def dead_letters(broker_url: str, count: int) -> list[AbstractIncomingMessage]:
    """Waits for `count` dead letters and takes them."""
    found: list[AbstractIncomingMessage] = []
    async with await aio_pika.connect(broker_url) as connection, asyncio.timeout(60):
        queue = await (await connection.channel()).get_queue(TOPOLOGY.dead.name)
        while len(found) < count:
            message = await queue.get(fail=False, no_ack=True)
            if message is None:
                await asyncio.sleep(0.02)
            else:
                found.append(message)
    return found


async def waiting(broker_url: str, queue_name: str) -> int:
    async with await aio_pika.connect(broker_url) as connection:
        queue = await (await connection.channel()).declare_queue(queue_name, passive=True)
        return queue.declaration_result.message_count or 0


async def test_events_that_wait_are_applied_in_few_transactions_and_in_order(
    projection: AsyncEngine, bare_broker_url: str, publisher: Publisher
) -> None:
    await declare_queues(bare_broker_url)
    await send(publisher, [counted(number) for number in range(1000)])

    async with consuming(projection, bare_broker_url) as applying:
        await until_effects(projection, 1000)

    assert await effects(projection) == list(range(1000))
    assert len(applying.sizes) < 30
    assert await waiting(bare_broker_url, TOPOLOGY.main.name) == 0


async def test_duplicates_in_any_order_take_effect_once(
    projection: AsyncEngine, bare_broker_url: str, publisher: Publisher
) -> None:
    envelopes = [counted(number) for number in range(100)] * 3
    random.Random(7).shuffle(envelopes)
    last = counted(1000)

    async with consuming(projection, bare_broker_url):
        await send(publisher, [*envelopes, last])
        await until_effects(projection, 101)

    assert sorted(await effects(projection)) == [*range(100), 1000]


async def test_two_consumers_of_one_service_share_the_work_and_repeat_none(
    projection: AsyncEngine, bare_broker_url: str, publisher: Publisher
) -> None:
    envelopes = [counted(number) for number in range(300)]

    async with consuming(projection, bare_broker_url), consuming(projection, bare_broker_url):
        await send(publisher, envelopes + envelopes)
        await until_effects(projection, 300)

    assert sorted(await effects(projection)) == list(range(300))


async def refuse_thirteen(work: Transaction, envelopes: Sequence[Envelope[CountedV1]]) -> None:
    await project(work, envelopes)
    if any(envelope.data.number == 13 for envelope in envelopes):
        raise Conflict("thirteen is not accepted")


async def test_refused_event_goes_to_the_dead_letters_with_its_reason_while_others_flow(
    projection: AsyncEngine, bare_broker_url: str, publisher: Publisher
) -> None:
    refused = counted(13)

    async with consuming(projection, bare_broker_url, refuse_thirteen):
        await send(publisher, [*(counted(number) for number in range(10)), refused, counted(20)])
        await until_effects(projection, 11)
        [letter] = await dead_letters(bare_broker_url, 1)

    assert await effects(projection) == [*range(10), 20]
    assert letter.message_id == str(refused.id)
    assert letter.body == encode(refused)
    assert (letter.headers["x-reason"], letter.headers["x-code"]) == ("thirteen is not accepted", "conflict")


async def test_an_event_that_died_into_the_exchange_in_a_queue_of_somebody_else_is_not_applied(
    projection: AsyncEngine, bare_broker_url: str, publisher: Publisher
) -> None:
    """Whoever may publish one event could otherwise publish each, by a queue whose messages die as another's."""
    dying = {
        "x-dead-letter-exchange": "salesops.events",
        "x-dead-letter-routing-key": CountedV1.type_name,
        "x-message-ttl": 1,
    }
    async with consuming(projection, bare_broker_url), await aio_pika.connect(bare_broker_url) as connection:
        channel = await connection.channel()
        trap = await channel.declare_queue("salesops.tester.trap", exclusive=True, arguments=dying)
        body = encode(counted(666))
        await channel.default_exchange.publish(aio_pika.Message(body, type=CountedV1.type_name), trap.name)
        [letter] = await dead_letters(bare_broker_url, 1)
        await send(publisher, [counted(1)])
        await until_effects(projection, 1)

    assert letter.headers["x-code"] == "message_forged"
    assert await effects(projection) == [1]


async def test_unreadable_message_goes_to_the_dead_letters_while_others_flow(
    projection: AsyncEngine, bare_broker_url: str, publisher: Publisher
) -> None:
    poison = counted(1)
    broken = json.loads(encode(poison))
    del broken["data"]["number"]

    async with consuming(projection, bare_broker_url):
        await publisher.publish(
            [
                Outgoing(poison.id, poison.type, b"\x00 not an event"),
                Outgoing(poison.id, poison.type, json.dumps(broken).encode()),
            ]
        )
        await send(publisher, [counted(2)])
        await until_effects(projection, 1)
        letters = await dead_letters(bare_broker_url, 2)

    assert await effects(projection) == [2]
    assert {letter.headers["x-code"] for letter in letters} == {"event_unreadable"}


async def test_event_of_an_unknown_type_or_a_newer_version_is_ignored(
    projection: AsyncEngine, bare_broker_url: str, publisher: Publisher
) -> None:
    newer = json.loads(encode(counted(1)))
    newer["type"] = "salesops.payments.counted.v2"
    newer["data"] = {"quantity": "one"}

    async with consuming(projection, bare_broker_url):
        stranger = recounted(5)
        await publisher.publish(
            [
                Outgoing(stranger.id, CountedV1.type_name, encode(stranger)),
                Outgoing(stranger.id, CountedV1.type_name, json.dumps(newer).encode()),
            ]
        )
        await send(publisher, [counted(2)])
        await until_effects(projection, 1)

    assert await effects(projection) == [2]
    assert await waiting(bare_broker_url, TOPOLOGY.main.name) == 0
    assert await waiting(bare_broker_url, TOPOLOGY.dead.name) == 0


async def test_fault_is_tried_again_after_a_while_and_succeeds(
    projection: AsyncEngine, bare_broker_url: str, publisher: Publisher
) -> None:
    faults = iter([True, True, True])

    async def fail_at_first(work: Transaction, envelopes: Sequence[Envelope[CountedV1]]) -> None:
        await project(work, envelopes)
        if any(one.data.number == 13 for one in envelopes) and next(faults, False):
            raise ZeroDivisionError

    async with consuming(projection, bare_broker_url, fail_at_first):
        await send(publisher, [counted(1), counted(13), counted(2)])
        await until_effects(projection, 3)

    assert await effects(projection) == [1, 2, 13]


async def test_fault_that_stays_ends_in_the_dead_letters_after_its_attempts(
    projection: AsyncEngine, bare_broker_url: str, publisher: Publisher
) -> None:
    async def fail(work: Transaction, envelopes: Sequence[Envelope[CountedV1]]) -> None:
        raise ZeroDivisionError("always")

    async with consuming(projection, bare_broker_url, fail):
        await send(publisher, [counted(1)])
        [letter] = await dead_letters(bare_broker_url, 1)

    assert letter.headers["x-attempt"] == LIMITS.attempts_max
    assert "ZeroDivisionError" in str(letter.headers["x-reason"])


async def test_database_outage_costs_no_attempt_and_delays_only(
    projection: AsyncEngine, bare_broker_url: str, publisher: Publisher
) -> None:
    outages = iter(range(6))

    async def lose_the_connection(work: Transaction, envelopes: Sequence[Envelope[CountedV1]]) -> None:
        if next(outages, None) is not None:
            pid = (await work.connection.execute(text("SELECT pg_backend_pid()"))).scalar_one()
            async with projection.connect() as other:
                await other.execute(text("SELECT pg_terminate_backend(:pid)"), {"pid": pid})
        await project(work, envelopes)

    async with consuming(projection, bare_broker_url, lose_the_connection):
        await send(publisher, [counted(1), counted(2)])
        await until_effects(projection, 2)

    assert await effects(projection) == [1, 2]
    assert await waiting(bare_broker_url, TOPOLOGY.dead.name) == 0


async def test_consumer_killed_between_commit_and_acknowledgement_applies_nothing_twice(
    projection: AsyncEngine, bare_broker_url: str, publisher: Publisher
) -> None:
    await declare_queues(bare_broker_url, service_topology("test", [CountedV1]))
    await send(publisher, [counted(number) for number in range(30)])
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "tests.integration.shared.consumer_process",
        projection.url.render_as_string(hide_password=False),
        bare_broker_url,
        env={**os.environ, "ENVIRONMENT": "test", "FAILPOINT": "after_commit_before_ack"},
    )
    assert await process.wait() == -signal.SIGKILL
    applied = await effects(projection)
    stop = asyncio.Event()
    apply = apply_once("test", [on(CountedV1, project)], lambda: Transaction(projection))
    consumer = Consumer(bare_broker_url, service_topology("test", [CountedV1]), TYPES, apply, limits=LIMITS)
    running = asyncio.create_task(consumer.run(stop))

    await send(publisher, [counted(100)])
    await until_effects(projection, 31)
    stop.set()
    await running

    assert len(applied) > 0
    assert sorted(await effects(projection)) == [*range(30), 100]


async def test_consumer_comes_back_when_its_connection_is_cut(
    projection: AsyncEngine, wire: Wire, bare_broker_url: str, publisher: Publisher
) -> None:
    async with consuming(projection, wire.url):
        await send(publisher, [counted(1)])
        await until_effects(projection, 1)
        wire.cut()
        await send(publisher, [counted(2)])
        await until_effects(projection, 2)

    assert await effects(projection) == [1, 2]


async def test_consumer_comes_back_when_its_connection_falls_silent(
    projection: AsyncEngine, wire: Wire, bare_broker_url: str, publisher: Publisher
) -> None:
    async with consuming(projection, wire.url):
        await send(publisher, [counted(1)])
        await until_effects(projection, 1)
        wire.swallow()
        await send(publisher, [counted(2)])
        await until_effects(projection, 2)

    assert await effects(projection) == [1, 2]


async def test_consumer_comes_back_when_its_queue_was_deleted(
    projection: AsyncEngine, bare_broker_url: str, publisher: Publisher
) -> None:
    async with consuming(projection, bare_broker_url):
        await send(publisher, [counted(1)])
        await until_effects(projection, 1)
        async with await aio_pika.connect(bare_broker_url) as connection:
            await (await connection.channel()).queue_delete(TOPOLOGY.main.name)

        async def is_routed() -> bool:
            envelope = counted(2)
            return await publisher.publish([Outgoing(envelope.id, envelope.type, encode(envelope))]) == [
                "confirmed"
            ]

        await until(is_routed)
        await until_effects(projection, 2)

    assert await effects(projection) == [1, 2]


async def test_stop_finishes_the_batch_at_hand_and_leaves_the_rest_to_others(
    projection: AsyncEngine, bare_broker_url: str, publisher: Publisher
) -> None:
    await declare_queues(bare_broker_url)
    await send(publisher, [counted(number) for number in range(600)])
    started = asyncio.Event()

    async def start(work: Transaction, envelopes: Sequence[Envelope[CountedV1]]) -> None:
        started.set()
        await project(work, envelopes)

    async with consuming(projection, bare_broker_url, start):
        await started.wait()
    done = len(await effects(projection))

    async def rest_is_back() -> bool:
        return await waiting(bare_broker_url, TOPOLOGY.main.name) == 600 - done

    assert 0 < done < 600
    await until(rest_is_back)


async def test_topology_can_be_declared_again_and_matches_the_definitions(bare_broker_url: str) -> None:
    await declare_queues(bare_broker_url)

    await declare_queues(bare_broker_url)

    names = {str(queue["name"]) for queue in definitions(["payments"])["queues"]}  # type: ignore[index, union-attr]
    assert names == {
        "salesops.payments.inbox",
        "salesops.payments.dead",
        *(f"salesops.payments.postponed.{delay}" for delay in (1000, 10000, 60000)),
    }


async def test_a_deleted_queue_is_noticed_and_declared_again(
    projection: AsyncEngine, bare_broker_url: str, publisher: Publisher
) -> None:
    lost = queues_lost_total.labels("test")
    before = lost._value.get()

    async with consuming(projection, bare_broker_url):
        await send(publisher, [counted(1)])
        await until_effects(projection, 1)
        async with await aio_pika.connect(bare_broker_url) as connection:
            await (await connection.channel()).queue_delete(TOPOLOGY.main.name)
        await until_sent(publisher, counted(2))
        await until_effects(projection, 2)

    assert await effects(projection) == [1, 2]
    assert lost._value.get() == before + 1


async def test_a_deleted_binding_comes_back_and_what_nobody_took_meanwhile_is_said_to_be_unroutable(
    projection: AsyncEngine, bare_broker_url: str, publisher: Publisher
) -> None:
    async with consuming(projection, bare_broker_url, limits=OFTEN_BOUND):
        await send(publisher, [counted(1)])
        await until_effects(projection, 1)
        await unbind_type(bare_broker_url)
        refused = await until_sent(publisher, counted(2))
        await until_effects(projection, 2)

    assert set(refused) <= {Outcome.UNROUTABLE}
    assert await effects(projection) == [1, 2]


async def unbind_type(broker_url: str) -> None:
    async with await aio_pika.connect(broker_url) as connection:
        queue = await (await connection.channel()).get_queue(TOPOLOGY.main.name, ensure=False)
        await queue.unbind(service_events_exchange("test"), CountedV1.type_name)


async def until_sent(publisher: Publisher, envelope: Envelope[Event]) -> list[Outcome]:
    """As the outbox does: again until a queue takes it. Returns what the broker said before."""
    refused: list[Outcome] = []
    message = Outgoing(envelope.id, envelope.type, encode(envelope))
    async with asyncio.timeout(60):
        while (outcome := (await publisher.publish([message]))[0]) is not Outcome.CONFIRMED:
            refused.append(outcome)
            await asyncio.sleep(0.02)
    return refused
