"""Digests of competitors: what is otherwise since the last one, each due instant once, and told to whom it is for."""

import asyncio
import json
from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from typing import Any

import pypdfium2
import pytest
import sqlalchemy as sa

from services.research.adapters.unit_of_work import UnitOfWork
from services.research.application.make_digest import fire_digests
from shared.database import Database
from tests.integration.research.competitor_desk import ANALYST, CompetitorDesk
from tests.integration.research.conftest import ResearchService
from tests.integration.research.test_competitors import SOUTH, WEST, kept_attribute
from tests.integration.service_callers import a_caller

SUBSCRIPTIONS = "/competitor-digest-subscriptions"


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    database = Database(database_url, application_name="test")
    yield database
    await database.close()


async def subscribed(desk: CompetitorDesk, *competitors: str, **changes: object) -> dict[str, Any]:
    return await desk.made(SUBSCRIPTIONS, {"title": "Gensets", "competitors": list(competitors), **changes})


async def made(desk: CompetitorDesk, subscription: dict[str, Any]) -> dict[str, Any] | None:
    """The digest that came of asking now, or None when nothing changed."""
    run = await desk.made(f"{SUBSCRIPTIONS}/{subscription['id']}/runs", None)
    if run["digest_id"] is None:
        assert run["outcome"] == "unchanged"
        return None
    return await desk.read(f"/competitor-digests/{run['digest_id']}")


def told(digest: dict[str, Any] | None) -> list[tuple[str, str | None]]:
    assert digest is not None
    return [
        (one["kind"], one["text"])
        for competitor in digest["content"]["competitors"]
        for one in competitor["changes"]
    ]


async def fired(database: Database, at: datetime) -> None:
    async with UnitOfWork(database) as work:
        await fire_digests(work, at)
        await work.commit()


async def runs(desk: CompetitorDesk, subscription: dict[str, Any]) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = (await desk.read(f"{SUBSCRIPTIONS}/{subscription['id']}/runs"))["items"]
    return found


async def test_a_digest_tells_what_is_otherwise_than_in_the_one_before(service: ResearchService) -> None:
    desk = CompetitorDesk(service)
    code, attribute = await desk.a_competitor(), await kept_attribute(desk)
    first_seen = await desk.seen(code, attribute=attribute, number="250", source="Manual")
    await desk.seen(code, attribute="street_price", number=None, seen_on="2020-01-31",
                    money={"amount": "845000.00", "currency": "INR"})  # fmt: skip
    subscription = await subscribed(desk, code)

    first = await made(desk, subscription)
    nothing = await made(desk, subscription)
    changed_seen = await desk.seen(code, attribute=attribute, number="300", source="Manual")
    other = await desk.seen(code, attribute=attribute, number="500", source="A dealer", credibility=4)
    second = await made(desk, subscription)
    await desk.made(f"/competitor-observations/{other['id']}/withdrawal", {"reason": "Another engine"})
    await desk.made(f"/competitors/{code}/battlecards", {"positioning": "Sell running cost"})
    third = await made(desk, subscription)
    for seen in (first_seen, changed_seen):
        await desk.made(f"/competitor-observations/{seen['id']}/withdrawal", {"reason": "Misread"})
    fourth = await made(desk, subscription)

    assert first is not None
    assert second is not None
    assert told(first) == [("new", "250 h"), ("stale", "₹\xa08,45,000.00")]
    assert nothing is None
    assert told(second) == [("changed", "300 h"), ("contradicted", "300 h")]
    change, contradiction = second["content"]["competitors"][0]["changes"]
    assert (change["before"], contradiction["against"][0]["text"]) == ("250 h", "500 h")
    assert told(third) == [("settled", "300 h"), ("battlecard", "Sell running cost")]
    assert told(fourth) == [("withdrawn", None)]
    assert (second["number"], second["changes"], second["summary"]) == (2, 2, "1 changed, 1 contradicted")
    assert datetime.fromisoformat(second["content"]["since"]) == datetime.fromisoformat(first["made_at"])
    # What was frozen stays, whatever came after it.
    assert told(await desk.read(f"/competitor-digests/{first['id']}")) == told(first)


async def test_a_digest_of_a_zone_knows_what_its_people_may_know_and_is_theirs(
    service: ResearchService,
) -> None:
    desk = CompetitorDesk(service)
    code, attribute = await desk.a_competitor(), await kept_attribute(desk)
    await desk.seen(code, attribute=attribute, number="250")
    await desk.seen(code, attribute=attribute, number="300", zone="west")
    await desk.seen(code, attribute=attribute, number="400", zone="south")

    refused = await desk.call("POST", SUBSCRIPTIONS, {"title": "All", "competitors": [code]}, WEST)
    own = await desk.made(SUBSCRIPTIONS, {"title": "West", "competitors": [code], "zone": "west"}, WEST)
    of_west = await desk.made(f"{SUBSCRIPTIONS}/{own['id']}/runs", None, WEST)
    of_all = await made(desk, await subscribed(desk, code))

    assert refused.json()["code"] == "zone_needed"
    path = f"/competitor-digests/{of_west['digest_id']}"
    assert told(await desk.read(path, WEST)) == [("new", "250 h"), ("new", "300 h")]
    assert len(told(of_all)) == 3
    assert of_all is not None
    for hidden in (
        path,
        f"{path}/content",
        f"{SUBSCRIPTIONS}/{own['id']}",
        f"{SUBSCRIPTIONS}/{own['id']}/runs",
    ):
        assert (await desk.call("GET", hidden, caller=SOUTH)).status_code == 404, hidden
    assert (await desk.call("GET", f"/competitor-digests/{of_all['id']}", caller=WEST)).status_code == 404
    listed = await desk.read(f"/competitor-digests?subscription_id={own['id']}", SOUTH)
    assert listed["items"] == []
    # Whoever sees all reads it, and does not make it: it is somebody else's.
    assert (await desk.call("POST", f"{SUBSCRIPTIONS}/{own['id']}/runs", None)).status_code == 403


async def test_a_due_instant_is_settled_once_by_many_workers_and_late_ones_are_made_up_for_once(
    service: ResearchService, database: Database
) -> None:
    desk = CompetitorDesk(service)
    code = await desk.a_competitor()
    await desk.seen(code)
    subscription = await subscribed(desk, code, cron="0 7 * * *", tells_no_change=True)
    due = datetime.fromisoformat(subscription["next_due_at"])

    await asyncio.gather(*(fired(database, due + timedelta(seconds=30)) for _ in range(4)))
    first = await runs(desk, subscription)
    await fired(database, due + timedelta(days=3, hours=1))
    all_runs = await runs(desk, subscription)

    assert [(one["outcome"], one["asked_by"]) for one in first] == [("made", "system:schedule")]
    assert [(one["outcome"], datetime.fromisoformat(one["due_at"]) - due) for one in reversed(all_runs)] == [
        ("made", timedelta()),
        ("skipped", timedelta(days=1)),
        ("skipped", timedelta(days=2)),
        ("made", timedelta(days=3)),
    ]
    digests = (await desk.read(f"/competitor-digests?subscription_id={subscription['id']}"))["items"]
    assert [one["number"] for one in digests] == [2, 1]


async def test_nothing_is_told_when_nothing_changed_unless_it_is_asked_for(
    service: ResearchService, database: Database
) -> None:
    desk = CompetitorDesk(service)
    code, attribute = await desk.a_competitor(), await kept_attribute(desk)
    await desk.seen(code, attribute=attribute, number="250")
    quiet = await subscribed(desk, code, cron="0 7 * * *")
    telling = await subscribed(desk, code, cron="0 7 * * *", tells_no_change=True)
    due = datetime.fromisoformat(quiet["next_due_at"])

    for day in range(2):
        await fired(database, due + timedelta(days=day, seconds=30))

    assert [one["outcome"] for one in await runs(desk, quiet)] == ["unchanged", "made"]
    assert [one["outcome"] for one in await runs(desk, telling)] == ["made", "made"]
    query = sa.text(
        "SELECT body FROM outbox WHERE type = 'salesops.research.competitor_digest_shared.v1' ORDER BY position"
    )
    async with database.reading() as connection:
        bodies = [json.loads(one)["data"] for one in (await connection.execute(query)).scalars()]
    of = {
        one["id"]: [body for body in bodies if body["subscription_id"] == one["id"]]
        for one in (quiet, telling)
    }
    assert [(one["number"], one["changes"]) for one in of[quiet["id"]]] == [(1, 1)]
    assert [(one["number"], one["changes"]) for one in of[telling["id"]]] == [(1, 1), (2, 0)]
    assert of[telling["id"]][1]["summary"] == "Nothing changed"
    assert of[quiet["id"]][0]["competitors"] == [code]


async def test_a_subscription_changes_by_versions_and_only_by_its_owner(service: ResearchService) -> None:
    desk = CompetitorDesk(service)
    code, another, attribute = (
        await desk.a_competitor(), await desk.a_competitor(), await kept_attribute(desk)
    )  # fmt: skip
    await desk.seen(code)
    await desk.seen(another, attribute=attribute)
    subscription = await subscribed(desk, code, cron="0 7 * * *")
    path = f"{SUBSCRIPTIONS}/{subscription['id']}"
    draft = {"title": "Fewer", "competitors": [another]}

    await made(desk, subscription)
    replies = [await desk.call("PUT", path, draft, if_match=seen) for seen in (None, '"1"', '"1"')]
    strange = await desk.call("PUT", path, draft, a_caller("coordinator"), if_match='"2"')
    digest = await made(desk, subscription)

    assert [one.status_code for one in (*replies, strange)] == [428, 200, 412, 403]
    assert (replies[1].json()["revision"], replies[1].json()["next_due_at"]) == (2, None)
    # The one that it is no longer about is not told as withdrawn.
    assert digest is not None
    assert [(one["code"], one["changes"][0]["kind"]) for one in digest["content"]["competitors"]] == [
        (another, "new")
    ]


async def test_what_cannot_be_subscribed_to_is_refused_by_name(service: ResearchService) -> None:
    desk = CompetitorDesk(service)

    nobody = await desk.call("POST", SUBSCRIPTIONS, {"title": "x", "competitors": ["nobody-there"]})
    never = await desk.call("POST", SUBSCRIPTIONS, {"title": "x", "cron": "0 7 31 2 *"})
    often = await desk.call("POST", SUBSCRIPTIONS, {"title": "x", "cron": "* * * * *"})

    assert (nobody.json()["code"], nobody.json()["errors"][0]["pointer"]) == (
        "competitor_digest_subscription_invalid",
        "/competitors/0",
    )
    assert [one.json()["code"] for one in (never, often)] == ["schedule_invalid", "schedule_invalid"]


async def test_the_pdf_says_what_changed_and_is_the_same_each_time(service: ResearchService) -> None:
    desk = CompetitorDesk(service)
    code, attribute = await desk.a_competitor(name="Kaveri & Söhne"), await kept_attribute(desk)
    silent = await desk.a_competitor(name="Tapti Motors")
    await desk.seen(code, attribute=attribute, number="250", source="Manual")
    await desk.seen(code, attribute=attribute, number="500", source="A dealer", credibility=4)
    digest = await made(desk, await subscribed(desk, code, silent))
    assert digest is not None

    replies = [await desk.call("GET", f"/competitor-digests/{digest['id']}/content") for _ in range(2)]

    assert replies[0].content == replies[1].content
    text = "".join(page.get_textpage().get_text_range() for page in pypdfium2.PdfDocument(replies[0].content))
    for words in ("Competitors: Gensets", "1 new, 1 contradicted", "Kaveri & Söhne", "250 h", "but 500 h: A dealer",
                  "Nothing new of Tapti Motors", "all zones", "the beginning"):  # fmt: skip
        assert words in text, text
    assert ANALYST.subject == digest["made_by"]
