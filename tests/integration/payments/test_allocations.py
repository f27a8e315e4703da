"""Money on account is set against invoices later, and taken back again, without a trace left open."""

import asyncio
from collections.abc import Sequence
from datetime import date
from uuid import UUID

import pytest

from services.payments.adapters.repositories import Row
from services.payments.domain.errors import (
    AlreadyReversed,
    CreditUsedUp,
    ItemNotPayable,
    ItemSettled,
    ReceiptRefunded,
)
from services.payments.domain.receipt import ReceiptAllocation
from shared.errors import NotFound, Refusal
from tests.factories.payments import invoice, pays, receipt
from tests.factories.payments_books import PaymentsBooks

CHANGED = "salesops.payments.allocation_changed.v1"


async def assert_sound(books: PaymentsBooks) -> None:
    assert not await books.differing_balances()
    assert not await books.differing_open_items()
    assert not await books.differing_partner_accounts()
    assert (await books.verify()).is_intact


async def what_is_open(books: PaymentsBooks) -> Sequence[Row]:
    return await books.rows("SELECT id, open_minor FROM open_items WHERE open_minor > 0 ORDER BY id")


async def balances(books: PaymentsBooks) -> Sequence[Row]:
    return await books.rows(
        "SELECT account_code, balance_minor FROM account_balances WHERE balance_minor <> 0 ORDER BY 1"
    )


async def test_money_on_account_pays_an_invoice_that_came_later(books: PaymentsBooks) -> None:
    paid = receipt(on_account_minor=118_000)
    await books.book(paid)
    owed = invoice(total_minor=118_000)
    await books.register(owed)

    await books.allocate(paid, pays(owed, 117_900), pays(owed, 100, kind="TDS194Q"))

    assert (await books.open_minor(owed.id), await books.open_minor(paid.id)) == (0, 100)
    assert len(await books.events(CHANGED)) == 1
    await assert_sound(books)


async def test_an_allocation_counts_from_the_day_both_ends_exist(books: PaymentsBooks) -> None:
    paid = receipt(on_account_minor=500)
    await books.book(paid)
    owed = invoice(total_minor=500, issued_on=date(2026, 10, 20))
    await books.register(owed)

    await books.allocate(paid, pays(owed), on=date(2026, 10, 15))

    days = await books.rows(
        "SELECT a.effective_on, e.effective_on AS entry_on FROM allocations a"
        " JOIN journal_entries e ON e.source_id = a.receipt_id AND e.kind = 'allocation'"
    )
    assert [tuple(row) for row in days] == [(date(2026, 10, 20), date(2026, 10, 20))]


async def test_taking_an_allocation_back_restores_what_was_before_it(books: PaymentsBooks) -> None:
    owed = invoice(total_minor=118_000)
    await books.register(owed)
    paid = receipt(on_account_minor=200_000)
    await books.book(paid)
    before = await what_is_open(books), await balances(books)
    money, _ = await books.allocate(paid, pays(owed, 117_900), pays(owed, 100, kind="TDS194Q"))

    undone = await books.undo(paid, money)

    assert [one.amount_minor for one in undone] == [117_900, 100]
    assert (await what_is_open(books), await balances(books)) == before
    await assert_sound(books)


async def test_what_was_booked_with_the_receipt_can_be_taken_back_and_used_otherwise(
    books: PaymentsBooks,
) -> None:
    wrong, right = invoice("INV/1", total_minor=700), invoice("INV/2", total_minor=1_000)
    await books.register(wrong, right)
    paid = receipt([pays(wrong)])
    await books.book(paid)

    await books.undo(paid, await the_allocation_on(books, wrong.id))
    await books.allocate(paid, pays(right, 700))

    assert [await books.open_minor(one.id) for one in (wrong, right, paid)] == [700, 300, 0]
    await assert_sound(books)


async def the_allocation_on(books: PaymentsBooks, item_id: UUID) -> UUID:
    allocation: UUID = await books.value(
        "SELECT id FROM allocations WHERE open_item_id = :id AND NOT is_reversal", id=item_id
    )
    return allocation


async def test_an_allocation_is_taken_back_once_by_however_many(books: PaymentsBooks) -> None:
    owed = invoice(total_minor=700)
    await books.register(owed)
    paid = receipt([pays(owed)])
    await books.book(paid)
    allocation = await the_allocation_on(books, owed.id)

    results = await asyncio.gather(*(books.undo(paid, allocation) for _ in range(8)), return_exceptions=True)

    assert sorted(type(result).__name__ for result in results) == ["AlreadyReversed"] * 7 + ["list"]
    assert await books.open_minor(owed.id) == 700
    await assert_sound(books)


async def test_of_a_hundred_who_want_the_last_rupee_one_gets_it(books: PaymentsBooks) -> None:
    owed = [invoice(f"INV/{number}", total_minor=100) for number in range(100)]
    await books.register(*owed)
    paid = receipt(on_account_minor=100)
    await books.book(paid)

    results = await asyncio.gather(*(books.allocate(paid, pays(one)) for one in owed), return_exceptions=True)

    assert sorted(type(result).__name__ for result in results) == ["CreditUsedUp"] * 99 + ["list"]
    assert await books.value("SELECT sum(open_minor) FROM open_items") == 9_900
    await assert_sound(books)


async def test_a_receipt_taken_back_reopens_also_what_its_advance_paid_later(books: PaymentsBooks) -> None:
    first, later = invoice("INV/1", total_minor=700), invoice("INV/2", total_minor=300)
    await books.register(first, later)
    paid = receipt([pays(first)], on_account_minor=500)
    await books.book(paid)
    await books.allocate(paid, pays(later))

    await books.reverse(paid)

    assert [await books.open_minor(one.id) for one in (first, later, paid)] == [700, 300, 0]
    assert (
        await books.value(
            "SELECT count(*) FROM account_balances WHERE account_code LIKE '1100%' AND balance_minor <> 0"
        )
        == 0
    )
    await assert_sound(books)


async def test_a_receipt_of_which_money_was_sent_back_is_not_taken_back(books: PaymentsBooks) -> None:
    paid = receipt(on_account_minor=500)
    await books.book(paid)
    await books.write(
        "INSERT INTO refunds (id, receipt_id, partner_code, bank_account_id, currency, amount_minor, reason, state,"
        " requested_by, requested_at, decided_by, decided_at, refunded_on) SELECT gen_random_uuid(), id, partner_code,"
        " bank_account_id, 'INR', 100, 'overpaid', 'paid', 'a', now(), 'b', now(), '2026-10-20' FROM receipts"
    )

    with pytest.raises(ReceiptRefunded):
        await books.reverse(paid)


@pytest.mark.parametrize(
    ("parts", "refusal"),
    [
        ([("mine", 701)], CreditUsedUp),
        ([("mine", 500), ("mine", 201)], CreditUsedUp),
        ([("small", 101)], ItemSettled),
        ([("theirs", 1)], ItemNotPayable),
        ([("dollars", 1)], ItemNotPayable),
        ([("receipt", 1)], ItemNotPayable),
        ([("nothing", 1)], ItemNotPayable),
    ],
)
async def test_what_cannot_be_allocated_is_refused_and_changes_nothing(
    books: PaymentsBooks, parts: list[tuple[str, int]], refusal: type[Refusal]
) -> None:
    items = {
        "mine": invoice("INV/1", total_minor=1_000),
        "small": invoice("INV/2", total_minor=100),
        "theirs": invoice("INV/3", total_minor=1_000, partner_code="CP0002"),
        "dollars": invoice("INV/4", total_minor=1_000, currency="USD"),
    }
    await books.register(*items.values())
    paid, other = receipt(on_account_minor=700), receipt(on_account_minor=700)
    await books.book(paid, other)
    ids = {name: one.id for name, one in items.items()} | {"receipt": other.id, "nothing": ACCOUNT_LESS}
    before = await what_is_open(books), await balances(books)

    with pytest.raises(refusal):
        await books.allocate(
            paid, *(ReceiptAllocation(ids[name], name, "receipt", amount) for name, amount in parts)
        )

    assert (await what_is_open(books), await balances(books)) == before


ACCOUNT_LESS = UUID("0192f0c1-0000-7000-8000-0000000000ff")


async def test_an_allocation_nobody_made_cannot_be_taken_back(books: PaymentsBooks) -> None:
    paid = receipt(on_account_minor=700)
    await books.book(paid)

    with pytest.raises(NotFound):
        await books.undo(paid, ACCOUNT_LESS)


async def test_an_allocation_taken_back_with_its_receipt_is_not_taken_back_again(
    books: PaymentsBooks,
) -> None:
    owed = invoice(total_minor=700)
    await books.register(owed)
    paid = receipt([pays(owed)])
    await books.book(paid)
    allocation = await the_allocation_on(books, owed.id)
    await books.reverse(paid)

    with pytest.raises(AlreadyReversed):
        await books.undo(paid, allocation)
