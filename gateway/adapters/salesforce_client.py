"""Salesforce over REST: query, describe, upsert by external id. Small, because that is all we ask of it.

Every request may be repeated: reads change nothing, and an upsert by external id ends in the same record. Records are
never created without one, because a repeated creation makes a second record.
"""

import asyncio
import random
import ssl
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from typing import Any, Final, Self, TypeVar
from urllib.parse import quote

import httpx
import msgspec

from gateway.adapters.bounded_reply import bounded_reply
from gateway.adapters.salesforce_sign_in import SalesforceAccess, Session, sign_in
from gateway.domain.salesforce_replies import (
    LIMIT_CODES,
    SESSION_ENDED,
    TRANSIENT_CODES,
    ChildRelation,
    NotWritten,
    ObjectDescription,
    SalesforceLimitReached,
    SalesforceRefused,
    SalesforceUnavailable,
    Usage,
    Written,
    usage_of,
)

COLLECTION_MAX: Final = 200
PAGES_MAX: Final = 5_000
ATTEMPTS_MAX: Final = 4
LIMIT_MEMORY_SECONDS: Final = 900.0
RETRY_AFTER_SECONDS: Final = 3600
_FIRST_PAUSE_SECONDS: Final = 0.5
_REPLY_BYTES_MAX: Final = 16 * 1024 * 1024
_TIMEOUT: Final = httpx.Timeout(60.0, connect=5.0, pool=5.0)

T = TypeVar("T")
Row = dict[str, Any]
Pause = Callable[[float], Awaitable[None]]


class _Page(msgspec.Struct):
    records: list[Row]
    done: bool
    nextRecordsUrl: str = ""  # noqa: N815 - their name


class _Error(msgspec.Struct):
    """Two interfaces, two names for the code."""

    message: str = ""
    errorCode: str = ""  # noqa: N815
    statusCode: str = ""  # noqa: N815


class _Result(msgspec.Struct):
    success: bool
    id: str | None = None
    created: bool = False
    errors: list[_Error] = []


class _Field(msgspec.Struct):
    name: str
    relationshipName: str | None = None  # noqa: N815
    referenceTo: list[str] = []  # noqa: N815


class _Child(msgspec.Struct):
    childSObject: str  # noqa: N815
    field: str
    relationshipName: str | None = None  # noqa: N815


class _Description(msgspec.Struct):
    fields: list[_Field]
    childRelationships: list[_Child] = []  # noqa: N815


class _SessionEnded(SalesforceRefused):
    """Sign in again, once."""


class _Reply(msgspec.Struct):
    status: int
    content: bytes


class SalesforceClient:
    """One per process: it keeps the session and what it knows of the day's limit."""

    def __init__(
        self, access: SalesforceAccess, *, limit_share_percent: int = 80, pause: Pause = asyncio.sleep
    ) -> None:
        self._access = access
        self._limit_share_percent = limit_share_percent
        self._pause = pause
        # Certificates are read only where they are needed, which a simulator on this machine is not.
        tls = ssl.create_default_context() if access.instance_url.startswith("https:") else False
        self._client = httpx.AsyncClient(
            timeout=_TIMEOUT, follow_redirects=False, trust_env=False, verify=tls
        )
        self._session: Session | None = None
        self._signing_in = asyncio.Lock()
        self._usage_seen_at = 0.0
        self.usage: Usage | None = None

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *error: object) -> None:
        await self._client.aclose()

    async def organization_id(self) -> str:
        """The organization we are signed in to, as its id of 18 characters."""
        return (await self._open_session()).organization_id

    async def pages(self, query: str, *, with_deleted: bool = False) -> AsyncIterator[Sequence[Row]]:
        """The rows of a SOQL query, page by page; numbers with decimals come as text, so that no digit is lost."""
        name = "queryAll" if with_deleted else "query"
        path = f"{self._root}/{name}?{httpx.QueryParams({'q': query})}"
        for _ in range(PAGES_MAX):
            page = _read(await self._say("GET", path), _Page)
            yield page.records
            if page.done:
                return
            if not page.nextRecordsUrl.startswith("/services/data/"):
                raise SalesforceUnavailable("Salesforce's answer does not say where its next page is")
            path = page.nextRecordsUrl
        raise SalesforceUnavailable(f"Salesforce's answer does not end after {PAGES_MAX} pages")

    async def described(self, object_name: str) -> ObjectDescription:
        """What we may see of an object. SalesforceRefused when there is no such object."""
        path = f"{self._root}/sobjects/{quote(object_name, safe='')}/describe"
        told = _read(await self._say("GET", path), _Description)
        return ObjectDescription(
            fields=frozenset(field.name for field in told.fields),
            lookups={
                field.relationshipName: field.referenceTo[0]
                for field in told.fields
                if field.relationshipName and len(field.referenceTo) == 1
            },
            children={
                child.relationshipName: ChildRelation(child.childSObject, child.field)
                for child in told.childRelationships
                if child.relationshipName
            },
        )

    async def upsert(
        self, object_name: str, external_id_field: str, records: Sequence[Mapping[str, object]]
    ) -> list[Written | NotWritten]:
        """Write up to 200 records of one object; each holds its external id. One result each, in their order.

        SalesforceUnavailable when nothing is known afterwards: the same call may be made again.
        """
        assert len(records) <= COLLECTION_MAX
        told = [{"attributes": {"type": object_name}, **record} for record in records]
        body = msgspec.json.encode({"allOrNone": False, "records": told})
        target = f"{quote(object_name, safe='')}/{quote(external_id_field, safe='')}"
        reply = await self._say("PATCH", f"{self._root}/composite/sobjects/{target}", body)
        results = [_outcome(result) for result in _read(reply, list[_Result])]
        if len(results) != len(records):
            raise SalesforceUnavailable("Salesforce's answer does not tell of every record")
        return results

    @property
    def _root(self) -> str:
        return f"/services/data/v{self._access.api_version}"

    async def _say(self, method: str, path: str, body: bytes | None = None) -> _Reply:
        """One request, again while Salesforce is busy, with a new session once when the old one has ended."""
        has_renewed = False
        for attempt in range(ATTEMPTS_MAX):
            try:
                return await self._ask(method, path, body)
            except _SessionEnded:
                if has_renewed:
                    raise
                has_renewed = True
            except SalesforceUnavailable:
                if attempt == ATTEMPTS_MAX - 1:
                    raise
                # Spread out, so that several workers do not come back at the same moment.
                await self._pause(_FIRST_PAUSE_SECONDS * 2**attempt * (1 + random.random()))  # noqa: S311
        raise SalesforceUnavailable("Salesforce takes none of our sessions")

    async def _ask(self, method: str, path: str, body: bytes | None) -> _Reply:
        """One request that was answered as it should; what is raised says whether it helps to ask again."""
        self._check_limit()
        session = await self._open_session()
        reply = await self._exchange(session, method, path, body)
        refusal = _refusal(reply)
        if isinstance(refusal, _SessionEnded) and self._session is session:
            self._session = None
        if isinstance(refusal, SalesforceLimitReached):
            self._note(Usage(1, 1))
        if refusal is not None:
            raise refusal
        return reply

    async def _exchange(self, session: Session, method: str, path: str, body: bytes | None) -> _Reply:
        headers = {"Authorization": f"Bearer {session.token}", "Accept": "application/json"}
        if body is not None:
            headers["Content-Type"] = "application/json"
        url = f"{session.instance_url}{path}"
        try:
            async with self._client.stream(method, url, content=body, headers=headers) as reply:
                content = await bounded_reply(reply, bytes_max=_REPLY_BYTES_MAX)
        except httpx.HTTPError as error:
            raise SalesforceUnavailable(f"Salesforce does not answer: {type(error).__name__}") from error
        usage = usage_of(reply.headers.get("Sforce-Limit-Info"))
        if usage is not None:
            self._note(usage)
        return _Reply(reply.status_code, content)

    async def _open_session(self) -> Session:
        """The session at hand, or a new one; many who ask at once sign in once."""
        async with self._signing_in:
            if self._session is None:
                self._session = await sign_in(self._client, self._access)
            return self._session

    def _note(self, usage: Usage) -> None:
        self.usage, self._usage_seen_at = usage, time.monotonic()

    def _check_limit(self) -> None:
        """What was seen a quarter of an hour ago is looked at again: the 24 hours move on."""
        is_fresh = time.monotonic() - self._usage_seen_at < LIMIT_MEMORY_SECONDS
        if self.usage is not None and is_fresh and self.usage.exceeds(self._limit_share_percent):
            raise SalesforceLimitReached(
                f"{self.usage.used} of {self.usage.granted} requests of 24 hours are used; ours end at"
                f" {self._limit_share_percent} percent",
                retry_after_seconds=RETRY_AFTER_SECONDS,
            )


def _refusal(reply: _Reply) -> SalesforceRefused | SalesforceUnavailable | SalesforceLimitReached | None:
    """What is wrong with a reply; None when it may be read. Transient things are SalesforceUnavailable."""
    if reply.status in (200, 201, 204):
        return None
    if 301 <= reply.status < 400:
        return SalesforceRefused("Salesforce sends us elsewhere; that is not followed", error_code="redirect")
    try:
        errors = msgspec.json.decode(reply.content, type=list[_Error])
    except msgspec.DecodeError:
        errors = []
    code = next((one.errorCode for one in errors if one.errorCode), "")
    message = "; ".join(one.message for one in errors)[:300]
    if code in LIMIT_CODES:
        return SalesforceLimitReached(
            "Salesforce grants no further request today", retry_after_seconds=RETRY_AFTER_SECONDS
        )
    if reply.status >= 500 or reply.status == 429 or code in TRANSIENT_CODES or not errors:
        return SalesforceUnavailable(f"Salesforce answers {reply.status} {code} {message}".rstrip())
    refused = _SessionEnded if code == SESSION_ENDED else SalesforceRefused
    return refused(f"Salesforce refuses: {message}", error_code=code[:60])


def _outcome(result: _Result) -> Written | NotWritten:
    if result.success and result.id:
        return Written(result.id, result.created)
    first = result.errors[0] if result.errors else _Error("Salesforce gives no reason")
    return NotWritten((first.statusCode or first.errorCode or "UNKNOWN")[:60], first.message[:500])


def _read(reply: _Reply, shape: type[T]) -> T:
    """The reply in the shape that was agreed; SalesforceUnavailable when it is anything else."""
    try:
        return msgspec.json.Decoder(shape, float_hook=str).decode(reply.content)
    except msgspec.DecodeError as error:
        raise SalesforceUnavailable("Salesforce's answer is not what was agreed") from error
