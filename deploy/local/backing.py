"""The database and the broker behind the services: our own, unless the environment names others."""

import hashlib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final

from deploy.local.account import account_for, reaches
from deploy.local.broker_users import service_user
from deploy.local.child import Guard
from deploy.local.folder import Memory, StackFolder
from deploy.local.postgres import PostgresPlace, PostgresServer, create_service_database
from deploy.local.rabbitmq import RabbitNode, RabbitPlace
from deploy.local.rabbitmq_package import ensure_installed
from deploy.local.topology import DATABASE_OWNERS, Backing

OUTSIDE: Final = Path("/var/lib/salesops-local")


class Backings:
    """Decides per database and for the broker whether to provide it, and provides it."""

    def __init__(
        self, folder: StackFolder, memory: Memory, guard: Guard, environment: Mapping[str, str]
    ) -> None:
        self._folder = folder
        self._memory = memory
        self._given_urls = {
            owner: url
            for owner in DATABASE_OWNERS
            if (url := environment.get(f"{owner.upper()}_DATABASE_URL"))
        }
        self._given_amqp_url = environment.get("AMQP_URL")
        needs_postgres = len(self._given_urls) < len(DATABASE_OWNERS)
        self._postgres: PostgresServer | None = None
        if needs_postgres:
            place = postgres_place(folder, memory, memory.port("PostgreSQL"))
            self._postgres = PostgresServer(place, guard)
        self._rabbit = RabbitNode(self._rabbit_place(), guard) if self._given_amqp_url is None else None

    @property
    def databases(self) -> list[PostgresServer]:
        return [] if self._postgres is None else [self._postgres]

    @property
    def brokers(self) -> list[RabbitNode]:
        return [] if self._rabbit is None else [self._rabbit]

    def install(self, say: Callable[[str], None]) -> None:
        """Install what the machine lacks; StackError with the ways out if that is not allowed."""
        log = self._folder.log("install")
        if self._rabbit is not None and ensure_installed(log):
            say(f"  Installed the package rabbitmq-server, without its system-wide node (see {log})")

    def prepare(self) -> Backing:
        """Return every address, once the database runs; creates the databases and roles that are missing."""
        database_urls = dict(self._given_urls)
        if self._postgres is not None:
            place = self._postgres.place
            for owner in DATABASE_OWNERS:
                if owner not in database_urls:
                    password = self._memory.secret(f"{owner} database")
                    create_service_database(place.url(), name=owner, password=password)
                    database_urls[owner] = place.url(owner, user=owner, password=password)
        amqp_urls = {owner: self._amqp_url(owner) for owner in DATABASE_OWNERS}
        return Backing(database_urls, amqp_urls)

    def _amqp_url(self, service: str) -> str:
        if self._rabbit is not None:
            return self._rabbit.place.url(service)
        assert self._given_amqp_url is not None
        return self._given_amqp_url

    def _rabbit_place(self) -> RabbitPlace:
        users = (service_user(owner, self._memory.secret(f"{owner} broker")) for owner in DATABASE_OWNERS)
        return RabbitPlace(
            folder=self._folder.path / "rabbitmq",
            amqp_port=self._memory.port("RabbitMQ"),
            distribution_port=self._memory.port("RabbitMQ distribution"),
            epmd_port=self._memory.port("RabbitMQ port mapper"),
            log=self._folder.log("rabbitmq"),
            users=tuple(users),
            is_prepared=True,
        )


def postgres_place(folder: StackFolder, memory: Memory, port: int) -> PostgresPlace:
    """Where the stack's own PostgreSQL is."""
    return PostgresPlace(
        folder=postgres_folder(folder),
        port=port,
        log=folder.log("postgres"),
        admin_password=memory.secret("postgres database"),
    )


def postgres_folder(folder: StackFolder) -> Path:
    """Return where PostgreSQL keeps its data: in the stack's folder if its account gets there."""
    inside = folder.path / "postgres"
    if reaches(account_for(inside), folder.path):
        return inside
    return OUTSIDE / hashlib.sha256(str(folder.path).encode()).hexdigest()[:12] / "postgres"
