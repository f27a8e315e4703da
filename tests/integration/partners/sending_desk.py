"""One sender of documents, the clock it looks at, and what its letters end in."""

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import asyncssh
import psycopg
from fastapi import FastAPI
from uuid_utils.compat import uuid7

from services.partners.adapters.channels.email import EmailChannel
from services.partners.adapters.channels.outgoing import Accepted, Outgoing
from services.partners.adapters.channels.sftp import SftpChannel
from services.partners.adapters.channels.webhook import WebhookChannel
from services.partners.adapters.unit_of_work import UnitOfWork
from services.partners.application.prepare_deliveries import prepare_deliveries
from services.partners.application.queue_delivery import queue_delivery
from services.partners.application.send_deliveries import DeliverySender, SenderParts, SendsDocuments
from services.partners.domain.delivery import Channel, DeliveryWish, Recipient
from services.partners.domain.document import DocumentKind, Language, Period
from shared.mail.server import MailServer
from shared.webhooks.client import WebhookClient
from shared.webhooks.target import TargetRules, networks_from
from tests.factories.partners import APartner, a_registered_partner
from tests.factories.receiving_servers import Mailbox, mail_server
from tests.integration.partners.conftest import PartnersService
from tests.integration.service_callers import a_caller

START = datetime(2027, 1, 5, 4, tzinfo=UTC)
OUR_KEY = asyncssh.generate_private_key("ssh-ed25519")
MEERA = Recipient(
    channel=Channel.EMAIL, address="meera@dealer.example", name="Meera Joshi", language=Language.MARATHI
)
# What these tests allow beside public addresses: the servers that they start.
LOOPBACK = TargetRules(networks_from("127.0.0.0/8"), is_http_allowed=True)
Tls = tuple[ssl.SSLContext, Path]


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
            kind=DocumentKind.PAYMENT_SHEET,
            recipients=recipients,
            roles=roles,
            **{
                "partner_code": self.partner.code,
                "period": Period.cut_off(date(2026, 11, 25)),
                "formats": ("pdf", "xlsx"),
                **facts,
            },
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

    async def mail_server_away(self, tls: Tls) -> EmailChannel:
        """The channel of a mail server that is not there."""
        async with mail_server(tls[0], Mailbox()) as gone:
            return email_channel(gone, tls, self.clock)

    async def deliveries(self, partner_code: str | None = None) -> list[dict[str, Any]]:
        code = partner_code or self.partner.code
        async with self.service[0](a_caller()) as client:
            listed = (await client.get(f"/v1/deliveries?partner_code={code}")).json()["items"]
            shown = [(await client.get(f"/v1/deliveries/{one['id']}")).json() for one in listed]
        return list(reversed(shown))


def email_channel(mailbox: Mailbox, tls: Tls, clock: list[datetime]) -> EmailChannel:
    server = MailServer(
        host="127.0.0.1",
        port=mailbox.port,
        security="starttls",
        user="",
        password="",
        ca_file=str(tls[1]),
    )
    return EmailChannel(
        server, sender="Sahyadri Engines", sender_address="documents@example.com", now=lambda: clock[0]
    )


@asynccontextmanager
async def sending_desk(
    app: FastAPI, service: PartnersService, tls: Tls, database_url: str
) -> AsyncIterator[Desk]:
    """Nothing of other tests is queued; letters go to a mail server of its own."""
    with psycopg.connect(database_url) as connection:
        connection.execute("UPDATE deliveries SET state = 'failed' WHERE state = 'queued'")
    clock = [START]
    async with mail_server(tls[0], Mailbox()) as mailbox, WebhookClient(LOOPBACK) as client:
        email = email_channel(mailbox, tls, clock)
        parts = SenderParts(
            files=app.state.document_files,
            channels={
                Channel.EMAIL: email,
                Channel.PORTAL: email,
                Channel.SFTP: SftpChannel(OUR_KEY.export_private_key().decode(), LOOPBACK),
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


async def added_contact(desk: Desk, **facts: Any) -> dict[str, Any]:
    draft = {"role": "systems", "name": "Dealer's system", **facts}
    async with desk.service[0](a_caller()) as client:
        reply = await client.post(f"/v1/partners/{desk.partner.code}/contacts", json=draft)
    assert reply.status_code == 201, reply.text
    contact: dict[str, Any] = reply.json()
    return contact


class DiesAfterSending:
    """A worker that is killed between the server's word and its own note."""

    def __init__(self, channel: SendsDocuments) -> None:
        self._channel = channel

    async def send(self, outgoing: Outgoing) -> Accepted:
        await self._channel.send(outgoing)
        raise asyncio.CancelledError


def outbox_types(database_url: str, partner_code: str) -> list[str]:
    with psycopg.connect(database_url) as connection:
        rows = connection.execute(
            "SELECT type FROM outbox WHERE partition_key = %s ORDER BY position",
            (f"documents-{partner_code}",),
        )
        return [row[0].split(".")[2] for row in rows]
