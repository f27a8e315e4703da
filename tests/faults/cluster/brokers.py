"""Three RabbitMQ nodes on this machine, each with its own name, ports and data, joined to one cluster."""

import json
import secrets
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from typing import Final
from urllib.parse import urlsplit, urlunsplit

from deploy.local.child import Child, Guard
from deploy.local.errors import StackError
from deploy.local.folder import Memory
from deploy.local.ports import LOOPBACK
from deploy.local.rabbitmq import RabbitNode, RabbitPlace, port_mapper
from tests.faults.cluster.network import Peer, between, of_server, vanishing

NODES: Final = 3


class BrokerCluster:
    """Named "RabbitMQ 1" to "RabbitMQ 3"; `like` says where and with which accounts."""

    def __init__(self, like: RabbitPlace, memory: Memory, guard: Guard) -> None:
        self._guard = guard
        self._mapper: Child | None = None
        places = [_place(like, memory, number) for number in range(1, NODES + 1)]
        # The first finds nobody and begins; the others join it.
        joined = [(), *((places[0].node_name, place.node_name) for place in places[1:])]
        self.nodes = [
            RabbitNode(replace(place, cluster=peers), guard)
            for place, peers in zip(places, joined, strict=True)
        ]
        for number, node in enumerate(self.nodes, 1):
            node.name = f"RabbitMQ {number}"

    def start(self) -> None:
        cookie = secrets.token_hex(16)
        for number, node in enumerate(self.nodes, 1):
            _write_cookie(node.place, cookie)
            _write_source(node.place, _source(number))
        self._mapper = Child(port_mapper(self.nodes[0].place), self._guard)
        first, *others = self.nodes
        first.start()
        with ThreadPoolExecutor() as pool:
            for _ in pool.map(RabbitNode.start, others):
                pass  # raises what a start raised

    def stop_mapper(self) -> None:
        if self._mapper is not None:
            self._mapper.kill()

    def url(self, owner: str, nodes: Sequence[RabbitNode] | None = None) -> str:
        """One address that names the nodes, all of them unless said otherwise."""
        parts = urlsplit(self.nodes[0].place.url(owner))
        account = parts.netloc.rpartition("@")[0]
        servers = ",".join(f"{LOOPBACK}:{node.place.amqp_port}" for node in nodes or self.nodes)
        return urlunsplit(parts._replace(netloc=f"{account}@{servers}"))

    def leader_of(self, queue: str, *, asked: RabbitNode | None = None) -> RabbitNode:
        """The node that decides for this quorum queue at the moment, as the one that is asked knows."""
        listed = (asked or self.nodes[0]).control(
            "list_queues", "-p", "salesops", "name", "leader", "--no-table-headers"
        )
        leaders = dict(line.split() for line in listed.splitlines() if len(line.split()) == 2)
        return next(node for node in self.nodes if node.place.node_name == leaders[queue])

    def members_of_queues(self, asked: RabbitNode) -> dict[str, list[str]]:
        """Of each queue the nodes on which a member of it runs, as the one that is asked knows."""
        listed = asked.control("list_queues", "-p", "salesops", "name", "online", "--formatter", "json")
        names = {node.place.node_name: node.name for node in self.nodes}
        return {
            one["name"]: sorted(names[node] for node in one["online"] or ()) for one in json.loads(listed)
        }

    def is_whole(self) -> bool:
        """All nodes see all, and every queue has a member on each. Until then another loss is one too many."""
        if any(self.members(node) != NODES for node in self.nodes):
            return False
        try:
            return all(len(online) == NODES for online in self.members_of_queues(self.nodes[0]).values())
        except StackError:
            return False

    @contextmanager
    def cut_off(self, node: RabbitNode) -> Iterator[None]:
        """It runs and clients reach it, but nothing passes between it and the others; CannotPart where that cannot be."""
        peers = {each.name: _peer(each, number) for number, each in enumerate(self.nodes, 1)}
        lost = peers.pop(node.name)
        with vanishing(between(lost, list(peers.values()))):
            yield

    @contextmanager
    def gone(self, node: RabbitNode) -> Iterator[None]:
        """Nothing comes from it or reaches it any more, from clients either, as if its machine had no power."""
        with self.cut_off(node), vanishing(of_server(node.place.amqp_port)):
            node.kill()
            yield

    def members(self, node: RabbitNode) -> int:
        """How many nodes run, as this one sees it; none while it does not answer."""
        try:
            status = json.loads(node.control("cluster_status", "--formatter", "json"))
        except StackError:
            return 0
        return len(status["running_nodes"])


def _place(like: RabbitPlace, memory: Memory, number: int) -> RabbitPlace:
    name = f"RabbitMQ {number}"
    return replace(
        like,
        folder=like.folder.with_name(f"rabbitmq-{number}"),
        log=like.log.with_name(f"rabbitmq-{number}.log"),
        amqp_port=memory.port(name),
        distribution_port=memory.port(f"{name} distribution"),
        cluster=(),
        is_prepared=False,
    )


def _source(number: int) -> str:
    """Where the connections of this node to the others come from; those of `rabbitmqctl` do not."""
    return f"127.0.0.{10 + number}"


def _peer(node: RabbitNode, number: int) -> Peer:
    return Peer(node.place.distribution_port, _source(number))


def _write_source(place: RabbitPlace, source: str) -> None:
    address = source.replace(".", ",")
    path = place.folder / "advanced.config"
    path.write_text(f"[{{kernel, [{{inet_dist_connect_options, [{{ip, {{{address}}}}}]}}]}}].\n")


def _write_cookie(place: RabbitPlace, cookie: str) -> None:
    place.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    path = place.folder / ".erlang.cookie"
    if not path.exists():
        path.touch(mode=0o600)
        path.write_text(cookie)
        path.chmod(0o400)
