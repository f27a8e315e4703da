"""Schema changes under load: one that widens a table while the code of before runs, and one that is killed half-way."""

import os
import subprocess
import sys
import time
from typing import Final
from urllib.parse import quote

import psycopg

from deploy.local.folder import CHECKOUT
from deploy.local.postgres import create_service_database
from tests.faults.exercise.fault import Fault, Scene

# As our migrations do it: no lock is waited for, or held, for long; what takes time holds none.
EXPAND: Final = (
    "SET lock_timeout = '5s'",
    "ALTER TABLE receipts ADD COLUMN exercised text",
    "ALTER TABLE receipts ADD CONSTRAINT ck_exercised CHECK (exercised <> '') NOT VALID",
    "CREATE INDEX CONCURRENTLY ix_exercised ON receipts (exercised)",
    "ALTER TABLE receipts VALIDATE CONSTRAINT ck_exercised",
)
CONTRACT: Final = (
    "DROP INDEX CONCURRENTLY ix_exercised",
    "ALTER TABLE receipts DROP CONSTRAINT ck_exercised",
    "ALTER TABLE receipts DROP COLUMN exercised",
)


def _schema_widens(scene: Scene) -> str:
    longest = 0.0
    url = scene.system.postgres.place.url("payments")
    with psycopg.connect(url, autocommit=True) as connection:
        for statement in (*EXPAND, *CONTRACT):
            if statement == CONTRACT[0]:
                time.sleep(scene.seconds)
            began_at = time.monotonic()
            connection.execute(statement)
            longest = max(longest, time.monotonic() - began_at)
    return f"widened and narrowed again, the longest statement {longest:.2f} s"


def _migration_is_killed(scene: Scene) -> str:
    """All migrations of payments from the first, in a database of its own, killed before and after the commit of each."""
    place, password = scene.system.postgres.place, "exercise"
    create_service_database(place.url(), name="exercise", password=password)
    url = f"postgresql://exercise:{quote(password)}@127.0.0.1:{place.port}/exercise"
    command = [sys.executable, "-m", "tests.faults.killed_migration", "payments", url]
    environment = {**os.environ, "PYTHONPATH": str(CHECKOUT)}
    try:
        done = subprocess.run(
            command, cwd=CHECKOUT, env=environment, stdout=subprocess.PIPE, text=True, check=False
        )
    finally:
        with psycopg.connect(place.url(), autocommit=True) as connection:
            connection.execute("DROP DATABASE exercise WITH (FORCE)")
    steps = done.stdout.splitlines()
    if done.returncode != 0:
        scene.load.attempts.wrong.append(f"a migration was left half done: {steps[-5:]}")
    return f"killed {len(steps)} times, before and after the commit of each version; the last run reached the newest"


FAULTS: Final = (
    Fault("schema-widens", ("F32",), "nothing, or a request that is repeated", _schema_widens),
    Fault("migration-killed", ("F33",), "nothing: it is another database", _migration_is_killed),
)
