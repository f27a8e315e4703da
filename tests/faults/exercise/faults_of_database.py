"""Faults of PostgreSQL: connections, server, speed, locks and room."""

import random
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Final

import psutil
import psycopg
from psycopg import sql

from tests.faults.exercise.fault import CannotInject, Fault, Scene

BALANCES: Final = "SELECT account_code FROM account_balances ORDER BY account_code"
# More than a server of the local stack allows.
CONNECTIONS_MAX: Final = 300
# Every booking writes to them; together they are small enough to be moved under load. The partition is that of a
# database that was made this month or the one before.
CRAMPED_TABLES: Final = ("receipts", "idempotency_keys", "journal_lines_before")
CRAMPED_BYTES: Final = 48 * 2**20
PATIENCE_SECONDS: Final = 60.0


def _backends_end(scene: Scene) -> str:
    """Connections of the service, one after another, as an administrator ends them."""
    for _ in range(10):
        with _connected(scene) as connection:
            victim = scene.chance.choice(_backends(connection))
            connection.execute("SELECT pg_terminate_backend(%s)", (victim,))
        time.sleep(scene.chance.uniform(0.05, 0.3))
    return "10 connections of payments ended"


def _backend_dies(scene: Scene) -> str:
    """SIGKILL of one: PostgreSQL ends all others and recovers, as its memory may be damaged."""
    with _connected(scene) as connection:
        psutil.Process(scene.chance.choice(_backends(connection))).kill()
    return "one backend killed"


def _database_dies(scene: Scene) -> str:
    scene.system.kill("PostgreSQL")
    began_at = time.monotonic()
    scene.system.start("PostgreSQL")
    return f"killed whole, recovered in {time.monotonic() - began_at:.1f} s"


def _database_is_slow(scene: Scene) -> str:
    """It stands still for most of the time, a moment at a time."""
    over, pulses = time.monotonic() + scene.seconds, 0
    while time.monotonic() < over:
        with scene.system.frozen("PostgreSQL"):
            time.sleep(scene.chance.uniform(0.2, 0.5))
        time.sleep(0.1)
        pulses += 1
    return f"stood still {pulses} times"


def _database_hangs(scene: Scene) -> str:
    with scene.system.frozen("PostgreSQL"):
        time.sleep(scene.seconds)
    return f"stood still for {scene.seconds:g} s"


def _table_is_locked(scene: Scene) -> str:
    with _connected(scene) as connection, connection.transaction():
        connection.execute("LOCK TABLE receipts IN ACCESS EXCLUSIVE MODE")
        time.sleep(scene.seconds)
    return f"the table of receipts locked for {scene.seconds:g} s"


def _rows_are_locked_crosswise(scene: Scene) -> str:
    """Two strangers take the balances in orders of their own, so that somebody has to give way again and again."""
    over = time.monotonic() + scene.seconds
    with _connected(scene) as connection:
        codes = [row[0] for row in connection.execute(BALANCES).fetchall()]
        before = _deadlocks(connection)

    def take(orders: random.Random) -> None:
        with _connected(scene) as connection:
            while time.monotonic() < over:
                with suppress(psycopg.errors.DeadlockDetected), connection.transaction():
                    for code in orders.sample(codes, min(4, len(codes))):
                        query = "SELECT FROM account_balances WHERE account_code = %s FOR UPDATE"
                        connection.execute(query, (code,))
                        time.sleep(0.02)

    threads = [threading.Thread(target=take, args=(random.Random(scene.chance.random()),)) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with _connected(scene) as connection:
        return f"{_deadlocks(connection) - before} deadlocks that PostgreSQL counted"


def _connections_are_used_up(scene: Scene) -> str:
    """Strangers hold every connection there is; those the service loses meanwhile it cannot open again."""
    held = 0
    with ExitStack() as strangers:
        administrator = strangers.enter_context(_connected(scene))
        with suppress(psycopg.OperationalError):
            for held in range(CONNECTIONS_MAX):  # noqa: B007 - counts as far as the server lets it
                strangers.enter_context(psycopg.connect(scene.system.database_url("partners")))
        for victim in _backends(administrator)[:4]:
            administrator.execute("SELECT pg_terminate_backend(%s)", (victim,))
        time.sleep(scene.seconds)
    return f"strangers held {held} connections"


def _disk_is_full(scene: Scene) -> str:
    """Tables that every booking writes to lie on a file system that somebody fills."""
    with _small_disk(scene) as disk, _connected(scene) as connection:
        connection.execute(
            sql.SQL("CREATE TABLESPACE small LOCATION {}").format(sql.Literal(str(disk / "tables")))
        )
        _move_tables(connection, "small")
        filler = disk / "filler"
        _fill(filler)
        refused = _refused_for_want_of_room(scene)
        filler.unlink()
        _move_tables(connection, "pg_default")
        connection.execute("DROP TABLESPACE small")
    return f"{refused} answers while there was no room"


@contextmanager
def _small_disk(scene: Scene) -> Iterator[Path]:
    disk = scene.folder / "small-disk"
    disk.mkdir(exist_ok=True)
    size = f"size={CRAMPED_BYTES}"
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", size, "tmpfs", disk], check=False)
    if mounted.returncode != 0:
        raise CannotInject("a small file system can be mounted by root alone")
    try:
        tables = disk / "tables"
        tables.mkdir()
        owner = psutil.Process(scene.system.child("PostgreSQL").pid).username()
        for folder in (disk, tables):
            subprocess.run(["chown", owner, folder], check=True)
        yield disk
    finally:
        subprocess.run(["umount", disk], check=True)


def _move_tables(connection: psycopg.Connection, tablespace: str) -> None:
    for table in CRAMPED_TABLES:
        connection.execute(
            sql.SQL("ALTER TABLE {} SET TABLESPACE {}").format(
                sql.Identifier(table), sql.Identifier(tablespace)
            )
        )


def _fill(filler: Path) -> None:
    with suppress(OSError), filler.open("wb", buffering=0) as file:
        while True:
            file.write(b"\0" * 4096)


def _refused_for_want_of_room(scene: Scene) -> int:
    """Wait until pages have to be added, of which there are none any more."""
    before, deadline = scene.load.attempts.repeats, time.monotonic() + PATIENCE_SECONDS
    while scene.load.attempts.repeats == before:
        if time.monotonic() > deadline:
            raise CannotInject("no table had to grow while there was no room")
        time.sleep(0.1)
    time.sleep(scene.seconds)
    return scene.load.attempts.repeats - before


def _deadlocks(connection: psycopg.Connection) -> int:
    connection.execute("SELECT pg_stat_clear_snapshot()")
    query = "SELECT deadlocks FROM pg_stat_database WHERE datname = 'payments'"
    row = connection.execute(query).fetchone()
    assert row is not None
    return int(row[0])


def _backends(connection: psycopg.Connection) -> list[int]:
    """Processes of the server that serve the payments service."""
    query = "SELECT pid FROM pg_stat_activity WHERE usename = 'payments'"
    return [row[0] for row in connection.execute(query).fetchall()]


@contextmanager
def _connected(scene: Scene) -> Iterator[psycopg.Connection]:
    with psycopg.connect(scene.system.postgres.place.url("payments"), autocommit=True) as connection:
        yield connection


FAULTS: Final = (
    Fault("backends-end", ("F5",), "some requests are repeated", _backends_end),
    Fault("backend-dies", ("F5",), "all requests wait for recovery", _backend_dies),
    Fault("database-dies", ("F6",), "all requests wait for its start", _database_dies),
    Fault("disk-full", ("F9",), "bookings are answered unavailable until there is room", _disk_is_full),
    Fault("database-slow", ("F10",), "bookings take longer, some are repeated", _database_is_slow),
    Fault("table-locked", ("F11",), "bookings are answered busy", _table_is_locked),
    Fault("rows-locked-crosswise", ("F12",), "some bookings take longer", _rows_are_locked_crosswise),
    Fault("database-hangs", ("F13",), "requests end at their time limit and are repeated", _database_hangs),
    Fault(
        "connections-used-up",
        ("F14",),
        "who has no connection yet is answered unavailable",
        _connections_are_used_up,
    ),
)
