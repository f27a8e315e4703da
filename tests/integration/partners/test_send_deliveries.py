"""Documents on their way to real servers: nothing is lost, nothing comes twice unseen, and every end is visible."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from fastapi import FastAPI
from uuid_utils.compat import uuid7

from services.partners.adapters.unit_of_work import UnitOfWork
from services.partners.application.resend_delivery import remind_of_answers
from services.partners.domain.delivery import Channel
from services.partners.domain.schedule import Audience, ScheduledKind
from services.partners.worker import queue_planned_items
from shared.database import Database
from shared.identity import LINK_HOLDER, Caller
from tests.factories.receiving_servers import certificate
from tests.integration.partners.conftest import PartnersService
from tests.integration.partners.schedule_desk import DUE
from tests.integration.partners.schedule_desk import Desk as ScheduleDesk
from tests.integration.partners.sending_desk import (
    MEERA,
    Desk,
    Tls,
    added_contact,
    outbox_types,
    sending_desk,
    steps,
)
from tests.integration.partners.test_orders import an_order, told
from tests.integration.service_callers import a_caller


@pytest.fixture(scope="module")
def tls(tmp_path_factory: pytest.TempPathFactory) -> Tls:
    return certificate(tmp_path_factory.mktemp("tls"))


@pytest.fixture
async def desk(app: FastAPI, service: PartnersService, tls: Tls, database_url: str) -> AsyncIterator[Desk]:
    async with sending_desk(app, service, tls, database_url) as desk:
        yield desk


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


def a_link_holder() -> Caller:
    return Caller("link:192.0.2.1", frozenset({LINK_HOLDER}), frozenset(), None, "link")


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
