"""Documents on their way to real servers: nothing is lost, nothing comes twice unseen, and every end is visible."""

import asyncio
import json
import ssl
from collections.abc import AsyncIterator
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import asyncssh
import psycopg
import pytest
from aiohttp import web
from fastapi import FastAPI
from standardwebhooks import Webhook
from uuid_utils.compat import uuid7

from services.partners.adapters.channels.email import EmailChannel, MailServer
from services.partners.adapters.channels.outgoing import Accepted, Outgoing
from services.partners.adapters.channels.sftp import SftpChannel
from services.partners.adapters.channels.webhook import WebhookChannel
from services.partners.adapters.unit_of_work import UnitOfWork
from services.partners.application.prepare_deliveries import prepare_deliveries
from services.partners.application.queue_delivery import queue_delivery
from services.partners.application.resend_delivery import remind_of_answers
from services.partners.application.send_deliveries import DeliverySender, SenderParts, SendsDocuments
from services.partners.domain.delivery import Channel, DeliveryWish, Recipient
from services.partners.domain.document import DocumentKind, Language, Period
from services.partners.domain.schedule import Audience, ScheduledKind
from services.partners.worker import queue_planned_items
from shared.database import Database
from shared.identity import LINK_HOLDER, Caller
from shared.webhooks.client import WebhookClient
from shared.webhooks.target import TargetRules, networks_from
from tests.factories.partners import APartner, a_registered_partner
from tests.factories.receiving_servers import DropBox, Mailbox, certificate, mail_server, sftp_server
from tests.integration.partners.conftest import PartnersService
from tests.integration.partners.schedule_desk import DUE
from tests.integration.partners.schedule_desk import Desk as ScheduleDesk
from tests.integration.partners.test_orders import an_order, told
from tests.integration.service_callers import a_caller

START = datetime(2027, 1, 5, 4, tzinfo=UTC)
OUR_KEY = asyncssh.generate_private_key("ssh-ed25519")
MEERA = Recipient(
    channel=Channel.EMAIL, address="meera@dealer.example", name="Meera Joshi", language=Language.MARATHI
)


@dataclass
class Desk:
    """One sender, the clock it looks at, and what its letters end in."""

    app: FastAPI
    service: PartnersService
    parts: SenderParts
    mailbox: Mailbox
    clock: list[datetime]
    partner: APartner = field(default_factory=APartner)

    async def wish(self, *recipients: Recipient, roles: tuple[str, ...] = (), **facts: Any) -> None:
        wish = DeliveryWish(
            key=f"test:{uuid7()}",
            partner_code=self.partner.code,
            kind=DocumentKind.PAYMENT_SHEET,
            recipients=recipients,
            roles=roles,
            **{"period": Period.cut_off(date(2026, 11, 25)), "formats": ("pdf", "xlsx"), **facts},
        )
        async with UnitOfWork(self.parts.files.database) as work:
            await queue_delivery(work, wish, actor="test", at=self.clock[0])
            await work.commit()

    async def send(self, *, after: timedelta = timedelta(0), **channels: SendsDocuments) -> None:
        """One round of a worker, so much later."""
        self.clock[0] += after
        changed = {Channel(name): channel for name, channel in channels.items()}
        sender = DeliverySender(replace(self.parts, channels={**self.parts.channels, **changed}))
        await prepare_deliveries(self.parts.files.database, self.clock[0])
        await sender.send_due()
        await sender.finished()

    async def deliveries(self) -> list[dict[str, Any]]:
        async with self.service[0](a_caller()) as client:
            listed = (await client.get(f"/v1/deliveries?partner_code={self.partner.code}")).json()["items"]
            shown = [(await client.get(f"/v1/deliveries/{one['id']}")).json() for one in listed]
        return list(reversed(shown))


@pytest.fixture(scope="module")
def tls(tmp_path_factory: pytest.TempPathFactory) -> tuple[ssl.SSLContext, Path]:
    return certificate(tmp_path_factory.mktemp("tls"))


@pytest.fixture
async def desk(
    app: FastAPI, service: PartnersService, tls: tuple[ssl.SSLContext, Path], database_url: str
) -> AsyncIterator[Desk]:
    with psycopg.connect(database_url) as connection:
        connection.execute("UPDATE deliveries SET state = 'failed' WHERE state = 'queued'")
    clock = [START]
    rules = TargetRules(networks_from("127.0.0.0/8"), is_http_allowed=True)
    async with mail_server(tls[0], Mailbox()) as mailbox, WebhookClient(rules) as client:
        server = MailServer(
            host="127.0.0.1",
            port=mailbox.port,
            security="starttls",
            user="",
            password="",
            ca_file=str(tls[1]),
        )
        email = EmailChannel(
            server, sender="Sahyadri Engines", sender_address="documents@example.com", now=lambda: clock[0]
        )
        parts = SenderParts(
            files=app.state.document_files,
            channels={
                Channel.EMAIL: email,
                Channel.PORTAL: email,
                Channel.SFTP: SftpChannel(OUR_KEY.export_private_key().decode()),
                Channel.WEBHOOK: WebhookChannel(client, now=lambda: clock[0]),
            },
            links=app.state.document_links,
            box=app.state.secret_box,
            mail_domain="example.com",
            now=lambda: clock[0],
        )
        desk = Desk(app, service, parts, mailbox, clock)
        desk.partner = await a_registered_partner(service)
        yield desk


def steps(delivery: dict[str, Any]) -> list[str]:
    return [one["step"] for one in delivery["steps"]]


async def test_a_letter_is_encrypted_speaks_the_recipient_s_language_and_asks_for_word(desk: Desk) -> None:
    await desk.wish(MEERA, acknowledge_within_days=3)

    await desk.send()

    (delivery,), (letter,) = await desk.deliveries(), desk.mailbox.letters
    assert (delivery["state"], steps(delivery)) == ("sent", ["queued", "attempted", "sent"])
    assert letter["Message-ID"] == f"<{delivery['id']}.1@example.com>"
    assert str(letter["To"]) == "Meera Joshi <meera@dealer.example>"
    assert "देयक पत्रक" in str(letter["Subject"])
    assert letter["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert str(letter["List-Unsubscribe"]).endswith("/unsubscription>")
    attached = {part.get_filename(): part.get_content() for part in letter.iter_attachments()}
    assert {name.rsplit(".", 1)[1] for name in attached} == {"pdf", "xlsx"}
    assert next(iter(attached.values())).startswith(b"%PDF-")
    sender, recipient = desk.mailbox.envelopes
    assert sender.endswith(f"RET=HDRS ENVID={delivery['id']}")
    assert recipient == "NOTIFY=SUCCESS,FAILURE,DELAY ORCPT=rfc822;meera@dealer.example"


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


class DiesAfterSending:
    """A worker that is killed between the server's word and its own note."""

    def __init__(self, channel: SendsDocuments) -> None:
        self._channel = channel

    async def send(self, outgoing: Outgoing) -> Accepted:
        await self._channel.send(outgoing)
        raise asyncio.CancelledError


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


async def added_contact(desk: Desk, **facts: Any) -> dict[str, Any]:
    draft = {"role": "systems", "name": "Dealer's system", **facts}
    async with desk.service[0](a_caller()) as client:
        reply = await client.post(f"/v1/partners/{desk.partner.code}/contacts", json=draft)
    assert reply.status_code == 201, reply.text
    contact: dict[str, Any] = reply.json()
    return contact


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


def a_link_holder() -> Caller:
    return Caller("link:192.0.2.1", frozenset({LINK_HOLDER}), frozenset(), None, "link")


def outbox_types(database_url: str, partner_code: str) -> list[str]:
    with psycopg.connect(database_url) as connection:
        rows = connection.execute(
            "SELECT type FROM outbox WHERE partition_key = %s ORDER BY position",
            (f"documents-{partner_code}",),
        )
        return [row[0].split(".")[2] for row in rows]


async def test_a_link_opens_one_document_takes_the_answer_and_expires(desk: Desk, database_url: str) -> None:
    portal = replace(MEERA, channel=Channel.PORTAL)
    await desk.wish(portal, acknowledge_within_days=2)
    await desk.send()
    (letter,), (delivery,) = desk.mailbox.letters, await desk.deliveries()
    token = letter.get_content().split("/document-links/")[1].split("/")[0]
    key, path = UUID(delivery["id"]), f"/v1/document-links/{token}"
    expired = desk.parts.links.token(key, datetime(2026, 1, 1, tzinfo=UTC))

    async with desk.service[0](a_link_holder()) as client:
        shown = await client.get(path)
        before = (await desk.deliveries())[0]["state"]
        content = await client.get(f"{path}/content")
        agreed, again = [await client.post(f"{path}/acknowledgement") for _ in range(2)]
        objected = await client.post(f"{path}/objection", json={"objection": "INV/1 was paid."})
        wrong = [
            await client.get(f"/v1/document-links/{one}/content")
            for one in (expired, token[:-2] + "AA", token[1:], "x", str(key))
        ]
        elsewhere = await client.get("/v1/documents")

    (after,) = await desk.deliveries()
    assert shown.json()["kind"] == "payment_sheet"
    assert (before, after["state"]) == ("sent", "objected")
    assert content.content.startswith(b"%PDF-")
    assert (agreed.status_code, again.status_code, objected.status_code) == (201, 200, 201)
    assert {(one.status_code, one.json()["code"]) for one in wrong} == {(404, "document_link_invalid")}
    assert elsewhere.status_code == 403
    assert steps(after)[3:] == ["opened", "acknowledged", "objected"]
    assert not list(letter.iter_attachments())
    assert outbox_types(database_url, desk.partner.code) == [
        "document_published", "document_delivered", "document_acknowledged", "document_objected",
    ]  # fmt: skip


async def test_who_unsubscribes_gets_no_optional_document_of_the_kind_and_every_other(desk: Desk) -> None:
    recipient = replace(MEERA, address=f"{uuid7().hex}@dealer.example")
    await desk.wish(recipient)
    await desk.send()
    (first,) = await desk.deliveries()
    token = desk.parts.links.token(UUID(first["id"]), datetime.now(UTC) + timedelta(days=1))
    async with desk.service[0](a_link_holder()) as client:
        reply = await client.post(
            f"/v1/document-links/{token}/unsubscription", content=b"List-Unsubscribe=One-Click"
        )

    await desk.wish(recipient)
    await desk.wish(recipient, is_optional=False)
    await desk.send()

    assert reply.status_code == 204
    assert [one["state"] for one in await desk.deliveries()] == ["sent", "unsubscribed", "sent"]


async def test_a_report_of_the_mail_system_bounces_the_letter_it_is_about(desk: Desk) -> None:
    await desk.wish(MEERA)
    await desk.send()
    (delivery,) = await desk.deliveries()
    report = (
        "From: MAILER-DAEMON@mx.example\r\nMIME-Version: 1.0\r\n"
        'Content-Type: multipart/report; report-type=delivery-status; boundary="b"\r\n\r\n'
        "--b\r\nContent-Type: text/plain\r\n\r\nSorry.\r\n"
        "--b\r\nContent-Type: message/delivery-status\r\n\r\n"
        f"Original-Envelope-Id: {delivery['id']}\r\nReporting-MTA: dns; mx.example\r\n\r\n"
        "Final-Recipient: rfc822; meera@dealer.example\r\nAction: failed\r\nStatus: 5.2.2\r\n"
        "Diagnostic-Code: smtp; 552 5.2.2 mailbox full\r\n\r\n--b--\r\n"
    )

    async with desk.service[0](a_caller("integration")) as client:
        headers = {"Content-Type": "message/rfc822"}
        reply = await client.post("/v1/delivery-bounces", content=report, headers=headers)
        other = await client.post(
            "/v1/delivery-bounces", content="Subject: hello\r\n\r\nhello", headers=headers
        )

    (after,) = await desk.deliveries()
    assert (reply.status_code, other.json()["code"]) == (200, "bounce_unreadable")
    assert after["state"] == "bounced"
    assert after["steps"][-1]["detail"] == "5.2.2 smtp; 552 5.2.2 mailbox full"


async def test_nobody_who_was_asked_is_forgotten_and_nobody_is_asked_for_ever(desk: Desk) -> None:
    await desk.wish(MEERA, acknowledge_within_days=1)
    await desk.send()
    for _ in range(10):
        async with UnitOfWork(desk.parts.files.database) as work:
            await remind_of_answers(work, desk.clock[0])
            await work.commit()
        await desk.send(after=timedelta(days=1))

    (delivery,) = await desk.deliveries()
    mine = [letter for letter in desk.mailbox.letters if delivery["id"] in letter["Message-ID"]]
    subjects = [str(letter["Subject"]) for letter in mine]
    assert (delivery["reminders"], len(subjects)) == (3, 4)
    assert all(subject.startswith("स्मरणपत्र") for subject in subjects[1:])


async def test_a_scheduled_order_board_comes_as_a_letter_and_is_the_board_that_was_published(
    desk: Desk, database: Database
) -> None:
    code = desk.partner.code
    await told(desk.service, an_order(code))
    await added_contact(
        desk, role="accounts", channel="email", address=f"{code.lower()}@dealer.example", language="mr"
    )
    schedules = ScheduleDesk(desk.service, database)
    schedule_id = await schedules.schedule(
        kinds=(ScheduledKind.ORDER_BOARD,), audience=Audience.PARTNERS, partner_codes=(code,), zones=()
    )
    await schedules.fire(schedule_id)
    await queue_planned_items(database, DUE)

    await desk.send()

    (delivery,) = await desk.deliveries()
    (letter,) = [one for one in desk.mailbox.letters if code.lower() in str(one["To"])]
    attached = {part.get_filename(): part.get_content() for part in letter.iter_attachments()}
    async with desk.service[0](a_caller()) as client:
        board = (await client.get(f"/v1/order-boards/{code}/publications/1")).json()
        (document,) = (await client.get(f"/v1/documents?partner_code={code}")).json()["items"]
    assert (delivery["kind"], delivery["state"], delivery["last_error"]) == ("order_board", "sent", None)
    assert "ऑर्डर बोर्ड" in str(letter["Subject"])
    ((name, content),) = attached.items()
    assert (str(name).startswith(f"order-board_{code}_2026-11-26"), content[:5]) == (True, b"%PDF-")
    assert (board["board"]["day"], board["published_by"]) == ("2026-11-26", f"schedule:{schedule_id}")
    assert (document["number"], document["content_sha256"]) == ("1", board["content_sha256"])


async def test_a_document_that_cannot_be_made_fails_visibly_and_stops_no_other(desk: Desk) -> None:
    await desk.wish(MEERA, period=Period.cut_off(date(2030, 1, 1)))
    await desk.wish(MEERA)

    await desk.send()

    failed, sent = await desk.deliveries()
    assert (failed["state"], failed["last_error"]) == ("failed", "2030-01-01 is still to come")
    assert sent["state"] == "sent"
