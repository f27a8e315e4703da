"""Payment sheets come to what the ledger says, whatever happened in the books and however its events arrive."""

import asyncio
import random
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import Final

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test

from services.partners.adapters.account_figures import compared_accounts
from services.partners.adapters.unit_of_work import UnitOfWork
from services.partners.consumers import SUBSCRIPTIONS
from services.payments.application.tell_accounts import tell_moved_accounts
from shared.database import Database
from shared.events.accounts import AccountsToldV1
from shared.events.catalogue import consumed_by
from shared.events.envelope import Envelope, Event, decode
from shared.inbox import apply_once
from tests.integration.payments.ledger.conftest import NewBench
from tests.integration.payments.ledger.ledger_bench import LedgerBench
from tests.integration.payments.ledger.ledger_machine import LedgerMachine
from tests.provisions import ThrowawayDatabases

CODES: Final = ("CP0001", "CP0002", "CP0003")
KEPT: Final = (
    "sheet_invoices", "sheet_receipts", "sheet_settlements", "sheet_reversals", "sheet_changes", "sheet_refunds",
    "sheet_credit_notes", "account_figures", "sheet_differences", "inbox",
)  # fmt: skip
EVENTS: Final = {one.type_name: one for one in consumed_by("partners")}


@pytest.fixture(scope="session")
def sheets(own_loop: asyncio.Runner, throwaway_databases: ThrowawayDatabases) -> Iterator[Database]:
    database = Database(throwaway_databases.migrated("partners"), application_name="sheets")
    yield database
    own_loop.run(database.close())


class SheetMachine(LedgerMachine):
    """After a history: its events in another order, some of them twice, then the ledger's own figures."""

    def __init__(self, bench: LedgerBench, sheets: Database, accounts: list[int]) -> None:
        super().__init__(bench)
        self.sheets = sheets
        self.accounts = accounts

    def teardown(self) -> None:
        super().teardown()
        self.bench.run(self._compare())

    async def _compare(self) -> None:
        facts = await told_by(self.bench)
        dice = random.Random(len(facts))
        arriving = dice.sample([*facts, *facts[::4]], k=len(facts) + len(facts[::4]))
        await fill(self.sheets, arriving)
        async with self.sheets.reading() as connection:
            compared = await compared_accounts(connection, CODES)

        assert {
            (one.partner_code, one.currency): one.differences for one in compared if one.differences
        } == {}
        self.accounts.append(len(compared))
        told = next((fact for fact in facts if not isinstance(fact.data, AccountsToldV1)), None)
        if told is not None:
            await assert_loss_is_seen(self.sheets, facts)


async def told_by(bench: LedgerBench) -> list[Envelope[Event]]:
    """All that partners hears of these books, its figures told at their end."""
    async with UnitOfWork(bench.books.database) as work:
        while await tell_moved_accounts(work, datetime.now(UTC)):
            pass
        await work.commit()
    rows = await bench.books.rows("SELECT body FROM outbox ORDER BY position")
    found = (decode(row.body, EVENTS) for row in rows)
    return [one for one in found if one is not None]


async def fill(sheets: Database, facts: Sequence[Envelope[Event]]) -> None:
    """The facts of one history and of no other."""
    async with UnitOfWork(sheets) as work:
        for table in KEPT:
            await work.connection.exec_driver_sql(f"DELETE FROM {table}")
        await work.commit()
    apply = apply_once("partners", SUBSCRIPTIONS, lambda: UnitOfWork(sheets))
    for start in range(0, len(facts), 20):
        await apply(facts[start : start + 20])


async def assert_loss_is_seen(sheets: Database, facts: Sequence[Envelope[Event]]) -> None:
    """Without the last event that moved an account, that account differs."""
    lost = max((place for place, fact in enumerate(facts) if fact.type.split(".")[2] in MOVING), default=None)
    if lost is None:
        return
    await fill(sheets, [*facts[:lost], *facts[lost + 1 :]])
    async with sheets.reading() as connection:
        compared = await compared_accounts(connection, CODES)

    assert any(one.differences for one in compared), facts[lost]


MOVING: Final = frozenset({"invoices_registered", "receipts_booked", "refund_paid"})


def test_sheets_come_to_what_the_ledger_says_and_a_lost_event_shows(
    new_bench: NewBench, sheets: Database
) -> None:
    accounts: list[int] = []

    run_state_machine_as_test(
        lambda: SheetMachine(new_bench(), sheets, accounts),
        settings=settings(
            max_examples=2,
            stateful_step_count=30,
            database=None,
            deadline=None,
            phases=(Phase.generate,),
            suppress_health_check=list(HealthCheck),
        ),
    )

    assert sum(accounts) > 0
