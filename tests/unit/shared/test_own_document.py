"""Making a service's OpenAPI document takes seconds: others are answered meanwhile, and it is made once."""

import asyncio
import threading
from typing import Any

import httpx
from fastapi import FastAPI

from shared.own_document import PATH, OwnDocument


def test_others_are_answered_while_the_document_is_made() -> None:
    other_was_answered = threading.Event()
    app = FastAPI(openapi_url=None)

    def slowly_made() -> dict[str, Any]:
        assert other_was_answered.wait(60), "nobody is answered while the document is made"
        return {"openapi": "3.1.0"}

    app.openapi = slowly_made  # type: ignore[method-assign]
    app.add_route(PATH, OwnDocument(app).reply)

    @app.get("/other")
    async def other() -> None:
        other_was_answered.set()

    async def ask() -> httpx.Response:
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://service") as client:
            document = asyncio.create_task(client.get(PATH))
            await asyncio.sleep(0)
            await client.get("/other")
            return await document

    assert asyncio.run(ask()).json() == {"openapi": "3.1.0"}


def test_the_document_is_made_once_however_many_ask() -> None:
    app = FastAPI(openapi_url=None)
    made = []

    def counted() -> dict[str, Any]:
        made.append(1)
        return {"openapi": "3.1.0"}

    app.openapi = counted  # type: ignore[method-assign]
    app.add_route(PATH, OwnDocument(app).reply)

    async def ask() -> None:
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://service") as client:
            await asyncio.gather(*(client.get(PATH) for _ in range(5)))

    asyncio.run(ask())

    assert made == [1]
