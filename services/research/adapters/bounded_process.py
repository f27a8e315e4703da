"""Programs of our own that run beside a worker, bounded and without its secrets, and end when it does."""

import asyncio
import json
import os
import resource
import sys
import threading
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any, Final

from shared.errors import Fault

ROOT: Final = Path(__file__).parents[3]
LINE_BYTES_MAX: Final = 16 << 20
_PASSED_ON: Final = ("PATH", "LANG", "LC_ALL", "TMPDIR", "TZ")

Tell = Callable[[Mapping[str, Any]], Awaitable[None]]


class ProcessDied(Fault):
    """The program ended without an answer: killed, or a fault of it."""

    code = "bounded_process_died"


async def run_bounded(
    module: str, task: Mapping[str, Any], tell: Tell, *, seconds: float | None = None
) -> Mapping[str, Any]:
    """Run `python -m module` with the task; returns its last line, which is no progress.

    ProcessDied when there is none; TimeoutError after `seconds`, the program killed. Cancelled, it kills as well.
    """
    async with _started(module) as process:
        assert process.stdin is not None
        process.stdin.write(json.dumps(task).encode() + b"\n")
        async with asyncio.timeout(seconds):
            async for line in _lines(process):
                if "progress" not in line:
                    return line
                await tell(line["progress"])
            code = await process.wait()
    raise ProcessDied(f"{module.rpartition('.')[2]} ended with {code} and without an answer")


@asynccontextmanager
async def _started(module: str) -> AsyncIterator[Process]:
    environment = {name: os.environ[name] for name in _PASSED_ON if name in os.environ}
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", module,
        stdin=PIPE, stdout=PIPE, cwd=ROOT, env=environment, limit=LINE_BYTES_MAX, start_new_session=True,
    )  # fmt: skip
    try:
        yield process
    finally:
        with suppress(ProcessLookupError):
            process.kill()
        await process.wait()


async def _lines(process: Process) -> AsyncIterator[Mapping[str, Any]]:
    assert process.stdout is not None
    async for line in process.stdout:
        yield json.loads(line)


def end_with_parent() -> None:
    """In the program: end at once when whoever started it is gone, however it went. Call it after the task was read."""

    def wait() -> None:
        os.read(sys.stdin.fileno(), 1)
        os._exit(1)

    threading.Thread(target=wait, daemon=True).start()


def limit_self(
    *, address_space_bytes: int, processor_seconds: int | None = None, file_bytes: int | None = None
) -> None:
    """In the program: bounds that the kernel keeps, whatever the engine does."""
    resource.setrlimit(resource.RLIMIT_AS, (address_space_bytes, address_space_bytes))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if processor_seconds is not None:
        resource.setrlimit(resource.RLIMIT_CPU, (processor_seconds, processor_seconds + 1))
    if file_bytes is not None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (file_bytes, file_bytes))
