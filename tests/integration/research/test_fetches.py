"""Pages of the web as evidence: only from allowed hosts and checked addresses, as robots.txt wishes, and bounded."""

import asyncio
import gzip
import hashlib
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from ipaddress import ip_network
from typing import Any
from uuid import UUID

import pytest
import sqlalchemy as sa
from aiohttp import web
from uuid_utils.compat import uuid7

from services.research.adapters.fetches import asked_fetch
from services.research.adapters.unit_of_work import UnitOfWork
from services.research.adapters.web_client import FetcherAccess
from services.research.adapters.web_urls import allowed_hosts
from services.research.application.ask_fetch import ask_fetch
from services.research.application.fetch_page import FetchParts, fetch_page
from services.research.domain.errors import FetchUrlInvalid
from shared.database import Database
from shared.document_store import document_store
from shared.webhooks.target import TargetRules
from tests.integration.research.competitor_desk import ANALYST, CompetitorDesk
from tests.integration.research.conftest import ResearchService
from tests.integration.research.test_assignments import opened
from tests.integration.service_callers import a_caller

Answer = Callable[[web.Request], Awaitable[web.StreamResponse]]
PAGE = b"<!doctype html><html><head><title>Prices of  Kaveri</title><script>secretscript()</script></head>"
PAGE += b"<body><h1>Gensets</h1><p>The K125 costs less</p>tail</body></html>"


@dataclass
class Site:
    """A server on loopback that is called by names, what it answers by path, and what it was asked."""

    port: int = 0
    answers: dict[str, Answer] = field(default_factory=dict)
    asked: list[tuple[str, Mapping[str, str]]] = field(default_factory=list)

    def url(self, path: str, host: str = "site.test") -> str:
        return f"http://{host}:{self.port}{path}"

    def says(self, path: str, body: bytes = b"", **facts: Any) -> None:
        headers = {"Content-Type": "text/html", **facts.pop("headers", {})}

        async def answer(_: web.Request) -> web.StreamResponse:
            return web.Response(body=body, headers=headers, **facts)

        self.answers[path] = answer

    async def answer(self, request: web.Request) -> web.StreamResponse:
        self.asked.append((request.path, dict(request.headers)))
        known = self.answers.get(request.path)
        return web.Response(status=404) if known is None else await known(request)

    def paths(self) -> list[str]:
        return [path for path, _ in self.asked]


@pytest.fixture
async def site() -> AsyncIterator[Site]:
    site = Site()
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", site.answer)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    listener = web.TCPSite(runner, "127.0.0.1", 0)
    await listener.start()
    site.port = runner.addresses[0][1]
    yield site
    await runner.cleanup()


async def on_loopback(_: str) -> Sequence[str]:
    return ["127.0.0.1"]


@pytest.fixture
async def parts(database_url: str, dataset_store_folder: Any, site: Site) -> AsyncIterator[FetchParts]:
    database = Database(database_url, application_name="test-fetch")
    access = FetcherAccess(
        hosts=allowed_hosts(f"http://site.test:{site.port}, http://*.below.test:{site.port}"),
        rules=TargetRules((ip_network("127.0.0.0/8"),), is_http_allowed=True),
        contact="https://example.com/research",
        pause_seconds=0,
    )
    files = document_store(f"{dataset_store_folder.as_uri()}/evidence")
    yield FetchParts(database, files, access, on_loopback)
    await database.close()


async def fetched(parts: FetchParts, assignment: str, url: str) -> dict[str, Any]:
    """Asked for and taken in as the worker does."""
    async with UnitOfWork(parts.database) as work:
        fetch_id = await ask_fetch(work, (UUID(assignment), url), parts.access, ANALYST, at=datetime.now(UTC))
        await work.commit()
    await fetch_page(parts, fetch_id)
    async with parts.database.reading() as connection:
        return dict((await asked_fetch(connection, fetch_id))._mapping)


@pytest.fixture
async def assignment(service: ResearchService) -> str:
    return str((await opened(service, zone="west"))["id"])


async def test_a_page_is_kept_under_its_hash_with_where_it_came_from_and_is_found(
    service: ResearchService, parts: FetchParts, site: Site, assignment: str
) -> None:
    desk, word = CompetitorDesk(service), f"word{uuid7().hex}"
    page = PAGE.replace(b"less", word.encode())
    site.says("/moved", status=301, headers={"Location": "/prices?of=k125"})
    site.says("/prices", page, headers={"ETag": '"v1"', "Last-Modified": "Fri, 20 Nov 2026 08:00:00 GMT"})

    kept = await fetched(parts, assignment, site.url("/moved#top"))

    sha256 = hashlib.sha256(page).hexdigest()
    told = {
        name: kept[name] for name in ("state", "problem", "http_status", "etag", "last_modified", "title")
    }
    assert told == {
        "state": "kept", "problem": None, "http_status": 200, "etag": '"v1"',
        "last_modified": "Fri, 20 Nov 2026 08:00:00 GMT", "title": "Prices of Kaveri",
    }  # fmt: skip
    assert (kept["url"], kept["final_url"]) == (site.url("/moved"), site.url("/prices?of=k125"))
    assert kept["text_extract"] == f"Gensets The K125 costs {word} tail"
    base = f"/research-assignments/{assignment}"
    [file] = (await desk.read(f"{base}/files"))["items"]
    assert (file["id"], file["sha256"], file["format"]) == (str(kept["file_id"]), sha256, "html")
    content = await desk.call("GET", f"{base}/files/{file['id']}/content")
    assert content.content == page
    assert content.headers["content-disposition"].startswith("attachment")
    assert "sandbox" in content.headers["content-security-policy"]
    shown = await desk.read(f"{base}/fetches/{kept['id']}", a_caller("zonal_sales", zones=("west",)))
    assert shown["title"] == "Prices of Kaveri"
    [hit] = (await desk.read(f"/research-hits?q={word}"))["items"]
    assert (hit["kind"], hit["path"]) == ("page", f"/v1{base}/fetches/{kept['id']}")
    south = a_caller("zonal_sales", zones=("south",))
    assert (await desk.read(f"/research-hits?q={word}", south))["items"] == []
    assert (await desk.call("GET", f"{base}/fetches", caller=south)).status_code == 404
    _, headers = site.asked[-1]
    assert headers["User-Agent"] == "SalesOps-Research/1.0 (+https://example.com/research)"
    assert headers["Host"] == f"site.test:{site.port}"


async def test_a_page_that_did_not_change_is_kept_once(
    parts: FetchParts, site: Site, assignment: str
) -> None:
    async def answer(request: web.Request) -> web.StreamResponse:
        if request.headers.get("If-None-Match") == '"v1"':
            return web.Response(status=304)
        return web.Response(body=PAGE, content_type="text/html", headers={"ETag": '"v1"'})

    site.answers["/page"] = answer
    site.says("/without", PAGE + b"<!-- no etag -->")

    first, second = [await fetched(parts, assignment, site.url("/page")) for _ in range(2)]
    third, fourth = [await fetched(parts, assignment, site.url("/without")) for _ in range(2)]

    assert [one["state"] for one in (first, second, third, fourth)] == ["kept", "unchanged"] * 2
    assert (second["file_id"], second["http_status"]) == (first["file_id"], 304)
    assert (fourth["file_id"], fourth["http_status"]) == (third["file_id"], 200)
    async with parts.database.reading() as connection:
        query = sa.text("SELECT count(*) FROM research_files WHERE assignment_id = :id")
        assert await connection.scalar(query, {"id": assignment}) == 2


async def test_only_allowed_hosts_are_asked_and_each_redirect_is_checked_again(
    parts: FetchParts, site: Site, assignment: str
) -> None:
    site.says("/page", PAGE)
    site.says("/away", status=302, headers={"Location": site.url("/page", "other.test")})
    site.says("/home", status=302, headers={"Location": "http://127.0.0.1:1/secret"})
    site.says("/file", status=302, headers={"Location": "file:///etc/passwd"})
    for number in range(7):
        site.says(f"/hop{number}", status=307, headers={"Location": f"/hop{number + 1}"})

    outcomes = {
        url: (await fetched(parts, assignment, url))["problem"]
        for url in (
            site.url("/page", "deep.below.test"),
            site.url("/page", "below.test"),
            site.url("/page", "site.test.evil.test"),
            f"http://site.test:{site.port + 1}/page",
            f"https://site.test:{site.port}/page",
            site.url("/away"),
            site.url("/home"),
            site.url("/file"),
            site.url("/hop1"),
            site.url("/hop3"),
        )
    }

    assert list(outcomes.values()) == [
        None, "host_not_allowed", "host_not_allowed", "host_not_allowed", "host_not_allowed", "host_not_allowed",
        "host_not_allowed", "host_not_allowed", "redirected_too_often", "status",
    ]  # fmt: skip
    assert {headers["Host"] for _, headers in site.asked} == {
        f"site.test:{site.port}", f"deep.below.test:{site.port}"
    }  # fmt: skip


async def test_addresses_are_checked_and_the_connection_goes_to_the_checked_one(
    parts: FetchParts, site: Site, assignment: str
) -> None:
    site.says("/page", PAGE)
    private = replace(parts, access=replace(parts.access, rules=TargetRules((), is_http_allowed=True)))
    answers = iter([["127.0.0.1"], ["127.0.0.1"], ["10.1.2.3"]])

    async def rebinding(_: str) -> Sequence[str]:
        return next(answers, ["169.254.169.254"])

    async def mixed(_: str) -> Sequence[str]:
        return ["127.0.0.1", "10.1.2.3"]

    literal = replace(parts.access, hosts=allowed_hosts(f"http://10.1.2.3:{site.port}"))

    outcomes = [
        await fetched(private, assignment, site.url("/page")),
        await fetched(replace(parts, resolve=mixed), assignment, site.url("/page")),
        await fetched(replace(parts, access=literal), assignment, site.url("/page", "10.1.2.3")),
    ]
    assert site.asked == []
    first = await fetched(replace(parts, resolve=rebinding), assignment, site.url("/page"))
    rebound = await fetched(replace(parts, resolve=rebinding), assignment, site.url("/page"))

    assert [(one["state"], one["problem"]) for one in outcomes] == [("refused", "address_forbidden")] * 3
    # robots.txt and the page each resolved once; the next time the name leads into the house, and nobody is asked.
    assert (first["state"], rebound["problem"]) == ("kept", "address_forbidden")
    assert site.paths() == ["/robots.txt", "/page"]


@pytest.mark.parametrize(
    ("status", "rules", "expected"),
    [
        (200, "User-agent: *\nDisallow: /private", "robots_disallow"),
        (200, "User-agent: SalesOps-Research\nDisallow: /\nUser-agent: *\nAllow: /", "robots_disallow"),
        (200, "User-agent: *\nDisallow: /private\nAllow: /private/page$", None),
        (404, "User-agent: *\nDisallow: /", None),
        (503, "", "robots_unreachable"),
    ],
)
async def test_robots_txt_is_honoured(
    parts: FetchParts, site: Site, assignment: str, status: int, rules: str, expected: str | None
) -> None:
    site.says("/robots.txt", rules.encode(), status=status, headers={"Content-Type": "text/plain"})
    site.says("/private/page", PAGE)

    outcomes = [(await fetched(parts, assignment, site.url("/private/page")))["problem"] for _ in range(2)]

    assert outcomes == [expected] * 2
    # What was read is known for a day; what could not be read is asked again.
    assert site.paths().count("/robots.txt") == (2 if status == 503 else 1)
    assert ("/private/page" in site.paths()) is (expected is None)


async def test_bodies_are_bounded_as_they_come_and_as_they_unpack(
    parts: FetchParts, site: Site, assignment: str
) -> None:
    small = replace(parts, access=replace(parts.access, bytes_max=100_000))
    sent: list[int] = []

    async def endless(request: web.Request) -> web.StreamResponse:
        reply = web.StreamResponse(headers={"Content-Type": "text/plain"})
        await reply.prepare(request)
        while True:
            await reply.write(b"x" * 10_000)
            sent.append(10_000)

    async def broken(request: web.Request) -> web.StreamResponse:
        reply = web.StreamResponse(headers={"Content-Type": "text/plain", "Content-Length": "50000"})
        await reply.prepare(request)
        await reply.write(b"x" * 10)
        assert request.transport is not None
        request.transport.close()
        return reply

    bomb = gzip.compress(b"a" * 50_000_000)
    assert len(bomb) < 100_000
    site.answers["/endless"], site.answers["/broken"] = endless, broken
    site.says("/huge", b"x" * 100_001, headers={"Content-Type": "text/plain"})
    site.says("/bomb", bomb, headers={"Content-Type": "text/plain", "Content-Encoding": "gzip"})
    site.says("/cut", gzip.compress(PAGE)[:-9], headers={"Content-Encoding": "gzip"})
    site.says("/brotli", b"x", headers={"Content-Encoding": "br"})
    site.says("/packed", gzip.compress(PAGE), headers={"Content-Encoding": "gzip"})

    outcomes = {}
    for path in ("/endless", "/huge", "/bomb", "/broken", "/cut", "/brotli", "/packed"):
        one = await fetched(small, assignment, site.url(path))
        outcomes[path] = (one["state"], one["problem"])

    assert outcomes == {
        "/endless": ("refused", "too_large"),
        "/huge": ("refused", "too_large"),
        "/bomb": ("refused", "too_large"),
        "/broken": ("failed", "broken_off"),
        "/cut": ("failed", "broken_off"),
        "/brotli": ("refused", "type_refused"),
        "/packed": ("kept", None),
    }


async def test_the_time_of_a_fetch_is_bounded_in_all_however_often_something_comes(
    parts: FetchParts, site: Site, assignment: str
) -> None:
    async def drip(request: web.Request) -> web.StreamResponse:
        reply = web.StreamResponse(headers={"Content-Type": "text/plain"})
        await reply.prepare(request)
        while True:
            await reply.write(b"x")
            await asyncio.sleep(0.05)

    site.answers["/drip"] = drip
    site.says("/robots.txt", b"", headers={"Content-Type": "text/plain"})
    await fetched(parts, assignment, site.url("/nothing"))
    hurried = replace(parts, access=replace(parts.access, seconds_max=1.0))

    slow = await fetched(hurried, assignment, site.url("/drip"))

    assert (slow["state"], slow["problem"]) == ("failed", "timed_out")


async def test_what_a_file_is_is_told_by_its_bytes(parts: FetchParts, site: Site, assignment: str) -> None:
    pdf = b"%PDF-1.7\n1 0 obj<</Type/Catalog>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n"
    bodies = {
        "/a.pdf": (pdf, "application/pdf", ("kept", None)),
        "/b": (pdf.replace(b"1.7", b"1.6"), "application/octet-stream", ("kept", None)),
        "/c.csv": (b"model,kVA\nK125,125\n", "text/csv; charset=utf-8", ("kept", None)),
        "/d": (PAGE, "application/pdf", ("refused", "type_refused")),
        "/e": (b"\x7fELF" + b"\0" * 100, "text/plain", ("refused", "type_refused")),
        "/f": (PAGE, "video/mp4", ("refused", "type_refused")),
        "/g": (b"PK\x03\x04rubbish", "application/octet-stream", ("refused", "type_refused")),
        "/h": (b"%PDF-1.7 /JavaScript %%EOF", "application/pdf", ("refused", "type_refused")),
        "/i": (b"", "text/html", ("refused", "type_refused")),
    }
    for path, (body, media_type, _) in bodies.items():
        site.says(path, body, headers={"Content-Type": media_type})

    outcomes = {}
    for path in bodies:
        one = await fetched(parts, assignment, site.url(path))
        outcomes[path] = (one["state"], one["problem"])

    assert outcomes == {path: expected for path, (_, _, expected) in bodies.items()}


async def test_one_host_is_asked_by_one_at_a_time(parts: FetchParts, site: Site, assignment: str) -> None:
    running, most = 0, 0

    async def answer(_: web.Request) -> web.StreamResponse:
        nonlocal running, most
        running += 1
        most = max(most, running)
        await asyncio.sleep(0.05)
        running -= 1
        return web.Response(body=PAGE + uuid7().hex.encode(), content_type="text/html")

    for path in ("/robots.txt", "/1", "/2", "/3", "/4"):
        site.answers[path] = answer

    kept = await asyncio.gather(*(fetched(parts, assignment, site.url(f"/{one}")) for one in range(1, 5)))

    assert ([one["state"] for one in kept], most) == (["kept"] * 4, 1)


async def test_it_is_off_unless_an_operator_names_hosts_and_says_how_to_turn_it_on(
    service: ResearchService, assignment: str
) -> None:
    desk, path = CompetitorDesk(service), f"/research-assignments/{assignment}/fetches"

    off = await desk.call("POST", path, {"url": "https://www.example.com/"})

    assert (off.status_code, off.json()["code"]) == (409, "research_fetcher_off")
    assert "RESEARCH_FETCHER_ALLOWED_HOSTS" in off.json()["detail"]
    assert (await desk.read(path))["items"] == []


async def test_what_is_no_url_is_refused_at_once(parts: FetchParts, assignment: str) -> None:
    for url in (
        "ftp://site.test/x",
        "https://",
        "https://me:secret@site.test/",
        "https://site.test:0/",
        "https://2130706433/",
    ):
        with pytest.raises(FetchUrlInvalid):
            await fetched(parts, assignment, url)
