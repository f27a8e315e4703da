"""A gateway whose API keys a test makes, uses and takes away."""

from typing import Any

import aiohttp

from tests.integration.gateway.running import access_token
from tests.integration.shared.waiting import until


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


async def until_answered(status: int, session: aiohttp.ClientSession, headers: dict[str, str]) -> None:
    """Ask until this is answered."""

    async def is_answered() -> bool:
        return bool((await get(session, "/v1/receipts", headers))[0] == status)

    await until(is_answered)
