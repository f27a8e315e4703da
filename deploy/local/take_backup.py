"""`make backup`: copy the running stack's databases, verify the copy, and keep the log of what changes from then on."""

import os
import sys
import time

from deploy.local.backing import postgres_place
from deploy.local.backups import Backups
from deploy.local.errors import StackError
from deploy.local.folder import Memory, StackFolder, stack_folder
from deploy.local.postgres import PostgresPlace

KEEP_USUALLY = "7"


def running_place(folder: StackFolder) -> PostgresPlace:
    """Where the stack's own server listens; StackError when it does not run."""
    memory = Memory(folder)
    port = memory.remembered_port("PostgreSQL")
    if port is None or not folder.is_locked():
        raise StackError("the system does not run; 'make run' starts it, and a backup is taken beside it")
    return postgres_place(folder, memory, port)


def main() -> int:
    folder = stack_folder()
    try:
        began = time.monotonic()
        taken = Backups(running_place(folder)).take(keep=int(os.environ.get("KEEP") or KEEP_USUALLY))
    except StackError as error:
        sys.stderr.write(f"No backup: {error}\n")
        return 1
    seconds, megabytes = time.monotonic() - began, taken.size_bytes / 2**20
    sys.stdout.write(f"Backed up {megabytes:.0f} MB in {seconds:.1f} s, and verified it: {taken.folder}\n")
    at = taken.ended_at.strftime("%Y-%m-%dT%H:%M:%SZ")
    sys.stdout.write(f"Any moment after {at} can be restored: stop the system, then make restore AT=…\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
