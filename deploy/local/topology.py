"""Which processes make up the system, and the environment each is given."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from deploy.local.folder import Memory
from deploy.local.identity import AUDIENCE, DevelopmentIdentity, Person, access_token
from deploy.local.ports import LOOPBACK

SERVICES: Final = ("payments", "partners", "reporting", "research")
# A stack is restarted more often than once in thirty days, and gets a new one then.
MACHINE_TOKEN_SECONDS: Final = 30 * 24 * 3600
DATABASE_OWNERS: Final = (*SERVICES, "gateway")
# Where the development servers of front ends usually listen.
FRONT_END_ORIGINS: Final = ",".join(
    f"http://{host}:{port}" for host in ("localhost", LOOPBACK) for port in (3000, 5173)
)


@dataclass(frozen=True, slots=True)
class Backing:
    """Where each service finds its database and the broker."""

    database_urls: Mapping[str, str]
    amqp_urls: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class ProcessPlan:
    """One of our processes: the module to run, its environment, and the port that shows it is there.

    `ready_path` is asked for until it answers 200; without one an accepted connection is enough. What needs no broker
    starts beside it.
    """

    name: str
    module: str
    environment: Mapping[str, str]
    port: int
    ready_path: str | None
    needs_broker: bool = False


def system_plan(
    backing: Backing, memory: Memory, identity: DevelopmentIdentity, *, gateway_port: int
) -> list[ProcessPlan]:
    """Return every process of the system, the gateway last; each gets only the secrets that it needs."""
    ports = {
        f"{service} {kind}": memory.port(f"{service} {kind}")
        for service in SERVICES
        for kind in ("API", "worker")
    }
    for kind in ("metrics", "worker"):
        ports[f"gateway {kind}"] = memory.port(f"gateway {kind}")
    logging = {
        "ENVIRONMENT": "local",
        "LOG_FORMAT": os.environ.get("LOG_FORMAT", "text"),
        "LOG_LEVEL": os.environ.get("LOG_LEVEL", "info"),
        "PYTHONUNBUFFERED": "1",
    }
    common = logging | {
        "CURSOR_SECRET": memory.secret("cursors"),
        "INTERNAL_TOKEN_PUBLIC_KEY": identity.internal_public_key(),
    }
    webhooks = {
        "WEBHOOK_SECRET": memory.secret("webhooks"),
        "WEBHOOK_HTTP_ALLOWED": "true",
        "WEBHOOK_NETWORKS": "127.0.0.0/8,::1/128",
    }
    issuer = logging | _issuer_environment(memory)
    plans = [ProcessPlan("issuer", "deploy.local.issuer", issuer, identity.issuer_port, "/jwks")]
    plans.append(_mail_catcher(memory, logging))
    for service in SERVICES:
        environment = common | _service_environment(service, backing, ports)
        if service == "partners":
            environment |= webhooks | _documents_environment(memory, identity, gateway_port)
        if service == "research":
            environment["RESEARCH_DATASET_STORE"] = (memory.folder / "datasets").resolve().as_uri()
        api, worker = f"{service} API", f"{service} worker"
        plans += [
            ProcessPlan(api, f"services.{service}.main", environment, ports[api], "/health/ready"),
            ProcessPlan(
                worker, f"services.{service}.worker", environment, ports[worker], None, needs_broker=True
            ),
        ]
    relaying = logging | webhooks | _gateway_worker_environment(backing, ports)
    port = ports["gateway worker"]
    plans.append(ProcessPlan("gateway worker", "gateway.worker", relaying, port, None, needs_broker=True))
    gateway = logging | webhooks | _gateway_environment(backing, identity, ports)
    gateway |= {
        "GATEWAY_PORT": str(gateway_port),
        "GATEWAY_API_KEY_PEPPERS": memory.secret("peppers"),
        "CURSOR_SECRET": memory.secret("cursors"),
    }
    return [*plans, ProcessPlan("gateway", "gateway.main", gateway, gateway_port, "/health/ready")]


def _issuer_environment(memory: Memory) -> dict[str, str]:
    return {
        "ISSUER_FOLDER": str(memory.folder),
        "ISSUER_ORIGINS": FRONT_END_ORIGINS,
        "ISSUER_CLIENT_SECRET": memory.secret("machine client"),
    }


def _service_environment(service: str, backing: Backing, ports: Mapping[str, int]) -> dict[str, str]:
    prefix = service.upper()
    return {
        "AMQP_URL": backing.amqp_urls[service],
        f"{prefix}_DATABASE_URL": backing.database_urls[service],
        f"{prefix}_HOST": LOOPBACK,
        f"{prefix}_PORT": str(ports[f"{service} API"]),
        f"{prefix}_METRICS_PORT": str(ports[f"{service} worker"]),
        f"{prefix}_DRAIN_SECONDS": "0",  # there is no other process of it to go to
    }


def _documents_environment(
    memory: Memory, identity: DevelopmentIdentity, gateway_port: int
) -> dict[str, str]:
    """Where documents are kept, how those of other services are fetched: as a machine, and where letters go."""
    machine = Person("integration")
    gateway = f"http://{LOOPBACK}:{gateway_port}"
    return {
        "PARTNERS_DOCUMENT_STORE": (memory.folder / "documents").resolve().as_uri(),
        "PARTNERS_API_URL": gateway,
        "PARTNERS_API_KEY": access_token(identity, machine, lifetime_seconds=MACHINE_TOKEN_SECONDS),
        "PARTNERS_PORTAL_URL": gateway,
        "PARTNERS_MAIL_HOST": LOOPBACK,
        "PARTNERS_MAIL_PORT": str(memory.port("mail catcher")),
        "PARTNERS_MAIL_SECURITY": "none",
        "PARTNERS_MAIL_ADDRESS": "documents@salesops.example",
        "REPORTING_MAIL_HOST": LOOPBACK,
        "REPORTING_MAIL_PORT": str(memory.port("mail catcher")),
        "REPORTING_MAIL_SECURITY": "none",
        "REPORTING_MAIL_ADDRESS": "reports@salesops.invalid",
        "REPORTING_SOURCE_SECRET": memory.secret("sources"),
        "REPORTING_SOURCE_FOLDER": str((memory.folder / "drop").resolve()),
        "REPORTING_SOURCE_NETWORKS": "127.0.0.0/8,::1/128",
        "REPORTING_SOURCE_PLAIN_ALLOWED": "true",
    }


def _mail_catcher(memory: Memory, logging: Mapping[str, str]) -> ProcessPlan:
    """Letters end in a folder, where a newcomer can read them."""
    port = memory.port("mail catcher")
    environment = {"MAIL_FOLDER": str(memory.folder / "mail"), "MAIL_PORT": str(port)}
    return ProcessPlan("mail catcher", "deploy.local.mail_catcher", {**logging, **environment}, port, None)


def _gateway_environment(
    backing: Backing, identity: DevelopmentIdentity, ports: Mapping[str, int]
) -> dict[str, str]:
    upstreams = {
        f"GATEWAY_{service.upper()}_URL": f"http://{LOOPBACK}:{ports[f'{service} API']}"
        for service in SERVICES
    }
    return upstreams | {
        "GATEWAY_DATABASE_URL": backing.database_urls["gateway"],
        "GATEWAY_HOST": LOOPBACK,
        "GATEWAY_METRICS_PORT": str(ports["gateway metrics"]),
        # An open event stream would otherwise hold up Ctrl-C for half a minute.
        "GATEWAY_SHUTDOWN_SECONDS": "5",
        "GATEWAY_DRAIN_SECONDS": "0",  # nobody balances between gateways here
        "GATEWAY_ISSUER": identity.issuer,
        "GATEWAY_AUDIENCE": AUDIENCE,
        "GATEWAY_JWKS_URL": f"{identity.issuer}/jwks",
        "GATEWAY_CORS_ORIGINS": FRONT_END_ORIGINS,
        "GATEWAY_INTERNAL_TOKEN_PRIVATE_KEY": identity.internal_private_key(),
    }


def _gateway_worker_environment(backing: Backing, ports: Mapping[str, int]) -> dict[str, str]:
    return {
        "AMQP_URL": backing.amqp_urls["gateway"],
        "GATEWAY_DATABASE_URL": backing.database_urls["gateway"],
        "GATEWAY_HOST": LOOPBACK,
        "GATEWAY_METRICS_PORT": str(ports["gateway worker"]),
    }
