"""Deciding holds nothing; what others change between a decision and its booking makes the lines be decided again."""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import UTC, datetime
from io import BytesIO
from uuid import UUID

import pytest

from services.payments.adapters.matching_inputs import MatchingKnowledge, matching_knowledge
from services.payments.adapters.statement_formats import read_statement
from services.payments.adapters.statement_formats.detection import detect_format
from services.payments.adapters.statement_store import statement_for_import, statement_to_import
from services.payments.application.store_lines import ChunkDecided, decide_chunk, store_chunk
from services.payments.domain.bank_statement import StatementLine
from services.payments.domain.payer import PartnerIndex
from shared.database import Database, UnitOfWork
from tests.factories.payments import invoice, pays, receipt
from tests.factories.payments_books import PaymentsBooks
from tests.factories.statement_files import Entry, csv_file
from tests.integration.payments.conftest import CallAs
from tests.integration.payments.test_told_receipts import told

UTR = "HDFCR52026101400000001"
PAID = Entry(118_000, f"RTGS CR-SBIN0001234-SHREE GANESH ELECTRICALS-INV/26-27/004000-{UTR}", UTR)
FILE = csv_file(PAID)


class WatchedIndex(PartnerIndex):
    """Notes how many connections are in use whenever the matching asks how many partners there are."""

    def watch(self, database: Database) -> None:
        self.pool, self.seen = database.engine.pool, set[str]()

    def __len__(self) -> int:
        self.seen.add(self.pool.status().rpartition(" ")[2])
        return super().__len__()


async def decided(books: PaymentsBooks, statement_id: UUID, knowledge: MatchingKnowledge) -> ChunkDecided:
    events = read_statement(BytesIO(FILE), detect_format(FILE), default_currency="INR")
    lines = [event for event in events if isinstance(event, StatementLine)]
    async with books.database.reading() as connection:
        statement = await statement_to_import(connection, statement_id)
    return await decide_chunk(books.database, statement, lines, knowledge)


async def stored(
    books: PaymentsBooks, statement_id: UUID, chunk: ChunkDecided, knowledge: MatchingKnowledge
) -> bool:
    async with UnitOfWork(books.database) as work:
        statement = await statement_for_import(work.connection, statement_id)
        is_stored = await store_chunk(work, statement, chunk, knowledge=knowledge, at=datetime.now(UTC))
        if is_stored:
            await work.commit()
    return is_stored


async def knowledge_of(books: PaymentsBooks) -> MatchingKnowledge:
    async with books.database.reading() as connection:
        return await matching_knowledge(connection)


async def test_no_connection_is_held_while_lines_are_decided(books: PaymentsBooks) -> None:
    await books.register(invoice("INV/26-27/004000"))
    knowledge = await knowledge_of(books)
    index = WatchedIndex(partner.profile for partner in knowledge.index.known.values())
    index.watch(books.database)

    chunk = await decided(books, await books.receive(FILE), replace(knowledge, index=index))

    assert [len(decision.allocations) for decision in chunk.decided.weighed.decisions] == [1]
    assert index.seen == {"0"}


async def told_by_hand(books: PaymentsBooks, calling_payments: CallAs) -> None:
    assert (await told(calling_payments)).status_code == 201


async def brought_by_another_file(books: PaymentsBooks, calling_payments: CallAs) -> None:
    await books.import_file(csv_file(PAID, opening_minor=1))


@pytest.mark.parametrize("happens", [told_by_hand, brought_by_another_file])
async def test_what_is_told_of_a_line_between_decision_and_booking_is_not_booked_twice(
    books: PaymentsBooks,
    calling_payments: CallAs,
    happens: Callable[[PaymentsBooks, CallAs], Awaitable[None]],
) -> None:
    await books.register(invoice("INV/26-27/004000"))
    statement_id, knowledge = await books.receive(FILE), await knowledge_of(books)
    before = await decided(books, statement_id, knowledge)

    await happens(books, calling_payments)

    assert not await stored(books, statement_id, before, knowledge)
    assert await books.outcomes(statement_id) == []
    again = await decided(books, statement_id, knowledge)
    assert await stored(books, statement_id, again, knowledge)
    assert await books.value("SELECT count(*) FROM receipts") == 1
    assert await books.value("SELECT sum(amount_minor) FROM receipts") == 118_000


async def test_invoices_settled_between_decision_and_booking_make_a_suggestion(books: PaymentsBooks) -> None:
    owed = invoice("INV/26-27/004000")
    await books.register(owed)
    statement_id, knowledge = await books.receive(FILE), await knowledge_of(books)
    chunk = await decided(books, statement_id, knowledge)

    await books.book(receipt([pays(owed)]))

    assert await stored(books, statement_id, chunk, knowledge)
    assert await books.decisions() == ["suggested"]
    assert await books.exceptions() == ["invoices_settled_meanwhile"]
