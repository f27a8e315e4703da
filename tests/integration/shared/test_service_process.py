"""A service as operators start and end it: `python -m services.research.main`, the smallest of them."""

import asyncio
import os
import signal
import sys
from collections import Counter

import aiohttp

from deploy.local.ports import free_ports
from shared.identity import InternalTokenIssuer
from tests.integration.gateway.test_process import answered
from tests.integration.service_callers import CURSOR_SECRET, PRIVATE_KEY, PUBLIC_KEY, a_caller
from tests.provisions import DatabaseFactory

CALLERS = 4


def environment(database_url: str, port: int) -> dict[str, str]:
    return {
        "PATH": os.environ["PATH"],
        "AMQP_URL": "amqp://nobody@127.0.0.1:9",  # the HTTP process has no use for the broker
        "CURSOR_SECRET": CURSOR_SECRET,
        "INTERNAL_TOKEN_PUBLIC_KEY": PUBLIC_KEY,
        "RESEARCH_DATABASE_URL": database_url,
        "RESEARCH_DRAIN_SECONDS": "0.5",
        "RESEARCH_METRICS_PORT": "0",
        "RESEARCH_PORT": str(port),
    }


async def call_until_sent_away(
    url: str, headers: dict[str, str], seen: Counter[int], is_under_load: asyncio.Event
) -> None:
    """Read without pause until a reply says that it was the last one here."""
    async with aiohttp.ClientSession(headers=headers) as session:
        while True:
            async with session.get(url) as reply:
                await reply.read()
                seen[reply.status] += 1
                if seen.total() == 2 * CALLERS:
                    is_under_load.set()
                if reply.headers.get("Connection") == "close":
                    return


async def test_service_told_to_end_under_load_sends_its_callers_away_and_answers_each_of_them(
    worker_database: DatabaseFactory,
) -> None:
    (port,) = free_ports(1)
    base = f"http://127.0.0.1:{port}"
    token = InternalTokenIssuer(PRIVATE_KEY).token_for(a_caller(), "research")
    seen: Counter[int] = Counter()
    is_under_load = asyncio.Event()
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "services.research.main",
        env=environment(await worker_database("research"), port),
        stdout=asyncio.subprocess.DEVNULL,
    )
    try:
        async with aiohttp.ClientSession() as session, asyncio.timeout(60):
            await answered(session, f"{base}/health/ready")
            headers = {"Authorization": f"Bearer {token}"}
            calling = [
                asyncio.create_task(call_until_sent_away(f"{base}/v1/entities", headers, seen, is_under_load))
                for _ in range(CALLERS)
            ]
            await is_under_load.wait()
            process.send_signal(signal.SIGTERM)
            await asyncio.gather(*calling)
            async with session.get(f"{base}/health/ready") as health:
                state = health.status, await health.json()
            ended = await process.wait()
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()

    assert set(seen) == {200}
    assert state == (503, {"status": "draining"})
    assert ended == -signal.SIGTERM  # the server passes the signal on once it has finished
