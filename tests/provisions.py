"""Throwaway PostgreSQL and RabbitMQ for tests: one of each per test run, started when first asked for.

The process that starts the test run owns them. It answers on a socket whose path its test workers find in the
environment; so all workers share them, unit tests start none, and they end with the run however it ends.
"""

import asyncio
import os
import shutil
import tempfile
import threading
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from functools import cached_property
from multiprocessing.connection import Client, Connection, Listener
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit, urlunsplit

import psycopg
import pytest
from psycopg import sql

from deploy.local.broker_users import BrokerUser, service_user
from deploy.local.child import Guard
from deploy.local.errors import StackError
from deploy.local.ports import free_ports
from deploy.local.postgres import Durability, PostgresPlace, PostgresServer, create_service_role
from deploy.local.rabbitmq import RabbitNode, RabbitPlace
from deploy.local.rabbitmq_package import ensure_installed
from deploy.local.topology import DATABASE_OWNERS
from shared.migrations.runner import upgrade

DESK_VARIABLE: Final = "SALESOPS_TEST_PROVISIONS"
PASSWORD: Final = "throwaway"
DatabaseFactory = Callable[[str], Awaitable[str]]


class ProvisionDesk:
    """Owns the throwaway servers of one test run and hands out their addresses."""

    def __init__(self, vhosts: tuple[str, ...]) -> None:
        self._folder = Path(tempfile.mkdtemp(prefix="salesops-test-"))
        self._folder.chmod(0o711)  # PostgreSQL may run under another account, which has to pass through
        self._vhosts = vhosts
        self._lock = {"postgres": threading.Lock(), "rabbitmq": threading.Lock()}
        self._to_kill: list[PostgresServer | RabbitNode] = []
        self.address = str(self._folder / "desk")
        self._listener = Listener(self.address, "AF_UNIX")
        threading.Thread(target=self._answer_all, daemon=True).start()

    def close(self) -> None:
        """Kill what was started: nothing in it is worth an orderly end."""
        self._listener.close()
        for server in self._to_kill:
            server.kill()
        if self._to_kill:
            self._guard.close()
        shutil.rmtree(self._folder, ignore_errors=True)

    def _answer_all(self) -> None:
        while True:
            try:
                connection = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._answer, args=(connection,), daemon=True).start()

    def _answer(self, connection: Connection) -> None:
        with connection:
            name = connection.recv()
            try:
                with self._lock[name]:
                    connection.send(self._postgres_url if name == "postgres" else self._amqp_port)
            except StackError as error:
                connection.send(error)

    @cached_property
    def _guard(self) -> Guard:
        return Guard()

    @cached_property
    def _postgres_url(self) -> str:
        place = PostgresPlace(
            folder=self._folder / "postgres",
            port=free_ports(1)[0],
            log=self._folder / "postgres.log",
            admin_password=PASSWORD,
            durability=Durability.THROWAWAY,
        )
        server = PostgresServer(place, self._guard)
        self._to_kill.append(server)
        server.start()
        for service in DATABASE_OWNERS:
            create_service_role(place.url(), name=service, password=PASSWORD)
        return place.url()

    @cached_property
    def _amqp_port(self) -> int:
        ensure_installed(self._folder / "install.log")
        amqp_port, distribution_port, epmd_port = free_ports(3)
        place = RabbitPlace(
            folder=self._folder / "rabbitmq",
            amqp_port=amqp_port,
            distribution_port=distribution_port,
            epmd_port=epmd_port,
            log=self._folder / "rabbitmq.log",
            users=(
                BrokerUser("tester", PASSWORD),
                *(service_user(service, PASSWORD) for service in DATABASE_OWNERS),
            ),
            vhosts=self._vhosts,
        )
        node = RabbitNode(place, self._guard)
        self._to_kill.append(node)
        node.start()
        return amqp_port


DESK: Final = pytest.StashKey[ProvisionDesk]()


def pytest_configure(config: pytest.Config) -> None:
    if hasattr(config, "workerinput") or config.option.collectonly:
        return
    # Workers are gw0, gw1, …; a crashed one is replaced under the next number.
    count = len(getattr(config.option, "tx", ())) + 4
    desk = ProvisionDesk(("master", *(f"gw{number}" for number in range(count))))
    config.stash[DESK] = desk
    os.environ[DESK_VARIABLE] = desk.address


def pytest_unconfigure(config: pytest.Config) -> None:
    desk = config.stash.get(DESK, None)
    if desk is not None:
        desk.close()


def _ask_desk(name: str) -> str:
    with Client(os.environ[DESK_VARIABLE], "AF_UNIX") as connection:
        connection.send(name)
        answer = connection.recv()
    if isinstance(answer, StackError):
        raise answer
    return str(answer)


@pytest.fixture(scope="session")
def postgres_admin_url() -> str:
    """The superuser's URL of the throwaway server; databases are the caller's to name."""
    return _ask_desk("postgres")


@pytest.fixture(scope="session")
def broker_url(worker_id: str) -> Callable[[str], str]:
    """Return the AMQP URL of a user ('tester' may do all, a service's name only what that service may)."""
    port = _ask_desk("rabbitmq")
    return lambda user: f"amqp://{user}:{PASSWORD}@127.0.0.1:{port}/{worker_id}"


@pytest.fixture(scope="session")
def amqp_url(broker_url: Callable[[str], str]) -> str:
    """A user without limits on this worker's own virtual host; queues are shared with tests run before."""
    return broker_url("tester")


@dataclass(slots=True)
class ThrowawayDatabases:
    """Creates databases for one worker; a service's schema is migrated once per run and then cloned."""

    admin_url: str
    worker_id: str
    created: int = 0
    # Alembic keeps what it works on in a global: two services cannot be migrated in one process at a time.
    migrating: threading.Lock = field(default_factory=threading.Lock)

    def empty(self, owner: str) -> str:
        """Create a database without tables and return its owner's URL."""
        return self._create(owner, template="template0")

    def migrated(self, service: str) -> str:
        """Create a database with the service's schema and return the service role's URL."""
        template = f"template_{service}"
        with psycopg.connect(self.admin_url, autocommit=True) as connection:
            connection.execute("SELECT pg_advisory_lock(hashtext(%s))", (template,))
            if not _exists(connection, template):
                self._build_template(connection, service, template)
        return self._create(service, template=template)

    def _build_template(self, connection: psycopg.Connection, service: str, template: str) -> None:
        unfinished = f"unfinished_{template}"
        _drop(connection, unfinished)
        _clone(connection, unfinished, owner=service, template="template0")
        with self.migrating:
            upgrade(service, self._url(service, unfinished))
        rename = sql.SQL("ALTER DATABASE {} RENAME TO {}")
        connection.execute(rename.format(sql.Identifier(unfinished), sql.Identifier(template)))

    def _create(self, owner: str, *, template: str) -> str:
        self.created += 1
        name = f"{owner}_{self.worker_id}_{self.created}"
        with psycopg.connect(self.admin_url, autocommit=True) as connection:
            _clone(connection, name, owner=owner, template=template)
        return self._url(owner, name)

    def _url(self, user: str, database: str) -> str:
        parts = urlsplit(self.admin_url)
        return urlunsplit(
            parts._replace(netloc=f"{user}:{PASSWORD}@{parts.hostname}:{parts.port}", path=f"/{database}")
        )


@pytest.fixture(scope="session")
def throwaway_databases(postgres_admin_url: str, worker_id: str) -> ThrowawayDatabases:
    return ThrowawayDatabases(postgres_admin_url, worker_id)


@pytest.fixture(scope="session")
def fresh_database(throwaway_databases: ThrowawayDatabases) -> DatabaseFactory:
    """`await fresh_database("payments")`: a new migrated database, every time."""
    return lambda service: asyncio.to_thread(throwaway_databases.migrated, service)


@pytest.fixture(scope="session")
def empty_database(throwaway_databases: ThrowawayDatabases) -> DatabaseFactory:
    """`await empty_database("payments")`: a new database without tables, owned by the service's role."""
    return lambda service: asyncio.to_thread(throwaway_databases.empty, service)


@pytest.fixture(scope="session")
def worker_database(fresh_database: DatabaseFactory) -> DatabaseFactory:
    """`await worker_database("payments")`: one migrated database per worker, shared by its tests."""
    known: dict[str, str] = {}

    async def database(service: str) -> str:
        if service not in known:
            known[service] = await fresh_database(service)
        return known[service]

    return database


def _exists(connection: psycopg.Connection, database: str) -> bool:
    return (
        connection.execute("SELECT FROM pg_database WHERE datname = %s", (database,)).fetchone() is not None
    )


def _clone(connection: psycopg.Connection, name: str, *, owner: str, template: str) -> None:
    # The file copy skips the write-ahead log, of which a throwaway server has no need.
    statement = sql.SQL("CREATE DATABASE {} OWNER {} TEMPLATE {} STRATEGY file_copy")
    connection.execute(
        statement.format(sql.Identifier(name), sql.Identifier(owner), sql.Identifier(template))
    )


def _drop(connection: psycopg.Connection, name: str) -> None:
    connection.execute(sql.SQL("DROP DATABASE IF EXISTS {}").format(sql.Identifier(name)))
