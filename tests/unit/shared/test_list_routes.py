"""A list route gives pages, and all of them as one file."""

import asyncio
import csv
import io
from collections.abc import AsyncIterator
from typing import Annotated

import httpx
import pytest
from fastapi import APIRouter, FastAPI, Query
from pydantic import BaseModel

from shared.dependencies import PageWanted
from shared.list_routes import ROWS_AT_ONCE, ROWS_MAX, listed
from shared.medium import Medium
from shared.pagination import CursorSigner, Page
from shared.problem_details import install_problem_handlers


class Thing(BaseModel):
    number: int


router = APIRouter()


@listed(router, "/things", Thing, tags=["Things"], summary="List things")
async def list_things(
    page: PageWanted,
    below: Annotated[int, Query(description="What there is: numbers below this one")] = 10,
    breaks_at: int | None = None,
) -> Page[Thing]:
    """Numbers from 0 on."""
    scope = f"things|{below}"
    (after,) = page.after(scope) or (-1,)
    numbers = range(int(after) + 1, min(below, int(after) + 2 + page.limit))
    if breaks_at is not None and breaks_at in numbers:
        raise ZeroDivisionError
    kept, cursor = page.cut(numbers, scope, lambda number: (number,))
    return Page(items=[Thing.model_construct(number=number) for number in kept], next_cursor=cursor)


@listed(router, "/copies", Thing, tags=["Things"], summary="List one thing many times")
async def list_copies(page: PageWanted, count: int, state: str = "") -> Page[Thing]:
    """In parts larger than asked for, to be quick."""
    (done,) = page.after("copies") or (0,)
    part = min(count - int(done), 40_000)
    end = int(done) + part
    cursor = None if end == count else page.signer.encode("copies", (end,))
    return Page.model_construct(items=[Thing(number=7)] * part, next_cursor=cursor)


@pytest.fixture
async def client() -> AsyncIterator[httpx.AsyncClient]:
    app = FastAPI()
    app.state.cursor_signer = CursorSigner(b"a secret of tests only")
    app.state.exports = asyncio.Semaphore(1)
    app.include_router(router)
    install_problem_handlers(app)
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://service") as one:
        yield one


def numbers_of(reply: httpx.Response) -> list[int]:
    assert reply.status_code == 200, reply.text
    return [int(row["number"]) for row in csv.DictReader(io.StringIO(reply.text, newline=""))]


async def test_without_a_wish_a_list_is_a_page_of_json(client: httpx.AsyncClient) -> None:
    reply = await client.get("/things?limit=3")

    assert [item["number"] for item in reply.json()["items"]] == [0, 1, 2]
    assert reply.headers["vary"] == "Accept"


async def test_a_file_holds_every_page_once(client: httpx.AsyncClient) -> None:
    rows = 2 * ROWS_AT_ONCE + 1

    assert numbers_of(await client.get(f"/things?format=csv&below={rows}")) == list(range(rows))


async def test_a_file_begins_behind_the_cursor_that_is_given(client: httpx.AsyncClient) -> None:
    page = (await client.get("/things?limit=4")).json()

    reply = await client.get("/things", params={"format": "csv", "cursor": page["next_cursor"]})

    assert numbers_of(reply) == [4, 5, 6, 7, 8, 9]


async def test_a_list_too_long_for_one_file_is_refused_with_the_filters_that_narrow_it(
    client: httpx.AsyncClient,
) -> None:
    longer = await client.get(f"/copies?format=csv&count={ROWS_MAX[Medium.CSV] + 1}")

    assert (longer.status_code, longer.json()["code"]) == (422, "export_too_large")
    assert longer.json()["rows_max"] == ROWS_MAX[Medium.CSV]
    assert longer.json()["detail"].endswith("narrow it with count, state")


async def test_an_error_on_a_late_page_is_told_as_one_and_nothing_else_is_sent(
    client: httpx.AsyncClient,
) -> None:
    reply = await client.get(f"/things?format=csv&below=5000&breaks_at={3 * ROWS_AT_ONCE}")

    assert (reply.status_code, reply.json()["code"]) == (500, "fault")
    assert numbers_of(await client.get("/things?format=csv&below=2")) == [0, 1]


async def test_a_list_too_long_for_a_workbook_may_still_be_had_as_csv(client: httpx.AsyncClient) -> None:
    count = ROWS_MAX[Medium.XLSX] + 1

    sheet = await client.get(f"/copies?format=xlsx&count={count}")
    rows = await client.get(f"/copies?format=csv&count={count}")

    assert (sheet.status_code, sheet.json()["code"]) == (422, "export_too_large")
    assert "ask for CSV" in sheet.json()["detail"]
    assert rows.text.count("\r\n") == count + 1


async def test_the_next_page_is_named_in_the_head_as_well(client: httpx.AsyncClient) -> None:
    first = await client.get("/things", params={"limit": 4, "below": 6})

    last = await client.get(first.links["next"]["url"])

    assert [item["number"] for item in last.json()["items"]] == [4, 5]
    assert first.json()["next_cursor"] in first.headers["Link"]
    assert "Link" not in last.headers
