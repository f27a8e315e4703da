"""Loopback ports: find free ones, say who holds a taken one."""

import fcntl
import functools
import os
import secrets
import socket
import tempfile
from pathlib import Path
from typing import Final

import psutil

from deploy.local.errors import StackError

LOOPBACK: Final = "127.0.0.1"
RANGE_START: Final = 20000
RANGE_SIZE: Final = 10000


def is_free(port: int) -> bool:
    """Return whether we can listen there now; closed connections that linger do not count."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, port))
        except OSError:
            return False
    return True


def is_answered(port: int) -> bool:
    """Return whether somebody accepts connections there."""
    with socket.socket() as probe:
        probe.settimeout(1.0)
        return probe.connect_ex((LOOPBACK, port)) == 0


def free_ports(count: int) -> list[int]:
    """Return distinct ports that were free when asked, below the range that outgoing connections use.

    The kernel's own choice (port 0) lies inside that range: at the next start a client of anybody's could
    hold the number. Nobody else who asks here is given the same ones while this process lives: whoever is to
    listen may take its time to start.
    """
    found: list[int] = []
    first = secrets.randbelow(RANGE_SIZE)
    for offset in range(RANGE_SIZE):
        port = RANGE_START + (first + offset) % RANGE_SIZE
        if is_free(port) and _reserve(port):
            found.append(port)
        if len(found) == count:
            return found
    raise StackError(
        f"fewer than {count} free ports from {RANGE_START} up; stop something that listens there"
    )


_reserved: Final[set[int]] = set()


def _reserve(port: int) -> bool:
    """Lock the port's byte of a file that all of this user's processes share; the kernel unlocks it at our end."""
    if port in _reserved:
        return False
    try:
        fcntl.lockf(_reservations(), fcntl.LOCK_EX | fcntl.LOCK_NB, 1, port)
    except OSError:
        return False
    _reserved.add(port)
    return True


@functools.cache
def _reservations() -> int:
    """The file, open for as long as the process lives: closing it would give up its locks."""
    path = Path(tempfile.gettempdir()) / f"salesops-ports-{os.getuid()}"
    return os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)


def holder_of(port: int) -> str:
    """Return who listens there as far as we may see: 'python3 (pid 4711)', or 'another program'."""
    try:
        listeners = psutil.net_connections("tcp")
    except psutil.AccessDenied:
        return "another program"
    for connection in listeners:
        listens_there = connection.laddr and connection.laddr.port == port
        if listens_there and connection.status == psutil.CONN_LISTEN and connection.pid:
            return f"{psutil.Process(connection.pid).name()} (pid {connection.pid})"
    return "another program"
