"""Follows a job to its end, with a bar that tells how far it is."""

import time
from collections.abc import Mapping
from typing import Any, Final

from rich.progress import Progress

from clients.command_line.connection import Connection
from clients.command_line.endings import Refused, Unavailable

# Each request waits this long on the server for the job's end, so following costs one request a second.
WAIT_SECONDS: Final = 1
ENDED: Final = frozenset({"succeeded", "failed", "cancelled"})


def follow_job(
    connection: Connection, job_url: str, progress: Progress, *, patience_seconds: float
) -> Mapping[str, Any]:
    """Return the job once it has ended, however it did; Unavailable if it still runs when patience is over."""
    deadline = time.monotonic() + patience_seconds
    task = progress.add_task("Waiting", total=None, told="")
    while True:
        job: Mapping[str, Any] = connection.get(job_url, Prefer=f"wait={WAIT_SECONDS}").json()
        percent = job["percent"]
        progress.update(
            task,
            description=str(job["state"]).capitalize(),
            total=None if percent is None else 100,
            completed=percent or 0,
            told=told_counts(job["counts"]) or job["message"],
        )
        if job["state"] in ENDED:
            return job
        if time.monotonic() >= deadline:
            raise Unavailable(
                f"The job is still {job['state']} after {patience_seconds:.0f} seconds; it goes on.",
                f"salesops jobs follow {job['id']}",
            )


def must_have_succeeded(job: Mapping[str, Any]) -> None:
    """Refused, with what the job says, unless it succeeded."""
    if job["state"] != "succeeded":
        errors = [f"  {error['pointer']}: {error['detail']}" for error in job["errors"][:20]]
        message = "\n".join([f"The job {job['state']}: {job['message'] or 'no reason given'}", *errors])
        raise Refused(message, problem={**job, "code": job["failure_code"] or f"job_{job['state']}"})


def told_counts(counts: Mapping[str, int]) -> str:
    """For example `lines read 2,000`."""
    return ", ".join(f"{name.replace('_', ' ')} {count:,}" for name, count in counts.items())
