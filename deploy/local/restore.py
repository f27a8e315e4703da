"""`make restore AT=2026-11-26T14:05:00+05:30`: bring the stopped stack's databases back as they were then.

Without AT they come back as late as can be. The broker begins anew, because it holds tellings of a future that is none any
more; the services tell again what they told within the last days, and drop what they know. Nothing is deleted: what stood
there before lies beside it.
"""

import asyncio
import os
import sys
from argparse import ArgumentTypeError
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

from deploy.local.backing import Backings
from deploy.local.backups import STAMP, Backups
from deploy.local.child import Guard
from deploy.local.errors import StackError
from deploy.local.folder import Memory, StackFolder, stack_folder
from deploy.tell_again import moment, retell

# As long as the outbox keeps what was told.
TOLD_AGAIN: Final = timedelta(days=7)


def say(words: str) -> None:
    sys.stdout.write(f"  {words}\n")
    sys.stdout.flush()


def restore(folder: StackFolder, until: datetime | None) -> Path:
    """Restore under the stack's lock; returns where the former data lies."""
    with folder.locked():
        guard = Guard()
        try:
            backings = Backings(folder, Memory(folder), guard, os.environ)
            if not backings.databases:
                raise StackError("the databases are not ours; restore them where they run")
            (server,) = backings.databases
            before = Backups(server.place).restore(server, until, say)
            _tell_again(backings)
            server.stop()
        finally:
            guard.close()
        for broker in backings.brokers:
            if broker.place.folder.exists():
                name = f"{broker.place.folder.name}.before-{datetime.now(UTC).strftime(STAMP)}"
                broker.place.folder.rename(broker.place.folder.with_name(name))
    return before


def _tell_again(backings: Backings) -> None:
    since = datetime.now(UTC) - TOLD_AGAIN
    for owner, url in backings.prepare().database_urls.items():
        say(f"{asyncio.run(retell(url, since))} events of {owner} will be told again")


def main() -> int:
    folder, wanted = stack_folder(), os.environ.get("AT", "")
    try:
        before = restore(folder, moment(wanted) if wanted else None)
    except (StackError, ValueError, ArgumentTypeError) as error:
        sys.stderr.write(f"Not restored: {error}\n")
        return 1
    sys.stdout.write(f"Restored. What was there before lies in {before}; delete it when all is well.\n")
    sys.stdout.write("Next: make run, then make verify-ledger; docs/runbook.md says what else to look at.\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
