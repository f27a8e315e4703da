"""A deployment under load: services and gateways are replaced one by one, and no caller notices."""

import asyncio
import socket
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from uuid import uuid4

import aiohttp
from starlette.types import ASGIApp

from gateway.api.direct import DirectProtocol
from gateway.main import create_app
from shared.draining_server import DrainingConfig, DrainingProtocol, DrainingServer
from shared.service_app import ServiceApp
from tests.integration.gateway.running import bearer, settings_for

CALLERS = 4
DRAIN_SECONDS = 0.2
PATH = "/v1/bank-accounts"


class Replaceable:
    """A process as far as the network sees it: it listens, drains and ends."""

    def __init__(self, app: ASGIApp, listener: socket.socket, protocol: type[DrainingProtocol]) -> None:
        config = DrainingConfig(
            app,
            drain_seconds=DRAIN_SECONDS,
            http=protocol,
            ws="none",
            log_config=None,
            access_log=False,
            proxy_headers=False,
        )
        self._server = DrainingServer(config)
        self._serving = asyncio.create_task(self._server.serve(sockets=[listener]))

    async def started(self) -> "Replaceable":
        while not self._server.started:
            await asyncio.sleep(0.005)
            assert not self._serving.done(), self._serving.exception()
        return self

    async def end(self) -> None:
        self._server.should_exit = True
        await self._serving


@asynccontextmanager
async def running(
    app: ASGIApp, listener: socket.socket, protocol: type[DrainingProtocol] = DrainingProtocol
) -> AsyncIterator[Replaceable]:
    process = await Replaceable(app, listener, protocol).started()
    try:
        yield process
    finally:
        await process.end()


def listener(port: int = 0) -> socket.socket:
    listening = socket.socket(proto=socket.IPPROTO_TCP)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listening.bind(("127.0.0.1", port))
    return listening


def port_of(listening: socket.socket) -> int:
    port = listening.getsockname()[1]
    assert isinstance(port, int)
    return port


def service(booked: Counter[str]) -> ServiceApp:
    app = ServiceApp()

    @app.get(PATH)
    async def accounts() -> dict[str, int]:
        return {"booked": booked.total()}

    @app.post(PATH, status_code=201)
    async def book(account: dict[str, str]) -> dict[str, str]:
        booked[account["number"]] += 1
        return account

    return app


class Callers:
    """Read and write without pause until told to stop; nothing that fails is tried again."""

    def __init__(self, url: str) -> None:
        self._url = f"{url}{PATH}"
        self._answered = asyncio.Condition()
        self._may_stop = False
        self.seen: Counter[str] = Counter()

    async def call(self) -> None:
        async with aiohttp.ClientSession(headers=bearer()) as session:
            while not self._may_stop:
                await self._note("read", session.get(self._url))
                await self._note("write", session.post(self._url, json={"number": str(uuid4())}))

    async def until_answered(self, count: int) -> None:
        async with self._answered:
            wanted = self.seen.total() + count
            await self._answered.wait_for(lambda: self.seen.total() >= wanted)

    def stop(self) -> None:
        self._may_stop = True

    async def _note(self, what: str, asked: aiohttp.client._RequestContextManager) -> None:
        try:
            async with asked as reply:
                await reply.read()
                came = str(reply.status)
        except aiohttp.ClientError as error:
            came = type(error).__name__
        async with self._answered:
            self.seen[f"{what} {came}"] += 1
            self._answered.notify_all()


async def test_services_and_gateways_are_replaced_one_by_one_and_every_call_is_answered(
    database_url: str,
) -> None:
    booked: Counter[str] = Counter()
    places = [listener(), listener()]
    ports = [port_of(place) for place in places]
    door = listener()
    addresses = ",".join(f"http://127.0.0.1:{port}" for port in ports)
    gateways = [create_app(settings_for(database_url, addresses)) for _ in range(2)]

    async with AsyncExitStack() as stack:
        enter = stack.enter_async_context
        replicas = [await enter(running(service(booked), place)) for place in places]
        gateway = await enter(running(gateways[0], door.dup(), DirectProtocol))
        callers = Callers(f"http://127.0.0.1:{port_of(door)}")
        calling = [asyncio.create_task(callers.call()) for _ in range(CALLERS)]
        await callers.until_answered(20)
        for replica, port in zip(replicas, ports, strict=True):
            await replica.end()
            await enter(running(service(booked), listener(port)))
            await callers.until_answered(20)
        await enter(running(gateways[1], door, DirectProtocol))
        await gateway.end()
        await callers.until_answered(20)
        callers.stop()
        await asyncio.gather(*calling)

    assert set(callers.seen) == {"read 200", "write 201"}, callers.seen
    assert set(booked.values()) == {1}
    assert booked.total() == callers.seen["write 201"]
