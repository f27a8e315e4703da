"""A RabbitMQ node of our own: the machine's package, but private folders, ports, name, cookie and users."""

import hashlib
import json
import os
import secrets
import signal
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from urllib.parse import quote

import psutil

from deploy.local.broker_users import BrokerUser, account_definitions
from deploy.local.child import Child, Guard, Program
from deploy.local.errors import StackError
from deploy.local.ports import LOOPBACK, is_answered
from deploy.local.rabbitmq_package import server_script
from deploy.rabbitmq.prepared import with_topology

START_TIMEOUT_SECONDS: Final = 240.0  # alone it takes five; the machine may have much else to do


@dataclass(frozen=True, slots=True)
class RabbitPlace:
    """Where one node lives. The same place always means the same data, ports and node name."""

    folder: Path
    amqp_port: int
    distribution_port: int
    epmd_port: int
    log: Path
    users: tuple[BrokerUser, ...]
    vhosts: tuple[str, ...] = ("salesops",)
    # Names of nodes that it forms a cluster with at its first start. They share a cookie, and a port mapper that none of
    # them starts.
    cluster: tuple[str, ...] | None = None
    # Whether the queues of all services are there before any of them starts. Not in a cluster: a node that is alone yet
    # would keep them alone.
    is_prepared: bool = False

    @property
    def node_name(self) -> str:
        """Unique on the machine by the folder, so that two checkouts never meet."""
        return f"salesops-{hashlib.sha256(str(self.folder).encode()).hexdigest()[:12]}@localhost"

    def url(self, user: str, *, vhost: str | None = None) -> str:
        account = next(each for each in self.users if each.name == user)
        vhost = vhost or self.vhosts[0]
        credentials = f"{account.name}:{quote(account.password)}"
        return f"amqp://{credentials}@{LOOPBACK}:{self.amqp_port}/{quote(vhost, safe='')}"


class RabbitNode:
    """Starts, stops and kills the node of one place, with the port mapper (epmd) that it needs."""

    def __init__(self, place: RabbitPlace, guard: Guard) -> None:
        self.name = "RabbitMQ"
        self.place = place
        self._guard = guard
        self._epmd: Child | None = None
        self.child: Child | None = None

    def start(self) -> None:
        """Write the configuration, start the port mapper and the node, return when it accepts connections."""
        script = server_script()
        _stop_leftover(self.place)
        _write_configuration(self.place)
        environment = _environment(self.place)
        node = Program("rabbitmq", (str(script),), self.place.log, environment, grace_seconds=20.0)
        if self.place.cluster is None:
            self._epmd = Child(port_mapper(self.place), self._guard)
        self.child = Child(node, self._guard)
        self._wait_until_it_answers(self.child)

    def stop(self) -> None:
        for child in (self.child, self._epmd):
            if child is not None:
                child.stop()

    def kill(self) -> None:
        """SIGKILL the node and its port mapper."""
        for child in (self.child, self._epmd):
            if child is not None:
                child.kill()

    def control(self, *arguments: str) -> str:
        """What `rabbitmqctl` answers for this node; StackError with its words when it refuses."""
        program = str(server_script().with_name("rabbitmqctl"))
        command = [program, "-n", self.place.node_name, "-q", *arguments]
        environment = {**os.environ, **_environment(self.place)}
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
        if done.returncode != 0:
            raise StackError(f"rabbitmqctl {' '.join(arguments)}: {done.stderr or done.stdout}")
        return done.stdout

    def wait_until_queue_is_on_disk(self, queue: str, vhost: str | None = None) -> None:
        """Return once the node could be killed without forgetting that it declared this quorum queue.

        RabbitMQ (seen on 3.10.8) writes the names of new quorum queues to disk half a second late. Killed
        before that, it comes back with a member that knows no leader, and the queue never answers again.
        """
        name = f"{vhost or self.place.vhosts[0]}_{queue}".replace("/", "%2F").encode()
        deadline = time.monotonic() + START_TIMEOUT_SECONDS
        while time.monotonic() < deadline:
            if any(
                name in names.read_bytes() for names in self.place.folder.glob("data/*/quorum/*/names.dets")
            ):
                return
            time.sleep(0.05)
        raise StackError(f"the quorum queue {queue} is not on disk after {START_TIMEOUT_SECONDS:.0f} s")

    def _wait_until_it_answers(self, child: Child) -> None:
        deadline = time.monotonic() + START_TIMEOUT_SECONDS
        while time.monotonic() < deadline:
            if child.exit_code is not None:
                raise StackError(f"RabbitMQ ended while starting:\n{child.log_tail(30)}")
            if is_answered(self.place.amqp_port):
                return
            time.sleep(0.05)
        raise StackError(
            f"RabbitMQ did not answer within {START_TIMEOUT_SECONDS:.0f} s:\n{child.log_tail(30)}"
        )


def port_mapper(place: RabbitPlace) -> Program:
    """Left to itself the node would start one that nobody stops."""
    return Program(
        name="epmd",
        command=("epmd", "-address", LOOPBACK, "-port", str(place.epmd_port)),
        log=place.log.with_name("epmd.log"),
        environment=_environment(place),
    )


def _write_configuration(place: RabbitPlace) -> None:
    place.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    (place.folder / "rabbitmq.conf").write_text(_configuration(place))
    definitions = place.folder / "definitions.json"
    definitions.touch(mode=0o600)
    accounts = account_definitions(place.users, place.vhosts)
    definitions.write_text(json.dumps(with_topology(accounts) if place.is_prepared else accounts))
    (place.folder / "enabled_plugins").write_text("[].\n")
    cookie = place.folder / ".erlang.cookie"
    if not cookie.exists():
        cookie.touch(mode=0o600)
        cookie.write_text(secrets.token_hex(16))
        cookie.chmod(0o400)


def _configuration(place: RabbitPlace) -> str:
    """With definitions to load the node creates no `guest`."""
    return f"""\
# Written at every start by deploy/local/rabbitmq.py.
listeners.tcp.1 = {LOOPBACK}:{place.amqp_port}
load_definitions = {place.folder}/definitions.json
log.file = false
log.console = true
log.console.level = info
raft.wal_max_size_bytes = 67108864
{_clustering(place)}"""


def _clustering(place: RabbitPlace) -> str:
    """As deploy/kubernetes/base/rabbitmq.yaml has it: nodes that are the fewer stop rather than go on by themselves."""
    if place.cluster is None:
        return ""
    peers = "".join(
        f"cluster_formation.classic_config.nodes.{number} = {name}\n"
        for number, name in enumerate(place.cluster, 1)
    )
    return f"""\
cluster_formation.peer_discovery_backend = classic_config
cluster_partition_handling = pause_minority
{peers}"""


def _environment(place: RabbitPlace) -> dict[str, str]:
    folder = place.folder
    return {
        "HOME": str(folder),
        "ERL_EPMD_PORT": str(place.epmd_port),
        "ERL_EPMD_ADDRESS": LOOPBACK,
        # Absent, so that the machine's own file is not read.
        "RABBITMQ_CONF_ENV_FILE": str(folder / "rabbitmq-env.conf"),
        "RABBITMQ_NODENAME": place.node_name,
        "RABBITMQ_DIST_PORT": str(place.distribution_port),
        "RABBITMQ_CONFIG_FILE": str(folder / "rabbitmq.conf"),
        "RABBITMQ_ADVANCED_CONFIG_FILE": str(folder / "advanced.config"),
        "RABBITMQ_ENABLED_PLUGINS_FILE": str(folder / "enabled_plugins"),
        "RABBITMQ_MNESIA_BASE": str(folder / "data"),
        "RABBITMQ_LOG_BASE": str(folder / "log"),
        "RABBITMQ_PID_FILE": str(folder / "node.pid"),
        # Its schedulers would spin for a while when they run out of work, on cores that the rest of the system needs.
        "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS": (
            "-kernel inet_dist_use_interface {127,0,0,1} -start_epmd false +sbwt none +sbwtdcpu none +sbwtdio none"
        ),
        # Makes the script become the node instead of staying between us and it.
        "RUNNING_UNDER_SYSTEMD": "true",
        "PATH": f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/sbin:/opt/homebrew/sbin",
    }


def _stop_leftover(place: RabbitPlace) -> None:
    """End a node or port mapper that an earlier run left behind; its arguments name this place."""
    marks = (f"{place.folder}/", place.node_name)
    leftovers: list[psutil.Process] = []
    for process in psutil.process_iter(["name", "cmdline"]):
        arguments = process.info["cmdline"] or []
        is_node = process.info["name"] == "beam.smp" and any(mark in " ".join(arguments) for mark in marks)
        is_mapper = process.info["name"] == "epmd" and arguments[-1:] == [str(place.epmd_port)]
        if is_node or (is_mapper and place.cluster is None):
            process.send_signal(signal.SIGTERM)
            leftovers.append(process)
    _, alive = psutil.wait_procs(leftovers, timeout=20)
    for process in alive:
        process.kill()
