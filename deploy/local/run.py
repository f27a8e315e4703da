"""`make run`: start the whole system, keep it running until Ctrl-C, and stop what was started."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from types import FrameType
from typing import Final

from rich.console import Console

from deploy.local.backing import Backings
from deploy.local.child import Guard
from deploy.local.errors import StackError
from deploy.local.folder import CHECKOUT, Memory, StackFolder, stack_folder
from deploy.local.identity import ROLES, DevelopmentIdentity, development_identity, development_token
from deploy.local.migrate import migrate_all
from deploy.local.nursery import Nursery
from deploy.local.ports import holder_of, is_free
from deploy.local.process import PythonProcess
from deploy.local.record import RunningStack, forget_running, record_running
from deploy.local.report import Report
from deploy.local.supervisor import Part, Supervisor
from deploy.local.topology import Backing, ProcessPlan, system_plan

DEFAULT_PORT: Final = 8000
# A stack whose supervisor was killed needs this long at most until its guardian has ended it.
TAKEOVER_SECONDS: Final = 30.0


class StopRequested(Exception):
    """Somebody wants the stack to end."""


class LocalSystem:
    """The parts of one run, from nothing to ready and back."""

    def __init__(self, folder: StackFolder, report: Report, guard: Guard, *, port: int) -> None:
        self.url = f"http://127.0.0.1:{port}"
        self._folder = folder
        self._report = report
        self._guard = guard
        self._port = port
        self._memory = Memory(folder)
        self._nursery = Nursery()
        self.identity = development_identity(folder.path)
        self.supervisor = Supervisor(
            on_crash=report.crashed, on_start=self._note_start, starts_at_once=os.cpu_count() or 1
        )

    def start(self) -> None:
        """Start every part as soon as what it needs is there; return when all are ready."""
        backings = Backings(self._folder, self._memory, self._guard, os.environ)
        backings.install(self._report.say)
        self._nursery.warm_up()
        with self._report.waiting_for("Starting the database and the broker"):
            self.supervisor.begin(backings.brokers)
            self.supervisor.start(backings.databases)
            backing = backings.prepare()
            self._migrate(backing)
        plans = system_plan(backing, self._memory, self.identity, gateway_port=self._port)
        with self._report.waiting_for(f"Starting {len(plans)} processes"):
            self._start_processes(plans, backings.brokers)

    def _migrate(self, backing: Backing) -> None:
        seconds = migrate_all(backing.database_urls, self._folder, self._guard, launch=self._nursery.launch)
        self._report.done("migrations", seconds)

    def _start_processes(self, plans: Sequence[ProcessPlan], brokers: Sequence[Part]) -> None:
        """The broker is the slowest part: what only needs a database does not wait for it."""
        *services, gateway = plans
        with_broker = [self._python_process(plan) for plan in services if plan.needs_broker]
        without_broker = [self._python_process(plan) for plan in services if not plan.needs_broker]
        self.supervisor.begin(without_broker)
        self.supervisor.wait_for(brokers)
        self.supervisor.start(with_broker, [self._python_process(gateway)])
        self.supervisor.wait_for(without_broker)

    def _python_process(self, plan: ProcessPlan) -> PythonProcess:
        return PythonProcess(plan, self._folder, self._guard, launch=self._nursery.launch)

    def _note_start(self, part: Part, seconds: float) -> None:
        self._report.started(part, seconds)
        record_running(self._folder, RunningStack.of(self.url, self.supervisor.parts))

    def stop(self) -> None:
        with self._report.waiting_for("Stopping"):
            self.supervisor.stop()
            self._guard.close()
        forget_running(self._folder)
        self._report.say("Everything is stopped; the data stays. 'make run' goes on, 'make reset' forgets.")


def main() -> int:
    report = Report(Console())
    folder = stack_folder()
    try:
        port = _gateway_port()
        with folder.locked(wait_seconds=TAKEOVER_SECONDS) as lock:
            folder.begin_logs()
            system = LocalSystem(folder, report, Guard(holding=(lock,)), port=port)
            with _signals_stop(system):
                return _run(system, report, folder)
    except StackError as error:
        report.trouble(str(error))
        return 1


def _run(system: LocalSystem, report: Report, folder: StackFolder) -> int:
    try:
        system.start()
        report.say(_welcome(system.url, system.identity, report.elapsed_seconds, folder))
        if os.environ.get("DEMO"):
            _load_demo(system, report)
        while True:
            signal.pause()
    except StopRequested:
        return 0
    finally:
        system.stop()


@contextmanager
def _signals_stop(system: LocalSystem) -> Iterator[None]:
    """The first Ctrl-C, SIGTERM or hang-up ends the run in order, the second kills."""
    numbers = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)

    def second(_number: int, _frame: FrameType | None) -> None:
        system.supervisor.kill_at_once()

    def first(_number: int, _frame: FrameType | None) -> None:
        for number in numbers:
            signal.signal(number, second)
        raise StopRequested

    before = {number: signal.signal(number, first) for number in numbers}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _gateway_port() -> int:
    """Return the port for the gateway; StackError with the holder's name if it is taken."""
    text = os.environ.get("PORT", str(DEFAULT_PORT))
    if not text.isdigit() or not 0 < int(text) < 65536:
        raise StackError(f"PORT={text} is no port; expected a number such as {DEFAULT_PORT}")
    port = int(text)
    if not is_free(port):
        other = next(free for free in range(port + 10, 65536, 10) if is_free(free))
        raise StackError(
            f"port {port} is taken by {holder_of(port)}. Stop it, or choose another: make run PORT={other}"
        )
    return port


def _welcome(url: str, identity: DevelopmentIdentity, seconds: float, folder: StackFolder) -> str:
    tokens = "\n".join(f"  {role:<12} {development_token(identity, role)}" for role in ROLES)
    bearer = '-H "Authorization: Bearer $(make -s token ROLE=coordinator)"'
    return f"""
SalesOps is ready after {seconds:.1f} s: {url}

Tokens for twelve hours (others: make token ROLE=partner PARTNER=P-1001 or ROLE=zonal_sales ZONE=north,west):
{tokens}

Try:
  curl -s {url}/health/ready
  curl -s {bearer} {url}/v1/me
  curl -s {bearer} '{url}/v1/receipts?limit=5'

Letters to partners end in {folder.path / "mail"}.
Logs are in {folder.path / "logs"} ('make logs' follows them). Ctrl-C stops everything.
"""


def _load_demo(system: LocalSystem, report: Report) -> None:
    token = development_token(system.identity, "coordinator")
    command = [sys.executable, "-m", "deploy.demo.load", "--url", system.url, "--token", token]
    ended = subprocess.run(command, cwd=CHECKOUT, check=False)
    if ended.returncode != 0:
        report.trouble(
            f"The demonstration data was not loaded (code {ended.returncode}); the system runs on."
        )


if __name__ == "__main__":
    sys.exit(main())
