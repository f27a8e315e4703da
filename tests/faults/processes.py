"""The real system on servers of its own, any part of which a test can kill, freeze and start again.

Parts go by the names that `make run` shows: "PostgreSQL", "RabbitMQ", "payments API", "payments worker", "gateway".
A part keeps its port and its data from one start to the next, as after a crash in production.
"""

import os
import signal
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime

import psutil
import psycopg

from deploy.local.backing import Backings
from deploy.local.child import Child, Guard
from deploy.local.folder import Memory, StackFolder
from deploy.local.identity import DevelopmentIdentity, development_identity, development_token
from deploy.local.migrate import migrate_all
from deploy.local.nursery import Nursery
from deploy.local.ports import free_ports
from deploy.local.postgres import PostgresServer
from deploy.local.process import PythonProcess
from deploy.local.rabbitmq import RabbitNode
from deploy.local.rabbitmq_package import ensure_installed
from deploy.local.topology import SERVICES, Backing, ProcessPlan, system_plan

EVERY_PROCESS = (
    *(f"{service} {kind}" for service in SERVICES for kind in ("API", "worker")),
    "gateway worker",
    "gateway",
)
AnyPart = PostgresServer | RabbitNode | PythonProcess


class FragileSystem:
    """Starts the parts a test names, and no others. Data is durable, as in production."""

    def __init__(self, folder: StackFolder, guard: Guard) -> None:
        self._folder = folder
        self._guard = guard
        self._memory = Memory(folder)
        self._nursery = Nursery()
        self._migrated: set[str] = set()
        self._parts: dict[str, AnyPart] = {}
        self._backings = Backings(folder, self._memory, guard, environment={})
        (self.postgres,) = self._backings.databases
        (self.rabbitmq,) = self._backings.brokers
        self.identity: DevelopmentIdentity = development_identity(folder.path)
        self._gateway_port = free_ports(1)[0]
        self._plans: dict[str, ProcessPlan] = {}

    def start(
        self, *names: str, environment: Mapping[str, str] | None = None, is_forked: bool = True
    ) -> None:
        """Start the servers if they do not run, then the named parts; return when all are ready.

        The issuer starts with the gateway, which reads its keys there. `environment` is added to what the named
        processes are given, e.g. to crash at a failpoint. One that is not forked starts as in production, by `python -m`:
        it holds no library of the others.
        """
        self._nursery.warm_up()
        with ThreadPoolExecutor(max_workers=os.cpu_count()) as pool:
            broker = self._start_servers(pool)
            fresh = self._prepare(names, environment or {}, is_forked=is_forked)
            starts = [pool.submit(part.start) for part in fresh if not part.plan.needs_broker]
            broker.result()
            starts += [pool.submit(part.start) for part in fresh if part.plan.needs_broker]
            for start in starts:
                start.result()

    def kill(self, *names: str) -> None:
        """SIGKILL the parts with everything below them, all at once as far as signals allow."""
        for name in names:
            self._parts[name].kill()

    def start_copy(self, name: str) -> str:
        """Start another of the same process, on a port of its own; the name it goes by from now on."""
        copy = f"{name} copy"
        if copy not in self._plans:
            plan = self._plans[name]
            port = free_ports(1)[0]
            kind = "METRICS_PORT" if name.endswith("worker") else "PORT"
            environment = {**plan.environment, f"{name.split(maxsplit=1)[0].upper()}_{kind}": str(port)}
            self._plans[copy] = replace(plan, name=copy, environment=environment, port=port)
        self.start(copy)
        return copy

    def terminate(self, *names: str) -> None:
        """Ask the parts to end and wait until they have."""
        for name in names:
            self._parts[name].stop()

    @contextmanager
    def frozen(self, name: str) -> Iterator[None]:
        """Stop the part and its descendants from running, without closing anything: it hangs."""
        family = [psutil.Process(self.child(name).pid)]
        family += family[0].children(recursive=True)
        for process in family:
            process.send_signal(signal.SIGSTOP)
        try:
            yield
        finally:
            for process in family:
                process.send_signal(signal.SIGCONT)

    def runs(self, name: str) -> bool:
        part = self._parts.get(name)
        return part is not None and part.child is not None and part.child.exit_code is None

    def child(self, name: str) -> Child:
        child = self._parts[name].child
        assert child is not None
        return child

    def url(self, name: str) -> str:
        """The HTTP address of a process."""
        return f"http://127.0.0.1:{self._plans[name].port}"

    def metrics_url(self, name: str) -> str:
        """Where a process answers scrapes: services beside their requests, the others on a port of their own."""
        plan = self._plans[name]
        port = plan.environment.get("GATEWAY_METRICS_PORT", plan.port)
        return f"http://127.0.0.1:{port}/metrics"

    def database_url(self, owner: str) -> str:
        return self._backing.database_urls[owner]

    def database_moment(self) -> datetime:
        """Now, by the clock of PostgreSQL, which stamps commits."""
        with psycopg.connect(self.postgres.place.url()) as connection:
            row = connection.execute("SELECT clock_timestamp()").fetchone()
        assert row is not None
        moment: datetime = row[0]
        return moment

    def amqp_url(self, owner: str) -> str:
        return self._backing.amqp_urls[owner]

    def token(self, role: str, *, zones: Sequence[str] = (), partner_code: str | None = None) -> str:
        return development_token(self.identity, role, zones=zones, partner_code=partner_code)

    def machine_secret(self) -> str:
        """What a machine shows the issuer."""
        return self._memory.secret("machine client")

    def cursor_secret(self) -> str:
        """What cursors and the links of letters are signed with."""
        return self._memory.secret("cursors")

    def stop(self) -> None:
        """Kill everything; the folder is the caller's to remove."""
        for name in reversed(self._parts):
            self._parts[name].kill()

    def _start_servers(self, pool: Executor) -> Future[None]:
        """Return when the database runs and all processes are planned; the broker runs when the future has ended."""
        broker = pool.submit(self._start_broker)
        if not self.runs("PostgreSQL"):
            self._parts["PostgreSQL"] = self.postgres
            self.postgres.start()
            self._backing: Backing = self._backings.prepare()
        if not self._plans:
            plans = system_plan(self._backing, self._memory, self.identity, gateway_port=self._gateway_port)
            self._plans = {plan.name: plan for plan in plans}
        return broker

    def _start_broker(self) -> None:
        if not self.runs("RabbitMQ"):
            ensure_installed(self._folder.log("install"))
            self._parts["RabbitMQ"] = self.rabbitmq
            self.rabbitmq.start()

    def _prepare(
        self, names: Sequence[str], environment: Mapping[str, str], *, is_forked: bool
    ) -> list[PythonProcess]:
        """Return the named processes that do not run, their databases migrated."""
        if "gateway" in names:
            # Last: it is ready when one of the services is, and these may be started by as few as one at a time.
            names = ("issuer", *sorted(names, key=lambda name: name.startswith("gateway")))
        fresh = [name for name in names if self._is_ours(name) and not self.runs(name)]
        self._migrate({name.split()[0] for name in fresh if name != "issuer"})
        processes = []
        for name in fresh:
            plan = self._plans[name]
            plan = replace(plan, environment={**plan.environment, **environment})
            launch = self._nursery.launch if is_forked else None
            self._parts[name] = process = PythonProcess(plan, self._folder, self._guard, launch=launch)
            processes.append(process)
        return processes

    def _is_ours(self, name: str) -> bool:
        assert name in self._plans or name in ("PostgreSQL", "RabbitMQ"), f"there is no part '{name}'"
        return name in self._plans

    def _migrate(self, owners: set[str]) -> None:
        urls = {owner: self.database_url(owner) for owner in sorted(owners - self._migrated)}
        if urls:
            migrate_all(urls, self._folder, self._guard, launch=self._nursery.launch)
            self._migrated |= owners


@contextmanager
def fragile_system(folder: StackFolder) -> Iterator[FragileSystem]:
    """Yield a system in the folder, which other accounts must be able to pass through; nothing runs after it."""
    guard = Guard()
    system = FragileSystem(folder, guard)
    try:
        yield system
    finally:
        system.stop()
        guard.close()
