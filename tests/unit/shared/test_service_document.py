"""A service answers others while it makes its OpenAPI document, and makes it once."""

import asyncio
import threading
from typing import Any

import httpx
from pydantic import SecretStr

from services.research.settings import ResearchSettings
from shared.service_app import create_service_app
from tests.integration.service_callers import CURSOR_SECRET, PUBLIC_KEY

PATIENCE_SECONDS = 60


def settings() -> ResearchSettings:
    return ResearchSettings(
        database_url=SecretStr("postgresql://nobody@127.0.0.1:9/research"),
        amqp_url=SecretStr("amqp://nobody@127.0.0.1:9"),
        internal_token_public_key=PUBLIC_KEY,
        cursor_secret=SecretStr(CURSOR_SECRET),
    )


async def test_others_are_answered_while_the_document_is_made_once_for_all_who_ask() -> None:
    app = create_service_app("research", settings(), [])
    begun, may_end, times = threading.Event(), threading.Event(), []

    def slow() -> dict[str, Any]:
        begun.set()
        times.append(may_end.wait(PATIENCE_SECONDS))
        return {"paths": {}}

    app.openapi = slow  # type: ignore[method-assign]
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://service") as client:
        asking = [asyncio.create_task(client.get("/openapi.json")) for _ in range(3)]
        assert await asyncio.to_thread(begun.wait, PATIENCE_SECONDS)
        live = await client.get("/health/live")
        still_made = not any(task.done() for task in asking)
        may_end.set()
        documents = [reply.json() for reply in await asyncio.gather(*asking)]

    assert (live.status_code, still_made) == (200, True)
    assert documents == [{"paths": {}}] * 3
    assert times == [True]
