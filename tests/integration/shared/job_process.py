"""A worker in a process of its own, for tests that kill it: `python -m … DATABASE_URL`."""

import asyncio
import sys

from sqlalchemy import text

from shared.database import Database
from shared.jobs import Job, JobLimits, JobRunner, JobTask

CREATE_RUNS = "CREATE TABLE runs (place bigserial, name text, at timestamptz DEFAULT clock_timestamp())"
QUICK = JobLimits(
    poll_seconds=0.2,
    heartbeat_seconds=0.2,
    silence_seconds=1.5,
    rescue_seconds=0.2,
    grace_seconds=0.2,
    outage_seconds=0.2,
)


async def note(database: Database, name: str) -> None:
    async with database.engine.begin() as connection:
        await connection.execute(text("INSERT INTO runs (name) VALUES (:name)"), {"name": name})


async def hang(database: Database, _job: Job) -> None:
    await note(database, "run")
    await asyncio.Event().wait()


async def main(database_url: str) -> None:
    database = Database(database_url, application_name="worker")
    await JobRunner(database, [JobTask(name="task", run=hang)], limits=QUICK).run(asyncio.Event())


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
