"""A broker that is prepared has what the code declares, and keeps what is told before anybody started."""

from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest

from deploy.broker_topology import topology
from deploy.local.broker_users import service_user
from deploy.local.child import Guard
from deploy.local.ports import free_ports
from deploy.local.rabbitmq import RabbitNode, RabbitPlace
from deploy.local.topology import DATABASE_OWNERS
from deploy.rabbitmq.prepared import TOPOLOGY
from shared.events.catalogue import CATALOGUE, consumed_by
from shared.messaging.connection import connect
from shared.messaging.publisher import Outcome, Outgoing, Publisher
from shared.messaging.topology import declare, service_topology

TOLD = "salesops.payments.receipts_booked.v1"


@pytest.fixture(scope="module")
def broker(amqp_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RabbitNode]:
    """One of our own; that everybody's runs shows that the package is here."""
    assert amqp_url
    folder: Path = tmp_path_factory.mktemp("broker")
    amqp_port, distribution_port, epmd_port = free_ports(3)
    place = RabbitPlace(
        folder=folder / "rabbitmq", amqp_port=amqp_port, distribution_port=distribution_port, epmd_port=epmd_port,
        log=folder / "rabbitmq.log", is_prepared=True,
        users=tuple(service_user(owner, "throwaway") for owner in DATABASE_OWNERS),
    )  # fmt: skip
    guard = Guard()
    node = RabbitNode(place, guard)
    node.start()
    yield node
    node.kill()
    guard.close()


def test_the_file_is_what_the_services_declare() -> None:
    assert TOPOLOGY.read_text(encoding="utf-8") == topology(), "'make documents' writes it"


async def test_what_is_told_before_anybody_started_waits_for_everybody_who_wants_it(
    broker: RabbitNode,
) -> None:
    (event,) = (one for one in CATALOGUE if one.type_name == TOLD)
    assert len(event.consumers) > 1

    async with Publisher(broker.place.url("payments"), name="payments") as publisher:
        outcomes = await publisher.publish([Outgoing(uuid4(), TOLD, b"{}")])

    assert outcomes == [Outcome.CONFIRMED]
    waiting = {service: await messages_of(broker, service) for service in DATABASE_OWNERS}
    assert waiting == {service: int(service in event.consumers) for service in DATABASE_OWNERS}


async def test_services_find_what_they_would_have_declared(broker: RabbitNode) -> None:
    """A queue or exchange that differs would be refused to them."""
    for service in DATABASE_OWNERS:
        connection = await connect(broker.place.url(service), name=service)
        async with connection, connection.channel() as channel:
            await declare(channel, service_topology(service, consumed_by(service)))


async def messages_of(broker: RabbitNode, service: str) -> int:
    connection = await connect(broker.place.url(service), name=service)
    async with connection, connection.channel() as channel:
        queue = await channel.declare_queue(f"salesops.{service}.inbox", passive=True)
    return queue.declaration_result.message_count or 0
