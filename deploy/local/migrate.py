"""Brings every service's database to its newest schema, side by side, by the command that production uses."""

import os
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path

from deploy.local.errors import StackError
from deploy.local.folder import CHECKOUT


def migrate_all(database_urls: Mapping[str, str], log: Path) -> float:
    """Migrate all databases and return the seconds it took; StackError says which failed and why."""
    began_at = time.monotonic()
    running = {owner: start_migration(owner, url) for owner, url in database_urls.items()}
    try:
        outputs = {owner: process.communicate()[0] for owner, process in running.items()}
    finally:
        for process in running.values():
            process.kill()
    log.parent.mkdir(parents=True, exist_ok=True)
    log.write_text("".join(f"== {owner}\n{output}" for owner, output in outputs.items()))
    failed = [owner for owner, process in running.items() if process.returncode != 0]
    if failed:
        words = "\n".join("\n".join(outputs[owner].splitlines()[-8:]) for owner in failed)
        raise StackError(f"migrating {' and '.join(failed)} failed; all words are in {log}\n{words}")
    return time.monotonic() - began_at


def start_migration(owner: str, url: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "shared.migrations", owner],
        cwd=CHECKOUT,
        env={**os.environ, f"{owner.upper()}_DATABASE_URL": url},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
