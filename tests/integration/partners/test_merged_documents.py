"""Documents of partners that were merged, and boards that are published and sent by hand."""

from collections.abc import Sequence
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import httpx
import msgspec
import psycopg
from fastapi import FastAPI
from sqlalchemy import event

from services.partners.adapters.channels.outgoing import Accepted, Outgoing
from services.partners.adapters.document_rows import document_by_id
from services.partners.adapters.unit_of_work import UnitOfWork
from services.partners.application.prepare_deliveries import prepare_deliveries
from services.partners.application.queue_delivery import queue_delivery
from services.partners.application.send_deliveries import DeliverySender, SenderParts
from services.partners.domain.delivery import Channel, DeliveryWish, Recipient
from services.partners.domain.document import DocumentKind, Language, Period
from shared.database import Database
from shared.identity import LINK_HOLDER, Caller
from tests.factories.partners import APartner, a_registered_partner
from tests.factories.payment_facts import a_credit_note, an_invoice, noted, registered
from tests.integration.partners.conftest import PartnersService
from tests.integration.partners.test_orders import an_order, told
from tests.integration.partners.told_ledger import the_ledger_agrees
from tests.integration.service_callers import a_caller

MEERA = Recipient(
    channel=Channel.PORTAL, address="meera@dealer.example", name="Meera Joshi", language=Language.ENGLISH
)
HOLDER = Caller("link:192.0.2.1", frozenset({LINK_HOLDER}), frozenset(), None, "link")
NOW = datetime(2027, 1, 5, 4, tzinfo=UTC)


async def call(
    service: PartnersService, method: str, path: str, body: object = None, **who: Any
) -> httpx.Response:
    async with service[0](a_caller(**who) if who else a_caller()) as client:
        return await client.request(method, path, json=body)


async def merged(service: PartnersService, duplicate: APartner, survivor: APartner) -> None:
    draft = {"duplicate_code": duplicate.code, "survivor_code": survivor.code, "reason": "Registered twice"}
    reply = await call(service, "POST", "/v1/partner-merges", draft, role="approver")
    assert reply.status_code == 201, reply.text


async def test_what_a_merged_partner_got_and_was_to_get_is_the_survivors(
    service: PartnersService, database: Database
) -> None:
    duplicate, survivor = await a_registered_partner(service), await a_registered_partner(service)
    note = a_credit_note(partner_code=duplicate.code, number=f"CN/{duplicate.code[-9:]}")
    await service[1]([registered(an_invoice(partner_code=survivor.code, total_minor=500_00)), noted(note)])
    for partner in (duplicate, survivor):
        await the_ledger_agrees(service, database, partner.code)
    cut_off = Period.cut_off(date(2026, 11, 25))
    wish = DeliveryWish(
        key=f"merged/{duplicate.code}",
        partner_code=duplicate.code,
        kind=DocumentKind.PAYMENT_SHEET,
        period=cut_off,
        recipients=(MEERA,),
    )
    async with UnitOfWork(database) as work:
        await queue_delivery(work, wish, actor="test", at=NOW)
        await work.commit()

    await merged(service, duplicate, survivor)
    await prepare_deliveries(database, NOW)

    own = {"role": "partner", "partner_code": survivor.code}
    by_code = {
        code: (await call(service, "GET", f"/v1/documents?partner_code={code}")).json()["items"]
        for code in (duplicate.code, survivor.code)
    }
    seen = (await call(service, "GET", "/v1/documents", **own)).json()["items"]
    (queued,) = (await call(service, "GET", f"/v1/deliveries?partner_code={survivor.code}")).json()["items"]
    async with database.reading() as connection:
        document = await document_by_id(connection, UUID(queued["document_id"]))
    assert document is not None
    content = document.content
    kinds = [("payment_sheet", survivor.code), ("credit_note", duplicate.code)]
    assert [[(one["kind"], one["partner_code"]) for one in items] for items in by_code.values()] == [
        kinds,
        kinds,
    ]
    assert [one["id"] for one in seen] == [one["id"] for one in by_code[survivor.code]]
    assert content["partner_code"] == survivor.code
    assert (content["totals"][0]["open_minor"], content["totals"][0]["credit_notes_minor"]) == (
        500_00,
        118_00,
    )


class Recorded:
    """A channel whose recipients have what they were sent."""

    def __init__(self) -> None:
        self.sent: list[Outgoing] = []

    async def send(self, outgoing: Outgoing) -> Accepted:
        self.sent.append(outgoing)
        return Accepted("taken", is_delivered=True)


async def sent(app: FastAPI, channel: Recorded) -> None:
    """Everything by link that is due."""
    parts = SenderParts(
        files=app.state.document_files,
        channels={Channel.PORTAL: channel},
        links=app.state.document_links,
        box=app.state.secret_box,
        mail_domain="example.com",
        now=lambda: NOW,
    )
    sender = DeliverySender(parts)
    while await sender.send_due():
        await sender.finished()


async def test_a_board_that_is_published_is_told_and_sent_by_hand_as_it_was_published(
    service: PartnersService, database_url: str, app: FastAPI
) -> None:
    partner = await a_registered_partner(service)
    await told(service, an_order(partner.code))

    published = (await call(service, "POST", f"/v1/order-boards/{partner.code}/publication")).json()

    (document,) = (await call(service, "GET", f"/v1/documents?partner_code={partner.code}")).json()["items"]
    assert (document["kind"], document["number"], document["content_sha256"]) == (
        "order_board", "1", published["content_sha256"],
    )  # fmt: skip
    assert [(one["document_id"], one["number"]) for one in published_events(database_url, partner)] == [
        (document["id"], "1")
    ]
    draft = {
        "key": f"by-hand-{partner.code}",
        "document_id": document["id"],
        "recipients": [{"channel": "portal", "address": "meera@dealer.example", "name": "Meera Joshi"}],
        "formats": ["xlsx", "pdf"],
    }
    first = await call(service, "POST", "/v1/deliveries", draft)
    again = await call(service, "POST", "/v1/deliveries", draft)
    channel = Recorded()
    await sent(app, channel)
    (delivery,) = (await call(service, "GET", f"/v1/deliveries?partner_code={partner.code}")).json()["items"]
    assert (first.status_code, again.status_code) == (201, 200)
    assert (delivery["state"], delivery["document_id"]) == ("delivered", document["id"])
    (letter,) = [one for one in channel.sent if str(one.delivery_id) == delivery["id"]]
    assert letter.link is not None
    token = letter.link.rsplit("/", 1)[1]
    async with service[0](HOLDER) as client:
        linked = await client.get(f"/v1/document-links/{token}/content")
    assert linked.content.startswith(b"PK")


def published_events(database_url: str, partner: APartner) -> Sequence[dict[str, Any]]:
    with psycopg.connect(database_url) as connection:
        rows = connection.execute(
            "SELECT body FROM outbox WHERE type = 'salesops.partners.document_published.v1'"
            " AND partition_key = %s ORDER BY position",
            (f"documents-{partner.code}",),
        ).fetchall()
    return [msgspec.json.decode(row[0])["data"] for row in rows]


async def test_boards_that_are_due_together_are_read_together_and_each_partner_gets_one(
    service: PartnersService, database: Database
) -> None:
    partners = [await a_registered_partner(service) for _ in range(3)]
    await told(service, *(an_order(one.code) for one in partners))
    published = await call(service, "POST", f"/v1/order-boards/{partners[0].code}/publication")
    statements: list[str] = []
    for number, partner in enumerate((*partners, *partners)):
        wish = DeliveryWish(
            key=f"board/{partner.code}/{number}",
            partner_code=partner.code,
            kind=DocumentKind.ORDER_BOARD,
            period=Period.cut_off(published_on(published)),
            recipients=(MEERA,),
        )
        async with UnitOfWork(database) as work:
            await queue_delivery(work, wish, actor=f"asker-{number % 2}", at=NOW)
            await work.commit()

    @event.listens_for(database.engine.sync_engine, "before_cursor_execute")
    def note(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        statements.append(statement)

    await prepare_deliveries(database, NOW)
    event.remove(database.engine.sync_engine, "before_cursor_execute", note)

    by_partner = [
        (await call(service, "GET", f"/v1/documents?partner_code={one.code}")).json()["items"]
        for one in partners
    ]
    wishes = [
        {
            one["document_id"]
            for one in (await call(service, "GET", f"/v1/deliveries?partner_code={partner.code}")).json()[
                "items"
            ]
        }
        for partner in partners
    ]
    assert [[(one["kind"], one["number"]) for one in items] for items in by_partner] == [
        [("order_board", "1")]
    ] * 3
    assert wishes == [{items[0]["id"]} for items in by_partner]
    assert (
        len([one for one in statements if "FROM order_tellings" in one or "JOIN order_tellings" in one]) == 4
    )


def published_on(reply: httpx.Response) -> date:
    """The day in India of a board that was just published."""
    return datetime.fromisoformat(reply.json()["published_at"]).astimezone(ZoneInfo("Asia/Kolkata")).date()
