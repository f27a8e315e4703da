"""Replies that the caller has already are not sent again."""

from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
from fastapi import FastAPI, Response
from fastapi.responses import StreamingResponse

from shared.conditional import ConditionalReplies, revision_etag, wanted_revision
from shared.errors import PreconditionMissing, Stale


@pytest.fixture
async def caller() -> AsyncIterator[httpx.AsyncClient]:
    app = FastAPI()
    app.state.seconds = 1
    app.add_middleware(ConditionalReplies)

    @app.get("/plain")
    async def plain() -> dict[str, str]:
        return {"name": "Sharma Diesels"}

    @app.get("/clock")
    async def clock(response: Response) -> dict[str, int]:
        response.headers.update(revision_etag(3))
        return {"seconds": app.state.seconds}

    @app.get("/long")
    async def long() -> Response:
        return StreamingResponse(iter([b"[1,", b"2]"]), media_type="application/json")

    @app.get("/named")
    async def named() -> Response:
        return Response(b"{}", media_type="application/json", headers={"ETag": '"mine"'})

    @app.get("/absent", status_code=404)
    async def absent() -> dict[str, str]:
        return {}

    @app.post("/plain")
    async def change() -> dict[str, str]:
        return {}

    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
        client.app = app  # type: ignore[attr-defined] # the test that lets time pass needs it
        yield client


async def test_a_reply_with_its_etag_is_answered_304_without_a_body(caller: httpx.AsyncClient) -> None:
    first = await caller.get("/plain")

    again = await caller.get("/plain", headers={"If-None-Match": f'"other", {first.headers["ETag"]}'})

    assert first.json() == {"name": "Sharma Diesels"}
    assert (again.status_code, again.content) == (304, b"")
    assert again.headers["ETag"] == first.headers["ETag"]
    assert "content-length" not in again.headers


async def test_a_reply_that_changed_without_a_new_revision_is_sent(caller: Any) -> None:
    first = await caller.get("/clock")
    caller.app.state.seconds = 2

    changed = await caller.get("/clock", headers={"If-None-Match": first.headers["ETag"]})
    same = await caller.get("/clock", headers={"If-None-Match": changed.headers["ETag"]})

    assert (changed.status_code, changed.json()) == (200, {"seconds": 2})
    assert same.status_code == 304


async def test_the_etag_of_a_revision_serves_as_if_match(caller: httpx.AsyncClient) -> None:
    etag = (await caller.get("/clock")).headers["ETag"]

    assert wanted_revision(etag) == 3
    assert wanted_revision('"3"') == 3


@pytest.mark.parametrize("path", ["/long", "/named", "/absent"])
async def test_streams_errors_and_replies_with_an_etag_of_their_own_are_left_alone(
    caller: httpx.AsyncClient, path: str
) -> None:
    reply = await caller.get(path)

    assert reply.headers.get("ETag") in (None, '"mine"')


async def test_the_reply_to_a_post_has_no_etag_of_its_own(caller: httpx.AsyncClient) -> None:
    assert "ETag" not in (await caller.post("/plain")).headers


@pytest.mark.parametrize(
    ("if_match", "refusal"), [(None, PreconditionMissing), ('"x"', Stale), ("*", Stale), ('"-3"', Stale)]
)
def test_what_names_no_revision_changes_nothing(if_match: str | None, refusal: type[Exception]) -> None:
    with pytest.raises(refusal):
        wanted_revision(if_match)
