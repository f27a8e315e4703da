"""A hundred at once want the same thing: exactly as many get it as there is of it, and the books stay sound."""

import asyncio
from collections import Counter
from collections.abc import Awaitable

from services.payments.domain.receipt import Receipt
from tests.factories.payments import invoice, pays, receipt
from tests.factories.payments_books import PaymentsBooks
from tests.integration.payments.ledger.shown_books import shown_books

HUNDRED = range(100)
Ends = dict[str, int]


async def ends_of(*attempts: Awaitable[object]) -> Ends:
    """How many were carried out and how many were refused, by the refusal."""
    results = await asyncio.gather(*attempts, return_exceptions=True)
    return Counter(type(one).__name__ if isinstance(one, BaseException) else "done" for one in results)


async def on_account(books: PaymentsBooks, amount_minor: int, *, cheque_number: str = "") -> Receipt:
    paid = receipt(on_account_minor=amount_minor, cheque_number=cheque_number)
    await books.book(paid)
    return paid


async def test_the_last_rupee_of_an_invoice_is_settled_by_one_receipt_of_a_hundred(
    books: PaymentsBooks,
) -> None:
    owed = invoice(total_minor=100)
    await books.register(owed)
    paid = [receipt(on_account_minor=100) for _ in HUNDRED]
    await books.book(*paid)

    ends = await ends_of(*(books.allocate(one, pays(owed)) for one in paid))

    assert ends == {"done": 1, "ItemSettled": 99}
    assert await books.value("SELECT sum(open_minor) FROM open_items") == 9_900
    await shown_books(books)


async def test_the_last_rupee_of_an_invoice_is_booked_by_one_batch_of_a_hundred(books: PaymentsBooks) -> None:
    owed = invoice(total_minor=100)
    await books.register(owed)

    outcomes = await asyncio.gather(*(books.book(receipt([pays(owed)])) for _ in HUNDRED))

    assert sum(len(one.booked) for one in outcomes) == 1
    assert await books.open_minor(owed.id) == 0
    await shown_books(books)


async def test_a_hundred_paise_go_to_a_hundred_of_two_hundred_who_ask_for_one_each(
    books: PaymentsBooks,
) -> None:
    owed = invoice(total_minor=1_000)
    await books.register(owed)
    paid = await on_account(books, 100)

    ends = await ends_of(*(books.allocate(paid, pays(owed, 1)) for _ in range(200)))

    assert ends == {"done": 100, "CreditUsedUp": 100}
    assert (await books.open_minor(paid.id), await books.open_minor(owed.id)) == (0, 900)
    await shown_books(books)


async def test_an_allocation_is_undone_by_one_of_a_hundred(books: PaymentsBooks) -> None:
    owed = invoice(total_minor=700)
    await books.register(owed)
    paid = await on_account(books, 700)
    (allocation,) = await books.allocate(paid, pays(owed))

    ends = await ends_of(*(books.undo(paid, allocation) for _ in HUNDRED))

    assert ends == {"done": 1, "AlreadyReversed": 99}
    assert (await books.open_minor(paid.id), await books.open_minor(owed.id)) == (700, 700)
    await shown_books(books)


async def test_a_receipt_is_reversed_by_one_of_a_hundred(books: PaymentsBooks) -> None:
    owed = invoice(total_minor=700)
    await books.register(owed)
    paid = receipt([pays(owed, 300)], on_account_minor=200)
    await books.book(paid)

    ends = await ends_of(*(books.reverse(paid) for _ in HUNDRED))

    assert ends == {"done": 1, "AlreadyReversed": 99}
    assert (await books.open_minor(paid.id), await books.open_minor(owed.id)) == (0, 700)
    await shown_books(books)


async def test_a_cheque_bounces_once_and_is_charged_once(books: PaymentsBooks) -> None:
    paid = await on_account(books, 700, cheque_number="004211")

    ends = await ends_of(*(books.bounce(paid.id, "01") for _ in HUNDRED))

    assert ends == {"done": 1, "AlreadyReversed": 99}
    assert await books.value("SELECT count(*) FROM charges") == 1
    await shown_books(books)


async def test_a_refund_is_decided_by_one_of_a_hundred(books: PaymentsBooks) -> None:
    paid = await on_account(books, 700)
    refund = await books.ask_refund(paid.id, 500)

    ends = await ends_of(
        *(books.decide_refund(refund, is_paid=place % 2 == 0, by=f"checker {place}") for place in HUNDRED)
    )

    assert ends == {"done": 1, "AlreadyDecided": 99}
    assert await books.open_minor(paid.id) in {200, 700}
    await shown_books(books)


async def test_nobody_approves_their_own_refund_however_often_they_try(books: PaymentsBooks) -> None:
    paid = await on_account(books, 700)
    refund = await books.ask_refund(paid.id, 500, by="asha")

    own = [books.decide_refund(refund, is_paid=True, by="asha") for _ in HUNDRED]
    ends = await ends_of(*own, books.decide_refund(refund, is_paid=True, by="ravi"))

    assert ends["done"] == 1
    assert ends["MakerIsChecker"] + ends["AlreadyDecided"] == 100
    assert await books.value("SELECT decided_by FROM refunds") == "ravi"
    assert await books.open_minor(paid.id) == 200
    await shown_books(books)


async def test_money_on_account_is_sent_back_or_used_but_never_both(books: PaymentsBooks) -> None:
    owed = invoice(total_minor=700)
    await books.register(owed)
    paid = await on_account(books, 700)
    refund = await books.ask_refund(paid.id, 700)

    uses = [books.allocate(paid, pays(owed)) for _ in HUNDRED]
    decisions = [books.decide_refund(refund, is_paid=True, by=f"checker {place}") for place in HUNDRED]
    ends = await ends_of(*(attempt for pair in zip(uses, decisions, strict=True) for attempt in pair))

    assert ends["done"] == 1
    assert await books.open_minor(paid.id) == 0
    await shown_books(books)


async def test_a_reversal_and_the_undoing_of_what_it_settled_leave_the_item_open_once(
    books: PaymentsBooks,
) -> None:
    owed = invoice(total_minor=700)
    await books.register(owed)
    paid = await on_account(books, 700)
    (allocation,) = await books.allocate(paid, pays(owed))

    undone = [books.undo(paid, allocation) for _ in range(50)]
    ends = await ends_of(*undone[:25], *(books.reverse(paid) for _ in range(50)), *undone[25:])

    assert ends["done"] in {1, 2}  # the undoing may come before the reversal or not at all
    assert ends["done"] + ends["AlreadyReversed"] == 100
    assert (await books.open_minor(paid.id), await books.open_minor(owed.id)) == (0, 700)
    await shown_books(books)
