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
from shared.migrations.runner import schema_versions
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
KILLS: Final = 3


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
    """All migrations of payments from the first, in a database of its own, killed at moments that chance chooses."""
    place, password = scene.system.postgres.place, "exercise"
    create_service_database(place.url(), name="exercise", password=password)
    url = f"postgresql://exercise:{quote(password)}@127.0.0.1:{place.port}/exercise"
    reached = []
    try:
        for _ in range(KILLS):
            process = _migrating(url)
            try:
                process.wait(scene.chance.uniform(1.0, 6.0))
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
            reached.append(_version(url))
        assert _migrating(url).wait() == 0, "the migrations do not end after they were killed"
        assert _version(url) == schema_versions("payments").newest
    finally:
        with psycopg.connect(place.url(), autocommit=True) as connection:
            connection.execute("DROP DATABASE exercise WITH (FORCE)")
    return f"killed at version {', '.join(str(one) for one in reached)}; the last run reached the newest"


def _migrating(url: str) -> subprocess.Popen[bytes]:
    environment = {**os.environ, "PAYMENTS_DATABASE_URL": url, "PYTHONPATH": str(CHECKOUT)}
    command = [sys.executable, "-m", "shared.migrations", "payments"]
    return subprocess.Popen(command, env=environment, stderr=subprocess.DEVNULL)


def _version(url: str) -> str | None:
    with psycopg.connect(url) as connection:
        if connection.execute("SELECT to_regclass('alembic_version')").fetchone() == (None,):
            return None
        row = connection.execute("SELECT version_num FROM alembic_version").fetchone()
    return row[0] if row else None


FAULTS: Final = (
    Fault("schema-widens", ("F32",), "nothing, or a request that is repeated", _schema_widens),
    Fault("migration-killed", ("F33",), "nothing: it is another database", _migration_is_killed),
)
