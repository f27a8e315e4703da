"""Projections made anew: a wrecked one is equal again, and what is heard meanwhile is in it."""

import asyncio
import random
from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from datetime import date, timedelta
from uuid import UUID

import psycopg
import pytest
from uuid_utils.compat import uuid7

from services.reporting.adapters.extracts import Extracts
from services.reporting.adapters.orm.base import Record
from services.reporting.adapters.projection_rebuild import NAMES
from services.reporting.adapters.unit_of_work import UnitOfWork
from services.reporting.application.rebuild_projections import ask_rebuild, rebuild_projections
from services.reporting.consumers import PROJECTIONS, SUBSCRIPTIONS
from services.reporting.worker import rebuild_task, report_task
from shared.database import Database
from shared.database_errors import DatabaseUnavailable
from shared.events.crm import OpportunityChangedV1
from shared.events.envelope import Envelope, Event
from shared.events.partners import PartnersChangedV1, PartnersRegisteredV1
from shared.events.payments import ReceiptsBookedV1
from shared.inbox import apply_once, on
from shared.jobs import Job
from shared.messaging.consumer import Apply
from tests.factories.payment_facts import (
    a_credit_note,
    a_receipt,
    an_invoice,
    booked,
    noted,
    paying,
    registered,
    reversed_receipt,
    sent_back,
    statement_imported,
)
from tests.factories.told_facts import (
    document_told,
    opportunity_told,
    order_told,
    partner_told,
    query_told,
)
from tests.integration.reporting.conftest import ReportingService, RunJob
from tests.integration.reporting.test_report_runs import a_draft, asked, rows
from tests.integration.service_callers import a_caller
from tests.provisions import DatabaseFactory

ADMIN = a_caller("admin")


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    database = Database(database_url, application_name="test-rebuild")
    yield database
    await database.close()


def facts(database_url: str) -> dict[str, list[tuple[object, ...]]]:
    """Every fact of every projection, but for the transaction that wrote it."""
    found = {}
    with psycopg.connect(database_url) as connection:
        for name in NAMES:
            columns = [c.name for c in Record.metadata.tables[name].columns if c.name != "written_in"]
            statement = f"SELECT {', '.join(columns)} FROM {name} ORDER BY {', '.join(columns)}"
            found[name] = connection.execute(statement).fetchall()  # type: ignore[arg-type]
    return found


def wreck(database_url: str) -> None:
    """What a fault or a hand can do to rows that were written since events are kept."""
    explained = "WHERE written_in IN (SELECT kept_in FROM heard_events)"
    with psycopg.connect(database_url) as connection:
        for change in (
            "UPDATE collected_receipts SET amount_minor = amount_minor + 1, zone = 'Nowhere'",
            "DELETE FROM settlements",
            "DELETE FROM told_order_lines",
            "DELETE FROM imported_statements",
            "UPDATE known_partners SET name = 'Wrecked', version = version + 7",
            "UPDATE reversed_receipts SET reversed_on = reversed_on + 9, reason_code = 'never_happened'",
        ):
            connection.execute(f"{change} {explained}")  # type: ignore[arg-type]


def last_rebuild(database_url: str) -> tuple[int, int, int]:
    """How many rows it removed, added and found unexplained."""
    with psycopg.connect(database_url) as connection:
        row = connection.execute(
            "SELECT removed_count, added_count, unexplained_count FROM projection_rebuilds"
            " ORDER BY switched_at DESC LIMIT 1"
        ).fetchone()
    assert row is not None
    return (row[0], row[1], row[2])


def a_long_history(chance: random.Random) -> list[Envelope[Event]]:
    """What many partners, orders and receipts went through, in no order, some of it told twice."""
    told: list[Envelope[Event]] = []
    for number in range(5):
        code = f"CP{number}"
        invoice = an_invoice(partner_code=code, number=f"INV/{number}")
        receipt = a_receipt(partner_code=code, allocations=(paying(invoice, chance.randint(1, 118_00)),))
        note = a_credit_note(partner_code=code)
        told += [
            *(partner_told(code, version=version, zone=f"Z{version}") for version in (1, 2, 3)),
            *(order_told(f"SO-{number}", partner_code=code, version=version) for version in (1, 2)),
            registered(invoice),
            booked(receipt),
            noted(replace(note, standing="requested", number=None, revision=1)),
            noted(note),
            sent_back(a_receipt(), 5_00),
            statement_imported("50200012345678", uuid7(), (number, 1, 0, 0, 0)),
            *query_told(partner_code=code, answered_after=timedelta(hours=number)),
            *document_told(partner_code=code),
        ]
        if chance.random() < 0.5:
            told.append(reversed_receipt(receipt))
    return chance.sample([*told, *told[::5]], k=len(told) + len(told[::5]))


async def a_job(database: Database) -> Job:
    """The run of a rebuild that was asked for."""
    async with UnitOfWork(database) as work:
        job_id = await ask_rebuild(work, actor="ops")
        await work.commit()
    job = await Job.start(database.engine, job_id)
    assert job is not None
    return job


async def patiently(apply: Apply, batch: Sequence[Envelope[Event]]) -> None:
    """As the consumer does: what cannot be applied now is kept and tried again in place."""
    for _ in range(20):
        try:
            return await apply(batch)
        except DatabaseUnavailable:
            continue
    raise AssertionError("the switch took minutes")


async def rebuilt(service: ReportingService, database: Database) -> dict[str, object]:
    """The job's last words, after a worker did it."""
    async with service[0](ADMIN) as client:
        asked_for = await client.post("/v1/projections/rebuild")
        assert asked_for.status_code == 202, asked_for.text
        job = await Job.start(database.engine, UUID(asked_for.json()["job_id"]))
        assert job is not None
        await rebuild_task().run(database, job)
        await job.succeed()
        shown: dict[str, object] = (await client.get(asked_for.headers["Location"])).json()
    return shown


async def test_a_wrecked_projection_is_equal_again_and_reports_see_it(
    service: ReportingService, run_job: RunJob, database: Database, database_url: str
) -> None:
    assert run_job is not None
    code, zone = f"RB-{uuid7().hex[-10:]}", f"Z-{uuid7().hex[-10:]}"
    invoice = an_invoice(partner_code=code, total_minor=900_00)
    receipt = a_receipt(
        partner_code=code,
        zone=zone,
        amount_minor=300_00,
        allocations=(paying(invoice, 300_00),),
        on_account_minor=0,
    )
    gone = a_receipt(zone=zone, amount_minor=50_00)
    await service[1](
        [
            partner_told(code, zone=zone),
            order_told(f"RB/{code}", partner_code=code),
            registered(invoice),
            booked(receipt, gone),
            reversed_receipt(gone, date(2026, 10, 9)),
            *query_told(partner_code=code, answered_after=timedelta(hours=1)),
            *document_told(partner_code=code),
        ]
    )
    sound = facts(database_url)
    extracts = Extracts()
    wreck(database_url)
    draft = a_draft(filters=[{"column": "zone", "operator": "in", "values": [zone]}])
    await asked(service, "POST", "/v1/report-definitions", json=draft)

    async def net() -> list[str | None]:
        made = (await asked(service, "POST", "/v1/report-runs", json={"definition": draft["name"]})).json()
        job = await Job.start(database.engine, UUID(made["job_id"]))
        assert job is not None
        await report_task(extracts).run(database, job)
        return [row["values"][2] for row in await rows(service, made["id"])]

    wrecked = await net()
    job = await rebuilt(service, database)
    mended = await net()
    extracts.close()

    assert facts(database_url) == sound
    assert (wrecked, mended) == ([], ["300.00"])
    assert (job["state"], job["percent"]) == ("succeeded", 100)
    counts = job["counts"]
    assert isinstance(counts, dict)
    assert counts["rows_removed"] >= 4
    assert counts["rows_added"] >= 5


@pytest.mark.parametrize("seed", [1, 2])
async def test_whatever_was_told_wrecked_and_heard_meanwhile_ends_as_if_nothing_had_happened(
    seed: int, fresh_database: DatabaseFactory
) -> None:
    """Before events were kept, after it, during the copying, kept early but committed late, and during the switch."""
    chance = random.Random(seed)
    told = a_long_history(chance)
    before, kept, meanwhile, at_last = (told[place::4] for place in range(4))
    slow = opportunity_told("006000000000002AAA", "Won", sequence=1)
    sound_url, url = await fresh_database("reporting"), await fresh_database("reporting")
    sound, wrecked = (Database(one, application_name="test-rebuild") for one in (sound_url, url))
    apply = apply_once("reporting", SUBSCRIPTIONS, lambda: UnitOfWork(wrecked))
    await apply_once("reporting", SUBSCRIPTIONS, lambda: UnitOfWork(sound))([*told, slow])
    await apply_once("reporting", PROJECTIONS, lambda: UnitOfWork(wrecked))(before)
    held: list[UnitOfWork] = []
    last: list[asyncio.Task[None]] = []

    async def while_copying(_work: UnitOfWork, _told: Sequence[Envelope[Event]]) -> None:
        if held:
            await apply(meanwhile)
            await held.pop().commit()

    async def while_switching(_work: UnitOfWork, _told: Sequence[Envelope[Event]]) -> None:
        last.append(asyncio.create_task(patiently(apply, at_last)))

    watched = (
        *PROJECTIONS,
        *(on(kind, while_copying) for kind in (PartnersRegisteredV1, PartnersChangedV1, ReceiptsBookedV1)),
        on(OpportunityChangedV1, while_switching),
    )
    async with UnitOfWork(wrecked) as early:
        for one in SUBSCRIPTIONS:
            if one.event_class is OpportunityChangedV1:
                await one.handler(early, [slow])
        await apply(kept)
        wreck(url)
        held.append(early)
        await rebuild_projections(wrecked, watched, await a_job(wrecked))
    await asyncio.gather(*last)
    ended = facts(url)
    await rebuild_projections(wrecked, PROJECTIONS, await a_job(wrecked))
    await asyncio.gather(sound.close(), wrecked.close())

    assert len(last) == 1
    assert ended == facts(sound_url)
    assert facts(url) == ended
    assert last_rebuild(url)[:2] == (0, 0)


async def test_facts_that_no_kept_event_tells_of_stay_and_are_counted(
    fresh_database: DatabaseFactory,
) -> None:
    url = await fresh_database("reporting")
    database = Database(url, application_name="test-rebuild")
    await apply_once("reporting", PROJECTIONS, lambda: UnitOfWork(database))(
        [booked(a_receipt()), partner_told("OLD", version=3, name="Newer")]
    )
    await apply_once("reporting", SUBSCRIPTIONS, lambda: UnitOfWork(database))(
        [partner_told("OLD", version=2, name="Told late")]
    )
    before = facts(url)

    for _ in range(2):
        await rebuild_projections(database, PROJECTIONS, await a_job(database))
    await database.close()

    assert facts(url) == before
    assert last_rebuild(url) == (0, 0, 2)


async def test_only_admins_may_have_projections_made_anew(service: ReportingService) -> None:
    async with service[0](a_caller("analyst")) as client:
        reply = await client.post("/v1/projections/rebuild")

    assert reply.status_code == 403
