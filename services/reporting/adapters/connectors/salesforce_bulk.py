"""Reads an object of Salesforce by a query job of Bulk API 2.0: made, waited for, read page by page, put away.

Source: Bulk API 2.0 Developer Guide, "Bulk API 2.0 Query", version 60.0, read 2026-11.
"""

import asyncio
import csv
import re
import tempfile
from collections.abc import Iterator
from io import TextIOWrapper
from itertools import islice
from typing import IO, Final
from urllib.parse import urlencode

import aiohttp
import msgspec
import structlog

from services.reporting.adapters.connectors.collected import CHARACTERS_MAX, Collected
from services.reporting.adapters.connectors.salesforce_session import API, SalesforceSession
from services.reporting.domain.data_checks.errors import (
    SourceJobFailed,
    SourceUnreachable,
    SourceUnreadable,
)
from services.reporting.domain.source_system import SourceObject
from shared.errors import Refusal

JOBS: Final = f"{API}/jobs/query"
OVER: Final = ("JobComplete", "Failed", "Aborted")
ROWS_PER_PAGE: Final = 50_000
PAGES_MAX: Final = 1_000
PAGE_TRIES: Final = 4
POLLS_MAX: Final = 1_000
FIRST_PAUSE_SECONDS: Final = 0.5
PAUSE_SECONDS_MAX: Final = 30.0
PUT_AWAY_SECONDS: Final = 20.0
PAGE_TIMEOUT: Final = aiohttp.ClientTimeout(total=900, connect=60, sock_read=120)
ROWS_AT_ONCE: Final = 1_000
_CHUNK_BYTES: Final = 256 * 1024
_LOCATOR: Final = re.compile(r"[\w+/=.-]{1,200}")
_INSTANT: Final = re.compile(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3})Z")

log = structlog.get_logger()


class _Job(msgspec.Struct):
    id: str
    state: str
    errorMessage: str = ""  # noqa: N815 - their name


async def read_by_job(session: SalesforceSession, one: SourceObject, rows: Collected) -> None:
    """All rows of the object. SourceJobFailed when the job fails or somebody aborts it; whatever ends this, it goes."""
    job = await session.json("POST", JOBS, _Job, told={"operation": "query", "query": one.query})
    if not re.fullmatch(r"[A-Za-z0-9]{15,18}", job.id):
        raise SourceUnreadable("Salesforce's job has an id that is none")
    try:
        await _wait(session, job)
        await _read_pages(session, job.id, one, rows)
    finally:
        await _put_away(session, job)


async def _wait(session: SalesforceSession, job: _Job) -> None:
    """Until it is complete. Asked ever less often; the time of the snapshot bounds it as well."""
    pause = FIRST_PAUSE_SECONDS
    for _ in range(POLLS_MAX):
        told = await session.json("GET", f"{JOBS}/{job.id}", _Job)
        job.state = told.state
        if job.state == "JobComplete":
            return
        if job.state in OVER:
            said = told.errorMessage or "it does not say why"
            raise SourceJobFailed(f"Salesforce's job {job.id} is {job.state}: {said}"[:500])
        await asyncio.sleep(pause)
        pause = min(pause * 2, PAUSE_SECONDS_MAX)
    raise SourceUnreachable(f"Salesforce's job {job.id} does not end")


async def _read_pages(session: SalesforceSession, job_id: str, one: SourceObject, rows: Collected) -> None:
    locator, seen = "", {""}
    for _ in range(PAGES_MAX):
        with tempfile.TemporaryFile(prefix="page-") as file:
            count, locator = await _page(session, job_id, locator, file)
            await asyncio.to_thread(_take, one, file, count, rows)
        if not locator:
            return
        if locator in seen or not _LOCATOR.fullmatch(locator):
            raise SourceUnreadable(f"A page of {one.name} leads to none that follows")
        seen.add(locator)
    raise SourceUnreadable(f"{one.name} does not end after {PAGES_MAX} pages")


async def _page(session: SalesforceSession, job_id: str, locator: str, file: IO[bytes]) -> tuple[int, str]:
    """Into the file; how many rows it has, and where the next begins, if one follows. One that breaks off is asked again:
    a locator gives the same rows as long as the job is there."""
    pause = FIRST_PAUSE_SECONDS
    for tries in range(1, PAGE_TRIES + 1):
        file.seek(0)
        file.truncate()
        try:
            return await _whole_page(session, job_id, locator, file)
        except SourceUnreachable:
            if tries == PAGE_TRIES:
                raise
        await asyncio.sleep(pause)
        pause *= 2
    raise AssertionError("the last try returns or raises")


async def _whole_page(
    session: SalesforceSession, job_id: str, locator: str, file: IO[bytes]
) -> tuple[int, str]:
    asked = {"maxRecords": ROWS_PER_PAGE} | ({"locator": locator} if locator else {})
    path = f"{JOBS}/{job_id}/results?{urlencode(asked)}"
    size = 0
    async with session.opened("GET", path, accept="text/csv", timeout=PAGE_TIMEOUT) as reply:
        async for chunk in reply.content.iter_chunked(_CHUNK_BYTES):
            size += len(chunk)
            if size > CHARACTERS_MAX:
                raise SourceUnreadable(f"One page has more than {CHARACTERS_MAX // 2**20} MiB")
            file.write(chunk)
        count, following = (
            reply.headers.get(f"Sforce-{name}", "") for name in ("NumberOfRecords", "Locator")
        )
    if not count.isdigit():
        raise SourceUnreadable("A page of Salesforce's job does not say how many rows it has")
    return int(count), "" if following == "null" else following


def _take(one: SourceObject, file: IO[bytes], count: int, rows: Collected) -> None:
    """Blocks. SourceUnreadable for what is no CSV, or has other rows than it says."""
    file.seek(0)
    text = TextIOWrapper(file, encoding="utf-8", newline="")
    taken = 0
    try:
        lines = _rows(one, csv.reader(text, strict=True))
        while part := list(islice(lines, ROWS_AT_ONCE)):
            rows.add(part)
            taken += len(part)
    except (csv.Error, UnicodeDecodeError, ValueError) as error:
        raise SourceUnreadable(f"A page of {one.name} is no CSV: {error}"[:300]) from error
    finally:
        text.detach()
    if taken != count:
        raise SourceUnreadable(f"A page of {one.name} says that it has {count} rows, and has {taken}")


def _rows(one: SourceObject, lines: Iterator[list[str]]) -> Iterator[dict[str, str]]:
    """A text for each column of the object; the first line names them, on every page."""
    header = next(lines, [])
    columns = [field.column for field in one.fields]
    for cells in lines:
        row = dict(zip(header, cells, strict=True))
        yield {name: _text(row.get(name, "")) for name in columns}


def _text(cell: str) -> str:
    """As the query interface has it, so that the same row is the same however it was read: it ends instants with +0000."""
    found = _INSTANT.fullmatch(cell)
    return f"{found[1]}+0000" if found else cell.strip()


async def _put_away(session: SalesforceSession, job: _Job) -> None:
    """Aborted while it may still run, deleted when it is over; if neither works, Salesforce deletes it after a week."""
    path = f"{JOBS}/{job.id}"
    try:
        async with asyncio.timeout(PUT_AWAY_SECONDS):
            if job.state not in OVER:
                await session.json("PATCH", path, _Job, told={"state": "Aborted"})
            async with session.opened("DELETE", path):
                pass
    except (Refusal, TimeoutError) as error:
        log.warning("salesforce_job_left", salesforce_job_id=job.id, reason=type(error).__name__)
