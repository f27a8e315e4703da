"""What routes ask for: a unit of work committed before the reply, a reading snapshot, the page that is wanted.

All of it is `async`, also what waits for nothing: FastAPI calls a plain function or class in another thread, and the
way there and back costs a small read more than its query. tests/architecture/test_event_loop.py finds those.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Query, Request, Response
from sqlalchemy.ext.asyncio import AsyncConnection
from starlette.datastructures import URL

from shared.database import Database, UnitOfWork
from shared.medium import Medium, wanted_medium
from shared.pagination import LIMIT_DEFAULT, LIMIT_MAX, CursorSigner, Key, Row, page_of


async def database(request: Request) -> Database:
    """The pool of this process."""
    pool = request.app.state.database
    assert isinstance(pool, Database)
    return pool


async def unit_of_work(request: Request) -> AsyncIterator[UnitOfWork]:
    """Commits when the route returned without error; with scope="function" that is before the reply leaves."""
    async with UnitOfWork(await database(request)) as work:
        yield work
        await work.commit()


async def reading(request: Request) -> AsyncIterator[AsyncConnection]:
    """A read-only snapshot for the length of one request."""
    async with (await database(request)).reading() as connection:
        yield connection


@dataclass(frozen=True, slots=True)
class PageRequest:
    """Which page of which list, or in which form the whole list."""

    limit: int
    cursor: str | None
    signer: CursorSigner
    medium: Medium
    exports: asyncio.Semaphore  # how many lists this process makes into files at a time
    url: URL
    head: Response  # of the reply under way

    def after(self, scope: str) -> Key | None:
        """The key behind which the page starts; CursorInvalid when the cursor is of another list."""
        return None if self.cursor is None else self.signer.decode(scope, self.cursor)

    def link(self, next_cursor: str | None) -> dict[str, str]:
        """The header that names the next page (RFC 8288), for who follows links; none on the last one."""
        if next_cursor is None:
            return {}
        url = self.url.include_query_params(cursor=next_cursor)
        return {"Link": f'<{url.path}?{url.query}>; rel="next"'}

    def cut(
        self, rows: Sequence[Row], scope: str, key: Callable[[Row], Key]
    ) -> tuple[Sequence[Row], str | None]:
        """The rows of this page and the cursor of the next, from a query that fetched limit + 1."""
        return page_of(rows, limit=self.limit, key=key, signer=self.signer, scope=scope)


async def medium_wanted(
    request: Request,
    response: Response,
    medium: Annotated[
        Medium | None,
        Query(alias="format", description="`csv` and `xlsx` give the whole list; before the header Accept"),
    ] = None,
) -> Medium:
    """The form in which the list is wanted."""
    response.headers["Vary"] = "Accept"
    return wanted_medium(medium, request.headers.get("accept", ""))


async def page_request(
    request: Request,
    response: Response,
    medium: Annotated[Medium, Depends(medium_wanted)],
    limit: Annotated[int, Query(ge=1, le=LIMIT_MAX, description="Items per page of JSON")] = LIMIT_DEFAULT,
    cursor: Annotated[
        str | None, Query(max_length=500, description="`next_cursor` of the page before")
    ] = None,
) -> PageRequest:
    """The page parameters of every list."""
    state = request.app.state
    return PageRequest(
        limit, cursor, state.cursor_signer, medium, state.exports, url=request.url, head=response
    )


Work = Annotated[UnitOfWork, Depends(unit_of_work, scope="function")]
Reading = Annotated[AsyncConnection, Depends(reading, scope="function")]
Pool = Annotated[Database, Depends(database)]
PageWanted = Annotated[PageRequest, Depends(page_request)]
