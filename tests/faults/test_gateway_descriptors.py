"""A gateway that runs out of file descriptors recovers when callers leave."""

import asyncio
from contextlib import AsyncExitStack

import aiohttp
import psutil

from deploy.local.ports import free_ports
from tests.integration.gateway.running import Seen, bearer, recording_app, serving
from tests.integration.gateway.test_process import answered, environment, gateway_process
from tests.provisions import DatabaseFactory

DESCRIPTORS = 64


async def test_gateway_out_of_descriptors_answers_again_once_callers_have_left(
    fresh_database: DatabaseFactory,
) -> None:
    (port,) = free_ports(1)
    database_url = await fresh_database("gateway")

    async with AsyncExitStack() as stack:
        upstream = await stack.enter_async_context(serving(recording_app(Seen([]))))
        variables = environment(database_url, upstream, port, 0)
        process = await stack.enter_async_context(gateway_process(variables))
        session = await stack.enter_async_context(aiohttp.ClientSession())
        base = f"http://127.0.0.1:{port}"
        await answered(session, f"{base}/health/ready")
        psutil.Process(process.pid).rlimit(psutil.RLIMIT_NOFILE, (DESCRIPTORS, DESCRIPTORS))
        crowd = [await asyncio.open_connection("127.0.0.1", port) for _ in range(3 * DESCRIPTORS)]
        held = psutil.Process(process.pid).num_fds()
        for _, writer in crowd:
            writer.transport.abort()
        async with aiohttp.ClientSession(headers=bearer()) as fresh, asyncio.timeout(60):
            await answered(fresh, f"{base}/v1/receipts")
        is_running = process.returncode is None

    assert held >= DESCRIPTORS - 1
    assert is_running
