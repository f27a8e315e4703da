"""Takes in a page or file of the web: within what the operator allows, as its robots.txt wishes, one at a time of a host."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final
from urllib.parse import unquote, urljoin, urlsplit
from uuid import UUID

from protego import Protego

from services.research.adapters.assignments import Row
from services.research.adapters.fetches import (
    asked_fetch,
    give_host_back,
    keep_robots,
    kept_before,
    known_robots,
    settle_fetch,
    take_host,
)
from services.research.adapters.page_text import PageText, page_text
from services.research.adapters.unit_of_work import UnitOfWork
from services.research.adapters.web_client import (
    ROBOTS_NAME,
    FetcherAccess,
    FetchStopped,
    WebClient,
    WebReply,
)
from services.research.adapters.web_urls import origin_of
from services.research.application.take_in_file import HandedIn, take_in_file
from services.research.domain.errors import AssignmentState, AssignmentUnknown
from services.research.domain.web_page import (
    FAILURES,
    REDIRECTS_MAX,
    FetchProblem,
    FetchState,
    Origin,
    is_allowed,
)
from shared.database import Database
from shared.document_store import DocumentStore
from shared.identity import Caller
from shared.webhooks.client import Resolve, system_addresses

BY: Final = "system:fetcher"
ROBOTS_BYTES_MAX: Final = 512 * 1024  # RFC 9309, section 2.5, asks for 500 KiB at least
HOST_WAIT_SECONDS_MAX: Final = 180.0
PAUSE_SECONDS_MAX: Final = 30.0
_REDIRECTS: Final = frozenset({301, 302, 303, 307, 308})
_ALLOW_ALL: Final = ""
_DISALLOW_ALL: Final = "User-agent: *\nDisallow: /"
_HEADER_LENGTH_MAX: Final = 300


@dataclass(frozen=True, slots=True)
class FetchParts:
    """What a fetch needs; `resolve` is a seam for tests."""

    database: Database
    files: DocumentStore
    access: FetcherAccess
    resolve: Resolve = system_addresses


@dataclass(slots=True)
class _Walk:
    """One fetch on its way: the time that is left of it, and where it has come to."""

    parts: FetchParts
    client: WebClient
    seconds_left: float
    facts: dict[str, Any] = field(default_factory=dict)


async def fetch_page(parts: FetchParts, fetch_id: UUID) -> None:
    """Repeating it is harmless: what was settled stays. What stops a fetch is kept with its reason and is no error."""
    async with parts.database.reading() as connection:
        row = await asked_fetch(connection, fetch_id)
        before = await kept_before(connection, row.assignment_id, row.url)
    if row.state != FetchState.QUEUED:
        return
    async with WebClient(parts.access, resolve=parts.resolve) as client:
        walk = _Walk(parts, client, parts.access.seconds_max)
        try:
            settled = await _taken_in(walk, row, before)
        except FetchStopped as stopped:
            settled = _stopped(stopped)
    async with UnitOfWork(parts.database) as work:
        facts = {**walk.facts, **settled, "settled_at": datetime.now(UTC)}
        await settle_fetch(work.connection, fetch_id, facts)
        await work.commit()


async def _taken_in(walk: _Walk, row: Row, before: Row | None) -> dict[str, Any]:
    reply = await _followed(walk, row.url, before)
    if reply.status == 304 and before is not None:
        return {"state": FetchState.UNCHANGED.value, "file_id": before.file_id, "title": before.title}
    if reply.status != 200:
        raise FetchStopped(FetchProblem.STATUS, f"answered {reply.status}", reply.status)
    page = await asyncio.to_thread(page_text, reply.content, _header(reply, "Content-Type") or "")
    sha256 = await walk.parts.files.put(reply.content)
    return await _kept(walk, row, page, (sha256, len(reply.content)))


async def _kept(walk: _Walk, row: Row, page: PageText, stored: tuple[str, int]) -> dict[str, Any]:
    """The same bytes are one file of an assignment, however often they are fetched."""
    sha256, size_bytes = stored
    named = _file_name(walk.facts["final_url"], page.format)
    file = HandedIn(file_name=named, format=page.format, sha256=sha256, size_bytes=size_bytes)
    desk = Caller(
        subject=row.asked_by, roles=frozenset({"analyst"}), zones=frozenset(), partner_code=None, token_id=BY
    )  # fmt: skip
    try:
        async with UnitOfWork(walk.parts.database) as work:
            file_id, is_new = await take_in_file(work, row.assignment_id, file, desk, at=datetime.now(UTC))
            await work.commit()
    except (AssignmentState, AssignmentUnknown) as refusal:
        raise FetchStopped(FetchProblem.ASSIGNMENT_CLOSED, refusal.detail) from refusal
    state = FetchState.KEPT if is_new else FetchState.UNCHANGED
    text = {"title": page.title, "text_extract": page.text if is_new else ""}
    return {"state": state.value, "file_id": file_id, **text}


async def _followed(walk: _Walk, url: str, before: Row | None) -> WebReply:
    """Each hop is checked as the first: its host, what robots.txt says there, and its addresses."""
    for _ in range(REDIRECTS_MAX + 1):
        origin = _allowed_origin(walk.parts.access, url)
        walk.facts["final_url"] = url
        rules = await _robots(walk, origin)
        if not rules.can_fetch(url, ROBOTS_NAME):
            raise FetchStopped(FetchProblem.ROBOTS_DISALLOW, f"robots.txt of {origin.host} does not allow it")
        async with _taken_host(walk.parts, origin, float(rules.crawl_delay(ROBOTS_NAME) or 0)):
            reply = await _asked(walk, url, _conditions(before, url))
        walk.facts |= {
            "http_status": reply.status,
            "etag": _header(reply, "ETag"),
            "last_modified": _header(reply, "Last-Modified"),
            "content_type": _header(reply, "Content-Type"),
        }
        location = _header(reply, "Location", 2_000)
        if reply.status not in _REDIRECTS or location is None:
            return reply
        url = _next(url, location)
    raise FetchStopped(FetchProblem.REDIRECTED_TOO_OFTEN, f"more than {REDIRECTS_MAX} redirects")


async def _robots(walk: _Walk, origin: Origin) -> Protego:
    """Of today, or asked now. RFC 9309, sections 2.3.1.2 to 2.3.1.4: 4xx allows all, 5xx and silence nothing."""
    async with walk.parts.database.reading() as connection:
        known = await known_robots(connection, str(origin))
    if known is not None:
        return Protego.parse(known.robots)
    rules = await _asked_robots(walk, origin)
    async with UnitOfWork(walk.parts.database) as work:
        await keep_robots(work.connection, str(origin), rules)
        await work.commit()
    return Protego.parse(rules)


async def _asked_robots(walk: _Walk, origin: Origin) -> str:
    url = f"{origin.scheme}://{_netloc(origin)}/robots.txt"
    try:
        for _ in range(REDIRECTS_MAX + 1):
            hop = _allowed_origin(walk.parts.access, url)
            async with _taken_host(walk.parts, hop, 0):
                reply = await _asked(walk, url, {}, ROBOTS_BYTES_MAX)
            location = _header(reply, "Location", 2_000)
            if reply.status not in _REDIRECTS or location is None:
                return _rules_of(reply)
            url = _next(url, location)
    except FetchStopped as stopped:
        if stopped.problem in (FetchProblem.HOST_BUSY, FetchProblem.ADDRESS_FORBIDDEN):
            raise
        detail = f"robots.txt of {origin.host} cannot be read: {stopped.detail}"
        raise FetchStopped(FetchProblem.ROBOTS_UNREACHABLE, detail) from stopped
    return _ALLOW_ALL


def _rules_of(reply: WebReply) -> str:
    if reply.status >= 500:
        raise FetchStopped(FetchProblem.ROBOTS_UNREACHABLE, f"answered {reply.status}", reply.status)
    if reply.status >= 400:
        return _ALLOW_ALL
    if reply.status != 200:
        return _DISALLOW_ALL
    return reply.content.decode("utf-8", "replace").replace("\0", "")


async def _asked(walk: _Walk, url: str, headers: dict[str, str], bytes_max: int | None = None) -> WebReply:
    """Within what is left of the time of the whole fetch; waiting for a host to be free is not counted."""
    if walk.seconds_left <= 0:
        raise FetchStopped(FetchProblem.TIMED_OUT, "no whole reply in time")
    started = time.monotonic()
    try:
        return await walk.client.get(url, headers, seconds=walk.seconds_left, bytes_max=bytes_max)
    finally:
        walk.seconds_left -= time.monotonic() - started


@asynccontextmanager
async def _taken_host(parts: FetchParts, origin: Origin, wished_pause: float) -> AsyncIterator[None]:
    """Nobody else asks the host meanwhile, on any worker; a worker that dies gives it back by its lease."""
    lease = parts.access.seconds_max + 30
    until = time.monotonic() + HOST_WAIT_SECONDS_MAX
    while not await _took(parts.database, origin, lease):
        if time.monotonic() > until:
            raise FetchStopped(FetchProblem.HOST_BUSY, f"{origin.host} was asked by others all the time")
        await asyncio.sleep(0.2)
    try:
        yield
    finally:
        pause = min(max(parts.access.pause_seconds, wished_pause), PAUSE_SECONDS_MAX)
        async with UnitOfWork(parts.database) as work:
            await give_host_back(work.connection, str(origin), pause)
            await work.commit()


async def _took(database: Database, origin: Origin, lease_seconds: float) -> bool:
    async with UnitOfWork(database) as work:
        is_ours = await take_host(work.connection, str(origin), lease_seconds)
        await work.commit()
    return is_ours


def _allowed_origin(access: FetcherAccess, url: str) -> Origin:
    if not access.hosts:
        raise FetchStopped(FetchProblem.FETCHER_OFF, "the fetcher was turned off")
    try:
        origin = origin_of(url)
    except ValueError as error:
        raise FetchStopped(FetchProblem.HOST_NOT_ALLOWED, str(error)) from error
    if not is_allowed(origin, access.hosts):
        detail = f"{origin} is not on the operator's list (RESEARCH_FETCHER_ALLOWED_HOSTS)"
        raise FetchStopped(FetchProblem.HOST_NOT_ALLOWED, detail)
    return origin


def _stopped(stopped: FetchStopped) -> dict[str, Any]:
    state = FetchState.FAILED if stopped.problem in FAILURES else FetchState.REFUSED
    told = {"state": state.value, "problem": stopped.problem.value, "problem_detail": stopped.detail[:500]}
    return told if stopped.status is None else {**told, "http_status": stopped.status}


def _conditions(before: Row | None, url: str) -> dict[str, str]:
    """A page that is as it was need not be sent again."""
    if before is None or before.final_url != url:
        return {}
    told = {"If-None-Match": before.etag, "If-Modified-Since": before.last_modified}
    return {name: value for name, value in told.items() if value}


def _next(url: str, location: str) -> str:
    try:
        return urljoin(url, location).partition("#")[0]
    except ValueError as error:
        raise FetchStopped(FetchProblem.HOST_NOT_ALLOWED, "it redirects to what is no URL") from error


def _netloc(origin: Origin) -> str:
    host = f"[{origin.host}]" if ":" in origin.host else origin.host
    return f"{host}:{origin.port}"


def _header(reply: WebReply, name: str, length_max: int = _HEADER_LENGTH_MAX) -> str | None:
    """What can be kept and sent back; None for what is absent or longer."""
    value = next((text for key, text in reply.headers.items() if key.lower() == name.lower()), None)
    return value if value and len(value) <= length_max and value.isprintable() else None


def _file_name(url: str, file_format: str) -> str:
    """`prices.pdf`, or the host where the path names nothing; a label, it says nothing of what the file is."""
    parts = urlsplit(url)
    last = unquote(parts.path.rpartition("/")[2]).replace("/", " ")
    plain = "".join(character for character in last if character.isprintable()).strip()[:150]
    name = plain or parts.hostname or "page"
    return name if name.lower().endswith(f".{file_format}") else f"{name}.{file_format}"
