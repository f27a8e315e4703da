"""Servers that are away, refuse, are slow, and workers that die: nothing is lost, nothing comes twice unseen."""

import asyncio
import json
import ssl
from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import asyncssh
import pytest
import sqlalchemy as sa
from aiohttp import web
from fastapi import FastAPI
from standardwebhooks import Webhook
from structlog.testing import capture_logs

from services.partners.adapters.channels.outgoing import Accepted, Outgoing
from services.partners.adapters.channels.sftp import SftpChannel
from services.partners.domain.delivery import TERMS, Channel
from services.partners.domain.document import Period
from shared.database import Database
from shared.webhooks.target import TargetRules
from tests.factories.partners import a_registered_partner
from tests.factories.receiving_servers import DropBox, certificate, sftp_server
from tests.integration.partners.conftest import PartnersService
from tests.integration.partners.sending_desk import (
    LOOPBACK,
    MEERA,
    OUR_KEY,
    Desk,
    DiesAfterSending,
    Tls,
    added_contact,
    outbox_types,
    sending_desk,
    steps,
)
from tests.integration.service_callers import a_caller


async def write(database: Database, statement: str) -> None:
    async with database.engine.begin() as connection:
        await connection.execute(sa.text(statement))


@pytest.fixture(scope="module")
def tls(tmp_path_factory: pytest.TempPathFactory) -> Tls:
    return certificate(tmp_path_factory.mktemp("tls"))


@pytest.fixture
async def desk(app: FastAPI, service: PartnersService, tls: Tls, database_url: str) -> AsyncIterator[Desk]:
    async with sending_desk(app, service, tls, database_url) as desk:
        yield desk


async def test_a_mail_server_that_is_down_and_comes_back_gets_each_letter_once(
    desk: Desk, tls: tuple[ssl.SSLContext, Path]
) -> None:
    await desk.wish(MEERA)
    desk.mailbox.refusal = "451 4.3.0 try later"
    await desk.send()
    (waiting,) = await desk.deliveries()
    desk.mailbox.refusal = None

    await desk.send(after=timedelta(seconds=5))
    assert desk.mailbox.letters == []
    await asyncio.gather(desk.send(after=timedelta(seconds=40)), desk.send())
    await desk.send(after=timedelta(hours=1))

    (delivery,) = await desk.deliveries()
    assert (waiting["state"], waiting["last_error"]) == ("queued", "451 4.3.0 try later")
    assert steps(delivery) == ["queued", "attempted", "attempt_failed", "attempted", "sent"]
    assert len(desk.mailbox.letters) == 1


async def test_after_a_kill_in_the_middle_the_repeat_is_recognisable(desk: Desk) -> None:
    await desk.wish(MEERA)
    await desk.send(email=DiesAfterSending(desk.parts.channels[Channel.EMAIL]))
    await desk.send(after=timedelta(minutes=4))
    assert len(desk.mailbox.letters) == 1

    await asyncio.gather(desk.send(after=timedelta(minutes=2)), desk.send())

    (delivery,) = await desk.deliveries()
    assert len(desk.mailbox.letters) == 2
    assert len({letter["Message-ID"] for letter in desk.mailbox.letters}) == 1
    assert delivery["steps"][2]["detail"] == "the attempt before ended without a word"
    assert (delivery["state"], delivery["attempts"]) == ("sent", 2)


async def test_an_address_that_is_refused_bounces_at_once_and_is_resent_by_a_person(desk: Desk) -> None:
    await desk.wish(MEERA)
    desk.mailbox.refusal = "550 5.1.1 no such user"
    await desk.send()
    (bounced,) = await desk.deliveries()
    desk.mailbox.refusal = None

    async with desk.service[0](a_caller()) as client:
        resent = await client.post(f"/v1/deliveries/{bounced['id']}/resend")
        again = await client.post(f"/v1/deliveries/{bounced['id']}/resend")
    await desk.send(after=timedelta(days=400))

    assert (bounced["state"], bounced["last_error"]) == ("bounced", "550 5.1.1 no such user")
    assert (resent.status_code, again.json()["code"]) == (200, "delivery_not_resendable")
    (letter,) = desk.mailbox.letters
    assert letter["Message-ID"] == f"<{bounced['id']}.2@example.com>"


@pytest.fixture
async def drop_box(tmp_path: Path) -> AsyncIterator[DropBox]:
    async with sftp_server(tmp_path, OUR_KEY) as box:
        yield box


async def test_files_appear_whole_on_a_partner_s_server_and_only_once(desk: Desk, drop_box: DropBox) -> None:
    await added_contact(desk, channel="sftp", address=drop_box.address, host_key=drop_box.host_key)
    await desk.wish(roles=("systems",))
    await desk.send(sftp=DiesAfterSending(desk.parts.channels[Channel.SFTP]))

    await desk.send(after=timedelta(minutes=6))

    (delivery,) = await desk.deliveries()
    files = {path.suffix: path.read_bytes() for path in drop_box.folder.iterdir()}
    assert (delivery["state"], delivery["attempts"]) == ("delivered", 2)
    assert files.keys() == {".pdf", ".xlsx"}
    assert files[".pdf"].startswith(b"%PDF-")


async def test_a_server_with_another_key_gets_nothing(desk: Desk, drop_box: DropBox) -> None:
    other = " ".join(asyncssh.generate_private_key("ssh-ed25519").export_public_key().decode().split()[:2])
    await added_contact(desk, channel="sftp", address=drop_box.address, host_key=other)
    await desk.wish(roles=("systems",))

    await desk.send()

    (delivery,) = await desk.deliveries()
    assert (delivery["state"], list(drop_box.folder.iterdir())) == ("failed", [])
    assert "another key" in delivery["last_error"]


@pytest.mark.parametrize(
    "addresses", [["127.0.0.1"], ["10.0.0.7"], ["169.254.169.254"], ["8.8.8.8", "127.0.0.1"], ["::1"]]
)
async def test_a_name_that_leads_inside_gets_no_files(
    desk: Desk, drop_box: DropBox, addresses: list[str]
) -> None:
    async def resolve(_host: str) -> list[str]:
        return addresses

    await added_contact(desk, channel="sftp", address=drop_box.address, host_key=drop_box.host_key)
    await desk.wish(roles=("systems",))
    await desk.send(sftp=SftpChannel(OUR_KEY.export_private_key().decode(), TargetRules(), resolve=resolve))

    (delivery,) = await desk.deliveries()
    assert (delivery["state"], delivery["attempts"], list(drop_box.folder.iterdir())) == ("failed", 1, [])
    assert "not public and not allowed" in delivery["last_error"]


async def test_files_go_to_the_address_that_was_checked_and_the_name_is_not_asked_again(
    desk: Desk, drop_box: DropBox
) -> None:
    asked: list[str] = []

    async def resolve(host: str) -> list[str]:
        asked.append(host)
        return ["127.0.0.1"] if len(asked) == 1 else ["169.254.169.254"]

    named = drop_box.address.replace("127.0.0.1", "drop.dealer.invalid")  # no resolver knows it
    await added_contact(desk, channel="sftp", address=named, host_key=drop_box.host_key)
    await desk.wish(roles=("systems",))
    await desk.send(sftp=SftpChannel(OUR_KEY.export_private_key().decode(), LOOPBACK, resolve=resolve))

    (delivery,) = await desk.deliveries()
    assert (delivery["state"], asked) == ("delivered", ["drop.dealer.invalid"])


@pytest.mark.parametrize("host", ["10.0.0.7", "169.254.169.254", "167772167"])
async def test_an_sftp_server_inside_is_no_contact(desk: Desk, host: str) -> None:
    draft = {
        "role": "systems", "name": "Dealer's system", "channel": "sftp",
        "address": f"sftp://dealer@{host}/in", "host_key": "ssh-ed25519 AAAA",
    }  # fmt: skip
    async with desk.service[0](a_caller()) as client:
        reply = await client.post(f"/v1/partners/{desk.partner.code}/contacts", json=draft)

    assert (reply.status_code, reply.json()["code"]) == (422, "recipient_invalid")
    assert reply.json()["errors"][0]["pointer"] == "/address"


async def test_a_slow_webhook_holds_up_no_letter_and_is_tried_again_under_its_id(desk: Desk) -> None:
    seen: list[tuple[dict[str, str], bytes]] = []
    is_awake = asyncio.Event()

    async def receive(request: web.Request) -> web.Response:
        seen.append((dict(request.headers), await request.read()))
        if len(seen) == 1:
            await is_awake.wait()
            return web.Response(status=503)
        return web.Response(status=204)

    application = web.Application(client_max_size=10**8)
    application.router.add_post("/hook", receive)
    runner = web.AppRunner(application)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    address = f"http://127.0.0.1:{runner.addresses[0][1]}/hook"
    try:
        contact = await added_contact(desk, channel="webhook", address=address)
        await desk.wish(MEERA, roles=("systems",), formats=("pdf",))
        sending = asyncio.create_task(desk.send())
        await desk.mailbox.has_mail.wait()
        is_awake.set()
        await sending
        await desk.send(after=timedelta(minutes=1))
    finally:
        await runner.cleanup()

    letter, hook = sorted(await desk.deliveries(), key=lambda one: one["channel"])
    assert (letter["state"], hook["state"], hook["attempts"]) == ("sent", "delivered", 2)
    assert {one["webhook-id"] for one, _ in seen} == {hook["id"]}
    body = seen[1][1]
    key = Webhook(contact["secret"])
    signed = key.sign(
        hook["id"], datetime.fromtimestamp(int(seen[1][0]["webhook-timestamp"]), UTC), body.decode()
    )
    assert signed == seen[1][0]["webhook-signature"]
    assert json.loads(body)["data"]["files"][0]["file_name"].endswith(".pdf")


async def test_a_document_that_cannot_be_made_fails_visibly_and_stops_no_other(desk: Desk) -> None:
    await desk.wish(MEERA, period=Period.cut_off(date(2030, 1, 1)))
    await desk.wish(MEERA)

    await desk.send()

    failed, sent = await desk.deliveries()
    assert (failed["state"], failed["last_error"]) == ("failed", "2030-01-01 is still to come")
    assert sent["state"] == "sent"


async def test_a_mail_server_that_is_away_for_an_hour_gets_each_letter_once_when_it_is_back(
    desk: Desk, tls: Tls
) -> None:
    """The address of the server answers nobody at first: connections are refused."""
    away = await desk.mail_server_away(tls)
    await desk.wish(MEERA)
    await desk.wish(MEERA)
    for _ in range(6):
        await desk.send(email=away, after=timedelta(minutes=10))
    waiting = await desk.deliveries()

    await asyncio.gather(desk.send(after=timedelta(hours=1)), desk.send())
    await desk.send(after=timedelta(hours=5))

    after = await desk.deliveries()
    assert [one["state"] for one in waiting] == ["queued", "queued"]
    assert all("127.0.0.1: SMTPConnectError" in one["last_error"] for one in waiting)
    assert {one["attempts"] for one in waiting} == {5}  # pauses of half a minute, threefold each time
    assert [one["state"] for one in after] == ["sent", "sent"]
    assert len({letter["Message-ID"] for letter in desk.mailbox.letters}) == len(desk.mailbox.letters) == 2
    assert {steps(one).count("attempt_failed") for one in after} == {5}


async def test_a_partner_s_server_that_lets_nobody_in_is_given_up_told_and_sent_to_again_by_a_person(
    desk: Desk, drop_box: DropBox, database_url: str
) -> None:
    await added_contact(desk, channel="sftp", address=drop_box.address, host_key=drop_box.host_key)
    await desk.wish(roles=("systems",))
    drop_box.lets_in.clear()
    await desk.send()
    (waiting,) = await desk.deliveries()
    for _ in range(TERMS[Channel.SFTP].attempts_max):
        await desk.send(after=timedelta(hours=2))
    (failed,) = await desk.deliveries()
    drop_box.lets_in.set()
    async with desk.service[0](a_caller()) as client:
        scores = await client.get(
            f"/v1/delivery-scores?from={failed['queued_at'][:10]}&to=2027-01-07&limit=200"
        )
        await client.post(f"/v1/deliveries/{failed['id']}/resend")

    await desk.send(after=timedelta(minutes=1))

    (after,) = await desk.deliveries()
    assert (waiting["state"], waiting["attempts"]) == ("queued", 1)
    assert "PermissionDenied" in waiting["last_error"]
    assert (failed["state"], failed["attempts"]) == ("failed", TERMS[Channel.SFTP].attempts_max)
    assert (after["state"], steps(after).count("failed")) == ("delivered", 1)
    assert len(list(drop_box.folder.iterdir())) == 2
    (score,) = [one for one in scores.json()["items"] if one["name"] == desk.partner.code]
    assert score["failing_addresses"] == [f"sftp:{drop_box.address}"]
    assert outbox_types(database_url, desk.partner.code)[1:] == [
        "document_delivery_failed", "document_delivered",
    ]  # fmt: skip


async def test_attempts_of_which_nobody_knows_the_end_are_counted_and_come_to_one(desk: Desk) -> None:
    """A letter that kills whoever sends it."""
    await desk.wish(MEERA)
    dies = DiesAfterSending(desk.parts.channels[Channel.EMAIL])
    for _ in range(TERMS[Channel.EMAIL].attempts_max + 3):
        await desk.send(email=dies, after=timedelta(minutes=6))

    (delivery,) = await desk.deliveries()
    assert (delivery["state"], delivery["last_error"]) == ("failed", "every attempt ended without a word")
    assert len(desk.mailbox.letters) == TERMS[Channel.EMAIL].attempts_max
    assert len({letter["Message-ID"] for letter in desk.mailbox.letters}) == 1


class Breaks:
    """A channel with a mistake of ours in it."""

    async def send(self, _outgoing: Outgoing) -> Accepted:
        raise ZeroDivisionError


async def test_a_mistake_of_ours_ends_visibly_and_holds_up_no_other(desk: Desk, database: Database) -> None:
    refused = await a_registered_partner(desk.service)
    await desk.wish(replace(MEERA, channel=Channel.PORTAL))
    await desk.wish(MEERA, partner_code=refused.code)
    await desk.wish(MEERA)
    check = f"ALTER TABLE documents ADD CONSTRAINT refused CHECK (partner_code <> '{refused.code}') NOT VALID"
    await write(database, check)
    try:
        with capture_logs() as logged:
            for _ in range(TERMS[Channel.PORTAL].attempts_max):
                await desk.send(portal=Breaks(), after=timedelta(hours=5))
    finally:
        await write(database, "ALTER TABLE documents DROP CONSTRAINT refused")

    broken, sent = await desk.deliveries()
    (unmade,) = await desk.deliveries(refused.code)
    ours = "Something went wrong on our side"
    events = Counter(one["event"] for one in logged)
    assert (events["delivery_broken"], events["delivery_request_broken"]) == (12, 5)
    assert (broken["state"], broken["last_error"]) == ("failed", ours)
    assert (unmade["state"], unmade["last_error"]) == ("failed", ours)
    assert (sent["state"], sent["attempts"]) == ("sent", 1)
