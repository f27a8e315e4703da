"""Letters of a subscription are listed, and one that failed is sent again by one call."""

from typing import Any

import httpx
from uuid_utils.compat import uuid7

from shared.identity import Caller
from tests.integration.reporting.subscription_desk import (
    ANALYST,
    HOUSE,
    SubscriptionDesk,
    a_code,
    next_morning,
)
from tests.integration.reporting.test_report_subscriptions import desk, letters_of
from tests.integration.service_callers import a_caller

__all__ = ["desk"]


def an_address() -> str:
    return f"{a_code().lower()}@{HOUSE}"


async def subscribed(desk: SubscriptionDesk, *addresses: str) -> dict[str, Any]:
    recipients = [{"name": "Meera Joshi", "address": one} for one in addresses]
    return await desk.subscribed(zone=a_code(), recipients=recipients)


async def sent(desk: SubscriptionDesk, subscription: dict[str, Any], day: int = 0) -> None:
    await desk.fire(next_morning(subscription, day))
    run = (await desk.runs(subscription))[-1]
    await desk.make(run)
    await desk.post()


async def letters(
    desk: SubscriptionDesk, subscription: dict[str, Any], caller: Caller = ANALYST, **query: Any
) -> list[dict[str, Any]]:
    reply = await desk.ask("GET", f"/{subscription['id']}/letters", caller, params=query)
    items: list[dict[str, Any]] = reply.json()["items"]
    return items


async def resent(
    desk: SubscriptionDesk, subscription: dict[str, Any], letter_id: object, caller: Caller = ANALYST
) -> httpx.Response:
    return await desk.ask("POST", f"/{subscription['id']}/letters/{letter_id}/resend", caller)


async def test_a_letter_that_failed_is_sent_again_once_with_its_report(desk: SubscriptionDesk) -> None:
    gone, there = an_address(), an_address()
    subscription = await subscribed(desk, gone, there)
    desk.mailbox.refusals[gone] = "550 5.1.1 nobody here"
    await sent(desk, subscription)
    (failed,) = await letters(desk, subscription, state="failed")
    (arrived,) = await letters(desk, subscription, state="sent")
    del desk.mailbox.refusals[gone]

    too_much = await resent(desk, subscription, arrived["id"])
    again = await resent(desk, subscription, failed["id"])
    twice = await resent(desk, subscription, failed["id"])
    await desk.post()

    (letter,) = letters_of(desk, gone)
    (first,) = letters_of(desk, there)
    assert ("nobody here" in failed["said"], failed["address"]) == (True, gone)
    assert (too_much.status_code, too_much.json()["code"]) == (409, "letter_not_resendable")
    assert (again.status_code, again.json()["state"], again.json()["attempts"]) == (200, "queued", 0)
    assert (twice.status_code, twice.json()["code"]) == (409, "letter_not_resendable")
    assert {one["state"] for one in await letters(desk, subscription)} == {"sent"}
    assert [one.get_content() for one in letter.iter_attachments()] == [
        one.get_content() for one in first.iter_attachments()
    ]


async def test_letters_of_all_runs_are_listed_the_newest_first_by_pages(desk: SubscriptionDesk) -> None:
    subscription = await subscribed(desk, an_address(), an_address())
    for day in range(2):
        await sent(desk, subscription, day)

    whole = await letters(desk, subscription)
    path, page, listed = f"/{subscription['id']}/letters", {"limit": 3}, []
    reply = (await desk.ask("GET", path, params=page)).json()
    listed += reply["items"]
    reply = (await desk.ask("GET", path, params={**page, "cursor": reply["next_cursor"]})).json()
    listed += reply["items"]

    runs = await desk.runs(subscription)
    reports = {
        run["due_at"]: [one["report_run_id"] for one in await desk.reports(subscription, run)] for run in runs
    }
    assert listed == whole
    assert [one["due_at"] for one in whole] == [run["due_at"] for run in reversed(runs) for _ in range(2)]
    assert all([one["report_run_id"]] == reports[one["due_at"]] for one in whole)
    assert reply["next_cursor"] is None


async def test_strangers_neither_see_letters_nor_send_them_again(desk: SubscriptionDesk) -> None:
    gone = an_address()
    subscription, other = await subscribed(desk, gone), await subscribed(desk, an_address())
    desk.mailbox.refusals[gone] = "550 5.1.1 nobody here"
    await sent(desk, subscription)
    (failed,) = await letters(desk, subscription)
    stranger = a_caller("zonal_sales", zones=("Elsewhere",))

    unseen = await desk.ask("GET", f"/{subscription['id']}/letters", stranger)
    refused = await resent(desk, subscription, failed["id"], stranger)
    forbidden = await resent(desk, subscription, failed["id"], a_caller("auditor"))
    astray = await resent(desk, other, failed["id"])
    unknown = await resent(desk, subscription, uuid7())

    assert (unseen.status_code, unseen.json()["code"]) == (404, "report_subscription_not_found")
    assert (refused.status_code, refused.json()["code"]) == (404, "report_subscription_not_found")
    assert forbidden.status_code == 403
    assert [(one.status_code, one.json()["code"]) for one in (astray, unknown)] == [
        (404, "letter_not_found")
    ] * 2
    assert await letters(desk, subscription) == [failed]
