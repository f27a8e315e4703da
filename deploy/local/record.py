"""What runs at the moment, written down for `make status`."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import psutil

from deploy.local.folder import StackFolder, write_private
from deploy.local.supervisor import Part


@dataclass(frozen=True, slots=True)
class RunningPart:
    name: str
    pid: int
    log: str

    @property
    def is_alive(self) -> bool:
        return psutil.pid_exists(self.pid) and psutil.Process(self.pid).status() != psutil.STATUS_ZOMBIE


@dataclass(frozen=True, slots=True)
class RunningStack:
    url: str
    parts: tuple[RunningPart, ...]

    @classmethod
    def of(cls, url: str, parts: Sequence[Part]) -> "RunningStack":
        running = [
            RunningPart(part.name, part.child.pid, str(part.child.program.log))
            for part in parts
            if part.child
        ]
        return cls(url, tuple(running))


def record_running(folder: StackFolder, stack: RunningStack) -> None:
    write_private(_path(folder), json.dumps(asdict(stack)))


def forget_running(folder: StackFolder) -> None:
    _path(folder).unlink(missing_ok=True)


def running_stack(folder: StackFolder) -> RunningStack | None:
    """Return the stack as it was last recorded, None if it was stopped in order."""
    if not _path(folder).exists():
        return None
    known = json.loads(_path(folder).read_text())
    return RunningStack(known["url"], tuple(RunningPart(**part) for part in known["parts"]))


def _path(folder: StackFolder) -> Path:
    return folder.path / "running.json"
