"""Programs that were started end with their starter, however either behaves."""

import os
import queue
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from deploy.local.child import Child, Guard, Program
from deploy.local.supervisor import Crash, Supervisor

# Says it is there by creating the file given, then sleeps; "deaf" ignores SIGTERM.
SLEEPER = """
import pathlib, signal, sys, time
if "deaf" in sys.argv: signal.signal(signal.SIGTERM, signal.SIG_IGN)
pathlib.Path(sys.argv[1]).touch()
time.sleep(600)
"""
STARTER = """
import pathlib, sys, time
from deploy.local.child import Child, Guard, Program
guard = Guard()
program = Program("sleeper", ("sleep", "600"), pathlib.Path(sys.argv[1]) / "sleeper.log")
print(Child(program, guard).pid, flush=True)
time.sleep(600)
"""


class Sleeper:
    """A part that is ready once its file exists."""

    def __init__(self, folder: Path, guard: Guard, *words: str) -> None:
        self.name = "sleeper"
        self._ready = folder / "ready"
        command = (sys.executable, "-c", SLEEPER, str(self._ready), *words)
        self._program = Program(self.name, command, folder / "sleeper.log", grace_seconds=0.2)
        self._guard = guard
        self.child: Child | None = None

    def start(self) -> None:
        self._ready.unlink(missing_ok=True)
        self.child = Child(self._program, self._guard)
        while not self._ready.exists():
            os.sched_yield()

    def stop(self) -> None:
        if self.child is not None:
            self.child.stop()


@pytest.fixture
def guard() -> Iterator[Guard]:
    guard = Guard()
    yield guard
    guard.close()


def test_a_program_that_ignores_the_request_is_killed_after_its_grace(tmp_path: Path, guard: Guard) -> None:
    sleeper = Sleeper(tmp_path, guard, "deaf")
    sleeper.start()
    assert sleeper.child is not None

    sleeper.stop()

    assert sleeper.child.exit_code == -signal.SIGKILL


def test_a_crashed_part_is_reported_and_started_again(tmp_path: Path, guard: Guard) -> None:
    crashes: queue.SimpleQueue[Crash] = queue.SimpleQueue()
    starts: queue.SimpleQueue[int] = queue.SimpleQueue()
    sleeper = Sleeper(tmp_path, guard)
    supervisor = Supervisor(
        on_crash=crashes.put,
        on_start=lambda part, _seconds: starts.put(part.child.pid if part.child else 0),
        starts_at_once=1,
        backoff_seconds=(0.0,),
    )
    supervisor.start([sleeper])
    first = starts.get(timeout=60)

    os.kill(first, signal.SIGKILL)
    crash, second = crashes.get(timeout=60), starts.get(timeout=10)
    supervisor.stop()

    assert crash.exit_code == -signal.SIGKILL
    assert second != first
    assert not psutil.pid_exists(second)


def test_nothing_outlives_a_starter_that_is_killed(tmp_path: Path) -> None:
    starter = subprocess.Popen(
        [sys.executable, "-c", STARTER, str(tmp_path)], stdout=subprocess.PIPE, text=True
    )
    assert starter.stdout is not None
    sleeper = psutil.Process(int(starter.stdout.readline()))

    starter.kill()
    starter.communicate()

    assert has_ended(sleeper)


def has_ended(process: psutil.Process) -> bool:
    """Wait for a process that is not our child; a zombie has ended, and somebody else has to remove it."""
    for _ in range(500):
        _, alive = psutil.wait_procs([process], timeout=0.02)
        if not alive or process.status() == psutil.STATUS_ZOMBIE:
            return True
    return False
