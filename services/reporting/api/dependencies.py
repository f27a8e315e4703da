"""What routes ask for: a snapshot to read from."""

from collections.abc import AsyncIterator
from typing import Annotated

from fastapi import Depends, Request
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.database import Database


def database(request: Request) -> Database:
    """The pool of this process."""
    pool = request.app.state.database
    assert isinstance(pool, Database)
    return pool


async def reading(request: Request) -> AsyncIterator[AsyncConnection]:
    """A read-only snapshot for the length of one request."""
    async with database(request).reading() as connection:
        yield connection


Reading = Annotated[AsyncConnection, Depends(reading, scope="function")]
