"""One run of a job: what it is given, how it tells where it stands, and how it ends."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Self
from uuid import UUID

import msgspec
from pydantic import JsonValue
from sqlalchemy import TextClause, text
from sqlalchemy.ext.asyncio import AsyncEngine

from shared.database import Database
from shared.errors import Fault, FieldProblem, Refusal

ATTEMPTS_MAX = 5
ERRORS_MAX = 1_000


@dataclass(frozen=True, slots=True, kw_only=True)
class JobTask:
    """A kind of job. `run` must be harmless to repeat: a run may die anywhere and starts again from the top.

    A Refusal ends the job at once. Other errors are tried again, 2, 4, 8 … seconds later. It must not block
    the event loop for longer than a second; what computes for long belongs into a thread or a process.
    """

    name: str
    run: Callable[[Database, "Job"], Awaitable[None]]
    attempts_max: int = ATTEMPTS_MAX


@dataclass(frozen=True, slots=True, kw_only=True)
class Timer:
    """Work that is due at times: cron in UTC, `minute hour day month weekday [second]`.

    However many workers there are, one runs it, and never two at a time.
    """

    name: str
    cron: str
    run: Callable[[Database], Awaitable[None]]


class JobGivenUp(Fault):
    """This run is not the job's run any more: it was cancelled, or rescued because it had stopped to report."""

    code = "job_given_up"


@dataclass(frozen=True, slots=True)
class Job:
    """The run at hand."""

    id: UUID
    payload: Mapping[str, JsonValue]
    failures: int
    _run: int
    _engine: AsyncEngine

    @classmethod
    async def start(cls, engine: AsyncEngine, job_id: UUID) -> Self | None:
        """The next run of the job, or None if it has ended, e.g. because it was cancelled meanwhile."""
        async with engine.begin() as connection:
            row = (await connection.execute(_START, {"id": job_id})).one_or_none()
        return None if row is None else cls(job_id, row.payload, row.failures, row.run, engine)

    async def progress(
        self,
        *,
        message: str,
        counts: Mapping[str, int] | None = None,
        percent: int | None = None,
        errors: Sequence[FieldProblem] = (),
    ) -> None:
        """Tell where the run stands, visibly at once; errors add up to those told before.

        Raises JobGivenUp if somebody else has the job now, or nobody: stop then.
        """
        facts = {"message": message, "counts": _json(counts), "percent": percent, "errors": _problems(errors)}
        await self._write(_PROGRESS, facts)

    async def succeed(self) -> None:
        await self._write(_SUCCEED, {})

    async def fail(self, error: Exception) -> None:
        """End in failure; a refusal is told in its own words, a fault without its inside."""
        if isinstance(error, Refusal):
            facts = {"code": error.code, "message": error.detail, "errors": _problems(error.problems)}
        else:
            facts = {"code": "fault", "message": "Something went wrong on our side.", "errors": "[]"}
        await self._write(_FAIL, facts)

    async def wait_for_next_attempt(self) -> None:
        await self._write(_POSTPONE, {"failures": 1})

    async def wait_for_next_worker(self) -> None:
        """This one stops; that is no failure of the job."""
        await self._write(_POSTPONE, {"failures": 0})

    async def _write(self, statement: TextClause, facts: Mapping[str, str | int | None]) -> None:
        async with self._engine.begin() as connection:
            written = await connection.execute(statement, {"id": self.id, "run": self._run, **facts})
        if written.rowcount == 0:
            raise JobGivenUp(f"job {self.id} has another run, or ended")


def _json(counts: Mapping[str, int] | None) -> str | None:
    return None if counts is None else msgspec.json.encode(counts).decode()


def _problems(problems: Sequence[FieldProblem]) -> str:
    return msgspec.json.encode(problems[:ERRORS_MAX]).decode()


_START = text(
    """
    UPDATE jobs SET state = 'running', run = run + 1, started_at = COALESCE(started_at, now()), updated_at = now()
    WHERE id = :id AND state IN ('queued', 'running')
    RETURNING payload, run, failures
    """
)

_PROGRESS = text(
    f"""
    UPDATE jobs SET message = :message, updated_at = now(),
        percent = COALESCE(CAST(:percent AS smallint), percent),
        counts = COALESCE(CAST(:counts AS jsonb), counts),
        errors = CASE WHEN jsonb_array_length(errors) < {ERRORS_MAX}
            THEN errors || CAST(:errors AS jsonb) ELSE errors END
    WHERE id = :id AND run = :run AND state = 'running'
    """  # noqa: S608 - a constant
)

_SUCCEED = text(
    """
    UPDATE jobs SET state = 'succeeded', percent = 100, finished_at = now(), updated_at = now()
    WHERE id = :id AND run = :run AND state = 'running'
    """
)

_FAIL = text(
    """
    UPDATE jobs SET state = 'failed', failure_code = :code, message = :message, finished_at = now(),
        updated_at = now(), failures = failures + 1, errors = errors || CAST(:errors AS jsonb)
    WHERE id = :id AND run = :run AND state = 'running'
    """
)

_POSTPONE = text(
    """
    UPDATE jobs SET state = 'queued', failures = failures + :failures, updated_at = now()
    WHERE id = :id AND run = :run AND state = 'running'
    """
)
