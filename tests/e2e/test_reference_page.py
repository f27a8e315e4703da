"""The reference page in a real browser: it shows the whole document, calls the API, and trusts no text of either."""

import json
import re
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from playwright.sync_api import Browser, Page, expect

from tests.e2e.desk import eventually
from tests.faults.processes import FragileSystem

HOSTILE = '<img src=x onerror="window.wasHit=1"><script>window.wasHit=1</script> [x](javascript:window.wasHit=1) `<b>`'
PART_OF_EACH_SERVICE = {
    "/v1/receipts",
    "/v1/partners",
    "/v1/dashboards/collections",
    "/v1/entities",
    "/v1/me",
}


@pytest.fixture
def page(browser: Browser, whole_system: FragileSystem, document: Any) -> Iterator[Page]:
    """The page in a fresh profile. Whatever the browser complains of, the policy of the page included, fails the test."""
    with browser.new_context(
        base_url=whole_system.url("gateway"), viewport={"width": 1440, "height": 900}
    ) as context:
        page = context.new_page()
        complaints: list[str] = []
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on(
            "console",
            lambda said: complaints.append(said.text) if said.type in ("error", "warning") else None,
        )
        page.goto("/")
        page.wait_for_selector("article")
        yield page
        assert [one for one in complaints if "the server responded with a status of 4" not in one] == []


@pytest.fixture(scope="module")
def document(whole_system: FragileSystem) -> Any:
    """The document, once every service has told its part."""
    address = f"{whole_system.url('gateway')}/openapi.json"
    return eventually(
        lambda: httpx.get(address).json(), lambda document: document["paths"].keys() >= PART_OF_EACH_SERVICE
    )


def operations(document: Any) -> set[tuple[str, str]]:
    return {(method, path) for path, methods in document["paths"].items() for method in methods}


def test_every_operation_and_schema_of_the_document_is_shown(page: Page, document: Any) -> None:
    shown = page.eval_on_selector_all(
        "article:not([id^=schema-])",
        "all => all.map(one => [one.querySelector('.method').textContent, one.querySelector('.path').textContent])",
    )

    assert {(method, path) for method, path in shown} == operations(document)
    assert page.locator("article[id^=schema-]").count() == len(document["components"]["schemas"])


def test_operations_of_every_resource_open_without_a_fault(page: Page) -> None:
    """The first two of each, and the first schemas; all six hundred would take a browser half a minute."""
    opened_count = page.evaluate(
        """async () => {
            document.querySelector("main").hidden = true; // laying all of it out at once takes longer than making it
            const sections = [...document.querySelectorAll("main > section")];
            const some = sections.flatMap((one) => [...one.querySelectorAll("article > details")].slice(0, 2));
            some.forEach((one) => (one.open = true));
            while (!some.every((one) => one.children.length === 2)) await new Promise(requestAnimationFrame);
            return some.length;
        }"""
    )

    assert opened_count > 50
    assert "[object" not in (page.locator("main").text_content() or "")
    assert page.locator("form.trial").count() == opened_count - 2


def test_nothing_outside_this_site_is_asked_for(page: Page, whole_system: FragileSystem) -> None:
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))

    page.reload()
    page.wait_for_selector("article")

    assert asked
    assert all(url.startswith((whole_system.url("gateway"), "data:")) for url in asked)


def test_search_narrows_to_what_has_every_word_and_enter_opens_it(page: Page) -> None:
    page.keyboard.press("/")
    page.keyboard.type("post bank-lines review")

    shown = page.locator("article:visible")
    expect(shown).to_have_count(1)
    expect(page.locator("#found")).to_have_text("1 found")
    page.keyboard.press("Enter")

    expect(page.locator("#post-v1-bank-lines-bank-line-id-review form.trial")).to_be_visible()
    page.focus("#search")
    page.keyboard.press("Escape")
    assert shown.count() > 100


def test_the_page_is_walked_by_keys(page: Page) -> None:
    page.keyboard.press("/")
    page.keyboard.type("get receipts")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")

    expect(page.locator("summary:focus")).to_be_visible()
    chosen = page.evaluate("location.hash")
    assert re.match(r"#get-v1-\S*receipts", chosen)


def test_a_call_with_a_token_shows_the_reply(page: Page, whole_system: FragileSystem) -> None:
    page.fill("#token", whole_system.token("coordinator"))
    page.keyboard.press("Tab")
    expect(page.locator("#whoami")).to_have_text("coordinator")

    reply = called(page, "get-v1-partners", limit="1")

    expect(reply.locator(".status")).to_have_text(re.compile("^200"))
    assert json.loads(reply.locator("pre").first.inner_text())["items"] is not None


def test_a_refused_call_shows_the_problem_in_words(page: Page, whole_system: FragileSystem) -> None:
    without_token = called(page, "get-v1-partners")
    expect(without_token.locator(".problem")).to_contain_text("unauthenticated")
    expect(without_token.locator(".problem")).to_contain_text("field at the top")

    page.fill("#token", whole_system.token("coordinator"))
    refused = called(page, "get-v1-partners", limit="0")

    expect(refused.locator(".status")).to_have_text(re.compile("^422"))
    expect(refused.locator(".problem li")).to_contain_text("limit")


def test_the_token_stays_in_its_tab(page: Page) -> None:
    page.fill("#token", "not-a-token")

    page.reload()

    expect(page.locator("#token")).to_have_value("not-a-token")
    assert page.evaluate("JSON.stringify(localStorage)") == "{}"
    fresh = page.context.new_page()
    fresh.goto("/")
    fresh.wait_for_selector("article")
    assert fresh.input_value("#token") == ""


def test_the_curl_of_a_call_holds_no_secret(page: Page, whole_system: FragileSystem) -> None:
    token = whole_system.token("coordinator")
    page.fill("#token", token)
    form = opened(page, "get-v1-partners")

    form.get_by_text("as curl").click()

    command = form.locator(".reply pre").inner_text()
    assert "/v1/partners'" in command
    assert '"Authorization: Bearer $TOKEN"' in command
    assert token not in command


def test_the_version_that_was_shown_is_offered_for_a_change(page: Page, whole_system: FragileSystem) -> None:
    page.route(
        "**/v1/bank-lines/7", lambda route: route.fulfill(json={"revision": 4}, headers={"ETag": '"4"'})
    )
    called(page, "get-v1-bank-lines-bank-line-id-", bank_line_id="7").locator(".status").wait_for()

    form = opened(page, "post-v1-bank-lines-bank-line-id-review")
    form.locator('[data-name="bank_line_id"]').fill("7")
    form.locator("textarea").focus()

    assert form.locator('[data-name="If-Match"]').input_value() == '"4"'


def test_a_chosen_theme_is_kept(page: Page) -> None:
    before = page.evaluate("document.documentElement.dataset.theme")

    page.click("#theme")
    page.reload()

    assert page.evaluate("document.documentElement.dataset.theme") not in (before, None)


def test_hostile_text_of_the_document_and_of_replies_stays_text(page: Page, document: Any) -> None:
    hostile = json.loads(json.dumps(document))
    hostile["info"]["description"] = hostile["info"]["title"] = HOSTILE
    operation = hostile["paths"]["/v1/partners"]["get"]
    operation["summary"] = operation["description"] = HOSTILE
    operation["parameters"][0]["description"] = HOSTILE
    hostile["tags"] = [{"name": HOSTILE, "description": HOSTILE}]
    operation["tags"] = [HOSTILE]
    problem = {
        "title": HOSTILE,
        "code": HOSTILE,
        "detail": HOSTILE,
        "errors": [{"pointer": HOSTILE, "detail": HOSTILE}],
    }
    page.route("**/openapi.json", lambda route: route.fulfill(json=hostile))
    page.route(
        "**/v1/partners?*",
        lambda route: route.fulfill(status=422, json=problem, content_type="application/problem+json"),
    )

    page.reload()
    page.wait_for_selector("article")
    reply = called(page, "get-v1-partners", limit="1")

    expect(reply.locator(".problem")).to_contain_text("<script>window.wasHit=1</script>")
    assert page.evaluate("window.wasHit") is None
    assert page.locator("main img, main script, a[href^='javascript']").count() == 0


def opened(page: Page, operation: str) -> Any:
    """The form of an operation, by its address on the page."""
    page.evaluate("hash => { location.hash = ''; location.hash = hash; }", operation)
    form = page.locator(f"[id='{operation}'] form.trial")
    form.wait_for()
    return form


def called(page: Page, operation: str, **values: str) -> Any:
    """Send the operation's form; returns where its reply is shown."""
    form = opened(page, operation)
    for name, value in values.items():
        form.locator(f'[data-name="{name}"]').fill(value)
    form.get_by_role("button", name="Send").click()
    return form.locator(".reply")
