"""Letters with saved analyses that the clock made: once per due instant and address, or not at all, and never in silence."""

import asyncio
import io
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from typing import Any

import httpx
import pytest
import python_calamine
from uuid_utils.compat import uuid7

from services.reporting.adapters.extracts import Extracts
from services.reporting.adapters.letter_store import LEASE, LetterTable, lease_letters
from services.reporting.application.post_letters import FIRST_DELAY
from shared.database import Database
from shared.identity import Caller
from tests.factories.receiving_servers import Mailbox, certificate, mail_server
from tests.integration.reporting.conftest import ReportingService
from tests.integration.reporting.subscription_desk import ANALYST, HOUSE, SubscriptionDesk
from tests.integration.reporting.test_analyses import CSV, told
from tests.integration.reporting.test_saved_analyses import fire, work
from tests.integration.service_callers import a_caller

MORE = CSV.replace("12,6.00", "13,6.00")


@pytest.fixture(scope="module")
async def desk(
    service: ReportingService, database_url: str, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[SubscriptionDesk]:
    database, extracts = Database(database_url, application_name="test-letters"), Extracts()
    tls = certificate(tmp_path_factory.mktemp("tls"))
    async with mail_server(tls[0], Mailbox()) as mailbox:
        yield SubscriptionDesk(service, database, extracts, mailbox, tls)
    extracts.close()
    await database.close()


def an_address() -> str:
    return f"meera-{uuid7().hex[-8:]}@{HOUSE}"


def a_draft(*addresses: str, **changed: Any) -> dict[str, Any]:
    return {
        "name": "Week against plan",
        "kind": "variance",
        "table_name": f"Weeks {uuid7().hex[-8:]}",
        "options": {"hierarchy": ["zone"]},
        "cron": "0 7 * * *",
        "recipients": [{"name": "Meera Joshi", "address": one} for one in addresses],
        **changed,
    }


async def ask(
    desk: SubscriptionDesk, method: str, path: str, caller: Caller = ANALYST, **options: Any
) -> httpx.Response:
    async with desk.service[0](caller) as client:
        return await client.request(method, f"/v1/saved-analyses{path}", **options)


async def saved(desk: SubscriptionDesk, draft: dict[str, Any], rows: str = CSV) -> dict[str, Any]:
    reply = await ask(desk, "POST", "", json=draft)
    assert reply.status_code == 201, reply.text
    await told(desk.service, rows.encode(), "text/csv", name=draft["table_name"])
    body: dict[str, Any] = reply.json()
    return body


async def made(desk: SubscriptionDesk, one: dict[str, Any], days: int = 0) -> None:
    """By three workers that see the instant, and a job that runs twice."""
    await fire(desk.database.url, datetime.fromisoformat(one["next_due_at"]) + timedelta(days=days))
    await work(desk.database.url)


async def letters(desk: SubscriptionDesk, one: dict[str, Any], state: str = "") -> list[dict[str, Any]]:
    """The oldest first."""
    reply = await ask(desk, "GET", f"/{one['id']}/letters", params={"state": state} if state else {})
    assert reply.status_code == 200, reply.text
    return list(reversed(reply.json()["items"]))


def got(desk: SubscriptionDesk, address: str) -> list[EmailMessage]:
    return [one for one in desk.mailbox.letters if address in str(one["To"])]


def text_of(letter: EmailMessage) -> str:
    body = letter.get_body(("plain",))
    assert body is not None
    return str(body.get_content()).replace("\r\n", "\n")


async def test_each_due_instant_goes_once_to_each_address_with_what_was_found_and_what_changed(
    desk: SubscriptionDesk,
) -> None:
    first, second = an_address(), an_address()
    one = await saved(desk, a_draft(first, second, first.upper()))

    await made(desk, one)
    await asyncio.gather(desk.post(), desk.post())
    await told(desk.service, MORE.encode(), "text/csv", name=one["table_name"])
    await made(desk, one, days=1)
    await asyncio.gather(desk.post(), desk.post())

    kept = await letters(desk, one)
    assert [(letter["state"], letter["attempts"]) for letter in kept] == [("sent", 1)] * 4
    assert len({letter["due_at"] for letter in kept}) == 2
    assert len(got(desk, second)) == 2
    opening, following = got(desk, second)
    assert "It is the first that the clock made" in text_of(opening)
    text = text_of(following)
    assert text.startswith(
        "Dear Meera Joshi,\n\nRevenue went from 235.00 INR to 289.00 INR, up 54.00 INR (22.98 %)"
    )
    assert "  Revenue, actual: 283.00 → 289.00 INR (+6.00)\n" in text
    shown = await ask(desk, "GET", f"/{one['id']}/runs")
    analysis_id = shown.json()["items"][0]["id"]
    assert f"/v1/analyses/{analysis_id}" in text
    book, picture = list(following.iter_attachments())
    sheets = python_calamine.CalamineWorkbook.from_filelike(io.BytesIO(book.get_content())).sheet_names
    assert {"Figures", "Checks", "Levels"} <= set(sheets)
    assert picture.get_content().startswith(b"\x89PNG")
    assert [part.get_content_type() for part in (book, picture)][1] == "image/png"


async def test_what_came_to_the_same_is_not_sent_where_it_is_asked_and_what_new_rows_made_meanwhile_is(
    desk: SubscriptionDesk,
) -> None:
    always, changed = an_address(), an_address()
    draft = a_draft(changed, condition="when_changed")
    one = await saved(desk, draft)
    other = await saved(
        desk, {**draft, "recipients": [{"name": "Asha", "address": always}], "condition": "always"}
    )

    for day, rows in enumerate((CSV, CSV, MORE)):
        await told(desk.service, rows.encode(), "text/csv", name=draft["table_name"])
        await work(desk.database.url)  # new rows make it themselves: the clock finds it made
        await made(desk, one, days=day)
        await made(desk, other, days=day)
    await desk.post()

    instants = (await ask(desk, "GET", f"/{one['id']}/instants")).json()["items"]
    assert [each["outcome"] for each in instants] == ["unchanged"] * 3
    assert [letter["due_at"] for letter in await letters(desk, one)] == [
        instants[2]["due_at"],
        instants[0]["due_at"],
    ]
    assert len(await letters(desk, other)) == 3
    assert "No figure changed since" in text_of(got(desk, always)[1])
    assert "figures changed since" in text_of(got(desk, changed)[1])


async def test_a_letter_is_tried_again_fails_in_sight_and_is_sent_again_by_one_call(
    desk: SubscriptionDesk,
) -> None:
    gone, busy = an_address(), an_address()
    one = await saved(desk, a_draft(gone, busy))
    desk.mailbox.refusals[gone] = "550 5.1.1 nobody here"
    desk.mailbox.refusals[busy] = "451 4.3.0 try later"

    await made(desk, one)
    await desk.post()
    (failed,) = await letters(desk, one, "failed")
    (waiting,) = await letters(desk, one, "queued")
    del desk.mailbox.refusals[gone], desk.mailbox.refusals[busy]
    await desk.post(datetime.now(UTC) + FIRST_DELAY)
    (sent,) = await letters(desk, one, "sent")
    too_much = await ask(desk, "POST", f"/{one['id']}/letters/{sent['id']}/resend")
    again = await ask(desk, "POST", f"/{one['id']}/letters/{failed['id']}/resend")
    twice = await ask(desk, "POST", f"/{one['id']}/letters/{failed['id']}/resend")
    await desk.post()

    assert "nobody here" in failed["said"]
    assert ("try later" in waiting["said"], waiting["attempts"], sent["attempts"]) == (True, 1, 2)
    assert (too_much.status_code, too_much.json()["code"]) == (409, "letter_not_resendable")
    assert (again.status_code, again.json()["state"], again.json()["attempts"]) == (200, "queued", 0)
    assert twice.status_code == 409
    assert {letter["state"] for letter in await letters(desk, one)} == {"sent"}
    assert (len(got(desk, gone)), len(got(desk, busy))) == (1, 1)


async def test_a_letter_of_a_dead_worker_goes_again_under_its_id(desk: SubscriptionDesk) -> None:
    address = an_address()
    one = await saved(desk, a_draft(address))
    await made(desk, one)
    now = datetime.now(UTC)
    async with desk.database.engine.begin() as connection:  # and dies before it hands anything in
        leased = await lease_letters(connection, LetterTable.ANALYSES, now, 1000)

    await desk.post(now)
    before = len(got(desk, address))
    await desk.post(now + LEASE)

    (mine,) = [row for row in leased if row.address == address]
    assert before == 0
    assert [str(each["Message-ID"]) for each in got(desk, address)] == [f"<analysis-{mine.id}@{HOUSE}>"]


async def test_nobody_outside_is_written_to_and_strangers_see_no_letters(desk: SubscriptionDesk) -> None:
    one = await saved(desk, a_draft(an_address(), zone="West"))
    await made(desk, one)
    (letter,) = await letters(desk, one)
    stranger, zone = (a_caller("zonal_sales", zones=(name,)) for name in ("Elsewhere", "West"))
    path = f"/{one['id']}/letters"

    outside = await ask(desk, "POST", "", json=a_draft("ravi@elsewhere.example"))
    wrong = await ask(desk, "POST", "", json=a_draft("meera", an_address(), cron=None))
    etag = {"If-Match": f'"{one["revision"]}"'}
    changed = await ask(desk, "PUT", f"/{one['id']}", json=a_draft("ravi@elsewhere.example"), headers=etag)
    unseen = await ask(desk, "GET", path, stranger)
    refused = await ask(desk, "POST", f"{path}/{letter['id']}/resend", zone)
    seen = await ask(desk, "GET", path, zone)
    unknown = await ask(desk, "POST", f"{path}/{uuid7()}/resend")
    of_another = await saved(desk, a_draft())
    astray = await ask(desk, "POST", f"/{of_another['id']}/letters/{letter['id']}/resend")

    assert (outside.status_code, outside.json()["code"]) == (422, "recipient_outside")
    assert outside.json()["errors"] == changed.json()["errors"]
    assert outside.json()["errors"][0]["pointer"] == "/recipients/0/address"
    assert (wrong.status_code, wrong.json()["code"]) == (422, "schedule_invalid")
    assert [each["pointer"] for each in wrong.json()["errors"]] == ["/recipients/0/address", "/cron"]
    assert (unseen.status_code, refused.status_code, seen.status_code) == (404, 403, 200)
    assert [each.json()["code"] for each in (unknown, astray)] == ["letter_not_found"] * 2


async def test_an_analysis_that_could_not_be_made_is_told_by_its_instant_and_not_by_letter(
    desk: SubscriptionDesk,
) -> None:
    address = an_address()
    reply = await ask(desk, "POST", "", json=a_draft(address))
    one = reply.json()

    await made(desk, one)
    await desk.post()

    (instant,) = (await ask(desk, "GET", f"/{one['id']}/instants")).json()["items"]
    assert instant["outcome"] == "refused"
    assert (await letters(desk, one), got(desk, address)) == ([], [])
