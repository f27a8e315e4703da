"""One address of a service fails, another does not: callers are served, and the one that fails is left alone."""

import asyncio
import re

import aiohttp

from tests.integration.gateway.running import Seen, raw_upstream, recording_app, serving, unused_url
from tests.integration.gateway.test_overload import Fickle, gateway_at, metric, outcome
from tests.integration.shared.waiting import until


async def outcomes(session: aiohttp.ClientSession, url: str, count: int, method: str = "GET") -> list[str]:
    """Of calls at once, so that new connections are needed."""
    return list(await asyncio.gather(*(outcome(session, url, method) for _ in range(count))))


async def left_alone(session: aiohttp.ClientSession, url: str, service: str = "payments") -> set[str]:
    """The addresses of a service that the gateway leaves alone, by its metrics."""
    async with session.get(f"{url}/metrics") as reply:
        text = await reply.text()
    sample = re.compile(
        rf'^gateway_address_left_alone{{address="(.+?)",upstream="{service}"}} 1.0$', re.MULTILINE
    )
    return set(sample.findall(text))


async def until_left_alone(session: aiohttp.ClientSession, url: str, expected: set[str]) -> None:
    async def are_left_alone() -> bool:
        return await left_alone(session, url) == expected

    await until(are_left_alone)


async def until_asked(fickle: Fickle, session: aiohttp.ClientSession, url: str) -> None:
    """Have callers come until one was sent there."""
    before = fickle.asked
    async with asyncio.timeout(60):
        while fickle.asked == before:
            await outcomes(session, url, 5)


def name_of(address: str) -> str:
    return address.removeprefix("http://")


async def test_an_address_that_refuses_is_left_alone_at_once_and_no_caller_notices(database_url: str) -> None:
    dead = unused_url()

    async with (
        serving(recording_app(Seen([]))) as there,
        gateway_at(f"{dead},{there}", database_url) as (
            session,
            url,
        ),
    ):
        target = f"{url}/v1/receipts"
        seen = [*await outcomes(session, target, 60), *await outcomes(session, target, 60, "POST")]
        alone = await left_alone(session, url)
        is_open = await metric(session, url, "gateway_circuit_open")
        retried = await metric(session, url, "gateway_retries_total")

    assert set(seen) == {"200"}
    assert (alone, is_open, retried) == ({name_of(dead)}, 0.0, 0.0)


async def test_an_address_that_hangs_up_does_not_open_the_circuit_of_the_service(database_url: str) -> None:
    fickle = Fickle()

    async with (
        raw_upstream(fickle) as bad,
        serving(recording_app(Seen([]))) as good,
        gateway_at(f"{bad},{good}", database_url) as (session, url),
    ):
        target = f"{url}/v1/receipts"
        async with asyncio.timeout(60):
            while name_of(bad) not in await left_alone(session, url):
                failing = await outcomes(session, target, 20, "POST")
        asked = fickle.asked
        seen = [*await outcomes(session, target, 60), *await outcomes(session, target, 60, "POST")]
        asked_while_alone = fickle.asked - asked
        is_open = await metric(session, url, "gateway_circuit_open")

    assert set(failing) <= {"200", "upstream_broken"}
    assert (set(seen), asked_while_alone, is_open) == ({"200"}, 0, 0.0)


async def test_an_address_that_is_back_is_found_by_probes_and_asked_again(database_url: str) -> None:
    """No caller is sent there to find out: what is asked of it meanwhile are the gateway's own probes."""
    fickle, other = Fickle(), Fickle()
    other.is_down = False

    async with (
        raw_upstream(fickle) as bad,
        raw_upstream(other) as good,
        gateway_at(f"{bad},{good}", database_url) as (session, url),
    ):
        target = f"{url}/v1/receipts"
        async with asyncio.timeout(60):
            while name_of(bad) not in await left_alone(session, url):
                await outcomes(session, target, 20)
        asked, probes_of_the_other = fickle.asked, other.probed
        async with asyncio.timeout(60):
            while fickle.probed < 2:
                assert await outcome(session, target) == "200"
        asked_meanwhile = fickle.asked - asked
        fickle.is_down = False
        await until_left_alone(session, url, set())
        await until_asked(fickle, session, target)

    assert (asked_meanwhile, other.probed - probes_of_the_other) == (0, 0)


async def test_a_service_whose_addresses_all_fail_is_left_alone_and_found_again(database_url: str) -> None:
    one, two = Fickle(), Fickle()

    async with (
        raw_upstream(one) as first,
        raw_upstream(two) as second,
        gateway_at(f"{first},{second}", database_url) as (session, url),
    ):
        target = f"{url}/v1/receipts"
        async with asyncio.timeout(60):
            while (seen := await outcome(session, target)) != "circuit_open":
                assert seen == "upstream_broken"
        alone = await left_alone(session, url)
        asked = one.asked + two.asked
        resting = set(await outcomes(session, target, 20))
        asked_while_resting = one.asked + two.asked - asked
        is_open = await metric(session, url, "gateway_circuit_open")
        two.is_down = False
        await until_left_alone(session, url, {name_of(first)})
        back = await outcomes(session, target, 20)

    assert (alone, resting, asked_while_resting) == ({name_of(first), name_of(second)}, {"circuit_open"}, 0)
    assert (is_open, set(back)) == (1.0, {"200"})


async def test_a_service_whose_addresses_all_refuse_is_left_alone_after_ten_calls(database_url: str) -> None:
    addresses = ",".join((unused_url(), unused_url()))

    async with gateway_at(addresses, database_url) as (session, url):
        seen = [await outcome(session, f"{url}/v1/receipts") for _ in range(12)]

    assert seen == ["upstream_unreachable"] * 10 + ["circuit_open"] * 2
