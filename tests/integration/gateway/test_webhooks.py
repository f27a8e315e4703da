"""Webhooks from registration to delivery: real receivers on loopback, a real database, the senders of the worker."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import aiohttp
import pytest
import sqlalchemy as sa
from standardwebhooks import Webhook
from uuid_utils.compat import uuid7

from gateway.adapters.webhook_deliveries import PER_ENDPOINT_MAX, claim_deliveries
from gateway.application.deliver_webhooks import WebhookSender
from gateway.consumers import SUBSCRIPTIONS
from shared.database import Database, UnitOfWork
from shared.events.payments import ReceiptsBookedV1
from shared.inbox import apply_once
from shared.secret_box import SecretBox
from shared.webhooks.client import WebhookClient
from shared.webhooks.target import TargetRules, networks_from
from tests.factories.payment_facts import a_receipt, told
from tests.integration.gateway.receiving import Receiver, receiving
from tests.integration.gateway.running import Seen, access_token, gateway_before, recording_app

LOOPBACK = TargetRules(networks=networks_from("127.0.0.0/8"), is_http_allowed=True)
BOX = SecretBox(["webhooks of the tests, sealed"])
Call = Callable[..., Awaitable[tuple[int, Any, Any]]]


@pytest.fixture(scope="module")
async def database(fresh_database: Any) -> AsyncIterator[Database]:
    database = Database(await fresh_database("gateway"), application_name="test", pool_size=8)
    yield database
    await database.close()


@pytest.fixture(autouse=True)
async def nothing_from_before(database: Database) -> None:
    """Endpoints of earlier tests hear nothing of this one's events."""
    async with database.engine.begin() as connection:
        await connection.execute(sa.text("UPDATE webhook_endpoints SET state = 'retired'"))


@pytest.fixture(scope="module")
async def gateway(database: Database) -> AsyncIterator[str]:
    async with gateway_before(recording_app(Seen([])), database.url) as url:
        yield url


@pytest.fixture(scope="module")
async def call(gateway: str) -> AsyncIterator[Call]:
    async with aiohttp.ClientSession() as session:

        async def call(
            method: str,
            path: str,
            body: object = None,
            *,
            as_: str = "integration",
            headers: dict[str, str] | None = None,
            **claims: object,
        ) -> tuple[int, Any, Any]:
            token = {"Authorization": f"Bearer {access_token(as_, **claims)}"}
            async with session.request(
                method, gateway + "/v1/webhook-endpoints" + path, json=body, headers=token | (headers or {})
            ) as reply:
                content = await reply.json(content_type=None)
                return reply.status, content, reply.headers

        yield call


@pytest.fixture
async def sender(database: Database) -> AsyncIterator[WebhookSender]:
    async with WebhookClient(LOOPBACK) as client:
        yield WebhookSender(database, client, BOX)


async def registered(call: Call, receiver: Receiver, **facts: object) -> tuple[str, str]:
    status, body, _ = await call("POST", "", {"url": receiver.url, **facts})
    assert status == 201, body
    return body["id"], body["secret"]


async def book(database: Database, *partner_codes: str, **facts: object) -> None:
    receipts = tuple(a_receipt(partner_code=code, **facts) for code in partner_codes)
    apply = apply_once("gateway", SUBSCRIPTIONS, lambda: UnitOfWork(database))
    await apply([told(ReceiptsBookedV1(receipts=receipts))])


async def sent(sender: WebhookSender) -> int:
    """Send what is due until nothing is; return how many attempts were made."""
    count = 0
    async with asyncio.timeout(60):
        while begun := await sender.send_due():
            count += begun
            await sender.finished()
    return count


async def make_due(database: Database, *, attempts: int | None = None) -> None:
    """Time passes: what waits is due, and no endpoint is held any more."""
    async with database.engine.begin() as connection:
        await connection.execute(
            sa.text(
                "UPDATE webhook_deliveries SET next_attempt_at = now(), leased_until = NULL,"
                " attempts = coalesce(CAST(:attempts AS integer), attempts) WHERE state = 'waiting'"
            ),
            {"attempts": attempts},
        )
        await connection.execute(sa.text("UPDATE webhook_endpoints SET held_until = NULL"))


async def deliveries(call: Call, endpoint: str, query: str = "") -> Sequence[Any]:
    _, page, _ = await call("GET", f"/{endpoint}/deliveries{query}")
    return list(page["items"])


async def test_an_event_reaches_the_endpoint_signed_as_the_standard_says(
    call: Call, database: Database, sender: WebhookSender
) -> None:
    async with receiving() as receiver:
        endpoint, secret = await registered(call, receiver, types=["receipt.*"])
        await book(database, "CP1")
        await sent(sender)
        [received] = receiver.received
        [delivery] = await deliveries(call, endpoint)

    body = Webhook(secret).verify(received.body, received.headers)
    assert body["type"] == "receipt.booked"
    assert received.headers["webhook-id"] == body["id"] == delivery["event_id"]
    assert received.headers["content-type"] == "application/json"
    assert (delivery["state"], delivery["attempts"], delivery["last_status"]) == ("delivered", 1, 204)


async def test_an_endpoint_hears_what_its_owner_may_read_and_asked_for(
    call: Call, database: Database, sender: WebhookSender
) -> None:
    async with receiving() as all_rows, receiving() as south, receiving() as other_types:
        await registered(call, all_rows)
        _, body, _ = await call("POST", "", {"url": south.url}, as_="zonal_sales", zones=["South-7"])
        await registered(call, other_types, types=["refund.paid"])
        await book(database, "CP1", zone="South-7")
        await book(database, "CP2", zone="North-7")
        await sent(sender)

    assert body["state"] == "enabled"
    assert (len(all_rows.received), len(south.received), len(other_types.received)) == (2, 1, 0)


async def test_an_event_told_twice_is_queued_once(call: Call, database: Database) -> None:
    apply = apply_once("gateway", SUBSCRIPTIONS, lambda: UnitOfWork(database))
    envelope = told(ReceiptsBookedV1(receipts=(a_receipt(),)))
    async with receiving() as receiver:
        endpoint, _ = await registered(call, receiver)
        await apply([envelope])
        await apply([envelope])

        assert len(await deliveries(call, endpoint)) == 1


async def test_a_failure_is_tried_again_with_the_same_id_and_a_new_time(
    call: Call, database: Database, sender: WebhookSender
) -> None:
    async with receiving(status=500, text="no\ndisk" + "x" * 5_000) as receiver:
        endpoint, secret = await registered(call, receiver)
        await book(database, "CP1")
        await sent(sender)
        [waiting] = await deliveries(call, endpoint, "?state=waiting")
        receiver.status = 200
        await make_due(database)
        await sent(sender)
        _, file, _ = await call("GET", f"/{endpoint}/deliveries/{waiting['id']}")

    first, second = receiver.received
    assert first.headers["webhook-id"] == second.headers["webhook-id"]
    Webhook(secret).verify(second.body, second.headers)
    wait = datetime.fromisoformat(waiting["next_attempt_at"]) - datetime.now(UTC)
    assert timedelta(seconds=-30) < wait < timedelta(seconds=6)
    assert [one["outcome"] for one in file["attempts"]] == ["refused", "delivered"]
    assert file["attempts"][0]["excerpt"].startswith("no disk")
    assert len(file["attempts"][0]["excerpt"]) == 500


async def test_retry_after_holds_the_whole_endpoint(
    call: Call, database: Database, sender: WebhookSender
) -> None:
    async with receiving(status=429, reply_headers={"Retry-After": "600"}) as receiver:
        endpoint, _ = await registered(call, receiver)
        await book(database, "CP1")
        await sent(sender)
        await book(database, "CP2")
        again = await sent(sender)
        _, body, _ = await call("GET", f"/{endpoint}")

    held = datetime.fromisoformat(body["resumes_at"]) - datetime.now(UTC)
    assert again == 0
    assert timedelta(minutes=9) < held <= timedelta(minutes=10)
    assert body["failures"] == 1


async def test_after_three_days_the_endpoint_is_paused_its_owner_told_and_resumed_by_hand(
    call: Call, database: Database, sender: WebhookSender
) -> None:
    async with receiving(status=500) as receiver:
        endpoint, _ = await registered(call, receiver)
        await book(database, "CP1")
        await make_due(database, attempts=9)
        await sent(sender)
        await book(database, "CP2")
        while_paused = await sent(sender)
        _, paused, head = await call("GET", f"/{endpoint}")
        receiver.status = 200
        await call("POST", f"/{endpoint}/resumption", headers={"If-Match": head["ETag"]})
        await sent(sender)
        states = [one["state"] for one in await deliveries(call, endpoint)]
        async with database.reading() as connection:
            told_of = await connection.scalar(
                sa.text("SELECT count(*) FROM outbox WHERE type LIKE '%webhook_endpoint_stopped%'")
            )

    assert (paused["state"], while_paused) == ("paused", 0)
    assert "failed 10 times" in paused["state_reason"]
    assert told_of == 1
    assert states == ["delivered", "failed"]


async def test_410_disables_the_endpoint_at_once(
    call: Call, database: Database, sender: WebhookSender
) -> None:
    async with receiving(status=410) as receiver:
        endpoint, _ = await registered(call, receiver)
        await book(database, "CP1", "CP2")
        await sent(sender)
        _, body, _ = await call("GET", f"/{endpoint}")
        states = {one["state"] for one in await deliveries(call, endpoint)}

    assert (body["state"], body["state_reason"]) == ("disabled", "it answered 410 Gone")
    assert states <= {"failed", "cancelled"}


async def test_a_redirect_is_a_failure_and_is_not_followed(
    call: Call, database: Database, sender: WebhookSender
) -> None:
    async with (
        receiving() as elsewhere,
        receiving(status=302, reply_headers={"Location": elsewhere.url}) as receiver,
    ):
        endpoint, _ = await registered(call, receiver)
        await book(database, "CP1")
        await sent(sender)
        [delivery] = await deliveries(call, endpoint)

    assert elsewhere.received == []
    assert (delivery["state"], delivery["last_status"]) == ("waiting", 302)


async def test_a_slow_endpoint_holds_a_few_places_and_never_the_others(
    call: Call, database: Database, sender: WebhookSender
) -> None:
    async with receiving() as slow, receiving() as quick:
        slow.may_answer.clear()
        slow_endpoint, _ = await registered(call, slow)
        await registered(call, quick)
        await book(database, *(f"CP{number}" for number in range(10)))
        stop = asyncio.Event()
        sending = asyncio.create_task(sender.run(stop))
        async with asyncio.timeout(60):
            while len(quick.received) < 10:
                await quick.arrived.wait()
                quick.arrived.clear()
        held = slow.most_under_way
        slow.may_answer.set()
        stop.set()
        await sending
        await sent(sender)
        states = {one["state"] for one in await deliveries(call, slow_endpoint)}

    assert held <= PER_ENDPOINT_MAX
    assert (len(slow.received), states) == (10, {"delivered"})


async def test_what_a_killed_worker_had_claimed_comes_due_when_its_lease_ends(
    call: Call, database: Database, sender: WebhookSender
) -> None:
    async with receiving() as receiver:
        endpoint, _ = await registered(call, receiver)
        await book(database, "CP1")
        async with database.engine.begin() as connection:
            [claimed] = await claim_deliveries(connection, room=10)  # and then the worker is gone
        while_leased = await sent(sender)
        async with database.engine.begin() as connection:
            await connection.execute(
                sa.text("UPDATE webhook_deliveries SET leased_until = now() WHERE id = :id"),
                {"id": claimed.id},
            )
        await sent(sender)
        [delivery] = await deliveries(call, endpoint)

    assert while_leased == 0
    assert (len(receiver.received), delivery["state"]) == (1, "delivered")


async def test_two_senders_deliver_each_event_once(call: Call, database: Database) -> None:
    async with (
        receiving() as receiver,
        WebhookClient(LOOPBACK) as one_client,
        WebhookClient(LOOPBACK) as other_client,
    ):
        await registered(call, receiver)
        await book(database, *(f"CP{number}" for number in range(30)))
        senders = (WebhookSender(database, one_client, BOX), WebhookSender(database, other_client, BOX))
        await asyncio.gather(*(sent(one) for one in senders))
        await sent(senders[0])

    ids = [one.headers["webhook-id"] for one in receiver.received]
    assert len(ids) == len(set(ids)) == 30
    assert receiver.most_under_way <= PER_ENDPOINT_MAX


async def test_a_name_that_leads_inside_after_it_was_checked_is_not_connected_to(
    call: Call, database: Database
) -> None:
    """Rebinding: the address used is the address checked, each time anew."""
    asked: list[str] = []

    async def rebinding(host: str) -> Sequence[str]:
        asked.append(host)
        return ["93.184.216.34", "127.0.0.1"] if len(asked) == 1 else ["127.0.0.1"]

    strict = TargetRules(is_http_allowed=True)
    async with receiving() as receiver, WebhookClient(strict, resolve=rebinding) as client:
        url = receiver.url.replace("127.0.0.1", "hooks.example.com")
        replies = [await client.post(url, {}, "{}"), await client.post(url, {}, "{}")]
        literal = await client.post(receiver.url, {}, "{}")

    assert [reply.outcome.value for reply in (*replies, literal)] == ["forbidden"] * 3
    assert asked == ["hooks.example.com"] * 2
    assert receiver.received == []


async def test_a_name_goes_to_the_address_that_was_checked_under_its_own_name(database: Database) -> None:
    async def to_loopback(_host: str) -> Sequence[str]:
        return ["127.0.0.1"]

    async with receiving() as receiver, WebhookClient(LOOPBACK, resolve=to_loopback) as client:
        reply = await client.post(receiver.url.replace("127.0.0.1", "hooks.example.com"), {}, "{}")

    assert reply.status == 204
    assert receiver.received[0].headers["host"].startswith("hooks.example.com:")


async def test_proxies_of_the_environment_are_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    async with receiving() as proxy, receiving() as receiver:
        monkeypatch.setenv("HTTP_PROXY", proxy.url)
        monkeypatch.setenv("http_proxy", proxy.url)
        async with WebhookClient(LOOPBACK) as client:
            await client.post(receiver.url, {}, "{}")

    assert (len(proxy.received), len(receiver.received)) == (0, 1)


@pytest.mark.parametrize(
    "url", ["https://169.254.169.254/latest", "https://10.0.0.1/", "https://u:p@a.example/"]
)
async def test_a_target_that_may_not_be_reached_is_refused_when_it_is_registered(
    call: Call, url: str
) -> None:
    status, body, _ = await call("POST", "", {"url": url})

    assert (status, body["code"], body["errors"][0]["pointer"]) == (422, "webhook_target_invalid", "/url")


async def test_while_secrets_rotate_deliveries_carry_both_signatures(
    call: Call, database: Database, sender: WebhookSender
) -> None:
    async with receiving() as receiver:
        endpoint, old = await registered(call, receiver)
        _, _, head = await call("GET", f"/{endpoint}")
        match = {"If-Match": head["ETag"]}
        _, rotated, _ = await call(
            "POST", f"/{endpoint}/secret-rotation", {"overlap_hours": 1}, headers=match
        )
        await book(database, "CP1")
        await sent(sender)
        both = receiver.received[-1]
        _, _, head = await call("GET", f"/{endpoint}")
        match = {"If-Match": head["ETag"]}
        _, last, _ = await call("POST", f"/{endpoint}/secret-rotation", {"overlap_hours": 0}, headers=match)
        await book(database, "CP1")
        await sent(sender)
        single = receiver.received[-1]

    assert Webhook(old).verify(both.body, both.headers) == Webhook(rotated["secret"]).verify(
        both.body, both.headers
    )
    assert len(single.headers["webhook-signature"].split()) == 1
    Webhook(last["secret"]).verify(single.body, single.headers)


async def test_the_secret_is_shown_once_and_kept_sealed(call: Call, database: Database) -> None:
    key = {"Idempotency-Key": str(uuid7())}
    async with receiving() as receiver:
        _, first, _ = await call("POST", "", {"url": receiver.url}, headers=key)
        status, repeated, head = await call("POST", "", {"url": receiver.url}, headers=key)
    async with database.reading() as connection:
        stored = await connection.scalar(
            sa.text("SELECT string_agg(convert_from(body, 'UTF8'), '') FROM idempotency_keys")
        )
        sealed = await connection.scalar(
            sa.text("SELECT string_agg(encode(sealed, 'escape'), '') FROM webhook_secrets")
        )

    assert (status, head["Idempotency-Replayed"]) == (201, "true")
    assert (repeated["id"], repeated["secret"]) == (first["id"], None)
    assert first["secret"].startswith("whsec_")
    assert "whsec_" not in str(stored)
    assert "whsec_" not in str(sealed)


async def test_an_endpoint_is_its_owners_and_others_do_not_see_it(call: Call) -> None:
    async with receiving() as receiver:
        endpoint, _ = await registered(call, receiver)
    others = [
        (await call("GET", f"/{endpoint}", sub="u-2"))[0],
        (await call("GET", f"/{endpoint}/deliveries", sub="u-2"))[0],
        (await call("POST", f"/{endpoint}/test", sub="u-2"))[0],
    ]
    _, page, _ = await call("GET", "", sub="u-2")

    assert others == [404, 404, 404]
    assert endpoint not in [one["id"] for one in page["items"]]
    assert (await call("GET", f"/{endpoint}", as_="auditor", sub="u-3"))[0] == 200
    assert (await call("POST", "", {"url": receiver.url}, as_="partner", partner_code="CP1"))[0] == 403


async def test_changes_need_the_revision_they_were_decided_on(call: Call) -> None:
    async with receiving() as receiver:
        endpoint, _ = await registered(call, receiver)
        _, _, head = await call("GET", f"/{endpoint}")
        match = {"If-Match": head["ETag"]}
        without = await call("PATCH", f"/{endpoint}", {"description": "x"})
        changed = await call(
            "PATCH", f"/{endpoint}", {"types": ["refund.paid"], "is_enabled": False}, headers=match
        )
        stale = await call("PATCH", f"/{endpoint}", {"description": "x"}, headers=match)
        bad = await call(
            "PATCH", f"/{endpoint}", {"types": ["refund.pade"]}, headers={"If-Match": changed[2]["ETag"]}
        )
        retired = await call("DELETE", f"/{endpoint}", headers={"If-Match": changed[2]["ETag"]})
        gone = await call("GET", f"/{endpoint}")

    assert [one[0] for one in (without, changed, stale, bad, retired, gone)] == [428, 200, 412, 422, 200, 404]
    assert (changed[1]["types"], changed[1]["state"]) == (["refund.paid"], "disabled")


async def test_a_test_reaches_the_endpoint_that_is_tried_out_and_no_other(
    call: Call, sender: WebhookSender
) -> None:
    async with receiving() as tried, receiving() as other:
        endpoint, _ = await registered(call, tried, types=["refund.paid"])
        await registered(call, other)
        status, delivery, _ = await call("POST", f"/{endpoint}/test")
        await sent(sender)

    assert (status, delivery["state"]) == (202, "waiting")
    assert [one.type for one in tried.received] == ["webhook_endpoint.tested"]
    assert other.received == []


async def test_deliveries_are_resent_one_by_one_and_by_time(
    call: Call, database: Database, sender: WebhookSender
) -> None:
    since = datetime.now(UTC) - timedelta(seconds=5)
    await book(database, "CP-BEFORE")
    async with receiving() as receiver:
        endpoint, _ = await registered(call, receiver, types=["receipt.booked"])
        await book(database, "CP1")
        await sent(sender)
        [delivery] = await deliveries(call, endpoint)
        await call("POST", f"/{endpoint}/deliveries/{delivery['id']}/resend")
        await sent(sender)
        once_more = [one.headers["webhook-id"] for one in receiver.received]
        until = datetime.now(UTC) + timedelta(seconds=5)
        span = {"told_from_at": since.isoformat(), "told_until_at": until.isoformat()}
        status, resent, _ = await call("POST", f"/{endpoint}/resends", span)
        await sent(sender)

    assert len(once_more) == 2
    assert len(set(once_more)) == 1
    assert status == 202
    assert resent["queued_count"] >= 2  # what came before it was registered too
    assert any("CP-BEFORE" in one.body for one in receiver.received)
