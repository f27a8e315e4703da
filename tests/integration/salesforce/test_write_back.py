"""What is written back to Salesforce: figures and answers from events, once, in batches, through good and bad moments."""

import random
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from uuid_utils.compat import uuid7

from gateway.adapters.salesforce_client import SalesforceClient
from gateway.adapters.salesforce_writes import Draft, queue_writes
from gateway.application.write_back import (
    LIMIT_PAUSE,
    OUTAGE_PAUSE,
    REFUSED_PAUSE,
    WriteBack,
    note_newly_overdue,
)
from gateway.consumers import SUBSCRIPTIONS
from gateway.domain.salesforce_write import FAILURES_MAX, WriteSubject
from shared.database import Database, UnitOfWork
from shared.events.envelope import Envelope, Event
from shared.events.payment_queries import QueryAnsweredV1
from shared.inbox import apply_once
from tests.factories.payment_facts import (
    a_receipt,
    an_invoice,
    booked,
    keeping_back,
    paying,
    registered,
    reversed_receipt,
    told,
    used_later,
)
from tests.integration.salesforce.test_client import Pauses, access_to
from tests.salesforce.object_types import ACCOUNT, PAYMENT_QUERY
from tests.salesforce.simulator import Org

CODE = "SalesOps_Partner_Code__c"
OCTOBER_20 = datetime(2026, 10, 20, 6, tzinfo=UTC)


@dataclass
class Office:
    """The gateway's worker beside an organisation; its clock is moved by hand."""

    database: Database
    org: Org
    client: SalesforceClient
    now: datetime = OCTOBER_20
    is_rehearsal: bool = False

    def writer(self) -> WriteBack:
        return WriteBack(self.database, self.client, self.is_rehearsal, lambda: self.now)

    async def hear(self, *envelopes: Envelope[Event]) -> None:
        await apply_once("gateway", SUBSCRIPTIONS, lambda: UnitOfWork(self.database))(envelopes)

    async def write(self, after: timedelta = timedelta()) -> int:
        self.now += after
        await self.writer().queue_figures()
        return await self.writer().send_waiting()

    async def queue(self, *codes: str, outstanding: float = 1.0) -> None:
        async with UnitOfWork(self.database) as work:
            drafts = [
                Draft(subject=WriteSubject.PARTNER_FIGURES, name=code, values={"outstanding": outstanding})
                for code in codes
            ]
            await queue_writes(work.connection, drafts, self.now)
            await work.commit()

    async def rows(self, columns: str, order: str = "name") -> list[Any]:
        async with self.database.reading() as connection:
            found = await connection.execute(
                sa.text(f"SELECT {columns} FROM salesforce_writes ORDER BY {order}")
            )
            return [tuple(row) for row in found]

    async def set_mapping(self, subject: str, **changes: bool) -> None:
        settings = ", ".join(f"{name} = {value}" for name, value in changes.items())
        async with self.database.engine.begin() as connection:
            await connection.execute(
                sa.text(f"UPDATE salesforce_write_mappings SET {settings} WHERE subject = :s"), {"s": subject}
            )

    def account(self, code: str) -> dict[str, Any]:
        (found,) = self.org.salesforce.organization.matching(ACCOUNT, CODE, code)
        return found

    def open_accounts(self, *codes: str) -> None:
        for code in codes:
            self.org.salesforce.organization.create(ACCOUNT, {"Name": f"Dealer {code}", CODE: code})


@pytest.fixture
async def office(database: Database, org: Org) -> AsyncIterator[Office]:
    async with SalesforceClient(access_to(org), pause=Pauses()) as client:
        office = Office(database, org, client)
        for subject in WriteSubject:
            await office.set_mapping(subject, is_dry_run=False)
        yield office


def an_answer(number: str = "Q-1", *, is_on_time: bool = True) -> Envelope[Event]:
    return told(
        QueryAnsweredV1(
            query_id=uuid7(),
            number=number,
            partner_code="CP1",
            zone="west",
            category="missing_receipt",
            answered_at=OCTOBER_20,
            is_on_time=is_on_time,
        )
    )


def figures_of(account: dict[str, Any]) -> dict[str, Any]:
    return {
        name.removeprefix("SalesOps_").removesuffix("__c"): value
        for name, value in account.items()
        if name.startswith("SalesOps_") and value is not None and name != CODE
    }


async def test_an_account_shows_what_the_partner_owes(office: Office) -> None:
    office.open_accounts("CP1")
    old = an_invoice(due_on=date(2026, 10, 10), total_minor=118_00)
    new = an_invoice(due_on=date(2026, 11, 10), total_minor=50_50)
    late = a_receipt(is_on_time=False, received_on=date(2026, 10, 19), allocations=(paying(old, 18_00),))
    await office.hear(registered(old, new), booked(late, a_receipt(received_on=date(2026, 10, 5))))

    await office.write()

    assert figures_of(office.account("CP1")) == {
        "Outstanding": 150.5,
        "Overdue": 100.0,
        "Oldest_Due_On": "2026-10-10",
        "On_Time_Percent": 50.0,
        "Last_Receipt_On": "2026-10-19",
        "Figures_As_Of": "2026-10-20",
    }
    assert await office.rows("state, record_id") == [("sent", office.account("CP1")["Id"])]


@pytest.mark.parametrize("seed", range(5))
async def test_figures_are_the_same_in_whatever_order_and_however_often_facts_come(
    office: Office, seed: int
) -> None:
    office.open_accounts("CP1")
    one, two = an_invoice(total_minor=100_00), an_invoice(total_minor=200_00)
    taken_back = a_receipt(allocations=(paying(two, 200_00),))
    facts = [
        registered(one, two),
        booked(a_receipt(allocations=(paying(one, 60_00),), deductions=(keeping_back(one, "tds", 10_00),))),
        booked(taken_back),
        reversed_receipt(taken_back, date(2026, 10, 8)),
        used_later(a_receipt(on_account_minor=20_00), one, 20_00),
    ] * 2
    random.Random(seed).shuffle(facts)
    for fact in facts:
        await office.hear(fact)

    await office.write()

    assert office.account("CP1")["SalesOps_Outstanding__c"] == 210.0


async def test_what_is_owed_in_foreign_money_is_not_added_to_rupees(office: Office) -> None:
    office.open_accounts("CP1")
    await office.hear(
        registered(an_invoice(total_minor=100_00), an_invoice(currency="USD", total_minor=900_00))
    )

    await office.write()

    assert office.account("CP1")["SalesOps_Outstanding__c"] == 100.0


async def test_an_invoice_becomes_overdue_overnight_though_nothing_happened(office: Office) -> None:
    office.open_accounts("CP1")
    await office.hear(registered(an_invoice(due_on=date(2026, 10, 20), total_minor=100_00)))
    await office.write()
    before = office.account("CP1")["SalesOps_Overdue__c"]
    office.now = datetime(2026, 10, 20, 18, 35, tzinfo=UTC)  # five past midnight in India

    assert await note_newly_overdue(office.database, office.now) == 1
    await office.write()

    assert (before, office.account("CP1")["SalesOps_Overdue__c"]) == (0.0, 100.0)


async def test_many_changes_of_one_partner_are_one_write(office: Office) -> None:
    office.open_accounts("CP1")
    for _ in range(5):
        await office.hear(registered(an_invoice(total_minor=10_00)))

    assert await office.write() == 1
    assert await office.write() == 0


async def test_what_salesforce_has_already_is_not_sent_again(office: Office) -> None:
    office.open_accounts("CP1")
    await office.queue("CP1")
    await office.write()
    await office.queue("CP1")

    assert await office.write() == 0
    await office.queue("CP1", outstanding=2.0)
    assert await office.write() == 1


async def test_an_answer_becomes_a_record_of_its_own_once(office: Office) -> None:
    await office.hear(an_answer())
    office.now = datetime.now(UTC)
    await office.write()
    await office.hear(an_answer(is_on_time=False))
    await office.write(timedelta(minutes=1))

    (record,) = office.org.salesforce.organization.all_of(PAYMENT_QUERY)
    assert (record["SalesOps_Query_Number__c"], record["State__c"], record["Is_On_Time__c"]) == (
        "Q-1",
        "answered",
        False,
    )


async def test_four_hundred_and_fifty_records_take_three_requests(office: Office) -> None:
    codes = [f"CP{number:04d}" for number in range(450)]
    office.open_accounts(*codes)
    await office.queue(*codes)

    await office.write()

    assert [method for method, _ in office.org.salesforce.requests].count("PATCH") == 3
    assert {state for (state,) in await office.rows("state")} == {"sent"}


async def test_a_dry_run_shows_and_sends_nothing_until_it_ends(office: Office) -> None:
    office.open_accounts("CP1")
    await office.set_mapping("partner_figures", is_dry_run=True)
    await office.queue("CP1", outstanding=7.0)
    await office.write()
    shown = await office.rows("state, values")
    unchanged = office.account("CP1")["SalesOps_Outstanding__c"]

    await office.set_mapping("partner_figures", is_dry_run=False)
    await office.write()

    assert (shown, unchanged) == ([("dry_run", {"outstanding": 7.0})], None)
    assert office.account("CP1")["SalesOps_Outstanding__c"] == 7.0


async def test_a_rehearsal_of_the_whole_installation_sends_nothing(office: Office) -> None:
    office.open_accounts("CP1")
    office.is_rehearsal = True
    await office.queue("CP1")

    await office.write()

    assert await office.rows("state") == [("dry_run",)]
    assert office.org.salesforce.requests == []


async def test_a_subject_that_is_off_waits(office: Office) -> None:
    await office.set_mapping("partner_figures", is_active=False)
    await office.queue("CP1")

    assert await office.write() == 0
    assert await office.rows("state") == [("waiting",)]


async def test_an_outage_counts_against_no_record_and_ends_with_everything_written(office: Office) -> None:
    office.open_accounts("CP1", "CP2")
    await office.queue("CP1", "CP2")
    office.org.salesforce.moods.is_away = True
    for _ in range(FAILURES_MAX + 1):
        await office.write(OUTAGE_PAUSE)
    during = await office.rows("state, failures, error_code")

    office.org.salesforce.moods.is_away = False
    await office.write(OUTAGE_PAUSE)

    assert during == [("waiting", 0, "salesforce_unavailable")] * 2
    assert await office.rows("state, error_code") == [("sent", None)] * 2


async def test_a_session_that_ends_in_between_is_not_noticed(office: Office) -> None:
    codes = [f"CP{number:04d}" for number in range(300)]
    office.open_accounts(*codes)
    await office.queue(*codes)
    office.org.salesforce.moods.next_moods = ["", "", "expired_session"]

    await office.write()

    assert {state for (state,) in await office.rows("state")} == {"sent"}
    assert office.org.salesforce.sign_in.given == 2


async def test_at_the_limit_writing_stops_and_goes_on_when_there_is_room(office: Office) -> None:
    office.open_accounts("CP1")
    await office.queue("CP1")
    office.org.salesforce.moods.daily_limit = 0
    await office.write()
    during = await office.rows("state, failures, error_code, next_attempt_at")

    office.org.salesforce.moods.daily_limit = 1000
    office.client.usage = None  # a quarter of an hour later it is forgotten
    await office.write(LIMIT_PAUSE)

    assert during == [("waiting", 0, "salesforce_limit_reached", OCTOBER_20 + LIMIT_PAUSE)]
    assert await office.rows("state") == [("sent",)]


async def test_bad_records_are_dead_and_told_while_the_others_are_written(office: Office) -> None:
    office.open_accounts("CP1", "CP2", "CP2")  # two accounts share an external id
    await office.queue("CP1", "CP2", "CP3")  # and the last is not there: a new one would need a name

    await office.write()

    assert await office.rows("name, state, error_code") == [
        ("CP1", "sent", None),
        ("CP2", "dead", "DUPLICATE_EXTERNAL_ID"),
        ("CP3", "dead", "REQUIRED_FIELD_MISSING"),
    ]
    async with office.database.reading() as connection:
        types = (await connection.execute(sa.text("SELECT type FROM outbox"))).scalars().all()
    assert types == ["salesops.crm.write_refused.v1"] * 2


async def test_a_locked_record_is_tried_again_later(office: Office) -> None:
    office.open_accounts("CP1", "CP2")
    office.org.salesforce.organization.locked["CP2"] = 1
    await office.queue("CP1", "CP2")
    await office.write()
    at_first = await office.rows("name, state, failures")

    early = await office.write(timedelta(seconds=59))
    await office.write(timedelta(seconds=1))

    assert at_first == [("CP1", "sent", 0), ("CP2", "waiting", 1)]
    assert early == 0
    assert await office.rows("state") == [("sent",)] * 2


async def test_a_record_that_stays_locked_is_dead_in_the_end(office: Office) -> None:
    office.open_accounts("CP1")
    office.org.salesforce.organization.locked["CP1"] = 99
    await office.queue("CP1")
    for _ in range(FAILURES_MAX + 3):
        await office.write(timedelta(hours=2))

    assert await office.rows("state, failures, error_code") == [("dead", FAILURES_MAX, "UNABLE_TO_LOCK_ROW")]


async def test_wrong_credentials_kill_no_record(office: Office) -> None:
    office.open_accounts("CP1")
    await office.queue("CP1")
    office.org.salesforce.sign_in.app.consumer_secret = "changed"
    await office.write()
    during = await office.rows("state, failures, error_code")

    office.org.salesforce.sign_in.app.consumer_secret = "simulator-secret"
    await office.write(REFUSED_PAUSE)

    assert during == [("waiting", 0, "invalid_client")]
    assert await office.rows("state") == [("sent",)]


async def test_a_change_while_the_old_state_is_on_its_way_is_sent_too(office: Office) -> None:
    office.open_accounts("CP1")
    await office.queue("CP1")

    class Slow:
        """Something changes before Salesforce has answered."""

        async def upsert(self, *args: Any) -> Any:
            await office.queue("CP1", outstanding=9.0)
            return await office.client.upsert(*args)

    await WriteBack(office.database, Slow(), False, lambda: office.now).send_waiting()
    await office.write()

    assert office.account("CP1")["SalesOps_Outstanding__c"] == 9.0
    assert await office.rows("state, revision") == [("sent", 2)]


async def test_what_a_dead_worker_had_claimed_is_sent_by_another(office: Office) -> None:
    office.open_accounts("CP1")
    await office.queue("CP1")

    class Dying:
        async def upsert(self, *_args: Any) -> Any:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        await WriteBack(office.database, Dying(), False, lambda: office.now).send_waiting()

    assert await office.write(timedelta(minutes=9)) == 0
    assert await office.write(timedelta(minutes=1)) == 1


async def test_done_but_not_told_leaves_one_record(office: Office) -> None:
    await office.hear(an_answer())
    office.now = datetime.now(UTC)
    office.org.salesforce.moods.next_moods = ["", "silent_success"]

    await office.write()

    assert len(list(office.org.salesforce.organization.all_of(PAYMENT_QUERY))) == 1
    assert await office.rows("state") == [("sent",)]
