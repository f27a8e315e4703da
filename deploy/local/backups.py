"""Backups of our PostgreSQL server, and the server as it was at any moment since the oldest of them.

Beside the data lie `backups/<when it ended>`, each a whole copy that was verified, and `archive`, the write-ahead log
since. The server archives for as long as that folder is there; a change is in it a minute after its commit at the latest.
"""

import shutil
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import psycopg

from deploy.local.account import account_for, own_folder
from deploy.local.backup_manifest import first_segment, verify
from deploy.local.errors import StackError
from deploy.local.postgres import PostgresPlace, PostgresServer, binaries_for, run_as

STAMP: Final = "%Y-%m-%dT%H%M%S.%fZ"
RECOVERY_TIMEOUT_SECONDS: Final = 3600.0
Say = Callable[[str], None]


@dataclass(frozen=True, slots=True, order=True)
class Backup:
    """What was committed until `ended_at` is in it, and nothing before that can be restored from it."""

    ended_at: datetime
    folder: Path

    @property
    def size_bytes(self) -> int:
        return sum(file.stat().st_size for file in self.folder.iterdir())


class Backups:
    """Of the server of one place."""

    def __init__(self, place: PostgresPlace) -> None:
        self._place = place
        self._folder = place.folder / "backups"
        self._account = account_for(place.folder)
        self._binaries = binaries_for(self._account)

    def known(self) -> list[Backup]:
        """The oldest first."""
        names = self._folder.glob("*Z") if self._folder.exists() else ()
        return sorted(Backup(datetime.strptime(path.name, STAMP).replace(tzinfo=UTC), path) for path in names)

    def take(self, *, keep: int) -> Backup:
        """Copy the running server, verify the copy, and drop what only backups older than the `keep` newest need.

        StackError with the tool's own words when it cannot be copied, or the copy is not what it should be.
        """
        for folder in (self._place.archive, self._folder):
            own_folder(folder, self._account)
        unfinished = self._folder / "unfinished"
        shutil.rmtree(unfinished, ignore_errors=True)
        # The archive begins with a whole file: what the server wrote before it was there is nowhere.
        with psycopg.connect(self._place.url(), autocommit=True) as connection:
            connection.execute("SELECT pg_switch_wal()")
        copy = ("-D", unfinished, "-F", "tar", "-z", "-X", "stream", "-c", "fast")
        self._run("pg_basebackup", *copy, "-d", self._place.url(), "--manifest-checksums=SHA256")
        verify(unfinished)
        taken = Backup(datetime.now(UTC), unfinished)
        final = self._folder / taken.ended_at.strftime(STAMP)
        unfinished.rename(final)
        self._forget(keep)
        return Backup(taken.ended_at, final)

    def restore(self, server: PostgresServer, until: datetime | None, say: Say) -> Path:
        """Bring the stopped server of the place back as it was at `until`, or as late as can be; it runs afterwards.

        Returns where the data that stood there before lies now: nothing of it is deleted. StackError when there is no
        backup old enough, or the archive does not reach that far; the data then stands as it stood.
        """
        chosen = self._chosen(until)
        say(f"Unpacking the backup of {chosen.ended_at:%d %B %Y, %H:%M:%S} UTC")
        data = self._place.folder / "data"
        fresh = self._unpacked(chosen, self._place.folder)
        before = data.with_name(f"data.before-{datetime.now(UTC).strftime(STAMP)}")
        if data.exists():
            data.rename(before)
        self._ask_for_recovery(fresh, before / "pg_wal", until)
        fresh.rename(data)
        say("Replaying what was committed since")
        try:
            server.start()
            _wait_until_recovered(server.place.url())
        except (StackError, psycopg.OperationalError) as error:
            # It shows itself on the way, and ends when the log does before the moment that was asked for.
            words = server.child.log_tail() if server.child else ""
            server.stop()
            shutil.rmtree(data)
            if before.exists():
                before.rename(data)
            raise StackError(
                f"PostgreSQL could not get there; is the moment ahead of us?\n{words}"
            ) from error
        return before

    def restore_beside(self, other: PostgresServer, until: datetime | None, say: Say) -> None:
        """Have another server, in an empty place, be as ours was at `until`; ours runs meanwhile and knows nothing of it.

        StackError as for `restore`. The other runs afterwards, and keeps no log of its own.
        """
        chosen = self._chosen(until)
        with psycopg.connect(self._place.url(), autocommit=True) as connection:
            connection.execute("SELECT pg_switch_wal()")
        say(f"Unpacking the backup of {chosen.ended_at:%d %B %Y, %H:%M:%S} UTC beside the running server")
        own_folder(other.place.folder, self._account)
        fresh = self._unpacked(chosen, other.place.folder)
        self._ask_for_recovery(fresh, self._place.folder / "data" / "pg_wal", until)
        fresh.rename(other.place.folder / "data")
        try:
            other.start()
            _wait_until_recovered(other.place.url())
        except (StackError, psycopg.OperationalError) as error:
            words = other.child.log_tail() if other.child else ""
            raise StackError(
                f"PostgreSQL could not get there; is the moment ahead of us?\n{words}"
            ) from error

    def _chosen(self, until: datetime | None) -> Backup:
        known = self.known()
        if not known:
            raise StackError("there is no backup; 'make backup' takes one while the system runs")
        old_enough = [backup for backup in known if until is None or backup.ended_at <= until]
        if not old_enough:
            first = known[0].ended_at
            raise StackError(
                f"the oldest backup ended at {first:%Y-%m-%dT%H:%M:%SZ}; choose a moment after it"
            )
        return old_enough[-1]

    def _unpacked(self, backup: Backup, folder: Path) -> Path:
        fresh = folder / "data.unfinished"
        shutil.rmtree(fresh, ignore_errors=True)
        own_folder(fresh, self._account)
        self._run_program("tar", "-xzf", backup.folder / "base.tar.gz", "-C", fresh)
        self._run_program("tar", "-xzf", backup.folder / "pg_wal.tar.gz", "-C", fresh / "pg_wal")
        return fresh

    def _ask_for_recovery(self, fresh: Path, log: Path, until: datetime | None) -> None:
        """The last minute may not be in the archive yet: it is taken from the log of the data itself, if it is."""
        archived, left = self._place.archive / "%f.gz", log / "%f"
        wishes = {
            "restore_command": f"""gunzip -c "{archived}" > "%p" 2>/dev/null || cp "{left}" "%p" 2>/dev/null""",
            "recovery_target_action": "promote",
        }
        if until is not None:
            wishes["recovery_target_time"] = until.astimezone(UTC).isoformat()
        lines = [f"{name} = '{value}'\n" for name, value in wishes.items()]
        with (fresh / "postgresql.auto.conf").open("a") as settings:
            settings.writelines(lines)
        signal = fresh / "recovery.signal"
        signal.touch()
        if self._account is not None:
            shutil.chown(signal, self._account.uid, self._account.gid)

    def _forget(self, keep: int) -> None:
        *old, first = self.known()[: max(1, len(self.known()) - keep + 1)]
        for backup in old:
            shutil.rmtree(backup.folder)
        if old:
            self._run("pg_archivecleanup", "-x", ".gz", self._place.archive, first_segment(first.folder))

    def _run(self, program: str, *arguments: str | Path) -> None:
        self._run_program(str(self._binaries / program), *arguments)

    def _run_program(self, program: str, *arguments: str | Path) -> None:
        ended = run_as(self._account, [program, *arguments])
        if ended.returncode != 0:
            raise StackError(f"{Path(program).name} failed:\n{ended.stdout}")


def _wait_until_recovered(url: str) -> None:
    deadline = time.monotonic() + RECOVERY_TIMEOUT_SECONDS
    with psycopg.connect(url, autocommit=True) as connection:
        while _is_recovering(connection):
            if time.monotonic() > deadline:
                raise StackError(f"PostgreSQL still recovers after {RECOVERY_TIMEOUT_SECONDS:.0f} s")
            time.sleep(0.05)
        for name in ("restore_command", "recovery_target_action", "recovery_target_time"):
            connection.execute(f"ALTER SYSTEM RESET {name}")


def _is_recovering(connection: psycopg.Connection) -> bool:
    row = connection.execute("SELECT pg_is_in_recovery()").fetchone()
    return row is not None and bool(row[0])
