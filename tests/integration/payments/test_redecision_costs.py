"""Thousands of waiting lines cost a handful of statements, not one per line."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
import sqlalchemy as sa

from services.payments.application.redecide_lines import redecide_lines
from services.payments.application.review_lines import review_lines
from services.payments.domain.posting import Posting
from services.payments.domain.review import Correct, LineReview
from shared.database import Database, UnitOfWork
from tests.factories.payments import RECEIVED_ON, invoice
from tests.factories.payments_books import LATER, PaymentsBooks
from tests.factories.statement_files import Entry, csv_file


@contextmanager
def statements_of(database: Database) -> Iterator[list[str]]:
    """What is sent to the database meanwhile."""
    seen: list[str] = []

    def note(*told: object) -> None:
        seen.append(str(told[2]))

    sa.event.listen(database.engine.sync_engine, "before_cursor_execute", note)
    try:
        yield seen
    finally:
        sa.event.remove(database.engine.sync_engine, "before_cursor_execute", note)


def waiting(count: int) -> bytes:
    return csv_file(
        *(
            Entry(
                50_000 + place, f"NEFT CR-PAYER {place:05} INV/26-27/{place:06}-N{place:015}", f"N{place:015}"
            )
            for place in range(count)
        )
    )


@pytest.mark.parametrize("is_explained", [False, True])
async def test_deciding_again_takes_as_many_statements_for_many_lines_as_for_few(
    books: PaymentsBooks, is_explained: bool
) -> None:
    counts = []
    for count in (10, 200):
        await books.import_file(waiting(count))
        if is_explained:
            await books.register(
                *(invoice(f"INV/26-27/{place:06}", total_minor=50_000 + place) for place in range(count))
            )
        with statements_of(books.database) as seen:
            done = await redecide_lines(books.database, LATER)
        assert done.booked > 0 if is_explained else done.weighed >= count
        counts.append(len(seen))

    assert counts[1] <= counts[0] + 3


async def test_reviewing_many_lines_takes_as_many_statements_as_reviewing_few(books: PaymentsBooks) -> None:
    await books.import_file(waiting(110))
    ids = [row.id for row in await books.rows("SELECT id FROM bank_lines ORDER BY id")]
    counts = []
    for chosen in (ids[:10], ids[10:]):
        reviews = [LineReview(line_id, 1, Correct("CP0002", "INR")) for line_id in chosen]
        with statements_of(books.database) as seen:
            async with UnitOfWork(books.database) as work:
                verdicts = await review_lines(work, reviews, Posting("meera", LATER, RECEIVED_ON))
                await work.commit()
        assert all(one.receipt_id is not None for one in verdicts)
        counts.append(len(seen))

    assert counts[0] == counts[1] < 40
