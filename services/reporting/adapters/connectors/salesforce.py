"""Reads Salesforce by SOQL, page by page or by jobs; only reading, which is why it shares nothing with the gateway's client.

Source: REST API Developer Guide, "Query", version 60.0, read 2026-11.
"""

from typing import Final
from urllib.parse import urlencode

import msgspec

from services.reporting.adapters.connectors.collected import Collected
from services.reporting.adapters.connectors.port import Found
from services.reporting.adapters.connectors.salesforce_bulk import read_by_job
from services.reporting.adapters.connectors.salesforce_session import API, SalesforceSession, token_of
from services.reporting.adapters.connectors.web import Web, row_texts
from services.reporting.domain.data_checks.errors import SourceUnreadable
from services.reporting.domain.soql import count_query, is_for_jobs
from services.reporting.domain.source_connection import Connection, SalesforceMode
from services.reporting.domain.source_system import SourceObject

PAGES_MAX: Final = 1_000
# Up to here pages of 2,000 are not more requests than what a job takes: making, asking, reading, deleting it.
ROWS_BY_QUERY_MAX: Final = 10_000


class _Page(msgspec.Struct):
    records: list[dict[str, object]]
    done: bool
    nextRecordsUrl: str = ""  # noqa: N815 - their name


class _Count(msgspec.Struct):
    totalSize: int  # noqa: N815 - their name


class SalesforceConnector:
    """Signs in once for a snapshot, and says of each object how it was read and what that took of the day."""

    def __init__(self, session: SalesforceSession, mode: SalesforceMode) -> None:
        self._session, self._mode = session, mode

    async def found(self, one: SourceObject) -> Found:
        """Numbers with decimals come as they were written."""
        rows, before = Collected(one.name), self._session.requests
        is_by_job = await self._is_by_job(one)
        await (read_by_job(self._session, one, rows) if is_by_job else self._read_pages(one, rows))
        way = "a query job" if is_by_job else "SOQL"
        spent = f"{self._session.requests - before} requests"
        origin = f"{self._session.place}, {way} of {one.name}: {', '.join(filter(None, (spent, self._session.day())))}"
        return Found(rows, origin)

    async def _is_by_job(self, one: SourceObject) -> bool:
        query = one.query or ""
        if self._mode is not SalesforceMode.AUTO or not is_for_jobs(query):
            return self._mode is SalesforceMode.BULK
        counted = await self._session.json("GET", _query_path(count_query(query)), _Count)
        return counted.totalSize > ROWS_BY_QUERY_MAX

    async def _read_pages(self, one: SourceObject, rows: Collected) -> None:
        path = _query_path(one.query or "")
        for _ in range(PAGES_MAX):
            page = await self._session.json("GET", path, _Page)
            rows.add([row_texts(one, row, place) for place, row in enumerate(page.records, 1)])
            if page.done:
                return
            path = page.nextRecordsUrl
            if not path.startswith("/services/data/"):
                raise SourceUnreadable("Salesforce's answer does not say where its next page is")
        raise SourceUnreadable(f"Salesforce's answer does not end after {PAGES_MAX} pages")


async def signed_in(web: Web, connection: Connection, secret: str) -> SalesforceConnector:
    """By client credentials. SourceAccessRefused when they are not taken, or the reply leads to another host."""
    token = await token_of(web, connection, secret)
    session = SalesforceSession(web, connection, secret, token)
    return SalesforceConnector(session, connection.mode or SalesforceMode.QUERY)


def _query_path(query: str) -> str:
    return f"{API}/query?{urlencode({'q': query})}"
