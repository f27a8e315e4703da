"""A gateway whose API keys a test makes, uses and takes away."""

import asyncio
from typing import Any, Final

import aiohttp

from tests.integration.gateway.running import access_token

# What is promised: a revocation counts in every replica within this time, also when its database is away.
BOUND_SECONDS: Final = 10.0


def as_bearer(text: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {text}"}


def person(*roles: str, subject: str = "u-1", **claims: object) -> dict[str, str]:
    """The header of somebody with these roles."""
    return as_bearer(access_token(*roles, sub=subject, **claims))


async def post(
    session: aiohttp.ClientSession, path: str, body: object, headers: dict[str, str]
) -> tuple[int, Any]:
    async with session.post(path, json=body, headers=headers) as reply:
        return reply.status, await reply.json(content_type=None)


async def get(session: aiohttp.ClientSession, path: str, headers: dict[str, str]) -> tuple[int, Any]:
    async with session.get(path, headers=headers) as reply:
        return reply.status, await reply.json(content_type=None)


async def issued(session: aiohttp.ClientSession, headers: dict[str, str], **draft: object) -> Any:
    """Make a key; an integration's unless told otherwise."""
    status, body = await post(
        session, "/v1/api-keys", {"name": "A machine", "roles": ["integration"], **draft}, headers
    )
    assert status == 201, body
    return body


async def seconds_until(status: int, session: aiohttp.ClientSession, headers: dict[str, str]) -> float:
    """Ask until this is answered, and return how long that took."""
    begun = asyncio.get_running_loop().time()
    async with asyncio.timeout(2 * BOUND_SECONDS):
        while True:
            if (await get(session, "/v1/receipts", headers))[0] == status:
                return asyncio.get_running_loop().time() - begun
            await asyncio.sleep(0.02)
