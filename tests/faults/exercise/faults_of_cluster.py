"""Faults of what runs on several machines: nodes lost and frozen, a primary lost, a standby behind, a rolling restart."""

import asyncio
import time
from contextlib import ExitStack
from typing import Final
from uuid import uuid4

from deploy.local.rabbitmq import RabbitNode
from shared.messaging.connection import BrokerUnavailable
from shared.messaging.publisher import Outcome, Outgoing, Publisher
from tests.faults.cluster.brokers import NODES
from tests.faults.cluster.databases import DatabasePair, is_standby, set_server, value_of
from tests.faults.cluster.system import DOUBLED, ClusterSystem, copy_of
from tests.faults.exercise.fault import Fault, Scene

QUEUE: Final = "salesops.partners.inbox"
BOOKINGS: Final = 10
LAG_SECONDS: Final = 5
UNTOLD: Final = "SELECT count(*) FROM outbox WHERE published_at IS NULL"
RECEIPTS: Final = "SELECT count(*) FROM receipts"
PATIENCE_SECONDS: Final = 120.0
# Nodes that find each other do so in a few.
REUNION_SECONDS: Final = 20.0


def _node_dies(scene: Scene) -> str:
    """The one that decides for a queue in use, so that another has to be elected."""
    system = _cluster(scene)
    node = system.brokers.leader_of(QUEUE)
    node.kill()
    time.sleep(scene.seconds)
    scene.load.wait_for(BOOKINGS)
    elsewhere = system.brokers.leader_of(QUEUE, asked=_another(system, node))
    began_at = time.monotonic()
    node.start()
    _wait_for_members(system, NODES)
    took = time.monotonic() - began_at
    return (
        f"{node.name} killed, which led the queue of partners; {elsewhere.name} led it then;"
        f" back among three after {took:.1f} s"
    )


def _node_freezes(scene: Scene) -> str:
    """The one that decides for a queue: until the others know that it hangs, they wait for it."""
    system = _cluster(scene)
    node = system.brokers.leader_of(QUEUE)
    began_at = time.monotonic()
    with system.frozen(node.name):
        while (verdict := _publish(system.brokers.url("payments"))) != Outcome.CONFIRMED:
            if time.monotonic() > began_at + PATIENCE_SECONDS:
                scene.load.attempts.wrong.append("two nodes of three do not go on without the third")
                break
        took = time.monotonic() - began_at
        time.sleep(scene.seconds)
        scene.load.wait_for(BOOKINGS)
        frozen = time.monotonic() - began_at
    returned = _reunited(system, node)
    return (
        f"{node.name} stood still for {frozen:.0f} s; a message through the others was {verdict} after {took:.0f} s;"
        f" {returned}"
    )


def _reunited(system: ClusterSystem, node: RabbitNode) -> str:
    """How all nodes came together again. The others gave up one that was silent for longer than `net_ticktime`; it does not
    notice, and each side takes the other for parted until it is started anew, as the runbook has it."""
    if _are_members(system, NODES, within=REUNION_SECONDS):
        return "it came back by itself"
    node.kill()
    node.start()
    _wait_for_members(system, NODES)
    return "parted from the others until it was started anew"


def _majority_freezes(scene: Scene) -> str:
    """Two of three stand still. What is booked is booked, and told when they go on."""
    system = _cluster(scene)
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
    _wait_for_members(system, NODES)
    return (
        f"{' and '.join(node.name for node in lost)} stood still for {scene.seconds:g} s and more; a message through"
        f" {left.name}: {verdict}; {waiting} facts waited in the outbox"
    )


def _primary_dies(scene: Scene) -> str:
    """The order of the runbook: fence, promote, copy anew. A commit that was acknowledged is on both."""
    databases = _cluster(scene).databases
    lost = databases.primary
    lost.kill()
    began_at = time.monotonic()
    known = set(scene.load.attempts.acknowledged)
    databases.fence()
    databases.promote()
    took = time.monotonic() - began_at
    missing = known - _booked(databases)
    scene.load.attempts.wrong += [f"{one} was acknowledged and is gone with the primary" for one in missing]
    scene.load.wait_for(BOOKINGS)
    databases.follow()
    if not is_standby(lost.place) or is_standby(databases.primary.place):
        scene.load.attempts.wrong.append("there is not one primary")
    return (
        f"{lost.name} killed, {databases.primary.name} promoted in {took:.1f} s with all of {len(known)} acknowledged;"
        f" the lost one came back as its standby"
    )


def _lost_primary_starts_again(scene: Scene) -> str:
    """Somebody starts what was fenced, as it was: it must take no write, nor be connected to."""
    databases = _cluster(scene).databases
    lost = databases.primary
    lost.kill()
    databases.fence()
    databases.promote()
    scene.load.wait_for(BOOKINGS)
    lost.start()
    for name in ("log_statement", "log_connections"):
        set_server(lost.place, name, "all")
    log_from = lost.place.log.stat().st_size
    scene.load.wait_for(BOOKINGS)
    if not is_standby(lost.place):
        scene.load.attempts.wrong.append("the lost primary takes writes again")
    connections, statements = databases.statements_on_standby(log_from)
    if statements:
        scene.load.attempts.wrong.append(f"{statements} statements of ours were given to the lost primary")
    databases.follow()
    return (
        f"{lost.name} started as it was: it writes nothing; {connections} connections of ours asked it, and gave it"
        f" {statements} statements"
    )


def _standby_lags(scene: Scene) -> str:
    """Whoever read from it would see what was true a while ago."""
    databases = _cluster(scene).databases
    place = databases.standby.place
    settings = {
        "recovery_min_apply_delay": f"{LAG_SECONDS}s",
        "log_statement": "all",
        "log_connections": "on",
    }
    for name, value in settings.items():
        set_server(place, name, value)
    log_from = place.log.stat().st_size
    behind = most_backends = 0
    over = time.monotonic() + max(scene.seconds, 2 * LAG_SECONDS)
    while time.monotonic() < over:
        there, here = (
            value_of(place, RECEIPTS, "payments"),
            value_of(databases.primary.place, RECEIPTS, "payments"),
        )
        behind = max(behind, here - there)
        most_backends = max(most_backends, value_of(place, OURS))
        time.sleep(0.2)
    connections, statements = databases.statements_on_standby(log_from)
    for name in settings:
        set_server(place, name, None)
    if behind == 0:
        scene.load.attempts.wrong.append("the standby was not behind, which shows nothing")
    if statements:
        scene.load.attempts.wrong.append(f"{statements} statements of ours were given to a standby")
    return (
        f"{behind} receipts behind; by its log {statements} statements of ours, {connections} connections that asked"
        f" what it is; at most {most_backends} of ours in pg_stat_activity with a statement"
    )


OURS: Final = (
    "SELECT count(*) FROM pg_stat_activity WHERE usename IN"
    " ('payments', 'partners', 'reporting', 'research', 'gateway') AND query <> ''"
)


def _everything_restarts_in_turn(scene: Scene) -> str:
    """One of two at a time, each until it is ready again: nobody may be answered an error."""
    system = _cluster(scene)
    answers = scene.load.attempts.answers
    before = answers.copy()
    began_at = time.monotonic()
    names = [each for name in DOUBLED for each in (name, copy_of(name))]
    for name in names:
        system.terminate(name)
        system.start(name)
        time.sleep(1.5)  # as long as the address takes to see that it is ready
    failed = {answer: count for answer, count in (answers - before).items() if not answer.startswith("2")}
    return (
        f"{len(names)} processes of {len(names) // 2} kinds in {time.monotonic() - began_at:.1f} s;"
        f" answers that were none: {failed or 'none'}"
    )


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


def _booked(databases: DatabasePair) -> set[str]:
    return set(
        value_of(databases.primary.place, "SELECT array_agg(reference) FROM receipts", "payments") or ()
    )


def _another(system: ClusterSystem, node: RabbitNode) -> RabbitNode:
    return next(each for each in system.brokers.nodes if each is not node)


def _wait_for_members(system: ClusterSystem, count: int) -> None:
    assert _are_members(system, count, within=PATIENCE_SECONDS), "the nodes do not find each other again"


def _are_members(system: ClusterSystem, count: int, *, within: float) -> bool:
    deadline = time.monotonic() + within
    while any(system.brokers.members(node) != count for node in system.brokers.nodes):
        if time.monotonic() > deadline:
            return False
        time.sleep(1)
    return True


def _cluster(scene: Scene) -> ClusterSystem:
    assert isinstance(scene.system, ClusterSystem)
    return scene.system


NOTHING: Final = "nothing: facts are told later"
FAULTS: Final = (
    Fault("cluster-node-dies", ("F18",), NOTHING, _node_dies),
    Fault("cluster-node-freezes", ("F25",), NOTHING, _node_freezes),
    Fault("cluster-majority-freezes", ("F25",), NOTHING, _majority_freezes),
    Fault(
        "cluster-primary-dies", ("F6",), "bookings are repeated until the standby is promoted", _primary_dies
    ),
    Fault(
        "cluster-lost-primary-starts",
        ("F6",),
        "bookings are repeated until the standby is promoted",
        _lost_primary_starts_again,
    ),
    Fault("cluster-standby-lags", ("F38",), "nothing", _standby_lags),
    Fault("cluster-rolling-restart", ("F31",), "nothing", _everything_restarts_in_turn),
)
