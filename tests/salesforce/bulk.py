"""Query jobs of the simulated organisation, as Bulk API 2.0 has them: made, waited for, read page by page as CSV.

Source: Bulk API 2.0 Developer Guide, "Bulk API 2.0 Query", read 2026-11.
"""

import csv
import io
import re
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse, Response, StreamingResponse

from tests.salesforce.moods import Moods
from tests.salesforce.object_types import instant
from tests.salesforce.organization import Organization, Record
from tests.salesforce.refusals import Refused, not_found
from tests.salesforce.soql import Query, read_query

OVER = ("JobComplete", "Failed", "Aborted")
NOT_TAKEN = re.compile(r"\b(GROUP\s+BY|OFFSET|TYPEOF)\b|\bCOUNT\s*\(", re.IGNORECASE)
Selected = Callable[[Query, Record, str], Record]


@dataclass
class QueryJob:
    """What is asked, in which version, and how far it is."""

    id: str
    version: str
    operation: str
    text: str
    query: Query
    made_at: str
    state: str = "UploadComplete"
    asked_for: int = 0
    rows: list[list[str]] = field(default_factory=list)
    error: str = ""

    def told(self, user_id: str) -> dict[str, Any]:
        body = {
            "id": self.id,
            "operation": self.operation,
            "object": self.query.object_type.name,
            "createdById": user_id,
            "createdDate": self.made_at,
            "systemModstamp": self.made_at,
            "state": self.state,
            "concurrencyMode": "Parallel",
            "contentType": "CSV",
            "apiVersion": float(self.version.removeprefix("v")),
            "lineEnding": "LF",
            "columnDelimiter": "COMMA",
        }
        if self.asked_for:
            body |= {
                "jobType": "V2Query",
                "retries": 0,
                "totalProcessingTime": 100,
                "isPkChunkingSupported": True,
            }
            body["numberRecordsProcessed"] = len(self.rows)
        return body | ({"errorMessage": self.error} if self.error else {})


@dataclass
class Bulk:
    """Jobs by their ids; `selected` gives the fields of a record as REST shows them."""

    organization: Organization
    moods: Moods
    selected: Selected
    jobs: dict[str, QueryJob] = field(default_factory=dict)
    deleted: list[str] = field(default_factory=list)

    def router(self) -> APIRouter:
        router = APIRouter()
        base = "/services/data/{version}/jobs/query"
        router.add_api_route(base, self.make, methods=["POST"])
        router.add_api_route(base + "/{job_id}", self.show, methods=["GET"])
        router.add_api_route(base + "/{job_id}", self.abort, methods=["PATCH"])
        router.add_api_route(base + "/{job_id}", self.delete, methods=["DELETE"])
        router.add_api_route(base + "/{job_id}/results", self.results, methods=["GET"])
        return router

    async def make(self, request: Request, version: str) -> Response:
        body = await request.json()
        operation, text = body.get("operation"), body.get("query") or ""
        if operation not in ("query", "queryAll"):
            raise Refused(400, "INVALIDJOB", "Unsupported operation")
        if NOT_TAKEN.search(text):
            raise Refused(400, "API_ERROR", "Aggregate Relationships not supported in Bulk Query")
        job = QueryJob(
            id=self.organization.new_id("750"),
            version=version,
            operation=operation,
            text=text,
            query=read_query(text),
            made_at=instant(self.organization.clock()),
        )
        self.jobs[job.id] = job
        return JSONResponse(job.told(self.organization.user_id))

    async def show(self, version: str, job_id: str) -> Response:
        job = self._job(version, job_id)
        job.asked_for += 1
        if job.state not in OVER:
            job.state = "InProgress"
            if job.asked_for > self.moods.job_polls:
                self._end(job)
        return JSONResponse(job.told(self.organization.user_id))

    async def abort(self, request: Request, version: str, job_id: str) -> Response:
        job = self._job(version, job_id)
        if (await request.json()).get("state") != "Aborted" or job.state in OVER:
            raise Refused(400, "INVALIDJOBSTATE", f"Cannot change the state of a job that is {job.state}")
        job.state = "Aborted"
        return JSONResponse(job.told(self.organization.user_id))

    async def delete(self, version: str, job_id: str) -> Response:
        job = self._job(version, job_id)
        if job.state not in (*OVER, "UploadComplete"):
            raise Refused(400, "INVALIDJOBSTATE", f"Cannot delete a job that is {job.state}")
        self.deleted.append(self.jobs.pop(job_id).id)
        return Response(status_code=204)

    async def results(
        self,
        version: str,
        job_id: str,
        locator: str = "",
        maxRecords: int = 50_000,  # noqa: N803 - their name
    ) -> Response:
        job = self._job(version, job_id)
        if job.version != version:
            raise Refused(409, "VERSION_MISMATCH", "Use the version that the job was made with")
        if job.state != "JobComplete":
            raise Refused(400, "INVALIDJOBSTATE", f"The job is {job.state}")
        start = _place(locator)
        end = start + min(maxRecords, self.moods.job_page_size)
        page = job.rows[start:end]
        headers = {
            "Sforce-NumberOfRecords": str(len(page)),
            "Sforce-Locator": f"{end:08x}" if end < len(job.rows) else "null",
        }
        return self._page(_csv([job.query.fields, *page]), headers)

    def _page(self, content: bytes, headers: dict[str, str]) -> Response:
        """Whole, or by its mood one that breaks off in the middle."""
        if self.moods.broken_pages <= 0:
            return Response(content, media_type="text/csv", headers=headers)
        self.moods.broken_pages -= 1

        async def half() -> AsyncIterator[bytes]:
            yield content[: len(content) // 2]

        return StreamingResponse(
            half(), media_type="text/csv", headers={**headers, "Content-Length": str(len(content))}
        )

    def _job(self, version: str, job_id: str) -> QueryJob:
        assert version.startswith("v")
        if job_id not in self.jobs:
            raise not_found()
        return self.jobs[job_id]

    def _end(self, job: QueryJob) -> None:
        job.state = self.moods.job_outcome
        if job.state == "Failed":
            job.error = "InvalidBatch : Failed to process query: QUERY_TIMEOUT: Your query request was running for too long."
        if job.state == "JobComplete":
            kind = job.query.object_type
            found = job.query.answer(self.organization.all_of(kind, with_deleted=job.operation == "queryAll"))
            job.rows = [self._cells(job, one) for one in found]

    def _cells(self, job: QueryJob, record: Record) -> list[str]:
        shown = self.selected(job.query, record, job.version)
        return [_cell(_inside(shown, name)) for name in job.query.fields]


def _place(locator: str) -> int:
    try:
        return int(locator or "0", 16)
    except ValueError as error:
        raise Refused(400, "INVALID_QUERY_LOCATOR", "invalid query locator") from error


def _inside(shown: Record, name: str) -> Any:
    value: Any = shown
    for part in name.split("."):
        value = value.get(part) if isinstance(value, dict) else None
    return value


def _cell(value: Any) -> str:
    """As its CSV has it: nothing is empty, and instants end with Z instead of the +0000 of REST."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    return re.sub(r"(?<=T\d\d:\d\d:\d\d\.\d{3})\+0000$", "Z", str(value))


def _csv(lines: list[list[str]]) -> bytes:
    target = io.StringIO()
    csv.writer(target, quoting=csv.QUOTE_ALL, lineterminator="\n").writerows(lines)
    return target.getvalue().encode()
