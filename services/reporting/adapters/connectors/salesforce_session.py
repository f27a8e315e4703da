"""A session with Salesforce: renewed when it ends, and with the day's requests in view, of which others need some.

Source: REST API Developer Guide, OAuth 2.0 client credentials flow and "Limit Info Header", version 60.0, read 2026-11.
"""

import re
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Final, TypeVar

import aiohttp
import msgspec

from services.reporting.adapters.connectors.web import TIMEOUT, Web, bounded, check_status, decoded
from services.reporting.domain.data_checks.errors import (
    SourceAccessRefused,
    SourceLimitReached,
    SourceUnreachable,
    SourceUnreadable,
)
from services.reporting.domain.source_connection import Connection

API: Final = "/services/data/v60.0"
RENEWALS_MAX: Final = 3
DAY_SHARE_MAX: Final = 0.9  # the rest is left to those who book and write back
JSON: Final = "application/json"
_USAGE: Final = re.compile(r"api-usage=(\d+)/(\d+)")
_SAID_MAX: Final = 300

T = TypeVar("T")


class _Token(msgspec.Struct):
    access_token: str
    instance_url: str


class _Refusal(msgspec.Struct):
    message: str = ""
    errorCode: str = ""  # noqa: N815 - their name


class SalesforceSession:
    """As the connected app of the connection. `requests` counts those of this session that the day's limit counts."""

    def __init__(self, web: Web, connection: Connection, secret: str, token: str) -> None:
        self._web, self._connection, self._secret, self._token = web, connection, secret, token
        self._renewals = 0
        self._day: tuple[int, int] | None = None
        self.requests = 0

    @property
    def place(self) -> str:
        return self._connection.place

    def day(self) -> str:
        """How much of the day's limit is used, as Salesforce said last; nothing where it does not say."""
        return "" if self._day is None else f"{self._day[0]} of {self._day[1]} of the day used"

    async def json(self, method: str, path: str, kind: type[T], *, told: object = None) -> T:
        """What it answered, as this shape."""
        async with self.opened(method, path, told=told) as reply:
            answer = decoded(await bounded(reply), reply)
        try:
            return msgspec.convert(answer, type=kind)
        except msgspec.ValidationError as error:
            raise SourceUnreachable(f"Salesforce answers what nobody expects: {error}") from error

    @asynccontextmanager
    async def opened(
        self,
        method: str,
        path: str,
        *,
        told: object = None,
        accept: str = JSON,
        timeout: aiohttp.ClientTimeout = TIMEOUT,  # noqa: ASYNC109 - aiohttp's own, of each part of a request
    ) -> AsyncIterator[aiohttp.ClientResponse]:
        """A reply that succeeded. SourceLimitReached without asking when only others' share of the day is left, but for what
        puts away what was begun."""
        if method in ("GET", "POST"):
            self._check_day()
        body = None if told is None else msgspec.json.encode(told)
        async with AsyncExitStack() as stack:
            while True:
                headers = {"Authorization": f"Bearer {self._token}", "Accept": accept, "Content-Type": JSON}
                url = self.place + path
                asking = self._web.opened(method, url, headers=headers, body=body, timeout=timeout)
                reply = await stack.enter_async_context(asking)
                self._note(reply)
                if reply.status != 401 or self._renewals >= RENEWALS_MAX:
                    break
                self._renewals += 1
                self._token = await token_of(self._web, self._connection, self._secret)
            await _check(reply)
            yield reply

    def _note(self, reply: aiohttp.ClientResponse) -> None:
        self.requests += 1
        found = _USAGE.search(reply.headers.get("Sforce-Limit-Info", ""))
        if found:
            self._day = (int(found[1]), int(found[2]))

    def _check_day(self) -> None:
        if self._day is not None and self._day[0] >= self._day[1] * DAY_SHARE_MAX:
            left = f"{self.day()}: what is left is for what is written back"
            raise SourceLimitReached(f"Salesforce has {left}")


async def token_of(web: Web, connection: Connection, secret: str) -> str:
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
    try:
        token = msgspec.convert(reply, type=_Token)
    except msgspec.ValidationError as error:
        raise SourceUnreachable(f"Salesforce answers what nobody expects: {error}") from error
    if token.instance_url.rstrip("/").lower() != connection.place.lower():
        raise SourceAccessRefused("Salesforce leads to another host than the place of the connection")
    return token.access_token


async def _check(reply: aiohttp.ClientResponse) -> None:
    """A refusal unless it succeeded; in the words of Salesforce where it says what is wrong with the query."""
    if reply.status in (200, 201, 204):
        return
    if reply.status not in (400, 403):
        check_status(reply)
    said = await _said(reply)
    if said.errorCode == "REQUEST_LIMIT_EXCEEDED":
        raise SourceLimitReached("Salesforce answers nothing more today: the requests of the day are spent")
    if reply.status == 400 and said.errorCode:
        raise SourceUnreadable(f"Salesforce refuses it: {said.errorCode}: {said.message}"[:_SAID_MAX])
    check_status(reply)


async def _said(reply: aiohttp.ClientResponse) -> _Refusal:
    try:
        told = msgspec.json.decode(await bounded(reply), type=list[_Refusal])
    except msgspec.MsgspecError:
        return _Refusal()
    return told[0] if told else _Refusal()
