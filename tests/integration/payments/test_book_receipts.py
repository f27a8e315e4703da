"""Booking receipts: what is open is settled once, whoever asks first, and the ledger always adds up."""

import asyncio
import random

import msgspec
import pytest

from services.payments.application.book_receipts import book_receipts
from services.payments.domain.errors import AlreadyReversed
from shared.database import UnitOfWork
from tests.factories.payments import invoice, pays, receipt
from tests.factories.payments_books import AT, PaymentsBooks

BOOKED = "salesops.payments.receipts_booked.v1"
REVERSED = "salesops.payments.receipt_reversed.v1"


async def assert_sound(books: PaymentsBooks) -> None:
    assert not await books.differing_balances()
    assert not await books.differing_open_items()
    assert (await books.verify()).is_intact


async def test_a_receipt_settles_its_invoice_and_leaves_an_advance(books: PaymentsBooks) -> None:
    owed = invoice(total_minor=118_000)
    await books.register(owed)
    booked = receipt([pays(owed, 117_900), pays(owed, 100, kind="TDS194Q")], on_account_minor=500)

    outcome = await books.book(booked)

    assert outcome.booked == (booked,)
    assert await books.open_minor(owed.id) == 0
    assert await books.open_minor(booked.id) == 500
    await assert_sound(books)


async def test_what_is_not_open_any_more_is_refused_and_the_others_are_booked(books: PaymentsBooks) -> None:
    owed, other = invoice("INV/1", total_minor=1_000), invoice("INV/2", total_minor=1_000)
    await books.register(owed, other)
    first = receipt([pays(owed)])
    late = receipt([pays(owed, 1), pays(other)])
    last = receipt([pays(other, 400)])

    outcome = await books.book(first, late, last)

    assert (outcome.booked, outcome.refused) == ((first, last), (late,))
    assert (await books.open_minor(owed.id), await books.open_minor(other.id)) == (0, 600)
    assert await books.value("SELECT count(*) FROM receipts WHERE id = :id", id=late.id) == 0
    await assert_sound(books)


async def test_receipts_of_one_batch_are_served_in_their_order(books: PaymentsBooks) -> None:
    owed = invoice(total_minor=1_000)
    await books.register(owed)
    receipts = [receipt([pays(owed, amount)]) for amount in (600, 500, 400, 1)]

    outcome = await books.book(*receipts)

    assert outcome.booked == (receipts[0], receipts[2])
    assert outcome.refused == (receipts[1], receipts[3])


async def test_money_and_deductions_together_never_exceed_what_is_open(books: PaymentsBooks) -> None:
    owed = invoice(total_minor=1_000)
    await books.register(owed)

    outcome = await books.book(receipt([pays(owed, 1_000), pays(owed, 1, kind="TDS194Q")]))

    assert not outcome.booked
    assert await books.open_minor(owed.id) == 1_000


async def test_a_receipt_for_an_item_that_is_unknown_is_refused(books: PaymentsBooks) -> None:
    unknown = invoice()

    outcome = await books.book(receipt([pays(unknown)]))

    assert not outcome.booked
    assert await books.value("SELECT count(*) FROM journal_entries") == 0


async def test_an_empty_batch_adds_nothing_to_the_chain(books: PaymentsBooks) -> None:
    await books.book()

    assert await books.value("SELECT count(*) FROM audit_batches") == 0


async def test_a_booked_receipt_is_told_with_what_it_settled(books: PaymentsBooks) -> None:
    owed = invoice(total_minor=118_000)
    await books.register(owed)
    booked = receipt([pays(owed, 117_900), pays(owed, 100, kind="TDS194Q")], on_account_minor=500)

    await books.book(booked)

    (body,) = await books.events(BOOKED)
    (told,) = msgspec.json.decode(body)["data"]["receipts"]
    assert (told["receipt_id"], told["zone"], told["on_account_minor"]) == (str(booked.id), "west", 500)
    assert [part["amount_minor"] for part in told["allocations"]] == [117_900]
    assert [(part["kind"], part["amount_minor"]) for part in told["deductions"]] == [("TDS194Q", 100)]


async def test_nothing_is_kept_or_told_of_a_batch_that_is_not_committed(books: PaymentsBooks) -> None:
    owed = invoice()
    await books.register(owed)

    async with UnitOfWork(books.database) as work:
        await book_receipts(work, [receipt([pays(owed)])], actor="tests", at=AT)

    assert await books.open_minor(owed.id) == owed.total_minor
    assert not await books.events(BOOKED)


async def test_concurrent_batches_on_the_same_invoices_settle_each_of_them_once(books: PaymentsBooks) -> None:
    """Each batch asks in an order of its own, which deadlocks unless rows are locked in one order."""
    seed = random.randrange(2**32)
    chance = random.Random(seed)
    owed = [invoice(f"INV/{number}", total_minor=1_000) for number in range(40)]
    await books.register(*owed)
    batches = [
        [receipt([pays(one, 600)], on_account_minor=7) for one in chance.sample(owed, len(owed))]
        for _ in range(8)
    ]

    async with asyncio.timeout(60):
        outcomes = await asyncio.gather(*(books.book(*batch) for batch in batches))

    booked = [one for outcome in outcomes for one in outcome.booked]
    settled = [one.allocations[0].open_item_id for one in booked]
    assert sorted(settled) == sorted(one.id for one in owed), f"seed {seed}"
    assert await books.value("SELECT count(*) FROM receipts") == len(owed)
    assert await books.value("SELECT min(open_minor) FROM open_items WHERE kind = 'invoice'") == 400
    await assert_sound(books)


async def test_batches_of_reversed_orders_never_deadlock(books: PaymentsBooks) -> None:
    owed = [invoice(f"INV/{number}", total_minor=1_000_000) for number in range(20)]
    await books.register(*owed)

    async with asyncio.timeout(60):
        outcomes = await asyncio.gather(
            *(books.book(*(receipt([pays(one, 10)]) for one in owed[:: (-1) ** turn])) for turn in range(10))
        )

    assert all(len(outcome.booked) == len(owed) for outcome in outcomes)
    assert set(await books.rows("SELECT open_minor FROM open_items")) == {(999_900,)}
    await assert_sound(books)


async def test_of_a_hundred_who_want_the_last_rupee_one_gets_it(books: PaymentsBooks) -> None:
    owed = invoice(total_minor=100)
    await books.register(owed)

    outcomes = await asyncio.gather(*(books.book(receipt([pays(owed)])) for _ in range(100)))

    assert sum(len(outcome.booked) for outcome in outcomes) == 1
    await assert_sound(books)


async def test_invoices_and_receipts_at_the_same_time_leave_one_chain(books: PaymentsBooks) -> None:
    registered = (books.register(invoice(f"INV/{number}")) for number in range(10))
    booked = (books.book(receipt(on_account_minor=100)) for _ in range(10))

    await asyncio.gather(*registered, *booked)

    verification = await books.verify()
    assert (verification.is_intact, verification.batches, verification.entries) == (True, 20, 20)
    await assert_sound(books)


async def test_a_reversal_opens_what_was_settled_and_takes_the_advance_back(books: PaymentsBooks) -> None:
    owed = invoice(total_minor=118_000)
    await books.register(owed)
    booked = receipt([pays(owed, 117_900), pays(owed, 100, kind="TDS194Q")], on_account_minor=500)
    await books.book(booked)

    await books.reverse(booked)

    assert await books.open_minor(owed.id) == 118_000
    assert await books.open_minor(booked.id) == 0
    left = await books.rows(
        "SELECT account_code FROM account_balances WHERE balance_minor <> 0 AND account_code NOT IN"
        " ('1200-receivables', '3900-billing-clearing')"
    )
    assert not left
    assert len(await books.events(REVERSED)) == 1
    await assert_sound(books)


async def test_an_invoice_opened_again_can_be_paid_again(books: PaymentsBooks) -> None:
    owed = invoice(total_minor=118_000)
    await books.register(owed)
    bounced = receipt([pays(owed)])
    await books.book(bounced)
    await books.reverse(bounced)

    outcome = await books.book(receipt([pays(owed)]))

    assert len(outcome.booked) == 1
    assert await books.open_minor(owed.id) == 0
    await assert_sound(books)


@pytest.mark.parametrize("on_account_minor", [0, 500])
async def test_a_receipt_is_taken_back_once_even_when_three_try(
    books: PaymentsBooks, on_account_minor: int
) -> None:
    owed = invoice()
    await books.register(owed)
    booked = receipt([pays(owed)], on_account_minor=on_account_minor)
    await books.book(booked)

    results = await asyncio.gather(*(books.reverse(booked) for _ in range(3)), return_exceptions=True)

    assert [type(result) for result in results if result is not None] == [AlreadyReversed, AlreadyReversed]
    await assert_sound(books)
