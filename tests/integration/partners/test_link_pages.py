"""The page behind a link: shown to browsers without changing anything, answered by its forms, and to nobody else."""

from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

import httpx
import msgspec
import psycopg
import pytest
from fastapi import FastAPI

from services.partners.adapters.document_links import DocumentLinks
from services.partners.adapters.unit_of_work import UnitOfWork
from services.partners.application.prepare_deliveries import prepare_deliveries
from services.partners.application.queue_delivery import queue_delivery
from services.partners.domain.delivery import Channel, DeliveryWish, Recipient
from services.partners.domain.document import DocumentKind, Language, Period
from shared.database import Database
from shared.identity import LINK_HOLDER, Caller
from tests.factories.partners import APartner, a_registered_partner
from tests.integration.partners.conftest import PartnersService
from tests.integration.service_callers import a_caller

HOLDER = Caller("link:192.0.2.1", frozenset({LINK_HOLDER}), frozenset(), None, "link")
AS_BROWSER = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"}
HOSTILE = '<script>alert(1)</script> & "quoted"'
NOW = datetime(2027, 1, 5, 4, tzinfo=UTC)


class Link:
    """One delivery of one payment sheet, and the path of its link."""

    def __init__(self, service: PartnersService, links: DocumentLinks, delivery: dict[str, Any]) -> None:
        self.service = service
        self.links = links
        self.delivery = delivery
        self.path = self.until(datetime.now(UTC) + timedelta(days=1))

    def until(self, at: datetime) -> str:
        return f"/v1/document-links/{self.links.token(UUID(self.delivery['id']), at)}"

    async def get(self, path: str | None = None, **query: str) -> httpx.Response:
        async with self.service[0](HOLDER) as client:
            return await client.get(path or self.path, params=query or None, headers=AS_BROWSER)

    async def post(self, part: str, path: str | None = None, **form: str) -> httpx.Response:
        async with self.service[0](HOLDER) as client:
            return await client.post(f"{path or self.path}/{part}", data=form, headers=AS_BROWSER)

    async def steps(self) -> list[str]:
        async with self.service[0](a_caller()) as client:
            shown = (await client.get(f"/v1/deliveries/{self.delivery['id']}")).json()
        return [one["step"] for one in shown["steps"]]


async def a_link(service: PartnersService, database: Database, app: FastAPI, partner: APartner) -> Link:
    meera = Recipient(
        channel=Channel.PORTAL, address="meera@dealer.example", name=HOSTILE, language=Language.HINDI
    )
    wish = DeliveryWish(
        key=f"page/{partner.code}",
        partner_code=partner.code,
        kind=DocumentKind.PAYMENT_SHEET,
        period=Period.cut_off(date(2026, 11, 25)),
        recipients=(meera,),
        formats=("pdf", "xlsx"),
    )
    async with UnitOfWork(database) as work:
        await queue_delivery(work, wish, actor="test", at=NOW)
        await work.commit()
    await prepare_deliveries(database, NOW)
    async with service[0](a_caller()) as client:
        (delivery,) = (await client.get(f"/v1/deliveries?partner_code={partner.code}")).json()["items"]
    with psycopg.connect(database.url) as connection:
        connection.execute("UPDATE deliveries SET state = 'sent' WHERE id = %s", (delivery["id"],))
    return Link(service, app.state.document_links, delivery)


@pytest.fixture
async def link(service: PartnersService, database: Database, app: FastAPI) -> Link:
    return await a_link(service, database, app, await a_registered_partner(service))


def told(database_url: str, document_id: str) -> list[str]:
    """What was told of the document after it was published."""
    with psycopg.connect(database_url) as connection:
        rows = connection.execute("SELECT type, body FROM outbox ORDER BY position").fetchall()
    mine = [(name, msgspec.json.decode(body)["data"]) for name, body in rows if "document_" in name]
    return [
        name.split(".")[2]
        for name, data in mine
        if data.get("document_id") == document_id and "published" not in name
    ]


async def test_looking_shows_the_page_in_three_languages_and_changes_nothing(link: Link) -> None:
    before = await link.steps()

    shown = await link.get()
    others = [await link.get(language=language) for language in ("en", "mr")]

    policy = shown.headers["Content-Security-Policy"]
    assert (shown.status_code, shown.headers["Content-Type"]) == (200, "text/html; charset=utf-8")
    assert "default-src 'none'" in policy
    assert "script-src" not in policy
    assert "unsafe" not in policy
    assert (shown.headers["Cache-Control"], shown.headers["Vary"]) == ("no-store", "Accept")
    assert 'lang="hi"' in shown.text
    assert [words in page.text for words, page in zip(("I agree", "मी सहमत आहे"), others, strict=True)] == [
        True
    ] * 2
    assert "<script" not in shown.text
    assert "&lt;script&gt;" in shown.text
    assert not any(word in shown.text for word in ("http://", "https://", "src=", "@import", "url("))
    assert await link.steps() == before


async def test_programs_still_get_json(link: Link) -> None:
    async with link.service[0](HOLDER) as client:
        reply = await client.get(link.path)

    assert reply.json()["kind"] == "payment_sheet"
    assert reply.headers["Vary"] == "Accept"


async def test_the_button_gives_the_file_and_keeps_the_opening(link: Link) -> None:
    pdf = await link.post("content", format="pdf", language="en")
    other = await link.post("content", format="docx")

    assert pdf.content.startswith(b"%PDF-")
    assert pdf.headers["Content-Disposition"].startswith("attachment")
    assert (other.status_code, other.json()["code"]) == (404, "document_unknown")
    assert (await link.steps())[-1] == "opened"


async def test_what_only_looks_or_fetches_ahead_opens_nothing(link: Link) -> None:
    before = await link.steps()

    async with link.service[0](HOLDER) as client:
        path = f"{link.path}/content"
        head = await client.get(path, headers={"X-Asked-Method": "HEAD"})
        ahead = [
            await client.get(path, headers={name: words})
            for name, words in (("Sec-Purpose", "prefetch;prerender"), ("Purpose", "prefetch"))
        ]
        looked = await link.steps()
        got = await client.get(path)

    assert (head.status_code, looked) == (200, before)
    assert [(one.status_code, one.json()["code"]) for one in ahead] == [(403, "prefetch_refused")] * 2
    assert got.content.startswith(b"%PDF-")
    assert (await link.steps())[-1] == "opened"


async def test_an_agreement_sent_twice_counts_once_and_the_page_shows_it(
    link: Link, database_url: str
) -> None:
    first, second = [await link.post("reply", reply="agree", language="en") for _ in range(2)]

    page = await link.get(first.headers["Location"])
    assert [one.status_code for one in (first, second)] == [303, 303]
    assert first.headers["Location"] == f"{link.path}?language=en"
    assert "Agreed on" in page.text
    assert "I agree" not in page.text
    assert told(database_url, link.delivery["document_id"]) == ["document_acknowledged"]


async def test_a_program_that_agrees_is_not_sent_to_a_page(link: Link, database_url: str) -> None:
    async with link.service[0](HOLDER) as client:
        reply = await client.post(f"{link.path}/reply", data={"reply": "agree"})

    assert (reply.status_code, reply.content) == (204, b"")
    assert told(database_url, link.delivery["document_id"]) == ["document_acknowledged"]


async def test_an_objection_opens_one_question_however_often_the_button_is_pressed(
    link: Link, database_url: str
) -> None:
    said = {"reply": "object", "objection": f"INV/1 was paid.\r\n{HOSTILE}", "language": "en"}

    first, again = [await link.post("reply", **said) for _ in range(2)]
    other = await link.post("reply", **said | {"objection": "INV/2 as well."})

    page = (await link.get(language="en")).text
    assert [one.status_code for one in (first, again, other)] == [303, 303, 303]
    assert told(database_url, link.delivery["document_id"]) == ["document_objected", "document_objected"]
    assert "INV/1 was paid.\n&lt;script&gt;" in page
    assert "<script" not in page
    assert (await link.steps())[-1] == "objected"


async def test_an_objection_without_words_is_refused_where_it_was_written_and_nothing_is_lost(
    link: Link, database_url: str
) -> None:
    empty = await link.post("reply", reply="object", objection="  ", language="en")
    long = await link.post("reply", reply="object", objection="x" * 4001, language="en")

    assert [one.status_code for one in (empty, long)] == [422, 422]
    assert all('role="alert"' in one.text for one in (empty, long))
    assert "x" * 4001 in long.text
    assert told(database_url, link.delivery["document_id"]) == []


async def test_links_that_are_over_changed_or_anothers_lead_nowhere_and_say_the_same(
    link: Link, service: PartnersService, database: Database, app: FastAPI, database_url: str
) -> None:
    other = await a_link(service, database, app, await a_registered_partner(service))
    token = link.path.rsplit("/", 1)[1]
    mixed = other.path.rsplit("/", 1)[1][:30] + token[30:]
    bad = [
        link.until(datetime(2026, 1, 1, tzinfo=UTC)),
        *(f"/v1/document-links/{one}" for one in (token[:-2] + "AA", mixed, "x", link.delivery["id"])),
    ]

    shown = [await link.get(path, language="en") for path in bad]
    answered = [await link.post("reply", path, reply="agree", language="en") for path in bad]
    fetched = [await link.post("content", path, format="pdf", language="en") for path in bad]

    assert {(one.status_code, one.text) for one in (*shown, *answered, *fetched)} == {(404, shown[0].text)}
    assert "leads nowhere" in shown[0].text
    assert await link.post("reply", reply="agree") is not None
    assert told(database_url, other.delivery["document_id"]) == []


async def test_forms_are_read_and_nothing_else(link: Link) -> None:
    async with link.service[0](HOLDER) as client:
        short = await client.post(f"{link.path}/reply", data={"reply": "object", "objection": "x"})
        nowhere = await client.post("/v1/document-links/x/reply", data={"reply": "agree"})
        as_json = await client.post(f"{link.path}/reply", json={"reply": "agree"})
        large = await client.post(f"{link.path}/reply", data={"objection": "x" * 70_000})
        many = await client.post(f"{link.path}/reply", data={f"field{n}": "x" for n in range(11)})
        null = await client.post(
            f"{link.path}/reply", data={"reply": "object", "objection": "INV/1 is paid\0"}
        )
    async with link.service[0](a_caller()) as client:
        other_role = await client.post(f"{link.path}/reply", data={"reply": "agree"})

    assert [one.status_code for one in (as_json, large, other_role)] == [415, 413, 403]
    assert [(one.status_code, one.json()["code"]) for one in (many, null)] == [(422, "invalid")] * 2
    assert (short.status_code, short.json()["errors"][0]["pointer"]) == (422, "/objection")
    assert (nowhere.status_code, nowhere.json()["code"]) == (404, "document_link_invalid")
