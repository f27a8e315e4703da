"""A service has its OpenAPI document before it answers anybody, and makes it once."""

from typing import Any
from unittest.mock import Mock

import httpx
import pytest
from pydantic import SecretStr

from services.research.settings import ResearchSettings
from shared import service_app
from shared.service_app import ServiceApp, create_service_app, serve
from tests.integration.service_callers import CURSOR_SECRET, PUBLIC_KEY


def settings() -> ResearchSettings:
    return ResearchSettings(
        database_url=SecretStr("postgresql://nobody@127.0.0.1:9/research"),
        amqp_url=SecretStr("amqp://nobody@127.0.0.1:9"),
        internal_token_public_key=PUBLIC_KEY,
        cursor_secret=SecretStr(CURSOR_SECRET),
    )


def counting_app() -> tuple[ServiceApp, list[int]]:
    """A service, and an entry for each time that its document was made."""
    app, times = create_service_app("research", settings(), []), []

    def openapi() -> dict[str, Any]:
        times.append(1)
        return {"paths": {}}

    app.openapi = openapi  # type: ignore[method-assign]
    return app, times


def test_the_document_is_made_before_the_process_serves(monkeypatch: pytest.MonkeyPatch) -> None:
    app, times = counting_app()
    made_by_then: list[int] = []
    monkeypatch.setattr(service_app, "serve_until_drained", lambda _config: made_by_then.extend(times))
    for once in (
        "configure_logging",
        "start_tracing",
        "gc",
    ):  # for the whole process, which is that of the tests
        monkeypatch.setattr(service_app, once, Mock())

    serve("research", settings(), lambda: app)

    assert made_by_then == [1]


async def test_all_who_ask_get_the_document_that_was_made_once() -> None:
    app, times = counting_app()
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://service") as client:
        replies = [await client.get("/openapi.json") for _ in range(3)]

    assert [reply.json() for reply in replies] == [{"paths": {}}] * 3
    assert times == [1]
