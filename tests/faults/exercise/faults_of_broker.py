"""Faults of RabbitMQ, none of which a caller may notice: facts are told later."""

import asyncio
import time
import urllib.request
from datetime import timedelta
from typing import Final

import aio_pika
import psycopg

from deploy.tell_again import retell
from shared.events.catalogue import consumed_by
from shared.events.payments import ReceiptsBookedV1
from shared.messaging.topology import service_events_exchange
from tests.faults.exercise.fault import Fault, Scene


def _broker_is_away(scene: Scene) -> str:
    scene.system.terminate("RabbitMQ")
    time.sleep(scene.seconds)
    scene.system.start("RabbitMQ")
    return f"stopped for {scene.seconds:g} s"


def _broker_dies(scene: Scene) -> str:
    scene.system.kill("RabbitMQ")
    scene.system.start("RabbitMQ")
    return "killed while messages were confirmed, started again"


def _broker_closes_connections(scene: Scene) -> str:
    for _ in range(3):
        scene.system.rabbitmq.control("close_all_connections", "exercise")
        time.sleep(0.5)
    return "all connections closed three times"


def _broker_has_no_memory(scene: Scene) -> str:
    scene.system.rabbitmq.control("set_vm_memory_high_watermark", "absolute", "1MB")
    try:
        time.sleep(scene.seconds)
    finally:
        scene.system.rabbitmq.control("set_vm_memory_high_watermark", "0.4")
    return f"its alarm of memory stood for {scene.seconds:g} s"


def _broker_has_no_disk(scene: Scene) -> str:
    scene.system.rabbitmq.control("set_disk_free_limit", "100000GB")
    try:
        time.sleep(scene.seconds)
    finally:
        scene.system.rabbitmq.control("set_disk_free_limit", "50MB")
    return f"its alarm of disk room stood for {scene.seconds:g} s"


def _queue_is_deleted(scene: Scene) -> str:
    """With what waits in it; who consumes from it declares it again, and the runbook has everything told again."""
    system = scene.system
    began_at = system.database_moment()
    with system.frozen("partners worker"):
        scene.load.wait_for(BOOKINGS)
        deleted = system.rabbitmq.control("delete_queue", "-p", "salesops", QUEUE).strip()
    scene.load.wait_for(BOOKINGS)
    deadline = time.monotonic() + PATIENCE_SECONDS
    while (alarms := _shown_by_worker(scene, "partners", LOST)) == 0 and time.monotonic() < deadline:
        time.sleep(0.2)
    if alarms == 0:
        scene.load.attempts.wrong.append("nobody noticed that the queue was deleted")
    scene.load.hold()
    missing = _missing_at_partners(scene)
    scene.load.go_on()
    told = asyncio.run(retell(system.database_url("payments"), began_at - timedelta(seconds=5)))
    return (
        f"{deleted or QUEUE} while its worker stood still; declared again by it, alarm {alarms:g}; {missing} receipts were"
        f" missing until {told} facts were told again"
    )


def _bindings_are_deleted(scene: Scene) -> str:
    """Of every service that wants to know of receipts: nobody takes them, so they come back and wait in the outbox.

    Whoever is bound again first takes what the others still miss; that is told again, as the runbook asks.
    """
    key = ReceiptsBookedV1.type_name
    owners = [owner for owner in ReceiptsBookedV1.consumers if ReceiptsBookedV1 in consumed_by(owner)]
    scene.load.hold()
    _wait_until(scene, UNTOLD, 0)
    began_at = scene.system.database_moment()
    asyncio.run(_unbind(scene, owners, key))
    scene.load.go_on()
    scene.load.wait_for(BOOKINGS)
    held_back = _number(scene, UNROUTABLE)
    _wait_until(scene, UNTOLD, 0)
    if held_back == 0:
        scene.load.attempts.wrong.append("nothing came back as unroutable")
    time.sleep(BOUND_SECONDS)
    silent = [owner for owner in owners if _shown_by_worker(scene, owner, PUT_BACK) == 0]
    if silent:
        scene.load.attempts.wrong.append(f"{', '.join(silent)} did not notice that a binding was missing")
    told = asyncio.run(retell(scene.system.database_url("payments"), began_at))
    return (
        f"those of {', '.join(owners)} for {key} deleted; {held_back} facts came back and waited until somebody was bound"
        f" again, which each said by its alarm; {told} told again when all were"
    )


async def _unbind(scene: Scene, owners: list[str], key: str) -> None:
    for owner in owners:
        async with await aio_pika.connect(scene.system.amqp_url(owner)) as connection:
            channel = await connection.channel()
            queue = await channel.get_queue(f"salesops.{owner}.inbox", ensure=False)
            await queue.unbind(service_events_exchange(owner), key)


def _shown_by_worker(scene: Scene, owner: str, metric: str) -> float:
    with urllib.request.urlopen(scene.system.metrics_url(f"{owner} worker")) as reply:
        lines = reply.read().decode().splitlines()
    return sum(float(line.split()[1]) for line in lines if line.startswith(metric + "{"))


def _missing_at_partners(scene: Scene) -> int:
    """Once what is under way has arrived."""
    _wait_until(scene, UNTOLD, 0)
    time.sleep(2)
    with psycopg.connect(scene.system.database_url("partners")) as connection:
        query = "SELECT count(*) FROM sheet_receipts WHERE partner_code = %s"
        row = connection.execute(query, (scene.load.attempts.partner_code,)).fetchone()
    assert row is not None
    return len(scene.load.attempts.acknowledged) - int(row[0])


def _wait_until(scene: Scene, query: str, wanted: int) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while _number(scene, query) > wanted:
        assert time.monotonic() < deadline, "facts wait to be told"
        time.sleep(0.2)


def _number(scene: Scene, query: str) -> int:
    with psycopg.connect(scene.system.database_url("payments")) as connection:
        row = connection.execute(query).fetchone()
    assert row is not None
    return int(row[0])


QUEUE: Final = "salesops.partners.inbox"
BOOKINGS: Final = 10
PATIENCE_SECONDS: Final = 120.0
# Every consumer has bound its queue anew by then.
BOUND_SECONDS: Final = 35.0
LOST: Final = "event_queues_lost_total"
PUT_BACK: Final = "event_bindings_put_back_total"
UNTOLD: Final = "SELECT count(*) FROM outbox WHERE published_at IS NULL"
UNROUTABLE: Final = f"{UNTOLD} AND last_error = 'unroutable'"
NOTHING: Final = "nothing: facts are told later"
FAULTS: Final = (
    Fault("broker-away", ("F17",), NOTHING, _broker_is_away),
    Fault("broker-dies", ("F18",), NOTHING, _broker_dies),
    Fault("broker-without-memory", ("F19",), NOTHING, _broker_has_no_memory),
    Fault("broker-without-disk", ("F19",), NOTHING, _broker_has_no_disk),
    Fault("broker-closes-connections", ("F20",), NOTHING, _broker_closes_connections),
    Fault("queue-deleted", ("F20",), "nothing: facts are told again", _queue_is_deleted),
    Fault("bindings-deleted", ("F20",), "nothing: facts are told again", _bindings_are_deleted),
)
