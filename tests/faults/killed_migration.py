"""Brings a database to its newest schema, and is killed on the way: `python -m tests.faults.killed_migration payments URL`.

At every step there is, in a process of its own: right before the step's commit, and right after it. Prints what each of them
left: `before 0003 0002` was to be killed before the commit of 0003, and the database was at 0002 then. Ends with 1 if one of
them left what it should not have, or if the last run, which nobody kills, does not reach the newest.
"""

import os
import signal
import sys
import traceback
from collections.abc import Callable, Iterator
from typing import Literal

import psycopg
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, event

from shared.migrations.runner import alembic_config, upgrade
from shared.primary import conninfo_of

When = Literal["before", "after"]


def main(owner: str, url: str) -> int:
    as_expected = True
    for when, step, expected in _steps(owner):
        is_killed = _in_child(lambda when=when: _migrate_until_killed(owner, url, when)) == -signal.SIGKILL
        left = version(url)
        sys.stdout.write(f"{when} {step} {left}\n")
        as_expected = as_expected and is_killed and left == expected
    ended = _in_child(lambda: upgrade(owner, url))
    return 0 if as_expected and ended == 0 and version(url) == _revisions(owner)[-1] else 1


def version(url: str) -> str | None:
    """Of the schema, None while there is none."""
    with psycopg.connect(conninfo_of(url)) as connection:
        if connection.execute("SELECT to_regclass('alembic_version')").fetchone() == (None,):
            return None
        row = connection.execute("SELECT version_num FROM alembic_version").fetchone()
    return row[0] if row else None


def _steps(owner: str) -> Iterator[tuple[When, str, str | None]]:
    """When to be killed at which revision, and what is there afterwards: a revision is there whole, or not at all."""
    before: str | None = None
    for revision in _revisions(owner):
        yield "before", revision, before
        yield "after", revision, revision
        before = revision


def _revisions(owner: str) -> list[str]:
    scripts = ScriptDirectory.from_config(alembic_config(owner, ""))
    return [script.revision for script in reversed(list(scripts.walk_revisions()))]


def _migrate_until_killed(owner: str, url: str, when: When) -> None:
    """One revision further at most. A commit without one before it has only taken the lock of migrations."""
    at_first = version(url)
    seen: list[str] = []

    def about_to_commit(connection: Connection) -> None:
        if not _is_of_migrations(connection, at_first):
            return
        if when == "before":
            _die()
        seen.append("committed")

    def about_to_go_on(_connection: Connection, *_: object) -> None:
        if seen:
            _die()

    event.listen(Engine, "commit", about_to_commit)
    event.listen(Engine, "begin", about_to_go_on)
    upgrade(owner, url)
    if seen:
        _die()  # the last one: nothing was begun after it


def _is_of_migrations(connection: Connection, at_first: str | None) -> bool:
    """Whether this transaction has another version than was there."""
    raw = connection.connection.cursor()
    raw.execute("SELECT to_regclass('alembic_version')")
    if raw.fetchone() == (None,):
        return False
    raw.execute("SELECT version_num FROM alembic_version")
    row = raw.fetchone()
    return (row[0] if row else None) != at_first


def _die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def _in_child(do: Callable[[], None]) -> int:
    """The exit code of a process that does it; forked, as what it needs is imported already."""
    child = os.fork()
    if child == 0:
        code = 1
        try:
            do()
            code = 0
        except BaseException:  # noqa: BLE001 - told, and by the code
            traceback.print_exc()
        finally:
            os._exit(code)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
