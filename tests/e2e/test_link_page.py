"""The page behind a letter's link in a real browser, through the gateway: read, downloaded, and objected to by a partner."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from playwright.sync_api import Browser, Page, expect

from services.partners.adapters.document_links import DocumentLinks
from tests.e2e.desk import Desk, eventually
from tests.faults.processes import FragileSystem

PARTNER = {"code": "LP-1", "name": "Koyna <b>Engine</b> House", "zone": "Links"}
MEERA = {"channel": "portal", "address": "meera@koyna.example", "name": "Meera Joshi", "language": "hi"}
WRONG = "INV/26-27/004000 <script>was</script> paid on 14 October"


@pytest.fixture
def page(browser: Browser, whole_system: FragileSystem) -> Iterator[Page]:
    """As a partner has it: no login, and a browser that runs no scripts. Its complaints fail the test."""
    address = whole_system.url("gateway")
    with browser.new_context(base_url=address, java_script_enabled=False, accept_downloads=True) as context:
        page = context.new_page()
        complaints: list[str] = []
        page.on("console", lambda said: complaints.append(said.text) if said.type == "error" else None)
        page.on(
            "request", lambda asked: None if asked.url.startswith(address) else complaints.append(asked.url)
        )
        yield page
        assert [one for one in complaints if "the server responded with a status of 404" not in one] == []


def posted(desk: Desk, path: str, body: object) -> Any:
    reply = desk.client.post(path, json=body)
    assert reply.status_code in (200, 201), reply.text
    return reply.json()


def a_delivery(desk: Desk) -> dict[str, Any]:
    """Of a payment sheet, which nothing sends: this system knows no mail server."""
    posted(desk, "/v1/partners/batch", [PARTNER])
    sheet = posted(desk, "/v1/document-renderings", {"partner_code": "LP-1", "kind": "payment_sheet"})
    wish = {"key": "link-page", "document_id": sheet["id"], "recipients": [MEERA], "formats": ["pdf", "xlsx"]}
    delivery: dict[str, Any] = posted(desk, "/v1/deliveries", wish)["items"][0]
    return delivery


def test_a_partner_reads_downloads_and_objects_and_a_question_is_opened(
    page: Page, desk: Desk, whole_system: FragileSystem, tmp_path: Path
) -> None:
    delivery = a_delivery(desk)
    links = DocumentLinks(whole_system.cursor_secret().encode(), "")
    token = links.token(UUID(delivery["id"]), datetime.now(UTC) + timedelta(days=1))

    page.goto(links.path(token))
    expect(page.locator("html")).to_have_attribute("lang", "hi")
    page.get_by_role("link", name="English").click()
    expect(page.locator("main")).to_contain_text("Koyna <b>Engine</b> House")
    assert desk.get(f"/v1/documents/{delivery['document_id']}")["openings"] == 0

    with page.expect_download() as downloading:
        page.get_by_role("button", name="PDF").click()
    downloading.value.save_as(tmp_path / "sheet.pdf")
    assert (tmp_path / "sheet.pdf").read_bytes().startswith(b"%PDF-")
    assert downloading.value.suggested_filename.endswith(".pdf")
    assert desk.get(f"/v1/documents/{delivery['document_id']}")["openings"] == 1

    page.get_by_label("What is wrong?").fill(WRONG)
    page.get_by_role("button", name="Send the objection").click()
    expect(page.get_by_role("status")).to_contain_text(WRONG)
    expect(page.get_by_role("button", name="I agree")).to_be_visible()
    asked = eventually(lambda: desk.get("/v1/payment-queries", partner_code="LP-1")["items"], bool)
    assert [one["category"] for one in asked] == ["document_objection"]


def test_a_link_that_was_changed_leads_nowhere_and_says_so(page: Page) -> None:
    page.goto("/v1/document-links/changed?language=en")

    expect(page.get_by_role("heading")).to_have_text("This link leads nowhere")
