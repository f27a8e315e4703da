"""Reads lists over REST, page by page, until a page says that it is the last."""

from collections.abc import AsyncIterator
from typing import Final
from urllib.parse import quote

from services.reporting.adapters.connectors.collected import Collected
from services.reporting.adapters.connectors.port import Found
from services.reporting.adapters.connectors.web import Web, at_pointer, row_texts
from services.reporting.domain.data_checks.errors import SourceUnreadable
from services.reporting.domain.source_connection import Connection, PagingStyle
from services.reporting.domain.source_system import SourceObject

PAGES_MAX: Final = 5_000
AUTHORIZATION: Final = "Authorization"


class RestConnector:
    """The credential goes into the header that the connection names, as a bearer token into `Authorization`."""

    def __init__(self, web: Web, connection: Connection, secret: str) -> None:
        self._web, self._connection = web, connection
        header = connection.header or AUTHORIZATION
        is_bearer = header.lower() == AUTHORIZATION.lower()
        self._headers = {header: f"Bearer {secret}" if is_bearer else secret}

    async def found(self, one: SourceObject) -> Found:
        found = Collected(one.name)
        async for rows in self._pages(one):
            found.add([row_texts(one, row, place) for place, row in enumerate(rows, 1)])
        return Found(found, f"{self._connection.place}{one.query}")

    async def _pages(self, one: SourceObject) -> AsyncIterator[list[object]]:
        """A page that comes again is an error of the other side, and would never end."""
        paging, sent, before = self._connection.paging, "1", None
        if paging is not None and paging.style is PagingStyle.CURSOR:
            sent = ""
        for number in range(1, PAGES_MAX + 1):
            reply = await self._web.json("GET", self._url(one, sent), headers=self._headers)
            rows = at_pointer(reply, self._connection.rows_pointer or "")
            if not isinstance(rows, list):
                where = self._connection.rows_pointer or "the top"
                raise SourceUnreadable(f"The reply for {one.name} has no list at {where}")
            if rows and rows == before:
                raise SourceUnreadable(f"Page {number} of {one.name} is the one before again")
            yield rows
            before = rows
            if paging is None or (paging.style is PagingStyle.PAGE and not rows):
                return
            sent = str(number + 1)
            if paging.cursor_pointer is not None:
                sent = _cursor(at_pointer(reply, paging.cursor_pointer))
                if not sent:
                    return
        raise SourceUnreadable(f"{one.name} does not end after {PAGES_MAX} pages")

    def _url(self, one: SourceObject, sent: str) -> str:
        url, paging = f"{self._connection.place}{one.query}", self._connection.paging
        if paging is None or not sent:
            return url
        return f"{url}{'&' if '?' in url else '?'}{quote(paging.parameter)}={quote(sent, safe='')}"


def _cursor(told: object) -> str:
    if told is None or told is False:
        return ""
    if not isinstance(told, str | int):
        raise SourceUnreadable("The cursor of the next page is neither a text nor a number")
    return str(told)
