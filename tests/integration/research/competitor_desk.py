"""Writes profiles and observations as people do, for the tests of competitors."""

from dataclasses import dataclass
from typing import Any

import httpx
from uuid_utils.compat import uuid7

from shared.identity import Caller
from tests.integration.research.conftest import ResearchService
from tests.integration.service_callers import a_caller

ANALYST = a_caller("analyst")


def a_product(code: str = "k125", **changes: str) -> dict[str, str]:
    return {
        "code": code, "name": code.upper(), "segment": "Gensets", "range_from": "100", "range_to": "125",
        "range_unit": "kVA", **changes,
    }  # fmt: skip


@dataclass
class CompetitorDesk:
    """Somebody at the API."""

    service: ResearchService

    async def call(
        self,
        method: str,
        path: str,
        body: object = None,
        caller: Caller = ANALYST,
        if_match: str | None = None,
    ) -> httpx.Response:
        named = {} if if_match is None else {"If-Match": if_match}
        async with self.service[0](caller) as client:
            return await client.request(method, f"/v1{path}", json=body, headers=named)

    async def made(self, path: str, body: object, caller: Caller = ANALYST) -> dict[str, Any]:
        reply = await self.call("POST", path, body, caller)
        assert reply.status_code == 201, reply.text
        told: dict[str, Any] = reply.json()
        return told

    async def read(self, path: str, caller: Caller = ANALYST) -> dict[str, Any]:
        reply = await self.call("GET", path, caller=caller)
        assert reply.status_code == 200, reply.text
        told: dict[str, Any] = reply.json()
        return told

    async def a_competitor(self, **changes: object) -> str:
        """Return the code of a new one."""
        code = f"c-{uuid7().hex[-12:]}"
        profile = {"code": code, "name": "Kaveri Power", "maker": "Kaveri Engines Ltd", "country": "India"}
        await self.made("/competitors", {**profile, "products": [a_product()], **changes})
        return code

    async def seen(self, competitor: str, caller: Caller = ANALYST, **changes: object) -> dict[str, Any]:
        """Record that the K125 takes nine weeks, unless the changes say otherwise."""
        return await self.made(f"/competitors/{competitor}/observations", an_observation(**changes), caller)


def an_observation(**changes: object) -> dict[str, object]:
    draft = {
        "attribute": "lead_time", "product": "k125", "number": "9", "source_kind": "person", "source": "A mill",
        "seen_on": "2026-11-20", "reliability": "B", "credibility": 2, **changes,
    }  # fmt: skip
    return {name: value for name, value in draft.items() if value is not None}
