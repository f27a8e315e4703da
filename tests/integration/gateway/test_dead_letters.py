"""Dead letters on a real broker, with the rights of each service: kept once, shown, replayed, discarded."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from typing import Any, Final

import aio_pika
import aiohttp
import pytest
from aio_pika.abc import AbstractChannel
from prometheus_client import REGISTRY
from uuid_utils.compat import uuid7

from gateway.adapters.standing import GATEWAY_STANDING
from gateway.application.keep_dead_letters import keep_dead_letters
from gateway.settings import GatewayWorkerSettings
from gateway.worker import dead_letter_reader
from services.research.consumers import SUBSCRIPTIONS
from shared.database import Database, UnitOfWork
from shared.errors import Conflict
from shared.events.envelope import Envelope, encode, envelope_of
from shared.events.partners import PartnersRegisteredV1, PartnerState, PartnerStatus
from shared.inbox import Subscription, event_consumer, on
from shared.messaging.dead_letters import DeadLetter, DeadLetterReader
from shared.messaging.publisher import Publisher
from shared.messaging.topology import declare, service_topology
from shared.outbox.relay import OutboxRelay
from tests.integration.gateway.keys import get, person, post
from tests.integration.gateway.listening import listening
from tests.integration.gateway.running import Seen, gateway_before, recording_app
from tests.provisions import DatabaseFactory

ADMIN: Final = person("admin", subject="boss")
AUDITOR: Final = person("auditor", subject="aud")
Told = Envelope[PartnersRegisteredV1]
BrokerUrl = Callable[[str], str]


@pytest.fixture
async def gateway(fresh_gateway_database: str) -> AsyncIterator[tuple[str, Database]]:
    """A gateway's address, and its database."""
    database = Database(fresh_gateway_database, application_name="test")
    async with gateway_before(recording_app(Seen([])), fresh_gateway_database) as url:
        yield url, database
    await database.close()


@pytest.fixture
async def session(gateway: tuple[str, Database]) -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession(base_url=gateway[0]) as session:
        yield session


def a_telling() -> Told:
    code = f"CP-{uuid7().hex[-10:]}"
    partner = PartnerState(
        code=code,
        name="Om Sai Agencies",
        city=None,
        zone="West",
        gstin=None,
        ifsc=None,
        bank_account=None,
        status=PartnerStatus.ACTIVE,
        version=1,
    )
    return envelope_of(PartnersRegisteredV1(partners=(partner,)), subject=code, partition_key=code)


def a_letter(body: bytes = b"no event", **facts: Any) -> DeadLetter:
    usual: dict[str, Any] = {
        "service": "payments",
        "body": body,
        "message_id": str(uuid7()),
        "type": "salesops.partners.partners_registered.v1",
        "producer": "partners",
        "code": "fault",
        "reason": "KeyError('zone')",
        "attempts": 5,
        "died_at": envelope_of(PartnersRegisteredV1(partners=()), subject="x", partition_key="x").time,
    }
    return DeadLetter(**{**usual, **facts})


async def keep(database: Database, *letters: DeadLetter) -> None:
    async with UnitOfWork(database) as work:
        await keep_dead_letters(work, letters)


async def letters(session: aiohttp.ClientSession, query: str = "") -> list[Any]:
    status, page = await get(session, f"/v1/dead-letters{query}", AUDITOR)
    assert status == 200, page
    return list(page["items"])


async def the_letter(session: aiohttp.ClientSession, message_id: object, *, deaths: int = 1) -> Any:
    """The letter of a message once it has died so often."""
    async with asyncio.timeout(60):
        while True:
            for letter in await letters(session):
                if letter["message_id"] == str(message_id) and letter["deaths"] == deaths:
                    return letter
            await asyncio.sleep(0.02)


async def waiting_in(channel: AbstractChannel, queue_name: str) -> int | None:
    queue = await channel.declare_queue(queue_name, passive=True)
    return queue.declaration_result.message_count


@asynccontextmanager
async def running(*parts: Callable[[asyncio.Event], Awaitable[None]]) -> AsyncIterator[None]:
    stop = asyncio.Event()
    async with asyncio.TaskGroup() as tasks:
        for part in parts:
            tasks.create_task(_as_coroutine(part, stop))
        yield
        stop.set()


async def _as_coroutine(part: Callable[[asyncio.Event], Awaitable[None]], stop: asyncio.Event) -> None:
    await part(stop)


async def test_a_poisonous_message_is_shown_and_takes_effect_once_when_it_is_replayed_after_the_mend(
    gateway: tuple[str, Database],
    session: aiohttp.ClientSession,
    worker_database: DatabaseFactory,
    broker_url: BrokerUrl,
) -> None:
    """Each part has the rights that its service has at the broker, and no others."""
    url, database = gateway
    research = Database(await worker_database("research"), application_name="test")
    telling, applied = a_telling(), list[Told]()

    async def refuse(_work: UnitOfWork, told: Sequence[Told]) -> None:
        if telling.id in {one.id for one in told}:
            raise Conflict("the zone West is not known here")

    async def count(_work: UnitOfWork, told: Sequence[Told]) -> None:
        applied.extend(one for one in told if one.id == telling.id)

    def consumer(*subscriptions: Subscription[UnitOfWork]) -> Callable[[asyncio.Event], Awaitable[None]]:
        reading = (*SUBSCRIPTIONS, *subscriptions)
        return event_consumer(broker_url("research"), "research", reading, lambda: UnitOfWork(research)).run

    settings = GatewayWorkerSettings(
        environment="test",
        database_url=database.url,
        amqp_url=broker_url("gateway"),
        webhook_secret="webhooks of the tests, sealed",
    )
    reader = dead_letter_reader(settings, "research")
    async with (
        await aio_pika.connect(broker_url("tester")) as connection,
        Publisher(broker_url("gateway"), name="gateway") as publisher,
        listening(url, "admin", "?types=dead_letter.raised", sub="boss") as stream,
    ):
        channel = await connection.channel()
        topology = service_topology("research", [one.event_class for one in SUBSCRIPTIONS])
        await declare(channel, topology)
        everybody = await channel.declare_queue(exclusive=True)
        await everybody.bind("salesops.events", telling.type)
        events = await channel.get_exchange("salesops.events", ensure=False)
        message = aio_pika.Message(encode(telling), message_id=str(telling.id), type=telling.type)

        async with running(consumer(on(PartnersRegisteredV1, refuse)), lambda stop: reader(database, stop)):
            await events.publish(message, telling.type)
            letter = await the_letter(session, telling.id)
            [heard] = await stream.events(1)
        assert (letter["service"], letter["reason_code"], letter["attempts"]) == ("research", "conflict", 1)
        assert heard.body["data"]["dead_letter_id"] == letter["id"]
        status, file = await get(session, f"/v1/dead-letters/{letter['id']}", ADMIN)
        assert file["envelope"]["data"]["partners"][0]["code"] == telling.subject
        assert file["reason"] == "the zone West is not known here"

        async with running(
            consumer(on(PartnersRegisteredV1, count)),
            lambda stop: OutboxRelay(database.engine, publisher).run(stop),
        ):
            status, replayed = await post(session, f"/v1/dead-letters/{letter['id']}/replay", None, ADMIN)
            async with asyncio.timeout(60):
                while not applied:  # noqa: ASYNC110 - another task does it
                    await asyncio.sleep(0.02)
        told_to_all = await waiting_in(channel, everybody.name)
    await research.close()

    assert (status, replayed["state"]) == (202, "replayed")
    assert [one.data for one in applied] == [telling.data]
    assert told_to_all == 1
    _, file = await get(session, f"/v1/dead-letters/{letter['id']}", AUDITOR)
    assert [(step["kind"], step["by"]) for step in file["steps"]] == [("died", None), ("replayed", "boss")]


async def test_a_letter_whose_acknowledgement_is_lost_is_kept_once_and_raises_one_alarm(
    gateway: tuple[str, Database], session: aiohttp.ClientSession, broker_url: BrokerUrl
) -> None:
    """Also what the broker put aside itself, and what is no event at all."""
    url, database = gateway
    topology = service_topology("reporting", [])
    refused, unreadable = str(uuid7()), f"{uuid7()}\0"
    kept: list[int] = []

    async def keep_and_lose_the_first(arrived: Sequence[DeadLetter]) -> None:
        async with UnitOfWork(database) as work:
            await keep_dead_letters(work, arrived)
        kept.append(len(arrived))
        if len(kept) == 1:
            raise ConnectionError("before the acknowledgement")

    reader = DeadLetterReader(url=broker_url("gateway"), service="reporting", keep=keep_and_lose_the_first)
    async with await aio_pika.connect(broker_url("tester")) as connection:
        channel = await connection.channel(publisher_confirms=True)
        await declare(channel, topology)
        for queue in (topology.main, topology.dead):
            await (await channel.get_queue(queue.name)).purge()
        usual = channel.default_exchange
        await usual.publish(aio_pika.Message(b"[]", message_id=refused), topology.main.name)
        message = await (await channel.get_queue(topology.main.name)).get()
        await message.reject(requeue=False)
        await usual.publish(aio_pika.Message(b"\xff\0", message_id=unreadable), topology.dead.name)
        async with listening(url, "admin", "?types=dead_letter.raised", sub="boss") as stream:
            async with running(reader.run):
                await the_letter(session, refused)
                await the_letter(session, unreadable.replace("\0", "�"))
                while len(kept) < 2:  # noqa: ASYNC110 - another task does it
                    await asyncio.sleep(0.02)
            await keep(database, a_letter())
            heard = [frame.body["data"]["service"] for frame in await stream.events(3)]
        left = await waiting_in(channel, topology.dead.name)

    assert heard == ["reporting", "reporting", "payments"]
    assert left == 0
    by_reason = {letter["reason_code"]: letter for letter in await letters(session, "?service=reporting")}
    assert by_reason.keys() == {"rejected", "unknown"}
    assert all(letter["deaths"] == 1 for letter in by_reason.values())
    _, file = await get(session, f"/v1/dead-letters/{by_reason['unknown']['id']}", AUDITOR)
    assert (file["envelope"], file["text"]) == (None, "�\0")


async def test_letters_are_decided_once_alone_or_together_and_none_goes_away(
    gateway: tuple[str, Database], session: aiohttp.ClientSession
) -> None:
    database = gateway[1]
    first, second, third = a_letter(b"1"), a_letter(b"2"), a_letter(b"3", code="event_unreadable")
    await keep(database, first, second, third)
    ids = {letter["message_id"]: letter["id"] for letter in await letters(session)}
    one, other = ids[first.message_id or ""], ids[third.message_id or ""]

    async def decide(path: str, body: object = None) -> tuple[int, Any]:
        return await post(session, f"/v1/dead-letters/{path}", body, ADMIN)

    assert (await decide(f"{one}/discard", {"reason": "a test message"}))[1]["state"] == "discarded"
    status, problem = await decide(f"{one}/discard", {"reason": "once more"})
    assert (status, problem["code"]) == (409, "dead_letter_settled")
    assert (await decide(f"{one}/replay"))[1]["state"] == "replayed"
    assert (await decide(f"{one}/replay"))[0] == 409
    assert (await decide("replay", {}))[0] == 422
    status, together = await decide("replay", {"reason_code": "fault", "service": "payments"})
    assert (status, together) == (202, {"ids": [ids[second.message_id or ""]], "left_count": 0})
    assert (await decide("discard", {"ids": [other, one], "reason": "too old"}))[1]["ids"] == [other]

    await keep(database, a_letter(b"1", message_id=first.message_id))
    await GATEWAY_STANDING.read(database)

    assert REGISTRY.get_sample_value("dead_letters_waiting", {"service": "payments"}) == 1
    again = await the_letter(session, first.message_id, deaths=2)
    assert (again["id"], again["state"]) == (one, "waiting")
    assert [letter["id"] for letter in await letters(session, "?state=discarded")] == [other]
    assert len(await letters(session)) == 3
