"""What was never told reaches the sheets of partners by one command, which changes nothing when it is run again."""

from collections.abc import AsyncIterator

import pytest
import sqlalchemy as sa

from deploy.tell_standing import tell_all
from gateway.application.translate_events import cheque_bounced
from services.partners.adapters.unit_of_work import UnitOfWork
from services.partners.consumers import SUBSCRIPTIONS
from shared.database import Database
from shared.events.catalogue import consumed_by
from shared.events.envelope import Envelope, Event, decode
from shared.events.instruments import ChequeBouncedV1
from shared.inbox import apply_once
from tests.factories.payments_books import PaymentsBooks
from tests.integration.payments.conftest import CallAs
from tests.integration.payments.test_deduction_rules import a_certificate
from tests.integration.payments.test_instruments import bounced, call, registered
from tests.integration.payments.test_payment_queries import asked
from tests.provisions import DatabaseFactory

EVENTS = {one.type_name: one for one in consumed_by("partners")}
SHEETS = {
    "instruments": "SELECT cheque_number, standing, amount_minor, revision FROM sheet_cheques",
    "charges": "SELECT number, due_on, total_minor FROM sheet_invoices",
    "tax_certificates": "SELECT certificate_number, quarter, amount_minor FROM sheet_tax_certificates",
    "payment_queries": "SELECT subject, state, links, revision FROM sheet_queries",
}


@pytest.fixture(scope="module")
async def sheets(fresh_database: DatabaseFactory) -> AsyncIterator[Database]:
    database = Database(await fresh_database("partners"), application_name="sheets")
    yield database
    await database.close()


async def told_by(books: PaymentsBooks) -> list[Envelope[Event]]:
    rows = await books.rows("SELECT body FROM outbox ORDER BY position")
    found = (decode(row.body, EVENTS) for row in rows)
    return [one for one in found if one is not None]


async def kept_of(sheets: Database) -> dict[str, list[tuple[object, ...]]]:
    async with sheets.reading() as connection:
        return {
            name: [tuple(row) for row in await connection.execute(sa.text(query))]
            for name, query in SHEETS.items()
        }


async def test_facts_older_than_their_events_reach_the_sheets_and_are_told_twice_without_harm(
    books: PaymentsBooks, calling_payments: CallAs, sheets: Database
) -> None:
    await registered(calling_payments)
    await bounced(books)
    await call(calling_payments, "POST", "/v1/tax-certificates", a_certificate())
    await asked(calling_payments, links=[{"kind": "invoice", "target_id": "INV/1"}])
    await books.write("DELETE FROM outbox")
    apply = apply_once("partners", SUBSCRIPTIONS, lambda: UnitOfWork(sheets))

    counts = await tell_all(books.database)
    first = await told_by(books)
    await apply(first)
    kept = await kept_of(sheets)
    await tell_all(books.database)
    await apply((await told_by(books))[len(first) :])

    assert counts == dict.fromkeys(SHEETS, 1)
    assert {name: len(rows) for name, rows in kept.items()} == dict.fromkeys(SHEETS, 1)
    assert kept["charges"][0][2] == await books.value("SELECT net_minor + gst_minor FROM charges")
    assert kept["payment_queries"][0][2] == [{"kind": "invoice", "target_id": "INV/1"}]
    assert await kept_of(sheets) == kept
    (bounce,) = [one.data for one in first if isinstance(one.data, ChequeBouncedV1)]
    assert list(cheque_bounced(bounce)) == []
