"""The folder of one local stack: its lock, its logs, and what it remembers between runs."""

import fcntl
import json
import os
import secrets
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from deploy.local.errors import StackError
from deploy.local.ports import free_ports, is_free

CHECKOUT: Final = Path(__file__).resolve().parents[2]
LOG_BYTES_MAX: Final = 20 * 2**20


@dataclass(frozen=True, slots=True)
class StackFolder:
    """`.local/<name>` of this checkout; NAME chooses another stack beside the usual one."""

    path: Path

    def log(self, name: str) -> Path:
        return self.path / "logs" / f"{name}.log"

    @contextmanager
    def locked(self, *, wait_seconds: float = 0.0) -> Iterator[int]:
        """Hold the stack for ourselves and yield the lock's descriptor; StackError while somebody runs it.

        A process that inherits the descriptor holds the lock too: the guardian does, so that a stack whose
        supervisor was killed counts as running until the last part of it is gone.
        """
        self.path.mkdir(parents=True, exist_ok=True, mode=0o711)
        descriptor = os.open(self.path / "lock", os.O_RDWR | os.O_CREAT, 0o600)
        try:
            self._acquire(descriptor, time.monotonic() + wait_seconds)
            yield descriptor
        finally:
            os.close(descriptor)

    def is_locked(self) -> bool:
        try:
            with self.locked():
                return False
        except StackError:
            return True

    def begin_logs(self) -> None:
        """Put logs that grew large aside; one older generation is kept."""
        for log in (self.path / "logs").glob("*.log"):
            if log.stat().st_size > LOG_BYTES_MAX:
                log.rename(log.with_suffix(".log.1"))

    def _acquire(self, descriptor: int, deadline: float) -> None:
        while True:
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                if time.monotonic() >= deadline:
                    raise StackError(
                        f"the stack in {self.path} runs, or is still stopping; 'make status' shows it. "
                        "Another beside it: make run NAME=second PORT=8010"
                    ) from None
                time.sleep(0.1)
            else:
                return


def stack_folder() -> StackFolder:
    return StackFolder(CHECKOUT / ".local" / os.environ.get("NAME", "main"))


class Memory:
    """Secrets and ports, chosen once and kept in `state.json`, which only its owner can read."""

    def __init__(self, folder: StackFolder) -> None:
        self.folder = folder.path
        self._path = folder.path / "state.json"
        known = json.loads(self._path.read_text()) if self._path.exists() else {}
        self._secrets: dict[str, str] = known.get("secrets", {})
        self._ports: dict[str, int] = known.get("ports", {})

    def secret(self, name: str) -> str:
        """Return the secret of this name, a new random one the first time."""
        if name not in self._secrets:
            self._secrets[name] = secrets.token_urlsafe(24)
            self._save()
        return self._secrets[name]

    def port(self, name: str) -> int:
        """Return the port of this name: the one it had if nobody took it meanwhile, or else a free one."""
        taken = {port for other, port in self._ports.items() if other != name}
        port = self._ports.get(name)
        if port is None or not is_free(port):
            (fresh,) = free_ports(1)
            while fresh in taken:
                (fresh,) = free_ports(1)
            self._ports[name] = fresh
            self._save()
        return self._ports[name]

    def remembered_port(self, name: str) -> int | None:
        """The port of this name as it was chosen, also while somebody listens there; None if it never was."""
        return self._ports.get(name)

    def _save(self) -> None:
        write_private(self._path, json.dumps({"ports": self._ports, "secrets": self._secrets}, indent=1))


def write_private(path: Path, text: str) -> None:
    """Replace the file in one step, readable by its owner only."""
    descriptor, unfinished = tempfile.mkstemp(prefix=path.name, dir=path.parent)  # mode 0600
    with os.fdopen(descriptor, "w") as file:
        file.write(text)
    Path(unfinished).rename(path)
