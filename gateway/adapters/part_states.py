"""Asks the services and the database whether they are there."""

import asyncio
from collections.abc import Mapping, Sequence
from typing import Final

import aiohttp
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from shared.database import Database
from shared.migrations.versions import schema_versions

ASK_SECONDS: Final = 2.0
_BEST_FIRST: Final = ("ready", "not ready", "unreachable")


class PartStates:
    """Short, bounded questions; nothing is remembered between them."""

    def __init__(self, database: Database, urls: Mapping[str, Sequence[str]]) -> None:
        self._database = database
        self._urls = dict(urls)
        self._versions = schema_versions("gateway")

    async def services(self) -> dict[str, str]:
        """Return 'ready', 'not ready' or 'unreachable' of each service, by its best address."""
        timeout = aiohttp.ClientTimeout(total=ASK_SECONDS)
        async with aiohttp.ClientSession(timeout=timeout) as session:
            states = await asyncio.gather(*(self._service(session, urls) for urls in self._urls.values()))
        return dict(zip(self._urls, states, strict=True))

    async def database(self) -> str:
        """Return 'ready' when the database answers and is at the version this code was written for, or a later one."""
        try:
            async with asyncio.timeout(ASK_SECONDS), self._database.engine.connect() as connection:
                found = await connection.scalar(text("SELECT version_num FROM alembic_version"))
        except (SQLAlchemyError, OSError):
            return "not reachable or not migrated"
        return "ready" if self._versions.suit(found) else f"at version {found}"

    async def _service(self, session: aiohttp.ClientSession, urls: Sequence[str]) -> str:
        states = await asyncio.gather(*(self._address(session, url) for url in urls))
        return min(states, key=_BEST_FIRST.index)

    async def _address(self, session: aiohttp.ClientSession, url: str) -> str:
        try:
            async with session.get(f"{url}/health/ready", allow_redirects=False) as reply:
                return "ready" if reply.status == 200 else "not ready"
        except (aiohttp.ClientError, TimeoutError):
            return "unreachable"
