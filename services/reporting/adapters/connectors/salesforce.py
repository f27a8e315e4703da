"""Reads Salesforce by SOQL over its REST interface; only reading, which is why it shares nothing with the gateway's client.

Source: REST API Developer Guide, "Query" and OAuth 2.0 client credentials flow, version 60.0, read 2026-11.
"""

from typing import Final, TypeVar
from urllib.parse import urlencode

import msgspec

from services.reporting.adapters.connectors.collected import Collected
from services.reporting.adapters.connectors.port import Found
from services.reporting.adapters.connectors.web import Web, row_texts
from services.reporting.domain.data_checks.errors import (
    SourceAccessRefused,
    SourceUnreachable,
    SourceUnreadable,
)
from services.reporting.domain.source_connection import Connection
from services.reporting.domain.source_system import SourceObject

API_VERSION: Final = "60.0"
PAGES_MAX: Final = 1_000

T = TypeVar("T")


class _Token(msgspec.Struct):
    access_token: str
    instance_url: str


class _Page(msgspec.Struct):
    records: list[dict[str, object]]
    done: bool
    nextRecordsUrl: str = ""  # noqa: N815 - their name


class SalesforceConnector:
    """Signs in once for a snapshot, as the connected app of the connection."""

    def __init__(self, web: Web, connection: Connection, token: str) -> None:
        self._web, self._place = web, connection.place
        self._headers = {"Authorization": f"Bearer {token}"}

    async def found(self, one: SourceObject) -> Found:
        """Numbers with decimals come as they were written."""
        path = f"/services/data/v{API_VERSION}/query?{urlencode({'q': one.query or ''})}"
        rows = Collected(one.name)
        for _ in range(PAGES_MAX):
            page = _read(await self._web.json("GET", self._place + path, headers=self._headers), _Page)
            rows.add([row_texts(one, row, place) for place, row in enumerate(page.records, 1)])
            if page.done:
                return Found(rows.records, f"{self._place}, SOQL of {one.name}")
            path = page.nextRecordsUrl
            if not path.startswith("/services/data/"):
                raise SourceUnreadable("Salesforce's answer does not say where its next page is")
        raise SourceUnreadable(f"Salesforce's answer does not end after {PAGES_MAX} pages")


async def signed_in(web: Web, connection: Connection, secret: str) -> SalesforceConnector:
    """By client credentials. SourceAccessRefused when they are not taken, or the reply leads to another host."""
    form = {
        "grant_type": "client_credentials",
        "client_id": connection.client_id or "",
        "client_secret": secret,
    }
    try:
        reply = await web.json("POST", f"{connection.place}/services/oauth2/token", headers={}, form=form)
    except SourceUnreadable as error:  # it answers 400 to credentials that it does not take
        raise SourceAccessRefused("Salesforce does not let us in") from error
    token = _read(reply, _Token)
    if token.instance_url.rstrip("/").lower() != connection.place.lower():
        raise SourceAccessRefused("Salesforce leads to another host than the place of the connection")
    return SalesforceConnector(web, connection, token.access_token)


def _read(reply: object, kind: type[T]) -> T:
    try:
        return msgspec.convert(reply, type=kind)
    except msgspec.ValidationError as error:
        raise SourceUnreachable(f"Salesforce answers what nobody expects: {error}") from error
