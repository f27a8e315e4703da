"""`make restore-service SERVICE=partners AT=2026-11-26T14:05:00+05:30`: one service's database as it was then.

The stack runs meanwhile; the service answers 503 for a moment and goes on with the database of then. What the others tell it
since is told again and applied once. What it told the others and does not know any more is written down, fact by fact.
"""

import asyncio
import json
import os
import shutil
import sys
from argparse import ArgumentTypeError
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

import psycopg
from psycopg import sql

from deploy.local.account import account_for
from deploy.local.backups import STAMP, Backups
from deploy.local.child import Guard
from deploy.local.errors import StackError
from deploy.local.folder import Memory, StackFolder, stack_folder
from deploy.local.ports import free_ports
from deploy.local.postgres import PostgresPlace, PostgresServer, binaries_for, run_as
from deploy.local.restore import TOLD_AGAIN, say
from deploy.local.take_backup import running_place
from deploy.local.topology import DATABASE_OWNERS
from deploy.tell_again import moment, retell

ROWS_AT_ONCE: Final = 1_000
# Long before the moment: a fact's row may be older than its commit.
MARGIN: Final = timedelta(hours=1)
_OUTBOX: Final = """
    SELECT position, id, type, partition_key, created_at, body FROM outbox WHERE created_at >= %s ORDER BY position
"""


@dataclass(frozen=True, slots=True)
class RestoredService:
    """Where the database of before went, and how many facts of each type the others know that the service forgot."""

    before: str
    told_again: int
    forgotten: Mapping[str, int]
    list_of_forgotten: Path


def restore_service(
    place: PostgresPlace, owner: str, until: datetime, urls: Mapping[str, str]
) -> RestoredService:
    """Restore the database of one service on the running server of the place; nothing is deleted.

    StackError when the moment cannot be reached; everything then stands as it stood.
    """
    stamp = datetime.now(UTC).strftime("%Y%m%d%H%M%S")
    folder = place.folder / f"restored-{owner}-{stamp}"
    guard = Guard()
    beside = PostgresServer(
        PostgresPlace(folder, free_ports(1)[0], place.log.with_name("restore.log"), place.admin_password),
        guard,
    )
    try:
        Backups(place).restore_beside(beside, until, say)
        say(f"Copying the database {owner}")
        _copy(beside.place, place, owner)
        before = f"{owner}_before_{stamp}"
        _switch(place, owner, before)
        told = sum(asyncio.run(retell(url, datetime.now(UTC) - TOLD_AGAIN)) for url in urls.values())
        listed = place.folder / f"forgotten-{owner}-{datetime.now(UTC).strftime(STAMP)}.jsonl"
        forgotten = _write_forgotten(listed, place.url(before), beside.place.url(owner), until)
    finally:
        beside.stop()
        guard.close()
        shutil.rmtree(folder, ignore_errors=True)
    return RestoredService(before, told, forgotten, listed)


def _copy(source: PostgresPlace, target: PostgresPlace, owner: str) -> None:
    """Into a database beside the one that serves, so that it serves until the copy is whole."""
    account = account_for(source.folder)
    programs, dump = binaries_for(account), source.folder / f"{owner}.dump"
    name, role = sql.Identifier(_unfinished(owner)), sql.Identifier(owner)
    with psycopg.connect(target.url(), autocommit=True) as connection:
        connection.execute(sql.SQL("DROP DATABASE IF EXISTS {}").format(name))
        connection.execute(sql.SQL("CREATE DATABASE {} OWNER {} TEMPLATE template0").format(name, role))
        connection.execute(sql.SQL("REVOKE ALL ON DATABASE {} FROM PUBLIC").format(name))
    commands: tuple[list[str | Path], ...] = (
        [programs / "pg_dump", "-Fc", "-f", dump, source.url(owner)],
        [programs / "pg_restore", "--exit-on-error", "-d", target.url(_unfinished(owner)), dump],
    )
    for command in commands:
        ended = run_as(account, command)
        if ended.returncode != 0:
            raise StackError(f"{command[0]} failed:\n{ended.stdout}")


def _switch(place: PostgresPlace, owner: str, before: str) -> None:
    """Give the copy the name; who is connected loses the connection and finds the copy."""
    old, new, aside = (sql.Identifier(name) for name in (owner, _unfinished(owner), before))
    with psycopg.connect(place.url(), autocommit=True) as connection:
        connection.execute(sql.SQL("ALTER DATABASE {} ALLOW_CONNECTIONS false").format(old))
        try:
            connection.execute(
                "SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity WHERE datname = %s", (owner,)
            )
            with connection.transaction():
                connection.execute(sql.SQL("ALTER DATABASE {} RENAME TO {}").format(old, aside))
                connection.execute(sql.SQL("ALTER DATABASE {} RENAME TO {}").format(new, old))
        except psycopg.Error:
            connection.execute(sql.SQL("ALTER DATABASE {} ALLOW_CONNECTIONS true").format(old))
            raise
        connection.execute(sql.SQL("ALTER DATABASE {} ALLOW_CONNECTIONS true").format(aside))


def _write_forgotten(path: Path, before_url: str, then_url: str, until: datetime) -> Counter[str]:
    """Facts that are in the outbox of before and not in that of then: those that others may have heard."""
    counts: Counter[str] = Counter()
    with psycopg.connect(before_url) as before, psycopg.connect(then_url) as then, path.open("w") as file:
        known = _outbox(then, until - MARGIN)
        next_known = next(known, None)
        for fact in _outbox(before, until - MARGIN):
            while next_known is not None and next_known[0] < fact[0]:
                next_known = next(known, None)
            if next_known is not None and next_known[1] == fact[1]:
                continue
            position, identity, type_name, key, created_at, body = fact
            told = {"position": position, "id": str(identity), "type": type_name, "key": key}
            told |= {"created_at": created_at.isoformat(), "body": json.loads(body)}
            file.write(json.dumps(told, ensure_ascii=False) + "\n")
            counts[type_name] += 1
    return counts


def _outbox(connection: psycopg.Connection[Any], since: datetime) -> Iterator[tuple[Any, ...]]:
    with connection.cursor("outbox") as cursor:
        cursor.itersize = ROWS_AT_ONCE
        yield from cursor.execute(_OUTBOX, (since,))


def _unfinished(owner: str) -> str:
    return f"{owner}_unfinished"


def main() -> int:
    folder = stack_folder()
    owner, wanted = os.environ.get("SERVICE", ""), os.environ.get("AT", "")
    try:
        if owner not in DATABASE_OWNERS:
            raise StackError(f"SERVICE is one of {', '.join(DATABASE_OWNERS)}")
        found = restore_service(running_place(folder), owner, moment(wanted), _urls(folder))
    except (StackError, ValueError, ArgumentTypeError, psycopg.Error) as error:
        sys.stderr.write(f"Not restored: {error}\n")
        return 1
    _report(owner, found)
    return 0


def _urls(folder: StackFolder) -> dict[str, str]:
    memory, place = Memory(folder), running_place(folder)
    return {
        owner: place.url(owner, user=owner, password=memory.secret(f"{owner} database"))
        for owner in DATABASE_OWNERS
    }


def _report(owner: str, found: RestoredService) -> None:
    sys.stdout.write(
        f"{owner} is as it was. The database of before is {found.before}; drop it when all is well.\n"
        f"{found.told_again} events of all services are told again; who applied one drops it.\n"
    )
    if not found.forgotten:
        sys.stdout.write(f"Nobody knows a fact of {owner} that it forgot.\n")
        return
    sys.stdout.write(f"The others know facts that {owner} forgot, listed in {found.list_of_forgotten}:\n")
    for type_name, count in sorted(found.forgotten.items()):
        sys.stdout.write(f"  {count:6} {type_name}\n")
    sys.stdout.write("docs/runbook.md says what to do with them: 'One service alone'.\n")


if __name__ == "__main__":
    sys.exit(main())
