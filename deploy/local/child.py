"""One started program: its log, its orderly end, and the promise that it does not outlive its starter."""

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from deploy.local import guardian
from deploy.local.account import Account


@dataclass(frozen=True, slots=True)
class Program:
    """What to start. Its output goes to `log`; `grace_seconds` pass between the stop signal and SIGKILL."""

    name: str
    command: tuple[str, ...]
    log: Path
    environment: Mapping[str, str] = field(default_factory=dict)
    account: Account | None = None
    stop_signal: signal.Signals = signal.SIGTERM
    grace_seconds: float = 10.0


class Handle(Protocol):
    """The part of Popen that a Child needs; `wait` raises subprocess.TimeoutExpired."""

    pid: int

    def poll(self) -> int | None: ...
    def wait(self, timeout: float | None = None) -> int: ...


Launch = Callable[[Program], Handle]


class Guard:
    """Keeps the guardian process told; one per process that starts programs."""

    def __init__(self, *, holding: tuple[int, ...] = ()) -> None:
        """Start the guardian; it keeps the given descriptors open as long as it lives."""
        self._lock = threading.Lock()
        self._process = subprocess.Popen(
            [sys.executable, "-I", "-S", guardian.__file__],
            stdin=subprocess.PIPE,
            text=True,
            start_new_session=True,
            pass_fds=holding,
        )

    def watch(self, pid: int, stop_signal: signal.Signals) -> None:
        self._tell(f"watch {pid} {int(stop_signal)}")

    def forget(self, pid: int) -> None:
        self._tell(f"forget {pid}")

    def close(self) -> None:
        """Let the guardian stop what is still watched, and wait for it."""
        assert self._process.stdin is not None
        with suppress(BrokenPipeError):
            self._process.stdin.close()
        self._process.wait()

    def _tell(self, line: str) -> None:
        assert self._process.stdin is not None
        with self._lock, suppress(BrokenPipeError):
            self._process.stdin.write(line + "\n")
            self._process.stdin.flush()


class Child:
    """A running program in its own session, so that Ctrl-C at the terminal reaches only the starter."""

    def __init__(self, program: Program, guard: Guard, launch: Launch | None = None) -> None:
        self.program = program
        self._guard = guard
        program.log.parent.mkdir(parents=True, exist_ok=True)
        self._process = (launch or _spawned)(program)
        guard.watch(self.pid, program.stop_signal)

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def exit_code(self) -> int | None:
        """The exit code once it ended (negative: ended by that signal), None while it runs."""
        return self._process.poll()

    def wait(self) -> int:
        code = self._process.wait()
        self._guard.forget(self.pid)
        return code

    def stop(self) -> int:
        """Ask it to end, wait for the grace, then kill its whole group; return the exit code."""
        if self.exit_code is None:
            os.kill(self.pid, self.program.stop_signal)
        try:
            self._process.wait(self.program.grace_seconds)
        except subprocess.TimeoutExpired:
            self.kill()
        return self.wait()

    def kill(self) -> None:
        """SIGKILL the whole group at once, as a crash would, and reap it."""
        if self.exit_code is None:
            self.kill_at_once()
        self.wait()

    def kill_at_once(self) -> None:
        """SIGKILL the whole group and do not wait: safe inside a signal handler."""
        with suppress(ProcessLookupError):
            os.killpg(self.pid, signal.SIGKILL)

    def log_tail(self, line_count: int = 15) -> str:
        """The last lines it wrote, for the message that says why it did not start."""
        return "\n".join(self.program.log.read_text(errors="replace").splitlines()[-line_count:])


def _spawned(program: Program) -> Handle:
    account = program.account
    with program.log.open("ab") as log:
        return subprocess.Popen(
            program.command,
            env={**os.environ, **program.environment},
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            user=account.uid if account else None,
            group=account.gid if account else None,
            extra_groups=[] if account else None,
            cwd="/" if account else None,
        )
