"""Sets up datasets, sends files and loads them as the worker would, for the tests of datasets."""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import httpx
import pytest
from uuid_utils.compat import uuid7

from services.research.application.answer_query import answer_query
from services.research.application.load_dataset import LoadParts, load_dataset
from shared.errors import FieldProblem, Refusal
from shared.identity import Caller
from tests.integration.research.conftest import ResearchService
from tests.integration.service_callers import a_caller

ANALYST = a_caller("analyst")
CARRIERS = (
    "DOT_NUMBER,LEGAL_NAME,PHY_STATE,NBR_POWER_UNIT,MCS150_DATE,HM_FLAG\n"
    "0000012,Konkan Haulage,TX,12,8-Feb-25,N\n"
    "13,Deccan Freight LLC,OH,340,2025-03-01,Y\n"
    "14,Ghat Movers,CA,5,2024-11-30,N\n"
)


@dataclass
class Told:
    """What a load told of its progress."""

    messages: list[str] = field(default_factory=list)
    errors: list[FieldProblem] = field(default_factory=list)

    async def __call__(
        self, *, message: str, percent: int | None = None, errors: Sequence[FieldProblem] = ()
    ) -> None:
        assert percent is None or 0 <= percent <= 100
        self.messages.append(message)
        self.errors += errors


@dataclass
class DatasetDesk:
    """Somebody at the API, with a worker beside."""

    service: ResearchService
    parts: LoadParts
    caller: Caller = ANALYST

    async def call(
        self, method: str, path: str, caller: Caller | None = None, **request: Any
    ) -> httpx.Response:
        async with self.service[0](caller or self.caller) as client:
            return await client.request(method, f"/v1{path}", **request)

    async def read(self, path: str, caller: Caller | None = None, **filters: str) -> Any:
        reply = await self.call("GET", path, caller, params=filters)
        assert reply.status_code == 200, reply.text
        return reply.json()

    async def a_dataset(self, **changes: Any) -> str:
        """Return the name of a new one."""
        name = f"set_{uuid7().hex[-12:]}"
        draft = {"name": name, "title": "Carriers", "licence": "Invented for tests", **changes}
        reply = await self.call("POST", "/datasets", json=draft)
        assert reply.status_code == 201, reply.text
        return name

    async def sent(self, dataset: str, content: bytes | str, file_name: str = "file.csv") -> UUID:
        """Return the id of a complete upload."""
        reply = await self.call(
            "POST",
            f"/datasets/{dataset}/uploads",
            content=content if isinstance(content, bytes) else content.encode(),
            headers={"Content-Disposition": f'attachment; filename="{file_name}"'},
        )
        assert reply.status_code == 202, reply.text
        assert reply.headers["location"] == f"/v1/jobs/{reply.json()['job_id']}"
        return UUID(reply.json()["id"])

    async def loaded(self, dataset: str, content: bytes | str, file_name: str = "file.csv") -> dict[str, Any]:
        """Send, load, and return the newest version."""
        upload_id = await self.sent(dataset, content, file_name)
        await load_dataset(self.parts, upload_id, Told())
        number = (await self.read(f"/dataset-uploads/{upload_id}"))["version"]
        version: dict[str, Any] = await self.read(f"/datasets/{dataset}/versions/{number}")
        return version

    async def asked(
        self, sql: str, caller: Caller | None = None, *, seconds: int = 120, **draft: Any
    ) -> dict[str, Any]:
        """Ask, have it answered, and return the run."""
        reply = await self.call("POST", "/dataset-query-runs", caller, json={"sql": sql, **draft})
        if reply.status_code != 202:
            problem: dict[str, Any] = reply.json()
            return {"state": "failed", "failure_code": problem["code"], "failure_detail": problem["detail"]}
        run_id = reply.json()["id"]
        with suppress(Refusal):
            await answer_query(self.parts, UUID(run_id), seconds=seconds)
        run: dict[str, Any] = await self.read(f"/dataset-query-runs/{run_id}", caller)
        return run

    async def refused(self, dataset: str, content: bytes | str) -> Refusal:
        """Send what cannot be loaded; returns why, which the upload has to say as well."""
        upload_id = await self.sent(dataset, content)
        with pytest.raises(Refusal) as refused:
            await load_dataset(self.parts, upload_id, Told())
        upload = await self.read(f"/dataset-uploads/{upload_id}")
        assert (upload["state"], upload["failure_code"]) == ("failed", refused.value.code)
        return refused.value
