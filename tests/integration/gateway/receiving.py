"""A receiver of webhooks on a real socket, which answers what a test wants."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web


@dataclass(slots=True)
class Received:
    """One request: its headers in lower case and its body as it came."""

    headers: dict[str, str]
    body: str

    @property
    def type(self) -> str:
        return str(json.loads(self.body)["type"])


@dataclass(slots=True)
class Receiver:
    """Answers with `status` and `reply_headers`, for the moment they are looked at, once it may."""

    url: str = ""
    status: int = 204
    text: str = ""
    reply_headers: dict[str, str] = field(default_factory=dict)
    received: list[Received] = field(default_factory=list)
    may_answer: asyncio.Event = field(default_factory=asyncio.Event)
    arrived: asyncio.Event = field(default_factory=asyncio.Event)
    under_way: int = 0
    most_under_way: int = 0

    async def answer(self, request: web.Request) -> web.Response:
        self.received.append(
            Received({name.lower(): value for name, value in request.headers.items()}, await request.text())
        )
        self.under_way += 1
        self.most_under_way = max(self.most_under_way, self.under_way)
        self.arrived.set()
        await self.may_answer.wait()
        self.under_way -= 1
        return web.Response(status=self.status, text=self.text, headers=self.reply_headers)


@asynccontextmanager
async def receiving(**facts: Any) -> AsyncIterator[Receiver]:
    """A receiver that answers at once unless told otherwise."""
    receiver = Receiver(**facts)
    receiver.may_answer.set()
    app = web.Application()
    app.router.add_post("/{path:.*}", receiver.answer)
    runner = web.AppRunner(app, shutdown_timeout=1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    receiver.url = f"http://127.0.0.1:{runner.addresses[0][1]}/hooks"
    try:
        yield receiver
    finally:
        receiver.may_answer.set()
        await runner.cleanup()
