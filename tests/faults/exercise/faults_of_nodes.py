"""Faults of a cluster of broker nodes: one lost, one or two that stand still, one cut off from the others."""

import asyncio
import time
from contextlib import ExitStack
from typing import Final
from uuid import uuid4

from deploy.local.ports import is_answered
from deploy.local.rabbitmq import RabbitNode
from shared.messaging.connection import BrokerUnavailable
from shared.messaging.publisher import Outcome, Outgoing, Publisher
from tests.faults.cluster.databases import value_of
from tests.faults.cluster.network import CannotPart
from tests.faults.cluster.system import ClusterSystem, cluster_of
from tests.faults.exercise.fault import CannotInject, Fault, Scene

QUEUE: Final = "salesops.partners.inbox"
BOOKINGS: Final = 10
UNTOLD: Final = "SELECT count(*) FROM outbox WHERE published_at IS NULL"
OLD_SECONDS: Final = 5
OLD_UNTOLD: Final = f"{UNTOLD} AND created_at < now() - interval '{OLD_SECONDS} seconds'"
PATIENCE_SECONDS: Final = 120.0
# Nodes that find each other do so in a few.
REUNION_SECONDS: Final = 20.0
# A node gives up one that is silent after `net_ticktime` of 60 s and a quarter more at most.
PAUSE_PATIENCE_SECONDS: Final = 240.0


def _node_dies(scene: Scene) -> str:
    """The one that decides for a queue in use, so that another has to be elected."""
    system = cluster_of(scene.system)
    node = system.brokers.leader_of(QUEUE)
    node.kill()
    time.sleep(scene.seconds)
    scene.load.wait_for(BOOKINGS)
    elsewhere = system.brokers.leader_of(QUEUE, asked=_another(system, node))
    began_at = time.monotonic()
    node.start()
    _wait_until_whole(system)
    took = time.monotonic() - began_at
    return (
        f"{node.name} killed, which led the queue of partners; {elsewhere.name} led it then;"
        f" back among three after {took:.1f} s"
    )


def _node_vanishes(scene: Scene) -> str:
    """Its machine is gone and closes nothing, neither to the other nodes nor to clients."""
    system, attempts = cluster_of(scene.system), scene.load.attempts
    node = system.brokers.leader_of(QUEUE)
    others = system.brokers.url("payments", [each for each in system.brokers.nodes if each is not node])
    try:
        with system.brokers.gone(node):
            took = _seconds_until_confirmed(scene, others)
            time.sleep(scene.seconds)
            scene.load.wait_for(BOOKINGS)
            began_at = time.monotonic()
            while value_of(system.databases.primary.place, OLD_UNTOLD, "payments"):
                if time.monotonic() > began_at + PATIENCE_SECONDS:
                    members = system.brokers.members_of_queues(_another(system, node))
                    attempts.wrong.append(
                        f"facts wait in the outbox though two of three are there: {members}"
                    )
                    break
                time.sleep(0.5)
            told = time.monotonic() - began_at
    except CannotPart as reason:
        raise CannotInject(str(reason)) from None
    node.start()
    _wait_until_whole(system)
    return (
        f"{node.name}, which led the queue of partners, gone without a word; the others confirmed a message after"
        f" {took:.0f} s, and no fact older than {OLD_SECONDS} s waited {told:.0f} s after that"
    )


def _node_freezes(scene: Scene) -> str:
    """The one that decides for a queue: until the others know that it hangs, they wait for it."""
    system = cluster_of(scene.system)
    node = system.brokers.leader_of(QUEUE)
    began_at = time.monotonic()
    with system.frozen(node.name):
        took = _seconds_until_confirmed(scene, system.brokers.url("payments"))
        time.sleep(scene.seconds)
        scene.load.wait_for(BOOKINGS)
        frozen = time.monotonic() - began_at
    returned = _reunited(system, node, within=REUNION_SECONDS)
    return (
        f"{node.name} stood still for {frozen:.0f} s; a message was confirmed after {took:.0f} s; {returned}"
    )


def _reunited(system: ClusterSystem, node: RabbitNode, *, within: float) -> str:
    """How all nodes came together again. The others gave up one that was silent for longer than `net_ticktime`; it does not
    notice, and each side takes the other for parted until it is started anew, as the runbook has it."""
    if _is_whole(system, within=within):
        return "it came back by itself"
    node.kill()
    node.start()
    _wait_until_whole(system)
    return "parted from the others until it was started anew"


def _majority_freezes(scene: Scene) -> str:
    """Two of three stand still. What is booked is booked, and told when they go on."""
    system = cluster_of(scene.system)
    lost = scene.chance.sample(system.brokers.nodes, 2)
    (left,) = [node for node in system.brokers.nodes if node not in lost]
    with ExitStack() as frozen:
        for node in lost:
            frozen.enter_context(system.frozen(node.name))
        time.sleep(scene.seconds)
        scene.load.wait_for(BOOKINGS)
        verdict = _publish(system.brokers.url("payments", [left]))
        if verdict == Outcome.CONFIRMED:
            scene.load.attempts.wrong.append("one node of three confirmed a message")
        waiting = value_of(system.databases.primary.place, UNTOLD, "payments")
    _wait_until_whole(system)
    return (
        f"{' and '.join(node.name for node in lost)} stood still for {scene.seconds:g} s and more; a message through"
        f" {left.name}: {verdict}; {waiting} facts waited in the outbox"
    )


def _node_parts(scene: Scene) -> str:
    """The one that decides for a queue runs on and is reached by clients, but by neither of the others."""
    brokers = cluster_of(scene.system).brokers
    node = brokers.leader_of(QUEUE)
    try:
        with brokers.cut_off(node):
            told = _while_cut_off(scene, node)
        healed_at = time.monotonic()
    except CannotPart as reason:
        raise CannotInject(str(reason)) from None
    returned = _reunited(cluster_of(scene.system), node, within=PATIENCE_SECONDS)
    return f"{told}; {returned} {time.monotonic() - healed_at:.0f} s after packets passed again"


def _while_cut_off(scene: Scene, node: RabbitNode) -> str:
    """Messages are tried through the node that is alone until it pauses, and through the others until one is confirmed."""
    system, began_at = cluster_of(scene.system), time.monotonic()
    alone = system.brokers.url("payments", [node])
    others = system.brokers.url("payments", [each for each in system.brokers.nodes if each is not node])
    tried, went_on = [], 0.0
    while is_answered(node.place.amqp_port) or not went_on:
        tried.append(_publish(alone))
        if not went_on and _publish(others) == Outcome.CONFIRMED:
            went_on = time.monotonic() - began_at
        assert time.monotonic() < began_at + PAUSE_PATIENCE_SECONDS, "not parted, or the others do not go on"
    paused = time.monotonic() - began_at
    if Outcome.CONFIRMED in tried:
        scene.load.attempts.wrong.append(f"{node.name} confirmed a message by itself")
    time.sleep(scene.seconds)
    scene.load.wait_for(BOOKINGS)
    waiting = value_of(system.databases.primary.place, UNTOLD, "payments")
    return (
        f"{node.name}, which led the queue of partners, cut off from the others; it confirmed none of {len(tried)} messages"
        f" and had paused after {paused:.0f} s; the others confirmed one after {went_on:.0f} s; {waiting} facts waited in"
        " the outbox before it healed"
    )


def _seconds_until_confirmed(scene: Scene, url: str) -> float:
    """How long until a message is confirmed there; told as wrong when it never is."""
    began_at = time.monotonic()
    while _publish(url) != Outcome.CONFIRMED:
        if time.monotonic() > began_at + PATIENCE_SECONDS:
            scene.load.attempts.wrong.append("two nodes of three do not go on without the third")
            break
    return time.monotonic() - began_at


def _publish(url: str) -> Outcome | str:
    """What becomes of one message: only CONFIRMED says that a queue has it."""
    # Of a type that partners takes; what cannot be read goes to its dead letters, and disturbs nobody.
    message = Outgoing(uuid4(), "salesops.payments.receipts_booked.v1", b"{}")

    async def once() -> Outcome | str:
        async with Publisher(url, name="payments", confirm_timeout_seconds=5) as publisher:
            try:
                return (await publisher.publish([message]))[0]
            except BrokerUnavailable:
                return "broker unavailable"

    return asyncio.run(once())


def _another(system: ClusterSystem, node: RabbitNode) -> RabbitNode:
    return next(each for each in system.brokers.nodes if each is not node)


def _wait_until_whole(system: ClusterSystem) -> None:
    assert _is_whole(system, within=PATIENCE_SECONDS), "the nodes do not find each other again"


def _is_whole(system: ClusterSystem, *, within: float) -> bool:
    deadline = time.monotonic() + within
    while not system.brokers.is_whole():
        if time.monotonic() > deadline:
            return False
        time.sleep(1)
    return True


NOTHING: Final = "nothing: facts are told later"
FAULTS: Final = (
    Fault("cluster-node-dies", ("F18",), NOTHING, _node_dies),
    Fault("cluster-node-vanishes", ("F15", "F18"), NOTHING, _node_vanishes),
    Fault("cluster-node-parts", ("F15", "F25"), NOTHING, _node_parts),
    Fault("cluster-node-freezes", ("F25",), NOTHING, _node_freezes),
    Fault("cluster-majority-freezes", ("F25",), NOTHING, _majority_freezes),
)
