"""A route that will go says so in every reply."""

from datetime import date

import httpx
import pytest
from fastapi import FastAPI

from shared.deprecation import Deprecation, DeprecationHeaders
from shared.errors import Conflict
from shared.problem_details import install_problem_handlers

GOING = Deprecation(since=date(2026, 10, 1), gone_after=date(2027, 4, 1), successor="/v1/new")


@pytest.fixture
def app() -> FastAPI:
    app = FastAPI()

    @app.get("/v1/old/{number}", **GOING.route())
    async def old(number: int) -> dict[str, int]:
        if number == 0:
            raise Conflict("Not this one")
        return {"number": number}

    @app.get("/v1/new")
    async def new() -> dict[str, int]:
        return {}

    app.add_middleware(DeprecationHeaders)
    install_problem_handlers(app)
    return app


@pytest.mark.parametrize(("path", "status"), [("/v1/old/1", 200), ("/v1/old/0", 409), ("/v1/old/x", 422)])
async def test_every_reply_says_since_when_until_when_and_what_instead(
    app: FastAPI, path: str, status: int
) -> None:
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://test") as client:
        reply = await client.get(path)

    assert reply.status_code == status
    assert reply.headers["Deprecation"] == "@1790812800"
    assert reply.headers["Sunset"] == "Thu, 01 Apr 2027 00:00:00 GMT"
    assert reply.links["successor-version"]["url"] == "/v1/new"


async def test_other_routes_say_nothing(app: FastAPI) -> None:
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://test") as client:
        reply = await client.get("/v1/new")

    assert {"Deprecation", "Sunset", "Link"}.isdisjoint(name.title() for name in reply.headers)


def test_the_document_says_it_too(app: FastAPI) -> None:
    operation = app.openapi()["paths"]["/v1/old/{number}"]["get"]

    assert operation["deprecated"] is True
    assert operation["x-deprecation"]["gone_after"] == "2027-04-01"


def test_nothing_goes_before_it_is_deprecated() -> None:
    with pytest.raises(ValueError, match="before"):
        Deprecation(since=date(2026, 10, 2), gone_after=date(2026, 10, 1), successor="/v1/new")
