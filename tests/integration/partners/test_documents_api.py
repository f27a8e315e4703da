"""Documents over the API: frozen once, versioned by what they say, given out as attachments and never to others."""

import hashlib
import io
from datetime import UTC, date, datetime

import httpx
import psycopg
import pytest
from fastapi import FastAPI
from python_calamine import CalamineWorkbook

from services.partners.application.remove_expired_documents import remove_expired_documents
from shared.database import Database
from shared.identity import Caller
from tests.factories.partners import APartner, a_registered_partner
from tests.factories.payment_facts import a_receipt, an_invoice, booked, paying, registered
from tests.integration.partners.conftest import PartnersService
from tests.integration.partners.test_orders import an_order, told
from tests.integration.partners.told_ledger import the_ledger_agrees
from tests.integration.service_callers import a_caller

CSV = {"Content-Type": "text/csv"}
HANDED_IN = {"title": "Scheme rates", "from_on": "2026-10-01", "to_on": "2026-12-31"}


@pytest.fixture
async def partner(service: PartnersService) -> APartner:
    return await a_registered_partner(service)


async def made(
    service: PartnersService, partner: APartner, caller: Caller | None = None, kind: str = "payment_sheet"
) -> httpx.Response:
    async with service[0](caller or a_caller()) as client:
        draft = {"partner_code": partner.code, "kind": kind}
        return await client.post("/v1/document-renderings", json=draft)


async def handed_in(
    service: PartnersService, partner: APartner, content: bytes, media_type: str = "text/csv"
) -> httpx.Response:
    async with service[0](a_caller()) as client:
        return await client.post(
            "/v1/documents",
            params={"partner_code": partner.code, **HANDED_IN},
            content=content,
            headers={"Content-Type": media_type},
        )


async def test_a_sheet_is_a_new_version_only_when_it_says_something_else(
    service: PartnersService, database: Database, partner: APartner
) -> None:
    invoice = an_invoice(partner_code=partner.code, total_minor=1000_00)
    await service[1]([registered(invoice)])
    await the_ledger_agrees(service, database, partner.code)

    first, again = await made(service, partner), await made(service, partner)
    receipt = a_receipt(
        partner_code=partner.code, amount_minor=600_00, allocations=(paying(invoice, 600_00),)
    )
    await service[1]([booked(receipt)])
    await the_ledger_agrees(service, database, partner.code)
    second = await made(service, partner)

    assert (first.status_code, again.status_code, second.status_code) == (201, 200, 201)
    assert again.json()["id"] == first.json()["id"]
    assert (second.json()["version"], second.json()["supersedes_id"]) == (2, first.json()["id"])
    async with service[0](a_caller()) as client:
        query = {"partner_code": partner.code, "is_superseded": "false", "kind": "payment_sheet"}
        current = (await client.get("/v1/documents", params=query)).json()["items"]
        every = (await client.get("/v1/documents", params={"partner_code": partner.code})).json()["items"]
    assert [one["version"] for one in current] == [2]
    assert [(one["version"], one["is_superseded"]) for one in every] == [(2, False), (1, True)]


async def test_a_board_that_is_published_is_a_document_and_another_one_only_when_it_says_something_else(
    service: PartnersService, partner: APartner
) -> None:
    order = an_order(partner.code)
    await told(service, order)
    boards = f"/v1/order-boards/{partner.code}/publication"
    async with service[0](a_caller()) as client:
        published = (await client.post(boards)).json()

    first, again = [await made(service, partner, kind="order_board") for _ in range(2)]
    moved = order | {"lines": [order["lines"][0] | {"promised_on": "2027-02-01"}], "source_version": 1}
    await told(service, moved)
    second, known = [await made(service, partner, kind="order_board") for _ in range(2)]

    async with service[0](a_caller()) as client:
        publications = (await client.get(f"{boards}s")).json()["items"]
        query = {"format": "xlsx", "language": "mr"}
        content = (await client.get(second.json()["content_url"], params=query)).content
    replies = (first, again, second, known)
    assert [one.status_code for one in replies] == [200, 200, 201, 200]
    assert [(one.json()["version"], one.json()["number"]) for one in (first, second)] == [(1, "1"), (2, "2")]
    assert first.json()["content_sha256"] == published["content_sha256"]
    assert [(one["number"], one["content_sha256"]) for one in publications] == [
        (int(one.json()["number"]), one.json()["content_sha256"]) for one in (second, first)
    ]
    changes = CalamineWorkbook.from_filelike(io.BytesIO(content)).get_sheet_by_name("दिलेल्या तारखांतील बदल")
    assert changes.to_python()[1][4:] == [date(2026, 11, 25), date(2027, 2, 1), 68]


async def test_everybody_gets_the_same_bytes_as_an_attachment_and_each_opening_is_kept(
    service: PartnersService, partner: APartner
) -> None:
    document = (await made(service, partner)).json()
    url, own = document["content_url"], a_caller("partner", partner_code=partner.code)

    async with service[0](a_caller()) as office, service[0](own) as dealer:
        first = await office.get(url, params={"format": "pdf", "language": "mr"})
        second = await dealer.get(url, params={"format": "pdf", "language": "mr"})
        known = await dealer.get(
            url, params={"language": "mr"}, headers={"If-None-Match": first.headers["ETag"]}
        )
        openings = (await office.get(f"/v1/documents/{document['id']}/openings")).json()["items"]
        shown = (await office.get(f"/v1/documents/{document['id']}")).json()

    assert first.content == second.content
    assert first.content.startswith(b"%PDF-")
    assert known.status_code == 304
    assert first.headers["ETag"] == f'"{hashlib.sha256(first.content).hexdigest()}"'
    assert first.headers["Content-Disposition"].startswith('attachment; filename="payment-sheet_')
    assert first.headers["X-Content-Type-Options"] == "nosniff"
    assert [one["opened_by"] for one in openings] == ["test-partner", "test-coordinator"]
    assert [(file["format"], file["language"]) for file in shown["files"]] == [("pdf", "mr")]
    assert shown["openings"] == 2


async def test_a_document_of_another_partner_is_not_there(
    service: PartnersService, partner: APartner
) -> None:
    document = (await made(service, partner)).json()
    other = a_caller("partner", partner_code="CP-OTHER")

    async with service[0](other) as client:
        replies = [await client.get(f"/v1/documents/{document['id']}{part}") for part in ("", "/content")]
        listed = (await client.get("/v1/documents")).json()["items"]

    assert [reply.status_code for reply in replies] == [404, 404]
    assert listed == []


async def test_a_file_that_is_handed_in_is_kept_once_and_replaced_by_versions(
    service: PartnersService, partner: APartner
) -> None:
    first = await handed_in(service, partner, b"engine,rate\nX1,10\n")
    again = await handed_in(service, partner, b"engine,rate\nX1,10\n")
    second = await handed_in(service, partner, b"engine,rate\nX1,12\n")

    assert [one.status_code for one in (first, again, second)] == [201, 200, 201]
    assert first.json()["formats"] == ["csv"]
    assert second.json()["version"] == 2
    async with service[0](a_caller()) as client:
        content = await client.get(first.json()["content_url"], params={"format": "csv"})
        missing = await client.get(first.json()["content_url"], params={"format": "pdf"})
    assert content.content == b"engine,rate\nX1,10\n"
    assert missing.json()["code"] == "document_unknown"


async def test_a_program_with_another_name_is_refused_and_nothing_is_kept(
    service: PartnersService, partner: APartner
) -> None:
    refused = await handed_in(service, partner, b"MZ\x90", "application/pdf")

    assert (refused.status_code, refused.json()["code"]) == (422, "file_refused")
    async with service[0](a_caller()) as client:
        listed = (await client.get("/v1/documents", params={"partner_code": partner.code})).json()["items"]
    assert listed == []


async def test_after_its_retention_the_bytes_go_and_row_and_hash_stay(
    service: PartnersService, partner: APartner, app: FastAPI, database_url: str
) -> None:
    document = (await handed_in(service, partner, b"old,rates\n1,2\n")).json()
    files = app.state.document_files
    kept = await remove_expired_documents(files, datetime(2035, 3, 31, 12, tzinfo=UTC))
    with psycopg.connect(database_url) as connection:
        connection.execute(
            "UPDATE documents SET keep_until_on = '2020-03-31' WHERE id = %s", (document["id"],)
        )

    removed = await remove_expired_documents(files, datetime.now(UTC))

    async with service[0](a_caller()) as client:
        gone = await client.get(document["content_url"], params={"format": "csv"})
        shown = (await client.get(f"/v1/documents/{document['id']}")).json()
    assert (document["keep_until_on"], kept, removed) == (date(2035, 3, 31).isoformat(), 0, 1)
    assert (gone.status_code, gone.json()["code"]) == (409, "document_removed")
    assert shown["files"][0]["sha256"] == document["files"][0]["sha256"]
    assert shown["files"][0]["removed_at"]


async def test_a_retention_rule_is_added_and_never_changed(service: PartnersService) -> None:
    rule = {"kind": "report", "valid_from": "2031-04-01", "years": 10, "source": "board decision"}
    async with service[0](a_caller("approver")) as client:
        added = await client.post("/v1/retention-rules", json=rule)
        again = await client.post("/v1/retention-rules", json={**rule, "years": 1})
        listed = (await client.get("/v1/retention-rules")).json()["items"]

    assert (added.status_code, again.json()["code"]) == (201, "retention_rule_taken")
    assert [one["years"] for one in listed if one["kind"] == "report"] == [10, 8]
