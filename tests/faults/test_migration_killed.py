"""A migration that is killed at any step is there whole or not at all, and the next run goes on from there."""

import asyncio
import os
import subprocess
import sys

from deploy.local.folder import CHECKOUT
from shared.migrations.versions import schema_versions
from tests.provisions import DatabaseFactory


async def test_migrations_killed_at_each_step_are_completed_by_the_next_run(
    empty_database: DatabaseFactory,
) -> None:
    url = await empty_database("research")
    command = [sys.executable, "-m", "tests.faults.killed_migration", "research", url]

    done = await asyncio.to_thread(
        subprocess.run,
        command,
        cwd=CHECKOUT,
        env={**os.environ, "PYTHONPATH": str(CHECKOUT)},
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 0, done.stdout + done.stderr
    assert len(done.stdout.splitlines()) == 2 * len(schema_versions("research").known)
