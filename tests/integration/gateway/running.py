"""A gateway on a real socket, with throwaway keys and upstreams that do what a test wants."""

import asyncio
import json
import socket
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import uvicorn
from joserfc import jwt
from joserfc.jwk import OKPKey, RSAKey
from starlette.types import ASGIApp

from gateway.api.direct import DirectProtocol
from gateway.main import create_app
from gateway.settings import GatewaySettings

ISSUER, AUDIENCE = "https://issuer.test", "salesops"
SIGNING_KEY = RSAKey.generate_key(2048, {"kid": "k1"})
INTERNAL_KEY = OKPKey.generate_key("Ed25519")
JWKS = json.dumps({"keys": [SIGNING_KEY.as_dict(private=False)]})


def access_token(*roles: str, header: dict[str, Any] | None = None, **claims: object) -> str:
    """Return a token of the issuer; a claim given as None is left out."""
    now = int(time.time())
    usual: dict[str, object] = {
        "iss": ISSUER,
        "aud": AUDIENCE,
        "sub": "u-1",
        "exp": now + 12 * 3600,  # some are made when the tests are collected
        "iat": now,
        "roles": list(roles),
    }
    merged = {name: value for name, value in {**usual, **claims}.items() if value is not None}
    head = {"alg": "RS256", "typ": "at+jwt", "kid": "k1", **(header or {})}
    return jwt.encode(head, merged, SIGNING_KEY)


def bearer(*roles: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {access_token(*(roles or ('admin',)))}"}


def settings_for(database_url: str, upstream_url: str, **changes: Any) -> GatewaySettings:
    values = {
        "environment": "test",
        "log_level": "error",
        "database_url": database_url,
        "metrics_port": 0,
        "issuer": ISSUER,
        "audience": AUDIENCE,
        "jwks": JWKS,
        "cursor_secret": "cursors of the tests",
        "api_key_peppers": "a pepper that only the tests have",
        "webhook_secret": "webhooks of the tests, sealed",
        "webhook_networks": "127.0.0.0/8",
        "webhook_http_allowed": changes.get("environment") != "production",
        "internal_token_private_key": json.dumps(INTERNAL_KEY.as_dict(private=True)),
        **{f"{service}_url": upstream_url for service in ("payments", "partners", "reporting", "research")},
    }
    return GatewaySettings(**{**values, **changes})


@asynccontextmanager
async def serving(app: ASGIApp, *, keep_alive_seconds: int = 75) -> AsyncIterator[str]:
    """Serve an application as production does and yield its URL."""
    listener = socket.socket(proto=socket.IPPROTO_TCP)  # otherwise asyncio leaves delays on
    listener.bind(("127.0.0.1", 0))
    config = uvicorn.Config(
        app,
        http=DirectProtocol,
        ws="none",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,
        lifespan="on",
        timeout_keep_alive=keep_alive_seconds,
    )
    server = uvicorn.Server(config)
    task = asyncio.create_task(server.serve(sockets=[listener]))
    while not server.started:
        await asyncio.sleep(0.005)
        assert not task.done(), task.exception()
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        server.should_exit = True
        await task


Answer = Callable[[bytes, asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@asynccontextmanager
async def raw_upstream(answer: Answer) -> AsyncIterator[str]:
    """Serve one coroutine per connection, with its first head: for upstreams that no HTTP server would be."""

    async def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        if head.startswith(b"GET /openapi.json "):  # the gateway asks for documents of its own accord
            writer.close()
        else:
            await answer(head, reader, writer)

    server = await asyncio.start_server(accept, "127.0.0.1", 0)
    try:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    finally:
        server.close()


def unused_url() -> str:
    """Return an address where nobody listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{probe.getsockname()[1]}"


@dataclass(slots=True)
class Seen:
    """What an upstream was sent."""

    requests: list[dict[str, Any]]


def recording_app(seen: Seen, *, reply: bytes = b"{}", status: int = 200) -> ASGIApp:
    """Answer every request alike and remember it; bodies are counted, not kept."""

    async def app(scope, receive, send) -> None:
        if scope["type"] != "http":
            return await _lifespan(receive, send)
        size, more = 0, True
        while more:
            message = await receive()
            size += len(message.get("body", b""))
            more = message.get("more_body", False)
        if scope["path"].startswith("/v1/"):  # the gateway asks for documents of its own accord
            seen.requests.append({**scope, "size": size})
        headers = [(b"content-type", b"application/json"), (b"content-length", b"%d" % len(reply))]
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": reply})
        return None

    return app


async def _lifespan(receive, send) -> None:
    await receive()
    await send({"type": "lifespan.startup.complete"})
    await receive()
    await send({"type": "lifespan.shutdown.complete"})


@asynccontextmanager
async def gateway_before(upstream: ASGIApp, database_url: str, **changes: Any) -> AsyncIterator[str]:
    """Serve an upstream for all services and a gateway before it; yield the gateway's URL."""
    async with serving(upstream) as upstream_url:
        settings = settings_for(database_url, upstream_url, **changes)
        async with serving(create_app(settings)) as url:
            yield url
