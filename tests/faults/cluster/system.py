"""The system as it grows past one machine, on one: three broker nodes, a standby, two of every process."""

from collections.abc import Iterator, Mapping
from concurrent.futures import Executor, Future
from contextlib import contextmanager
from dataclasses import replace
from typing import Final

from deploy.local.child import Guard
from deploy.local.folder import StackFolder
from deploy.local.ports import LOOPBACK, free_ports
from deploy.local.rabbitmq_package import ensure_installed
from deploy.local.topology import SERVICES, Backing, ProcessPlan, system_plan
from tests.faults.cluster.brokers import BrokerCluster
from tests.faults.cluster.databases import DatabasePair
from tests.faults.cluster.service_address import ServiceAddress
from tests.faults.processes import EVERY_PROCESS as EVERY_KIND
from tests.faults.processes import FragileSystem

# How long who is told to end still serves who comes; the address looks twice a second.
DRAIN_SECONDS: Final = "3"


def copy_of(name: str) -> str:
    return f"{name} 2"


EVERY_PROCESS: Final = (*EVERY_KIND, *(copy_of(name) for name in EVERY_KIND))


class ClusterSystem(FragileSystem):
    """Its servers are parts of `databases` and `brokers`; its processes go by the usual names, a second one by `copy_of`."""

    def __init__(self, folder: StackFolder, guard: Guard) -> None:
        super().__init__(folder, guard)
        self.databases = DatabasePair(self.postgres, self._memory, guard)
        self.brokers = BrokerCluster(self.rabbitmq.place, self._memory, guard)
        # Gateways know both processes of a service and balance by themselves, as the runbook has it for several machines
        # without a Service; before the gateways stands what a balancer is.
        self._address: ServiceAddress | None = None

    def url(self, name: str) -> str:
        return self._address.url if name == "gateway" and self._address else super().url(name)

    def database_url(self, owner: str) -> str:
        """Of the primary, whichever it is."""
        return f"{super().database_url(owner)}?target_session_attrs=read-write"

    def stop(self) -> None:
        if self._address is not None:
            self._address.close()
        super().stop()
        self.brokers.stop_mapper()

    def _start_servers(self, pool: Executor) -> Future[None]:
        """Once; what an exercise takes down of them it brings up itself."""
        if self._plans:
            return pool.submit(lambda: None)
        ensure_installed(self._folder.log("install"))
        for server in (self.databases.first, self.databases.second, *self.brokers.nodes):
            self._parts[server.name] = server
        brokers = pool.submit(self.brokers.start)
        self.databases.start()
        backing = self._backings.prepare()
        self._backing = Backing(
            {owner: self.databases.url(url) for owner, url in backing.database_urls.items()},
            {owner: self.brokers.url(owner) for owner in backing.amqp_urls},
        )
        self._make_plans()
        return brokers

    def _make_plans(self) -> None:
        plans = system_plan(self._backing, self._memory, self.identity, gateway_port=self._gateway_port)
        known = {plan.name: plan for plan in plans}
        known |= {copy_of(name): _copied(known[name]) for name in EVERY_KIND}
        self._address = ServiceAddress(free_ports(1)[0], _ports_of(known, "gateway"))
        self._address.open()
        both = {
            f"GATEWAY_{service.upper()}_URL": ",".join(
                f"http://{LOOPBACK}:{port}" for port in _ports_of(known, f"{service} API")
            )
            for service in SERVICES
        }
        callers = {"gateway": both, "partners": {"PARTNERS_API_URL": self._address.url}}
        for name, plan in known.items():
            owner = name.split(maxsplit=1)[0]
            own = {f"{owner.upper()}_DRAIN_SECONDS": DRAIN_SECONDS, **callers.get(owner, {})}
            self._plans[name] = replace(plan, environment={**plan.environment, **own})


def cluster_of(system: FragileSystem) -> ClusterSystem:
    """The system that a fault of a cluster is done to; it is always one."""
    assert isinstance(system, ClusterSystem)
    return system


def _ports_of(known: Mapping[str, ProcessPlan], name: str) -> list[int]:
    return [known[each].port for each in (name, copy_of(name))]


def _copied(plan: ProcessPlan) -> ProcessPlan:
    """The same process on ports of its own."""
    port, metrics_port = free_ports(2)
    prefix = plan.name.split(maxsplit=1)[0].upper()
    ports = {f"{prefix}_PORT": str(port), f"{prefix}_METRICS_PORT": str(metrics_port)}
    if plan.ready_path is None:
        port = metrics_port
    return replace(plan, name=copy_of(plan.name), environment={**plan.environment, **ports}, port=port)


@contextmanager
def cluster_system(folder: StackFolder) -> Iterator[ClusterSystem]:
    """Yield a system in the folder, which other accounts must be able to pass through; nothing runs after it."""
    guard = Guard()
    system = ClusterSystem(folder, guard)
    try:
        yield system
    finally:
        system.stop()
        guard.close()
