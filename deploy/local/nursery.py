"""Starts our Python processes as forks of one that has imported the libraries already.

Nine processes that each import the web framework, the database toolkit and the broker's client spend more time on
that than on everything else until ready. Only libraries are imported beforehand: our own modules are read by each
process for itself, so that a restart takes up a changed file. Production starts `python -m …` instead.
"""

import gc
import multiprocessing
import os
import runpy
import subprocess
import sys
import threading
from contextlib import suppress
from multiprocessing import forkserver
from multiprocessing.connection import wait
from multiprocessing.context import ForkServerProcess
from pathlib import Path
from typing import Final

from deploy.local.child import Program

LIBRARIES: Final = (
    "aio_pika",
    "aiohttp",
    "aiosmtplib",
    "alembic.command",
    "asyncpg",
    "asyncssh",
    "cronsim",
    "cryptography.x509",
    "duckdb",
    "fastapi",
    "httptools",
    "httpx",
    "joserfc.jwt",
    "lxml.etree",
    "msgspec",
    "numpy",
    "obstore.store",
    "procrastinate",
    "prometheus_client",
    "psycopg",
    "pydantic.v1",
    "pydantic_settings",
    "rapidfuzz",
    "sqlalchemy.ext.asyncio",
    "sqlglot",
    "structlog",
    "uuid_utils.compat",
    "uvicorn",
    "uvicorn.protocols.http.httptools_impl",
    "xlsxwriter",
)


class Nursery:
    """Forks modules; it ends when the process that made it does."""

    def __init__(self) -> None:
        self._context = multiprocessing.get_context("forkserver")
        self._context.set_forkserver_preload([__name__, *LIBRARIES])

    def warm_up(self) -> None:
        """Begin importing the libraries; returns at once."""
        forkserver.ensure_running()

    def launch(self, program: Program) -> "Fork":
        """Run the module that the command names behind `python -m`."""
        arguments = (program.command[2:], dict(program.environment), str(program.log))
        process = self._context.Process(target=_become, args=arguments)
        process.start()
        return Fork(process)


class Fork:
    """A forked process with the part of Popen's manners that a Child needs, usable from several threads."""

    def __init__(self, process: ForkServerProcess) -> None:
        self._process = process
        self._lock = threading.Lock()
        assert process.pid is not None
        self.pid = process.pid

    def poll(self) -> int | None:
        with self._lock:
            return self._process.exitcode

    def wait(self, timeout: float | None = None) -> int:
        # Not join(): the exit code can be read from the sentinel only once, and two threads may wait.
        wait([self._process.sentinel], timeout)
        code = self.poll()
        if code is None:
            raise subprocess.TimeoutExpired(str(self._process.name), timeout or 0.0)
        return code


def _become(words: tuple[str, ...], environment: dict[str, str], log: str) -> None:
    gc.freeze()  # the libraries stay: looking through them again while our modules come is a tenth of a start
    os.setsid()
    descriptor = os.open(log, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)
    os.dup2(descriptor, 1)
    os.dup2(descriptor, 2)
    os.environ.update(environment)
    with suppress(OSError):
        Path("/proc/self/comm").write_text(words[0].removeprefix("services."))
    sys.argv = list(words)
    runpy.run_module(words[0], run_name="__main__", alter_sys=True)
