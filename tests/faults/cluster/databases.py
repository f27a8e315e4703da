"""A PostgreSQL primary and a standby that streams from it; a commit counts once both have it on disk."""

import re
import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any, Final

import psycopg
from psycopg import sql

from deploy.local.account import account_for, own_folder
from deploy.local.child import Guard
from deploy.local.errors import StackError
from deploy.local.folder import Memory
from deploy.local.postgres import PostgresPlace, PostgresServer, binaries_for, run_as
from deploy.local.topology import DATABASE_OWNERS
from tests.faults.cluster.network import losing, of_connection, of_server, vanishing

SLOT: Final = "standby"
PATIENCE_SECONDS: Final = 120.0
# What dataDurability `required` and method `any` make of the settings on Kubernetes.
SYNCHRONOUS: Final = f"ANY 1 ({SLOT})"


class DatabasePair:
    """Which of the two is the primary changes with `promote`; each keeps its port."""

    def __init__(self, first: PostgresServer, memory: Memory, guard: Guard) -> None:
        place = first.place
        other = replace(
            place,
            folder=place.folder.with_name(f"{place.folder.name}-2"),
            port=memory.port("PostgreSQL 2"),
            log=place.log.with_name("postgres-2.log"),
        )
        self.first, self.second = first, PostgresServer(other, guard)
        self.first.name, self.second.name = "PostgreSQL 1", "PostgreSQL 2"
        self.primary, self.standby = self.first, self.second

    def start(self) -> None:
        self.primary.start()
        self.follow()

    def follow(self) -> None:
        """Make the standby a copy of the primary anew, whatever was there, and let commits wait for it."""
        source, copy = self.primary.place, self.standby.place
        self.standby.stop()
        with _connected(source) as connection:
            known = connection.execute(
                "SELECT FROM pg_replication_slots WHERE slot_name = %s", (SLOT,)
            ).fetchone()
            if known is None:
                connection.execute("SELECT pg_create_physical_replication_slot(%s)", (SLOT,))
        _copy(source, copy)
        self.standby.start()
        # Of the settings that came with the copy: nothing follows it yet, should it be promoted.
        set_server(copy, "synchronous_standby_names", None)
        set_server(source, "synchronous_standby_names", SYNCHRONOUS)
        _until(lambda: _is_synchronous(source), "the standby does not follow")

    @contextmanager
    def cut_off(self) -> Iterator[None]:
        """Nothing passes between the two and nothing is closed; CannotPart where that cannot be. For less than a minute:
        after `wal_receiver_timeout` the standby would connect anew."""
        query = "SELECT client_port FROM pg_stat_replication WHERE application_name = 'standby'"
        port = value_of(self.primary.place, query)
        with vanishing(of_connection(port, served_at=self.primary.place.port)):
            yield

    @contextmanager
    def gone(self) -> Iterator[PostgresServer]:
        """Nothing comes from the primary or reaches it any more, and nobody is told, as if its machine had no power; then
        its data may be started again. Yields which it was."""
        lost = self.primary
        with vanishing(of_server(lost.place.port)):
            lost.kill()
            yield lost

    @contextmanager
    def losing_packets(self, share: float) -> Iterator[None]:
        """Of what passes to and from the primary; CannotPart where that cannot be."""
        with vanishing(losing(self.primary.place.port, share)):
            yield

    def fence(self) -> None:
        """Whatever starts the lost primary's data again, it does not write: it would be a second truth."""
        (self.primary.place.folder / "data" / "standby.signal").touch()

    def promote(self) -> None:
        """Make the standby the primary. Fence the other first."""
        with _connected(self.standby.place) as connection:
            connection.execute("SELECT pg_promote(true, 60)")
        self.primary, self.standby = self.standby, self.primary
        _until(lambda: not is_standby(self.primary.place), "it was not promoted")

    def url(self, of_first: str) -> str:
        """The address of the first server, so that it names both."""
        return of_first.replace(
            f":{self.first.place.port}/", f":{self.first.place.port},127.0.0.1:{self.second.place.port}/"
        )

    def statements_on_standby(self, log_from: int) -> tuple[int, int]:
        """How often one of our services connected to it since then, and how many statements it gave it.

        What a service does not know before it asks is which of the two is the standby: it asks and goes.
        """
        with self.standby.place.log.open("rb") as log:
            log.seek(log_from)
            text = log.read().decode(errors="replace")
        owners = "|".join(DATABASE_OWNERS)
        connections = len(re.findall(rf" connection authorized: user=(?:{owners}) ", text))
        return connections, len(re.findall(rf" (?:{owners})@\S+ LOG:  (?:statement|execute)", text))


def set_server(place: PostgresPlace, name: str, value: str | None) -> None:
    """Set what takes effect without a restart, or give it up again."""
    setting = sql.Identifier(name)
    command = (
        sql.SQL("ALTER SYSTEM RESET {}").format(setting)
        if value is None
        else sql.SQL("ALTER SYSTEM SET {} = {}").format(setting, sql.Literal(value))
    )
    with _connected(place) as connection:
        connection.execute(command)
        connection.execute("SELECT pg_reload_conf()")


def is_standby(place: PostgresPlace) -> bool:
    return bool(value_of(place, "SELECT pg_is_in_recovery()"))


def value_of(place: PostgresPlace, query: str, database: str = "postgres") -> Any:
    with psycopg.connect(place.url(database), autocommit=True) as connection:
        row = connection.execute(query).fetchone()
    assert row is not None
    return row[0]


def _is_synchronous(place: PostgresPlace) -> bool:
    query = "SELECT count(*) FROM pg_stat_replication WHERE application_name = 'standby' AND sync_state = 'quorum'"
    return bool(value_of(place, query))


def _copy(source: PostgresPlace, copy: PostgresPlace) -> None:
    account = account_for(source.folder)
    own_folder(copy.folder, account)
    shutil.rmtree(copy.folder / "data", ignore_errors=True)
    made = run_as(
        account,
        [
            binaries_for(account) / "pg_basebackup",
            *("-d", f"{source.url()}?application_name={SLOT}"),
            *("-D", copy.folder / "data", "-X", "stream", "-c", "fast", "-R", "-S", SLOT),
        ],
    )
    if made.returncode != 0:
        raise StackError(f"the standby could not be copied:\n{made.stdout}")


def _connected(place: PostgresPlace) -> psycopg.Connection:
    return psycopg.connect(place.url(), autocommit=True)


def _until(condition: Callable[[], bool], complaint: str) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not condition():
        if time.monotonic() > deadline:
            raise StackError(complaint)
        time.sleep(0.1)
