"""A morning of documents: fired, set, and sent by two workers to a real mail, SFTP and web server, one of them killed.

`make documents-morning PARTNERS=500` runs it in the size of an ordinary morning, and says how fast it was.
"""

import asyncio
import os
import resource
import signal
import sys
import time
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from email.message import EmailMessage
from pathlib import Path
from typing import Any
from uuid import uuid4

import asyncssh
import msgspec
import psutil
import pytest
import sqlalchemy as sa
from aiohttp import web
from aiosmtpd.smtp import SMTP, Envelope, Session

from services.partners.adapters.delivery_rows import LEASE
from services.partners.adapters.unit_of_work import UnitOfWork
from services.partners.application.send_deliveries import DeliverySender
from services.partners.consumers import SUBSCRIPTIONS
from services.partners.domain.delivery import TERMS, Channel
from services.partners.domain.schedule import ScheduledKind
from services.partners.main import create_app
from services.partners.settings import PartnersSettings
from shared.database import Database
from shared.inbox import apply_once
from shared.webhooks.client import WebhookClient
from tests.factories.receiving_servers import DropBox, Mailbox, certificate, mail_server, sftp_server
from tests.integration.partners.schedule_desk import DUE, Desk
from tests.integration.partners.test_orders import an_order, told
from tests.integration.partners.told_ledger import the_ledger_agrees_on_all
from tests.integration.service_callers import CURSOR_SECRET, PUBLIC_KEY, a_caller, calling
from tests.provisions import DatabaseFactory

ROOT = Path(__file__).parents[2]
PARTNERS = int(os.environ.get("MORNING_PARTNERS", "15"))
KINDS = (ScheduledKind.ORDER_BOARD, ScheduledKind.PAYMENT_SHEET)
FORMATS = ("pdf", "xlsx")
OUR_KEY = asyncssh.generate_private_key("ssh-ed25519")
PATIENCE_SECONDS = 120 + PARTNERS
# By turns an SFTP server, somebody who gets letters, and a program that is posted to.
CONTACTS = """
    INSERT INTO partner_contacts (
        id, partner_code, role, name, channel, address, language, host_key, sealed_secret, added_at, added_by)
    SELECT id, code, 'accounts', 'Meera Joshi', (ARRAY['sftp', 'email', 'webhook'])[place % 3 + 1],
        (ARRAY[:drop_box, lower(code) || '@dealer.example', :hook])[place % 3 + 1],
        (ARRAY['en', 'hi', 'mr'])[place / 3 % 3 + 1], CASE place % 3 WHEN 0 THEN :host_key END,
        CASE place % 3 WHEN 2 THEN sealed END, now(), 'test'
    FROM unnest(CAST(:codes AS text[]), CAST(:ids AS uuid[]), CAST(:sealed AS bytea[]))
        WITH ORDINALITY AS contacts (code, id, sealed, place)
"""
DELIVERIES = """
    SELECT d.id, d.partner_code, d.channel, d.state, d.attempts, d.address,
        EXISTS (SELECT FROM delivery_steps s WHERE s.delivery_id = d.id
            AND s.detail = 'the attempt before ended without a word') AS was_lost,
        EXISTS (SELECT FROM delivery_steps s WHERE s.delivery_id = d.id
            AND d.channel = 'webhook' AND s.detail = 'no reply in time') AS was_unanswered
    FROM deliveries d ORDER BY d.id
"""
WAITING = "SELECT count(*) FROM deliveries WHERE state = 'queued' AND leased_until IS NULL"
PLANNED = "SELECT count(*) FROM document_schedule_items WHERE state = 'planned'"


@dataclass
class HeldMailbox(Mailbox):
    """Takes so many letters, then keeps the next without a word until it may answer."""

    answers: int = 0
    may_answer: asyncio.Event = field(default_factory=asyncio.Event)
    held_from: set[int] = field(default_factory=set)

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802 - the library calls it so
        said = await super().handle_DATA(server, session, envelope)
        if len(self.letters) > self.answers and not self.may_answer.is_set():
            self.held_from.add(session.peer[1])
            await self.may_answer.wait()
        return said


@dataclass
class HeldHooks:
    """A partner's program: keeps what is posted to it without a word until it may answer."""

    may_answer: asyncio.Event
    url: str = ""
    posted: list[tuple[str, bytes]] = field(default_factory=list)
    held_from: set[int] = field(default_factory=set)

    async def answer(self, request: web.Request) -> web.Response:
        assert request.transport is not None
        self.posted.append((request.headers["webhook-id"], await request.read()))
        self.held_from.add(request.transport.get_extra_info("peername")[1])
        await self.may_answer.wait()
        return web.Response(status=204)


@asynccontextmanager
async def hooked(may_answer: asyncio.Event) -> AsyncIterator[HeldHooks]:
    """The program, on a real socket."""
    hooks, app = HeldHooks(may_answer), web.Application(client_max_size=10**8)
    app.router.add_post("/documents", hooks.answer)
    runner = web.AppRunner(app, shutdown_timeout=1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    hooks.url = f"http://127.0.0.1:{runner.addresses[0][1]}/documents"
    try:
        yield hooks
    finally:
        may_answer.set()
        await runner.cleanup()


@dataclass(frozen=True)
class Morning:
    """The service on a database of its own, and the servers that its workers send to."""

    desk: Desk
    mailbox: HeldMailbox
    drop_box: DropBox
    hooks: HeldHooks
    settings: PartnersSettings

    async def count(self, query: str) -> int:
        async with self.desk.database.reading() as connection:
            return int(await connection.scalar(sa.text(query)) or 0)

    async def rows(self, query: str) -> list[Any]:
        async with self.desk.database.reading() as connection:
            return list(await connection.execute(sa.text(query)))

    @asynccontextmanager
    async def worker(self, clock: datetime) -> AsyncIterator[asyncio.subprocess.Process]:
        """A process that sends, whose clock shows so much when it begins; killed at the end."""
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "tests.faults.document_worker", clock.isoformat(), cwd=ROOT,
            env={**os.environ, **variables(self.settings)},
        )  # fmt: skip
        try:
            yield process
        finally:
            if process.returncode is None:
                process.kill()
                await process.wait()

    async def that_is_answered_nothing(
        self, *workers: asyncio.subprocess.Process
    ) -> asyncio.subprocess.Process:
        """Return a process that waits for an answer to a letter and to a post which were both handed in."""
        async with asyncio.timeout(PATIENCE_SECONDS):
            while True:
                for worker in workers:
                    ports = {one.laddr.port for one in psutil.Process(worker.pid).net_connections()}
                    if ports & self.mailbox.held_from and ports & self.hooks.held_from:
                        return worker
                await self.is_later()

    async def send_the_rest(self, at: datetime) -> None:
        """As a third worker does when nothing is to be made any more."""
        async with WebhookClient(self.settings.target_rules()) as client:
            parts = self.settings.sender_parts(self.desk.database, client)
            sender = DeliverySender(replace(parts, now=lambda: at))
            while await sender.send_due():
                await sender.finished()
            await parts.files.close()

    async def is_later(self) -> None:
        await asyncio.sleep(0.1)

    async def until_none(self, query: str) -> None:
        async with asyncio.timeout(PATIENCE_SECONDS):
            while await self.count(query):
                await self.is_later()


@pytest.fixture
async def morning(fresh_database: DatabaseFactory, tmp_path: Path) -> AsyncIterator[Morning]:
    url = await fresh_database("partners")
    context, trusted = certificate(tmp_path)
    held = HeldMailbox()
    async with (
        mail_server(context, held) as mailbox,
        sftp_server(tmp_path / "partner", OUR_KEY) as drop_box,
        hooked(held.may_answer) as hooks,
    ):
        settings = PartnersSettings(
            database_url=url,
            amqp_url="amqp://unused",
            internal_token_public_key=PUBLIC_KEY,
            cursor_secret=CURSOR_SECRET,
            webhook_secret="a webhook secret of tests only",
            webhook_networks="127.0.0.0/8",
            webhook_http_allowed=True,
            document_store=(tmp_path / "documents").as_uri(),
            mail_host="127.0.0.1",
            mail_port=mailbox.port,
            mail_ca_file=str(trusted),
            sftp_private_key=OUR_KEY.export_private_key().decode(),
        )
        app, database = create_app(settings), Database(url, application_name="test")
        apply = apply_once("partners", SUBSCRIPTIONS, lambda: UnitOfWork(app.state.database))
        desk = Desk((lambda caller: calling(app, "partners", caller), apply), database)
        yield Morning(desk, held, drop_box, hooks, settings)
        await database.close()
        await app.state.database.close()


def variables(settings: PartnersSettings) -> dict[str, str]:
    """What a worker process is given."""
    return {
        "ENVIRONMENT": "test",
        "LOG_LEVEL": "error",
        "AMQP_URL": "amqp://unused",
        "INTERNAL_TOKEN_PUBLIC_KEY": PUBLIC_KEY,
        "CURSOR_SECRET": CURSOR_SECRET,
        "WEBHOOK_SECRET": settings.webhook_secret.get_secret_value(),
        "WEBHOOK_NETWORKS": ",".join(map(str, settings.webhook_networks)),
        "WEBHOOK_HTTP_ALLOWED": "true",
        "PARTNERS_DATABASE_URL": settings.database_url.get_secret_value(),
        "PARTNERS_DOCUMENT_STORE": settings.document_store,
        "PARTNERS_MAIL_HOST": settings.mail_host,
        "PARTNERS_MAIL_PORT": str(settings.mail_port),
        "PARTNERS_MAIL_CA_FILE": str(settings.mail_ca_file),
        "PARTNERS_SFTP_PRIVATE_KEY": settings.sftp_private_key.get_secret_value(),
    }


async def known_partners(morning: Morning) -> list[str]:
    """Each with an invoice that the ledger knows too, and an order; a third takes files, letters, and posts each."""
    codes = await morning.desk.partners(PARTNERS)
    await morning.desk.sheets(codes)
    await the_ledger_agrees_on_all(morning.desk.service, morning.desk.database, codes)
    for start in range(0, PARTNERS, 100):
        await told(morning.desk.service, *(an_order(code) for code in codes[start : start + 100]))
    ids, box = [uuid4() for _ in codes], morning.settings.secret_box()
    contacts = {
        "codes": codes,
        "ids": ids,
        "sealed": [box.seal("whsec_c2VjcmV0IG9mIHRlc3RzIG9ubHk=", owner=one.bytes) for one in ids],
        "drop_box": morning.drop_box.address,
        "host_key": morning.drop_box.host_key,
        "hook": morning.hooks.url,
    }
    async with morning.desk.database.engine.begin() as connection:
        await connection.execute(sa.text(CONTACTS), contacts)
    return codes


async def test_every_document_of_a_morning_arrives_once_though_a_worker_is_killed_while_it_sends(
    morning: Morning,
) -> None:
    codes = await known_partners(morning)
    schedule_id = await morning.desk.schedule(kinds=KINDS, formats=FORMATS)
    morning.mailbox.answers = PARTNERS // 4

    began, before = time.monotonic(), resource.getrusage(resource.RUSAGE_CHILDREN)
    async with morning.worker(DUE) as first, morning.worker(DUE) as second:
        killed = await morning.that_is_answered_nothing(first, second)
        killed.send_signal(signal.SIGKILL)
        await killed.wait()
        morning.mailbox.may_answer.set()
        await morning.until_none(PLANNED)
        await morning.until_none(WAITING)
        other = second if killed is first else first
        other.terminate()
        await other.wait()
        took = time.monotonic() - began
    await morning.send_the_rest(DUE + timedelta(seconds=took) + LEASE)
    say_figures(took, before)

    assert await morning.desk.runs(schedule_id) == [(DUE, True)]
    deliveries = await morning.rows(DELIVERIES)
    expect_each_sent(deliveries, codes)
    expect_letters(morning.mailbox.letters, [one for one in deliveries if one.channel == "email"])
    expect_posts(morning.hooks.posted, [one for one in deliveries if one.channel == "webhook"])
    expect_files(morning.drop_box.folder, [one for one in deliveries if one.channel == "sftp"])
    await expect_told(morning, deliveries)


def expect_each_sent(deliveries: list[Any], codes: list[str]) -> None:
    """Two documents of each partner, by its channel, and the history says of which attempt nobody knows the end."""
    per_partner = Counter(one.partner_code for one in deliveries)
    assert per_partner == dict.fromkeys(codes, len(KINDS))
    assert {(one.channel, one.state) for one in deliveries} == {
        ("email", "sent"),
        ("sftp", "delivered"),
        ("webhook", "delivered"),
    }
    assert {one.attempts for one in deliveries if one.was_lost} == {2}
    assert {one.attempts for one in deliveries if not one.was_lost and not one.was_unanswered} == {1}


def expect_letters(letters: list[EmailMessage], deliveries: list[Any]) -> None:
    """One each; of those that were under way when the worker died, one or two that nobody can tell apart."""
    times = Counter(str(one["Message-ID"]) for one in letters)
    assert times.keys() == {f"<{one.id}.1@salesops.invalid>" for one in deliveries}
    repeated = {message_id for message_id, count in times.items() if count > 1}
    assert repeated <= {f"<{one.id}.1@salesops.invalid>" for one in deliveries if one.was_lost}
    assert 1 <= len(repeated) <= TERMS[Channel.EMAIL].at_once
    assert max(times.values()) == 2
    for letter in letters:
        code = str(letter["To"]).split("<")[1].split("@")[0].upper()
        names = [str(part.get_filename()) for part in letter.iter_attachments()]
        assert [name.rsplit(".", 1)[1] for name in names] == list(FORMATS)
        assert all(f"_{code}_" in name for name in names)


def expect_posts(posted: list[tuple[str, bytes]], deliveries: list[Any]) -> None:
    """One each; what was under way when the worker died, or was not answered in time before, comes again as it was, under
    the id by which it is known."""
    times = Counter(webhook_id for webhook_id, _ in posted)
    assert times.keys() == {str(one.id) for one in deliveries}
    repeated = {webhook_id for webhook_id, count in times.items() if count > 1}
    assert repeated <= {str(one.id) for one in deliveries if one.was_lost or one.was_unanswered}
    lost = repeated & {str(one.id) for one in deliveries if one.was_lost}
    assert 1 <= len(lost) <= TERMS[Channel.WEBHOOK].at_once
    assert all(times[str(one.id)] <= one.attempts for one in deliveries)
    assert len(set(posted)) == len(deliveries)


def expect_files(folder: Path, deliveries: list[Any]) -> None:
    """Every document in each format, whole, and nothing half."""
    names = Counter(path.name.split(".")[0] + path.suffix for path in folder.iterdir())
    wanted = {
        f"{kind.replace('_', '-')}_{code}_{DUE:%Y-%m-%d}.{file_format}"
        for kind in KINDS
        for code in {one.partner_code for one in deliveries}
        for file_format in FORMATS
    }
    assert names == dict.fromkeys(wanted, 1)
    assert all(path.stat().st_size > 1_000 for path in folder.iterdir())


async def expect_told(morning: Morning, deliveries: list[Any]) -> None:
    """Each delivery and each document was told once, and the run says how far it is."""
    bodies = [msgspec.json.decode(row.body) for row in await morning.rows("SELECT body FROM outbox")]
    told_of = Counter((one["type"].split(".")[2], one["subject"]) for one in bodies)
    assert set(told_of.values()) == {1}
    by_type = Counter(name for name, _ in told_of)
    count = len(deliveries)
    assert by_type["document_delivered"] == count
    assert by_type["document_published"] == count
    assert await morning.count("SELECT count(*) FROM documents WHERE version = 1") == count
    async with morning.desk.service[0](a_caller()) as client:
        listed = (await client.get("/v1/document-schedules")).json()["items"]
        (run,) = (await client.get(f"/v1/document-schedules/{listed[0]['id']}/runs")).json()["items"]
    states = Counter(one.state for one in deliveries)
    assert {one["state"]: one["count"] for one in run["deliveries"]} == states


def say_figures(took: float, before: Any) -> None:
    """For whoever runs it with -s: a document is set in each format and sent."""
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    documents = len(KINDS) * PARTNERS
    print(
        f"\n{documents} documents in {len(FORMATS)} formats, set and sent in {took:.1f} s:"
        f" {documents / took:.1f} documents/s; {cpu:.1f} s of processor time of two workers,"
        f" {1000 * cpu / documents:.0f} ms per document"
    )
