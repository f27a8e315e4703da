"""Numbers of credit notes: no gap and no number twice, however many issue at once and whatever fails."""

import asyncio
import random
from collections import Counter
from datetime import UTC, date, datetime
from uuid import UUID

import pytest

from services.payments.application.add_credit_note_rules import add_credit_note_rule
from services.payments.application.issue_credit_note import issue_credit_note
from shared.database import UnitOfWork
from tests.factories.credit_notes import NotesDesk, a_discount, a_request, part, posting, posting_at
from tests.factories.gst import OURS_IN_GUJARAT, line, registration, taxed_invoice
from tests.factories.payments_books import PaymentsBooks
from tests.integration.payments.test_allocations import assert_sound


@pytest.fixture
async def desk(books: PaymentsBooks) -> NotesDesk:
    desk = NotesDesk(books)
    await desk.open(registration(), registration(OURS_IN_GUJARAT))
    return desk


class Interrupted(Exception):
    """What stops an issuer after the number was taken and before the commit."""


async def issue_or_fail(desk: NotesDesk, note_id: UUID, *, fails: int) -> None:
    """Issue after `fails` attempts that die with the number in hand."""
    for attempt in range(fails + 1):
        try:
            async with UnitOfWork(desk.books.database) as work:
                await issue_credit_note(work, note_id, 2, posting(f"issuer-{attempt}"))
                if attempt < fails:
                    raise Interrupted
                await work.commit()
        except Interrupted:
            continue


async def test_fifty_issuers_at_once_leave_no_gap_although_every_third_fails_first(
    books: PaymentsBooks, desk: NotesDesk
) -> None:
    (owed,) = await desk.billed(taxed_invoice(line(1, 100_000)))
    notes = [await desk.approved(a_request(part(owed, 1_000 + place))) for place in range(50)]
    seed = random.randrange(2**32)
    print("seed", seed)
    chance = random.Random(seed)
    chance.shuffle(notes)

    await asyncio.gather(
        *(issue_or_fail(desk, note, fails=2 if place % 3 == 0 else 0) for place, note in enumerate(notes))
    )

    rows = await books.rows("SELECT number FROM credit_notes ORDER BY number")
    assert [row.number for row in rows] == [f"CN/2627/{number:07d}" for number in range(1, 51)]
    assert await books.value("SELECT last_number FROM credit_note_counters") == 50
    assert await books.value("SELECT count(*) FROM journal_entries WHERE kind = 'credit_note'") == 50
    await assert_sound(books)


async def test_the_same_note_issued_many_times_at_once_has_one_number(
    books: PaymentsBooks, desk: NotesDesk
) -> None:
    (owed,) = await desk.billed()
    note = await desk.approved(a_request(part(owed, 1_000)))

    outcomes = await asyncio.gather(*(desk.issue(note) for _ in range(100)), return_exceptions=True)

    assert Counter(type(one).__name__ for one in outcomes) == {"CreditNote": 1, "Stale": 99}
    assert await books.value("SELECT last_number FROM credit_note_counters") == 1


async def test_each_registration_and_each_type_counts_for_itself(
    books: PaymentsBooks, desk: NotesDesk
) -> None:
    ours, theirs = await desk.billed(
        taxed_invoice(number="INV/1"),
        taxed_invoice(number="INV/2", supplier=OURS_IN_GUJARAT, place_of_supply="24"),
    )

    numbers = [
        (await desk.issued(command)).number
        for command in (
            a_request(part(ours, 1_000)),
            a_request(part(theirs, 1_000)),
            a_discount(part(None, 1_000)),
            a_request(part(ours, 1_000)),
        )
    ]

    assert numbers == ["CN/2627/0000001", "CN/2627/0000001", "FC/2627/0000001", "CN/2627/0000002"]


async def test_the_financial_year_ends_at_midnight_in_india(books: PaymentsBooks, desk: NotesDesk) -> None:
    (owed,) = await desk.billed()
    last_minute = datetime(2027, 3, 31, 18, 29, tzinfo=UTC)  # 23:59 in India
    first_minute = datetime(2027, 3, 31, 18, 30, tzinfo=UTC)
    old, new = [await desk.approved(a_request(part(owed, 1_000)), date(2027, 3, 1)) for _ in range(2)]

    before = await desk.issue(old, posting_at(last_minute))
    after = await desk.issue(new, posting_at(first_minute))

    assert (before.number, before.issued_on) == ("CN/2627/0000001", date(2027, 3, 31))
    assert (after.number, after.issued_on) == ("CN/2728/0000001", date(2027, 4, 1))


async def test_a_new_series_begins_on_its_day(books: PaymentsBooks, desk: NotesDesk) -> None:
    (owed,) = await desk.billed()
    series = {
        "note_type": "gst",
        "valid_from": date(2026, 11, 1),
        "prefix": "CRN",
        "source": "Order 12 of sales",
    }
    async with UnitOfWork(books.database) as work:
        await add_credit_note_rule(work, "series", series, posting("admin"))
        await work.commit()

    before = await desk.issued(a_request(part(owed, 1_000)), date(2026, 10, 31))
    after = await desk.issued(a_request(part(owed, 1_000)), date(2026, 11, 1))

    assert (before.number, after.number) == ("CN/2627/0000001", "CRN/2627/0000001")


@pytest.mark.parametrize(
    "number", ["cn/2627/0000001", "0N/2627/0000001", "/CN2627", "CN/2627/000000123", "CN 2627"]
)
async def test_the_database_refuses_numbers_the_portal_would_refuse(
    books: PaymentsBooks, desk: NotesDesk, number: str
) -> None:
    (owed,) = await desk.billed()
    note = await desk.approved(a_request(part(owed, 1_000)))

    with pytest.raises(Exception, match="number_shape"):
        await books.write(
            "UPDATE credit_notes SET standing = 'issued', number = :number, series = 'CN', financial_year = '2627',"
            " issued_on = '2026-10-20', issued_by = 'x', issued_at = now(), revision = 3 WHERE id = :id",
            id=note,
            number=number,
        )
