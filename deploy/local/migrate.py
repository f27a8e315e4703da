"""Brings every service's database to its newest schema, side by side, by the module that production uses."""

import sys
import time
from collections.abc import Mapping

from deploy.local.child import Child, Guard, Launch, Program
from deploy.local.errors import StackError
from deploy.local.folder import CHECKOUT, StackFolder


def migrate_all(
    database_urls: Mapping[str, str], folder: StackFolder, guard: Guard, *, launch: Launch | None = None
) -> float:
    """Migrate all databases and return the seconds it took; StackError says which failed and why."""
    began_at = time.monotonic()
    children = [Child(_migration(owner, url, folder), guard, launch) for owner, url in database_urls.items()]
    try:
        failed = [child for child in children if child.wait() != 0]
    finally:
        for child in children:
            child.kill()
    if failed:
        words = "\n".join(f"{child.program.name}:\n{child.log_tail()}" for child in failed)
        raise StackError(f"the databases could not be brought up to date\n{words}")
    return time.monotonic() - began_at


def _migration(owner: str, url: str, folder: StackFolder) -> Program:
    return Program(
        name=f"migrations of {owner}",
        command=(sys.executable, "-m", "shared.migrations", owner),
        log=folder.log(f"migrations-{owner}"),
        environment={"PYTHONPATH": str(CHECKOUT), f"{owner.upper()}_DATABASE_URL": url},
    )
