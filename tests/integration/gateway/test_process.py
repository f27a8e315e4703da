"""The gateway as operators start it: `python -m gateway.main`."""

import asyncio
import json
import os
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import aiohttp

from deploy.local.ports import free_ports
from tests.integration.gateway.running import AUDIENCE, INTERNAL_KEY, ISSUER, JWKS, bearer, raw_upstream


def environment(database_url: str, upstream_url: str, port: int, metrics_port: int) -> dict[str, str]:
    services = ("PAYMENTS", "PARTNERS", "REPORTING", "RESEARCH")
    return {
        "PATH": os.environ["PATH"],
        "ENVIRONMENT": "production",
        "GATEWAY_DATABASE_URL": database_url,
        "GATEWAY_PORT": str(port),
        "GATEWAY_METRICS_PORT": str(metrics_port),
        "CURSOR_SECRET": "cursors of the tests",
        "GATEWAY_API_KEY_PEPPERS": "a pepper that only the tests have",
        "WEBHOOK_SECRET": "webhooks of the tests, sealed",
        "GATEWAY_ISSUER": ISSUER,
        "GATEWAY_AUDIENCE": AUDIENCE,
        "GATEWAY_JWKS": JWKS,
        "GATEWAY_INTERNAL_TOKEN_PRIVATE_KEY": json.dumps(INTERNAL_KEY.as_dict(private=True)),
        **{f"GATEWAY_{service}_URL": upstream_url for service in services},
    }


@asynccontextmanager
async def gateway_process(variables: dict[str, str]) -> AsyncIterator[asyncio.subprocess.Process]:
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "gateway.main",
        env=variables,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
        await process.communicate()


async def answered(session: aiohttp.ClientSession, url: str) -> None:
    """Return when the address answers 200."""
    async with asyncio.timeout(60):
        while True:
            try:
                async with session.get(url) as reply:
                    if reply.status == 200:
                        return
            except aiohttp.ClientConnectionError:
                pass
            await asyncio.sleep(0.05)


async def test_requests_under_way_are_finished_before_the_process_ends(database_url: str) -> None:
    has_arrived, may_answer = asyncio.Event(), asyncio.Event()

    async def slow(head: bytes, _reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if head.startswith(b"GET /v1/receipts"):
            has_arrived.set()
            await may_answer.wait()
        writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok")
        writer.close()

    port, metrics_port = free_ports(2)
    async with (
        raw_upstream(slow) as upstream,
        gateway_process(environment(database_url, upstream, port, metrics_port)) as process,
        aiohttp.ClientSession() as session,
    ):
        await answered(session, f"http://127.0.0.1:{port}/health/ready")
        await answered(session, f"http://127.0.0.1:{metrics_port}/metrics")
        calling = asyncio.create_task(session.get(f"http://127.0.0.1:{port}/v1/receipts", headers=bearer()))
        await has_arrived.wait()
        process.send_signal(signal.SIGTERM)
        await asyncio.sleep(0)
        may_answer.set()
        reply = await calling
        body = await reply.text()
        async with asyncio.timeout(60):
            ended = await process.wait()

    assert (reply.status, body) == (200, "ok")
    assert ended == -signal.SIGTERM  # the server passes the signal on once it has finished


async def test_missing_settings_end_the_process_with_their_names() -> None:
    async with gateway_process({"PATH": os.environ["PATH"]}) as process:
        _, said = await process.communicate()

    assert process.returncode == 1
    assert b"GATEWAY_DATABASE_URL is not set. Example: GATEWAY_DATABASE_URL=postgresql://" in said
    assert b"Traceback" not in said


async def test_process_that_is_told_to_end_says_so_and_serves_on_until_it_is_left(database_url: str) -> None:
    async def quick(_head: bytes, _reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok")
        writer.close()

    port, metrics_port = free_ports(2)
    async with (
        raw_upstream(quick) as upstream,
        gateway_process(
            environment(database_url, upstream, port, metrics_port) | {"GATEWAY_DRAIN_SECONDS": "2"}
        ) as process,
        aiohttp.ClientSession(headers=bearer()) as session,
    ):
        base = f"http://127.0.0.1:{port}"
        await answered(session, f"{base}/health/ready")
        process.send_signal(signal.SIGTERM)
        async with asyncio.timeout(60):
            while True:
                async with session.get(f"{base}/health/ready") as health:
                    state = await health.json()
                if state["status"] == "draining":
                    break
        async with session.get(f"{base}/v1/receipts") as reply:
            served = reply.status, reply.headers["Connection"]
        async with asyncio.timeout(60):
            await process.wait()

    assert health.status == 503
    assert served == (200, "close")
