"""Every container's command starts as compose gives it, in the folders and with the packages of the image.

There is no container engine here: hosts and ports that compose would provide are replaced by those of this machine, and
the folders of volumes by temporary ones. All else is as it stands in docker-compose.yml.
"""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

import pytest

from deploy.environment_file import demo_values, filled, with_values
from deploy.health import complaint_of
from deploy.local.account import Account, reaches
from deploy.local.ports import LOOPBACK, free_ports
from deploy.local.topology import DATABASE_OWNERS
from tests.deployment import image
from tests.deployment.compose import CHECKOUT, OUR_IMAGE, compose, environment_for, environment_of
from tests.provisions import PASSWORD, ThrowawayDatabases

PATIENCE_SECONDS: Final = 240.0  # a few at rest; the machine may have much else to do
PORT: Final = re.compile(r"\b(80[019]\d|1025)\b")
ONCE: Final = ("broker-accounts", "migrations")
# What is not in the image's lock, such as the test runner, has to be missing there.
LEFT_OUT: Final = "left-out"
# Loads a month through the running system, which the guide's first minutes do as well.
NOT_HERE: Final = ("demo-data",)


class HereAndNow:
    """Replaces what a container engine provides: names of hosts, their ports, and the folders of volumes."""

    def __init__(self, backing: dict[str, str], volumes: Path) -> None:
        self._replaced = {**backing, "/var/lib/salesops": str(volumes)}
        self._ports: dict[str, int] = {}

    def __call__(self, text: str) -> str:
        for wanted, found in self._replaced.items():
            text = text.replace(wanted, found)
        return PORT.sub(lambda match: str(self.port(match[0])), text)

    def port(self, wanted: str) -> int:
        if wanted not in self._ports:
            (self._ports[wanted],) = free_ports(1)
        return self._ports[wanted]


class Started:
    """The processes of the containers, as one host runs them."""

    def __init__(self, folder: Path, values: dict[str, str], here: HereAndNow, user: int | None) -> None:
        services = compose(values)["services"]
        self.services = {
            name: service
            for name, service in services.items()
            if service["image"] == OUR_IMAGE and name not in NOT_HERE
        }
        self._folder, self._values, self._here = folder, values, here
        self._app = folder / "app"
        image.lay_out(self._app)
        task = {
            "packages": sorted(image.packages()),
            "plans": [
                self._left_out(),
                *(self._plan(name) for name in (*ONCE, *(set(self.services) - set(ONCE)))),
            ],
            "user": user,
        }
        self.host = subprocess.Popen(
            [sys.executable, CHECKOUT / "tests" / "deployment" / "image_host.py"],
            cwd=self._app,
            env={"PYTHONDONTWRITEBYTECODE": "1", "PATH": os.environ["PATH"]},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        assert self.host.stdin is not None
        self.host.stdin.write(json.dumps(task) + "\n")
        self.host.stdin.flush()
        self.once = {name: self._next_codes()[name] for name in (LEFT_OUT, *ONCE)}

    def log(self, name: str) -> Path:
        return self._folder / "logs" / name

    def health_command(self, name: str) -> list[str]:
        """What the container is asked by, without CMD."""
        return [self._here(word) for word in self.services[name]["healthcheck"]["test"][1:]]

    def files(self) -> set[Path]:
        return {path for path in self._app.rglob("*") if path.is_file()}

    def run(self, command: list[str]) -> subprocess.CompletedProcess[str]:
        """A command in the image's folders; what fails says why on stderr."""
        assert command[0] == "python"
        return subprocess.run(
            [sys.executable, *command[1:]],
            cwd=self._app,
            env=image.environment(),
            capture_output=True,
            text=True,
            check=False,
        )

    def end(self) -> dict[str, int]:
        """Tell every process to end; how each did."""
        assert self.host.stdin is not None
        self.host.stdin.write("end\n")
        self.host.stdin.flush()
        return self._next_codes()

    def kill(self) -> None:
        with suppress(ProcessLookupError):
            os.killpg(self.host.pid, signal.SIGKILL)
        self.host.communicate()

    def _plan(self, name: str) -> dict[str, Any]:
        service = self.services[name]
        given = environment_for(service, self._values)
        return {
            "name": name,
            "command": [self._here(word) for word in service["command"]],
            "environment": image.environment() | {key: self._here(value) for key, value in given.items()},
            "log": str(self.log(name)),
            "once": name in ONCE,
        }

    def _left_out(self) -> dict[str, Any]:
        command = ["python", "-m", "pytest", "--version"]
        log = str(self.log(LEFT_OUT))
        return {
            "name": LEFT_OUT,
            "command": command,
            "environment": image.environment(),
            "log": log,
            "once": True,
        }

    def _next_codes(self) -> dict[str, int]:
        assert self.host.stdout is not None
        codes: dict[str, int] = json.loads(self.host.stdout.readline() or "{}")
        return codes


@pytest.fixture(scope="module")
def started(throwaway_databases: ThrowawayDatabases, broker_url: Callable[[str], str]) -> Iterator[Started]:
    """All containers of our image, profile `demo` included, with an .env as `make env DEMO=1` writes it."""
    folder = Path(tempfile.mkdtemp(prefix="salesops-test-"))
    folder.chmod(0o755)
    user = image_user(folder)
    volumes, logs = folder / "volumes", folder / "logs"
    for place in (logs, volumes, *(volumes / name for name in ("documents", "issuer", "mail", "accounts"))):
        place.mkdir()
        if user is not None:
            os.chown(place, user, user)
    example = (CHECKOUT / ".env.example").read_text()
    values = environment_of(with_values(filled(example), demo_values()))
    values |= {
        f"{owner.upper()}_{part}_PASSWORD": PASSWORD
        for owner in DATABASE_OWNERS
        for part in ("DATABASE", "BROKER")
    }
    system = Started(folder, values, HereAndNow(backing(throwaway_databases, broker_url), volumes), user)
    try:
        yield system
    finally:
        system.kill()
        shutil.rmtree(folder, ignore_errors=True)


def image_user(folder: Path) -> int | None:
    """The image's user where we may become it and it gets at the interpreter, None where we stay who we are."""
    user = image.user_id()
    account = Account("salesops", user, user)
    may = os.geteuid() == 0 and reaches(account, Path(sys.executable)) and reaches(account, folder)
    return user if may else None


def backing(databases: ThrowawayDatabases, broker_url: Callable[[str], str]) -> dict[str, str]:
    """Where the names of compose's network are found here."""
    hosts = (
        "payments-api",
        "partners-api",
        "reporting-api",
        "research-api",
        "development-issuer",
        "mail-catcher",
    )
    places = {f"//{host}:": f"//{LOOPBACK}:" for host in hosts} | {"mail-catcher": LOOPBACK}
    for owner in DATABASE_OWNERS:
        database, broker = urlsplit(databases.migrated(owner)), urlsplit(broker_url(owner))
        places[f"@postgres:5432/{owner}"] = f"@{database.hostname}:{database.port}{database.path}"
        places[f"{owner}:{PASSWORD}@rabbitmq:5672/salesops"] = broker.geturl().removeprefix("amqp://")
    return places


def test_containers_start_become_healthy_and_end_when_told(started: Started) -> None:
    files = started.files()
    serving = [name for name in started.services if name not in ONCE]
    deadline = time.monotonic() + PATIENCE_SECONDS
    for name in serving:
        command = started.health_command(name)
        # The command itself costs a new process, so it is kept for when there is something to see.
        while complaint := complaint_of(command[-1]) or started.run(command).stderr:
            assert time.monotonic() < deadline, f"{name}: {complaint}\n{started.log(name).read_text()}"
            time.sleep(0.1)

    assert started.once == {LEFT_OUT: 1, **dict.fromkeys(ONCE, 0)}
    assert "is not in the image" in started.log(LEFT_OUT).read_text()
    # Servers of HTTP pass the signal on to the default once they are through, which is how shells and engines know it.
    ended = {name: code for name, code in started.end().items() if code not in {0, -signal.SIGTERM}}
    assert not ended, "\n".join(f"{name}: {started.log(name).read_text()[-2000:]}" for name in ended)
    assert started.files() == files, "a process wrote into the image"
    assert started.run(started.health_command("gateway")).returncode == 1, (
        "a health check has to be able to fail"
    )
