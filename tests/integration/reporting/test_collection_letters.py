"""Letters about a collection: invited, reminded, asked to correct and thanked, each once, with the workbook it is about."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from typing import Any

import pytest
from uuid_utils.compat import uuid7

from services.reporting.adapters.extracts import Extracts
from services.reporting.adapters.letter_store import LEASE, LetterTable, lease_letters
from services.reporting.adapters.unit_of_work import UnitOfWork
from services.reporting.application.watch_collections import watch_collections
from shared.database import Database
from tests.factories.receiving_servers import Mailbox, certificate, mail_server
from tests.integration.reporting.conftest import ReportingService, RunJob
from tests.integration.reporting.subscription_desk import HOUSE, SubscriptionDesk
from tests.integration.reporting.test_collections import (
    COORDINATOR,
    a_partner,
    csv_of,
    opened,
    respondents,
    submitted,
)
from tests.integration.reporting.test_report_runs import asked
from tests.integration.service_callers import a_caller

DUE_AT = datetime(2099, 11, 30, 12, 30, tzinfo=UTC)


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


async def watched(desk: SubscriptionDesk, at: datetime) -> None:
    """What the timer does, and the posting of what it queued."""
    async with UnitOfWork(desk.database) as work:
        await watch_collections(work, at)
        await work.commit()
    await desk.post(at)


async def letters(desk: SubscriptionDesk, collection: dict[str, Any]) -> list[tuple[str, int, str]]:
    """Why, its number and what became of it, the oldest first."""
    reply = await asked(desk.service, "GET", f"/v1/collections/{collection['id']}/letters", COORDINATOR)
    assert reply.status_code == 200, reply.text
    return [(one["occasion"], one["number"], one["state"]) for one in reversed(reply.json()["items"])]


def got(desk: SubscriptionDesk, address: str) -> list[EmailMessage]:
    return [one for one in desk.mailbox.letters if address in str(one["To"])]


def attached(letter: EmailMessage) -> list[str]:
    return [str(one.get_filename()) for one in letter.iter_attachments()]


async def test_a_round_of_letters_goes_once_each_with_the_workbook_it_is_about(
    desk: SubscriptionDesk, run_job: RunJob
) -> None:
    code = await a_partner(desk.service)
    address = f"{code.lower()}@partner.example"
    people = [{"name": "Sunil Rao", "address": address}]
    collection = await opened(
        desk.service, respondents=[{"kind": "partner", "key": code, "recipients": people}], remind_days=[3]
    )
    (one,) = await respondents(desk.service, collection)

    await desk.post()
    await desk.post()
    for _ in range(2):
        await watched(desk, DUE_AT - timedelta(days=2))
    wrong = await submitted(desk.service, run_job, collection, one, csv_of(f"{code},ENG-6,4,many,0"))
    await desk.post()
    right = await submitted(desk.service, run_job, collection, one, csv_of(f"{code},ENG-6,4,1,0"))
    await desk.post()
    await asked(desk.service, "POST", f"/v1/submissions/{right['id']}/acceptance", COORDINATOR, json={})
    await desk.post()

    assert await letters(desk, collection) == [
        ("invitation", 0, "sent"),
        ("reminder", 3, "sent"),
        ("returned", 1, "sent"),
        ("checked", 2, "sent"),
        ("accepted", 2, "sent"),
    ]
    posted = got(desk, address)
    assert [str(one["Subject"]).partition(":")[0] for one in posted] == [
        "Please fill",
        "Reminder",
        "Please correct",
        "Thank you",
        "Thank you, accepted",
    ]
    workbook = f"sales-forecast-2099-12-{code}"
    assert [attached(one) for one in posted] == [
        [f"{workbook}.xlsx"],
        [f"{workbook}.xlsx"],
        [f"{workbook}-v1-marked.xlsx"],
        [],
        [],
    ]
    body = posted[2].get_body(("plain",))
    assert body is not None
    assert "D2: expected a number" in body.get_content()
    assert f"/v1/submissions/{wrong['id']}/marked-copy" in body.get_content()


async def test_a_letter_of_a_dead_worker_goes_again_under_its_id_and_what_came_meanwhile_stops_it(
    desk: SubscriptionDesk, run_job: RunJob
) -> None:
    code = await a_partner(desk.service)
    refused, taken = f"gone-{code.lower()}@partner.example", f"{code.lower()}@partner.example"
    people = [{"name": "Gone", "address": refused}, {"name": "Here", "address": taken}]
    collection = await opened(
        desk.service, respondents=[{"kind": "partner", "key": code, "recipients": people}], remind_days=[3]
    )
    (one,) = await respondents(desk.service, collection)
    desk.mailbox.refusals[refused] = "550 5.1.1 nobody here"
    now = datetime.now(UTC)
    async with desk.database.engine.begin() as connection:  # and dies before it hands anything in
        leased = await lease_letters(connection, LetterTable.COLLECTIONS, now, 1000)

    await desk.post(now)
    assert not got(desk, taken)
    await desk.post(now + LEASE)
    await submitted(desk.service, run_job, collection, one, csv_of(f"{code},ENG-6,4,1,0"))
    closed = await asked(
        desk.service, "POST", f"/v1/collections/{collection['id']}/closing", COORDINATOR, json={}
    )
    await desk.post()

    (letter,) = [one for one in got(desk, taken) if "Please fill" in str(one["Subject"])]
    mine = [row for row in leased if row.address == taken]
    assert [str(letter["Message-ID"])] == [f"<collection-{row.id}@{HOUSE}>" for row in mine]
    assert closed.status_code == 200
    assert sorted(await letters(desk, collection)) == [
        ("checked", 1, "failed"),
        ("checked", 1, "sent"),
        ("invitation", 0, "failed"),
        ("invitation", 0, "sent"),
    ]
    zone = a_caller("zonal_sales", zones=("Elsewhere",))
    unseen = await asked(desk.service, "GET", f"/v1/collections/{collection['id']}/letters", zone)
    assert unseen.status_code == 404


async def test_a_reminder_that_was_overtaken_says_by_what_and_does_not_go(
    desk: SubscriptionDesk, run_job: RunJob
) -> None:
    code = await a_partner(desk.service)
    address = f"{code.lower()}@partner.example"
    people = [{"name": "Sunil Rao", "address": address}]
    collection = await opened(
        desk.service, respondents=[{"kind": "partner", "key": code, "recipients": people}], remind_days=[3]
    )
    (one,) = await respondents(desk.service, collection)
    await submitted(desk.service, run_job, collection, one, csv_of(f"{code},ENG-6,4,1,0"))

    await desk.post()

    assert await letters(desk, collection) == [("invitation", 0, "overtaken"), ("checked", 1, "sent")]
    assert [str(one["Subject"]).partition(":")[0] for one in got(desk, address)] == ["Thank you"]


async def test_letters_leave_the_house_to_partners_alone(desk: SubscriptionDesk) -> None:
    code = await a_partner(desk.service)
    outside = {"name": "Ravi", "address": f"ravi-{uuid7().hex[-6:]}@elsewhere.example"}
    inside = {"name": "Ravi", "address": f"ravi@{HOUSE}"}
    draft = {
        "template": "sales-forecast",
        "title": "Forecast of winter",
        "first_month": "2099-12",
        "due_at": "2099-11-30T12:30:00Z",
        "respondents": [
            {"kind": "partner", "key": code, "recipients": [outside, outside]},
            {"kind": "zone", "key": "West", "recipients": [inside, outside, {"name": "No", "address": "no"}]},
        ],
    }

    reply = await asked(desk.service, "POST", "/v1/collections", COORDINATOR, json=draft)

    assert (reply.status_code, reply.json()["code"]) == (422, "collection_invalid")
    assert [(one["pointer"], one["detail"]) for one in reply.json()["errors"]] == [
        ("/respondents/0/recipients/1/address", "expected each address once"),
        ("/respondents/1/recipients/1/address", f"expected an address at {HOUSE}"),
        ("/respondents/1/recipients/2/address", "expected name@example.com"),
    ]
