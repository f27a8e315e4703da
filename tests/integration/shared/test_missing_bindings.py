"""A service says of each of its bindings that it was missing, though others are bound and nothing comes back."""

from collections.abc import Awaitable, Callable

import aio_pika
import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from shared.messaging.consumer import messages_total
from shared.messaging.fed_queues import bindings_put_back_total
from shared.messaging.publisher import Publisher
from shared.messaging.topology import EVENTS_EXCHANGE, service_events_exchange
from tests.integration.shared.counted import CountedV1, counted, declare_counted_queue
from tests.integration.shared.projection import until_effects
from tests.integration.shared.test_messaging import (
    OFTEN_BOUND,
    TOPOLOGY,
    consuming,
    declare_queues,
    projection,
    publisher,
    send,
    unbind_type,
    until_sent,
    waiting,
)
from tests.integration.shared.waiting import until

__all__ = ["projection", "publisher"]


async def unbind_everything(broker_url: str) -> None:
    async with await aio_pika.connect(broker_url) as connection:
        exchange = await (await connection.channel()).get_exchange(
            service_events_exchange("test"), ensure=False
        )
        await exchange.unbind(EVENTS_EXCHANGE, "#")


async def delete_own_exchange(broker_url: str) -> None:
    async with await aio_pika.connect(broker_url) as connection:
        await (await connection.channel()).exchange_delete(service_events_exchange("test"))


async def delete_exchange_of_all(broker_url: str) -> None:
    async with await aio_pika.connect(broker_url) as connection:
        await (await connection.channel()).exchange_delete(EVENTS_EXCHANGE)


@pytest.mark.parametrize(
    ("loss", "missing"),
    [
        (unbind_type, {CountedV1.type_name}),
        (unbind_everything, {"all"}),
        (delete_own_exchange, {CountedV1.type_name, "all"}),
        (delete_exchange_of_all, {"all"}),
    ],
)
async def test_each_binding_that_was_missing_is_counted_once_by_the_service_that_puts_it_back(
    projection: AsyncEngine,
    bare_broker_url: str,
    publisher: Publisher,
    loss: Callable[[str], Awaitable[None]],
    missing: set[str],
) -> None:
    """Though somebody else is bound, takes what is told meanwhile, and so nothing comes back to who tells it."""
    before = put_back()
    async with await aio_pika.connect(bare_broker_url) as connection:
        await declare_counted_queue(await connection.channel())

    async with consuming(projection, bare_broker_url, limits=OFTEN_BOUND):
        await until_sent(publisher, counted(1))
        await until_effects(projection, 1)
        await loss(bare_broker_url)

        async def is_counted() -> bool:
            return put_back() != before

        await until(is_counted)
        await until_sent(publisher, counted(2))
        await until_effects(projection, 2)

    assert {name: times - before[name] for name, times in put_back().items() if times != before[name]} == (
        dict.fromkeys(missing, 1)
    )


async def test_the_bindings_of_a_new_installation_and_those_that_stay_are_not_counted(
    projection: AsyncEngine, bare_broker_url: str, publisher: Publisher
) -> None:
    before, probed = put_back(), taken("ignored")

    async with consuming(projection, bare_broker_url, limits=OFTEN_BOUND):
        await until_sent(publisher, counted(1))

        async def is_probed_twice() -> bool:
            return taken("ignored") >= probed + 4

        await until(is_probed_twice)

    assert put_back() == before


async def test_a_queue_that_was_bound_to_the_exchange_of_all_gets_each_event_once(
    projection: AsyncEngine, bare_broker_url: str, publisher: Publisher
) -> None:
    """As a former version bound it, and may do again while both run."""
    await declare_queues(bare_broker_url)
    async with await aio_pika.connect(bare_broker_url) as connection:
        queue = await (await connection.channel()).get_queue(TOPOLOGY.main.name, ensure=False)
        await queue.bind(EVENTS_EXCHANGE, CountedV1.type_name)
        await send(publisher, [counted(1)])
        both_ways = await waiting(bare_broker_url, TOPOLOGY.main.name)
        await declare_queues(bare_broker_url)
        await send(publisher, [counted(2)])

    async def has_both() -> bool:
        return await waiting(bare_broker_url, TOPOLOGY.main.name) == 2

    await until(has_both)
    assert both_ways <= 1


def put_back() -> dict[str, float]:
    names = (CountedV1.type_name, "all")
    return {name: bindings_put_back_total.labels("test", name)._value.get() for name in names}


def taken(outcome: str) -> float:
    return float(messages_total.labels("test", outcome)._value.get())
