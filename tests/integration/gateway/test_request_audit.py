"""Auditors read who wrote what and who was denied; nothing a caller sends can garble it."""

import asyncio
from collections.abc import AsyncIterator
from hashlib import sha256
from secrets import token_hex
from typing import Any
from urllib.parse import quote

import aiohttp
import pytest
from fastapi import FastAPI, Request, Response
from fastapi.responses import JSONResponse
from starlette.types import ASGIApp

from gateway.main import create_app
from tests.integration.gateway.keys import as_bearer, get, issued, person
from tests.integration.gateway.running import (
    Seen,
    gateway_before,
    raw_upstream,
    recording_app,
    serving,
    settings_for,
)

Body = bytes | AsyncIterator[bytes]
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


async def wrote(url: str, path: str, body: Body, **headers: str) -> tuple[str, int, bytes]:
    """Send it and return the trace, the status and the reply's bytes as they were before any compression."""
    trace_id = token_hex(16)
    marks = {**ADMIN, **headers, "traceparent": f"00-{trace_id}-{'d' * 16}-01"}
    async with (
        aiohttp.ClientSession() as session,
        session.post(url + path, data=body, headers=marks) as reply,
    ):
        return trace_id, reply.status, await reply.read()


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
        "request_sha256": sha256(b"").hexdigest(),
        "reply_sha256": sha256(b"{}").hexdigest(),
        "version_before": None,
        "version_after": None,
    }


def versioned_app(version: int) -> ASGIApp:
    """One resource that changes for whoever knows its version, and tells at length what became of it."""
    resource = FastAPI()

    @resource.post("/v1/credit-notes/{note}/approval")
    async def approve(request: Request) -> Response:
        nonlocal version
        asked = await request.body()
        if request.headers["If-Match"] != f'"{version}"':
            return JSONResponse({"code": "stale"}, 412, {"ETag": f'"{version}"'})
        version += 1
        return JSONResponse({"asked": len(asked), "words": "much " * 1_000}, 200, {"ETag": f'"{version}"'})

    return resource


async def in_pieces(body: bytes) -> AsyncIterator[bytes]:
    for start in range(0, len(body), 300_000):
        yield body[start : start + 300_000]


async def test_an_approval_and_a_refused_one_are_proved_by_what_was_sent_and_answered(
    database_url: str,
) -> None:
    path = f"/v1/credit-notes/{token_hex(16)}/approval"
    large = bytes(range(256)) * 4_096  # a mebibyte, streamed
    async with (
        gateway_before(versioned_app(3), database_url) as url,
        aiohttp.ClientSession(base_url=url) as session,
    ):
        approval = await wrote(url, path, in_pieces(large), **{"If-Match": '"3"'})
        refused = await wrote(url, path, b"{}", **{"If-Match": '"3"', "Accept-Encoding": "identity"})
        denied = await wrote(url, path, b"{}", Authorization="Bearer forged")
        entries = [await audited(session, trace_id) for trace_id, _, _ in (approval, refused, denied)]
        _, listed = await get(session, f"/v1/request-audit?path={path}", AUDITOR)

    assert [entry["status"] for entry in entries] == [200, 412, 401] == [approval[1], refused[1], denied[1]]
    assert [entry["request_sha256"] for entry in entries] == [
        sha256(large).hexdigest(),
        sha256(b"{}").hexdigest(),
        None,  # nobody read it
    ]
    assert [entry["reply_sha256"] for entry in entries] == [
        sha256(body).hexdigest() for _, _, body in (approval, refused, denied)
    ]
    assert [entry["version_before"] for entry in entries] == ['"3"', '"3"', None]
    assert [entry["version_after"] for entry in entries] == ['"4"', '"4"', None]
    assert [entry["trace_id"] for entry in listed["items"]] == [denied[0], refused[0], approval[0]]


async def test_a_write_whose_reply_broke_off_has_no_hash_of_it_and_an_invented_version_is_escaped(
    database_url: str,
) -> None:
    async def breaks_off(head: bytes, _reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nhalf")
        await writer.drain()
        writer.close()

    trace_id = token_hex(16)
    marks = {**ADMIN, "traceparent": f"00-{trace_id}-{'d' * 16}-01", "If-Match": "\u202e" + "x" * 200}
    async with raw_upstream(breaks_off) as upstream:
        settings = settings_for(database_url, upstream)
        async with serving(create_app(settings)) as url, aiohttp.ClientSession(base_url=url) as session:
            with pytest.raises(aiohttp.ClientError):
                async with session.post("/v1/receipts/batch", data=b"[]", headers=marks) as reply:
                    await reply.read()
            entry = await audited(session, trace_id)

    assert (entry["request_sha256"], entry["reply_sha256"]) == (sha256(b"[]").hexdigest(), None)
    assert entry["version_before"] == r"\xe2\x80\xae" + "x" * 88


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
