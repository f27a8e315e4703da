"""Source systems are known by their certificates: real servers, authorities of the test, and each doubt told by its name."""

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from ipaddress import ip_network
from pathlib import Path
from typing import Final, cast

import psycopg
import pytest
from aiohttp import web

from services.reporting.adapters.connectors.database import database_connector
from services.reporting.adapters.connectors.web import opened_web
from services.reporting.domain.data_checks.errors import SourceAccessRefused
from services.reporting.domain.source_connection import Connection
from services.reporting.domain.source_system import SourceField, SourceObject
from shared.webhooks.target import TargetRules
from tests.factories.receiving_servers import certificate

RULES: Final = TargetRules((ip_network("127.0.0.0/8"),))
SSL_REQUEST: Final = (8).to_bytes(4) + (80877103).to_bytes(4)  # PostgreSQL's protocol, "SSLRequest"
ONE: Final = SourceObject(
    name="accounts",
    title="Accounts",
    fields=(SourceField(name="code", column="code"),),
    key_fields=("code",),
    query="SELECT 'CP-1' AS code",
)


def shown(folder: Path, how: str) -> tuple[ssl.SSLContext, Path]:
    """The server's side, and the file of authorities of who reads it."""
    (folder / "other").mkdir()
    context, vouching = certificate(folder, address="127.0.0.2" if how == "renamed" else "127.0.0.1")
    return context, certificate(folder / "other")[1] if how == "stranger" else vouching


@asynccontextmanager
async def list_over_https(context: ssl.SSLContext) -> AsyncIterator[str]:
    async def rows(_request: web.Request) -> web.Response:
        return web.json_response([{"code": "CP-1"}])

    app = web.Application()
    app.router.add_get("/rows", rows)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0, ssl_context=context)
    await site.start()
    try:
        yield f"https://127.0.0.1:{runner.addresses[0][1]}/rows"
    finally:
        await runner.cleanup()


@asynccontextmanager
async def postgres_over_tls(admin_url: str, context: ssl.SSLContext | None) -> AsyncIterator[Connection]:
    """The test's PostgreSQL behind an end of TLS, as a pooler has one; without a context it offers none."""
    with psycopg.connect(admin_url) as known:
        info = known.info
        target, user, database, password = (info.host, info.port), info.user, info.dbname, info.password

    served: set[asyncio.Task[None]] = set()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        served.add(cast("asyncio.Task[None]", asyncio.current_task()))
        assert await reader.readexactly(8) == SSL_REQUEST
        writer.write(b"N" if context is None else b"S")
        with suppress(ssl.SSLError, OSError):  # who reads does not believe the certificate, or hung up
            if context is not None:
                await writer.start_tls(context)
                await _join(reader, writer, target)
        writer.close()
        with suppress(ssl.SSLError, OSError):
            await writer.wait_closed()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    assert password is not None
    try:
        yield Connection(place=f"postgresql://{user}@127.0.0.1:{port}/{database}", header=password)
    finally:
        server.close()
        await asyncio.gather(*served)


async def _join(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, target: tuple[str, int]) -> None:
    """Both ways, until one side hangs up; then the other is told."""
    inner, outer = await asyncio.open_connection(*target)
    ways = [asyncio.create_task(_pass(reader, outer)), asyncio.create_task(_pass(inner, writer))]
    await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
    for way in ways:
        way.cancel()
    await asyncio.gather(*ways, return_exceptions=True)
    outer.close()
    await outer.wait_closed()


async def _pass(source: asyncio.StreamReader, target: asyncio.StreamWriter) -> None:
    while data := await source.read(65536):
        target.write(data)
        await target.drain()


async def test_a_list_is_read_from_who_is_vouched_for(tmp_path: Path) -> None:
    context, authorities = shown(tmp_path, "well")

    async with list_over_https(context) as url, opened_web(RULES, str(authorities)) as reader:
        assert await reader.json("GET", url, headers={}) == [{"code": "CP-1"}]


@pytest.mark.parametrize(("how", "said"), [("stranger", "self-signed"), ("renamed", "IP address mismatch")])
async def test_a_list_of_somebody_else_is_not_read(tmp_path: Path, how: str, said: str) -> None:
    context, authorities = shown(tmp_path, how)

    async with list_over_https(context) as url, opened_web(RULES, str(authorities)) as reader:
        with pytest.raises(SourceAccessRefused, match=rf"not known by its certificate: .*{said}"):
            await reader.json("GET", url, headers={})


async def test_a_database_is_read_from_who_is_vouched_for(tmp_path: Path, postgres_admin_url: str) -> None:
    context, authorities = shown(tmp_path, "well")

    async with (
        postgres_over_tls(postgres_admin_url, context) as place,
        database_connector(place, place.header or "", RULES, str(authorities)) as connector,
    ):
        assert list((await connector.found(ONE)).records) == [{"code": "CP-1"}]


@pytest.mark.parametrize(
    ("how", "said"),
    [
        ("stranger", "certificate verify failed"),
        ("renamed", "does not match host name"),
        ("plain", "does not support SSL"),
    ],
)
async def test_a_database_of_somebody_else_is_not_read(
    tmp_path: Path, postgres_admin_url: str, how: str, said: str
) -> None:
    context, authorities = shown(tmp_path, how)

    async with postgres_over_tls(postgres_admin_url, None if how == "plain" else context) as place:
        with pytest.raises(SourceAccessRefused, match=f"127.0.0.1 is not known by its certificate: {said}"):
            async with database_connector(place, "a password", RULES, str(authorities)):
                pytest.fail("it was opened")
