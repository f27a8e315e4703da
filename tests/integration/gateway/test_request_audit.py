"""Auditors read who wrote what and who was denied; nothing a caller sends can garble it."""

import asyncio
from collections.abc import AsyncIterator
from secrets import token_hex
from typing import Any
from urllib.parse import quote

import aiohttp
import pytest

from tests.integration.gateway.keys import as_bearer, get, issued, person
from tests.integration.gateway.running import Seen, gateway_before, recording_app

AUDITOR = person("auditor", subject="aud")
ADMIN = person("admin", subject="boss")


@pytest.fixture
async def session(database_url: str) -> AsyncIterator[aiohttp.ClientSession]:
    async with (
        gateway_before(recording_app(Seen([])), database_url) as url,
        aiohttp.ClientSession(base_url=url, headers={"X-Gateway": url}) as session,
    ):
        yield session


async def called(session: aiohttp.ClientSession, method: str, path: str, headers: dict[str, str]) -> str:
    """Call it and return the trace by which the audit knows the call."""
    trace_id = token_hex(16)
    url = aiohttp.client.URL(f"{session.headers['X-Gateway']}{path}", encoded=True)
    marks = {**headers, "traceparent": f"00-{trace_id}-{'d' * 16}-01"}
    async with session.request(method, url, headers=marks) as reply:
        await reply.read()
    return trace_id


async def audited(session: aiohttp.ClientSession, trace_id: str) -> Any:
    """What the audit says of a call; entries arrive within a second."""
    async with asyncio.timeout(60):
        while True:
            _, page = await get(session, f"/v1/request-audit?trace_id={trace_id}", AUDITOR)
            if page["items"]:
                return page["items"][0]
            await asyncio.sleep(0.05)


async def test_a_write_is_kept_with_who_what_when_and_where(session: aiohttp.ClientSession) -> None:
    key = await issued(session, ADMIN)
    trace_id = await called(session, "DELETE", "/v1/jobs/7?secret=1", as_bearer(key["key"]))

    entry = await audited(session, trace_id)

    assert entry.pop("id") > 0
    assert entry.pop("at").endswith("Z")
    assert entry == {
        "subject": f"key:{key['id']}",
        "owner": "boss",
        "roles": ["integration"],
        "method": "DELETE",
        "route": "/v1/jobs/{job_id}",
        "path": "/v1/jobs/7",
        "status": 200,
        "trace_id": trace_id,
        "client_address": "127.0.0.1",
    }


@pytest.mark.parametrize(
    "text", ["a\r\nGET /forged", "\x1b[31mred", "nul\0", "\u202egpj", "\x9b1m", "line\u2028"]
)
async def test_what_a_path_says_is_encoded(session: aiohttp.ClientSession, text: str) -> None:
    trace_id = await called(session, "DELETE", f"/v1/jobs/{quote(text, safe='')}", ADMIN)

    assert (await audited(session, trace_id))["path"] == f"/v1/jobs/{quote(text, safe=chr(47))}"


async def test_what_a_subject_says_is_escaped(session: aiohttp.ClientSession) -> None:
    trace_id = await called(session, "DELETE", "/v1/jobs/7", person("admin", subject="a\r\n\x1b[2Jb\0"))

    assert (await audited(session, trace_id))["subject"] == r"a\r\n\x1b[2Jb\x00"


async def test_the_audit_is_narrowed_by_its_filters(session: aiohttp.ClientSession) -> None:
    who = f"u-{token_hex(4)}"
    denied = await called(session, "GET", "/v1/exceptions", person("partner", subject=who))
    done = await called(session, "DELETE", "/v1/jobs/7", person("admin", subject=who))
    entries = [await audited(session, trace_id) for trace_id in (denied, done)]

    async def found(query: str) -> list[str]:
        _, page = await get(session, f"/v1/request-audit?subject={who}&{query}", AUDITOR)
        return [item["trace_id"] for item in page["items"]]

    assert await found("") == [done, denied]
    assert await found("is_denied=true") == [denied]
    assert await found("is_denied=false") == [done]
    assert await found("method=DELETE") == [done]
    assert await found("status=403") == [denied]
    assert await found(f"route={quote('/v1/jobs/{job_id}')}") == [done]
    assert await found(f"at_gte={quote(entries[1]['at'])}") == [done]
    assert await found(f"at_lt={quote(entries[1]['at'])}") == [denied]


@pytest.mark.parametrize("role", ["coordinator", "approver", "integration", "analyst", "partner"])
async def test_only_auditors_and_admins_read_it(session: aiohttp.ClientSession, role: str) -> None:
    assert (await get(session, "/v1/request-audit", person(role)))[0] == 403
