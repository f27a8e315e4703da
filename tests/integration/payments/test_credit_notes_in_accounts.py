"""Credit notes in partners' accounts: proved on every day, also around a cancellation, and undone without a trace."""

from datetime import date
from typing import Any

import pytest

from services.payments.application.apply_credit_note import apply_credit_note
from services.payments.application.settle_credit import NamedPart, credit_named, undo_named
from shared.database import UnitOfWork
from tests.factories.credit_notes import NotesDesk, a_discount, a_request, part, posting
from tests.factories.gst import line, taxed_invoice
from tests.factories.payments_books import PaymentsBooks
from tests.integration.payments.conftest import CallAs
from tests.integration.payments.ledger.shown_books import shown_books
from tests.integration.payments.test_allocations import assert_sound
from tests.integration.payments.test_payment_queries import call

STATEMENT = "/v1/accounts/CP0001/statement?from=2026-10-01&to="


@pytest.fixture
async def desk(books: PaymentsBooks) -> NotesDesk:
    desk = NotesDesk(books)
    await desk.open()
    await desk.billed(taxed_invoice(line(1, 100_000)))
    return desk


async def account(calling_payments: CallAs, on: str) -> dict[str, Any]:
    reply = await call(calling_payments, "GET", STATEMENT + on)
    assert reply.status_code == 200, reply.text
    section: dict[str, Any] = reply.json()["sections"][0]
    return section


async def test_a_cancelled_note_counts_until_its_day_and_the_account_is_proved_on_each(
    desk: NotesDesk, calling_payments: CallAs
) -> None:
    note = await desk.issued(a_request(part(taxed_invoice(), 50_000)), date(2026, 10, 12))
    await desk.cancel(note.id, posting("checker", date(2026, 10, 15)))

    closings = {
        day: (await account(calling_payments, f"2026-10-{day}"))["closing"]["amount"]
        for day in (11, 12, 14, 15)
    }
    shown = await account(calling_payments, "2026-10-31")

    assert closings == {11: "1180.00", 12: "590.00", 14: "590.00", 15: "1180.00"}
    assert [(one["kind"], one["document_number"]) for one in shown["movements"]] == [
        ("invoice", "INV/26-27/004000"),
        ("credit_note", "CN/2627/0000001"),
        ("credit_note_reversal", "CN/2627/0000001"),
    ]
    assert [one["document_number"] for one in shown["open_items"]] == ["INV/26-27/004000"]


async def test_a_note_applied_and_taken_back_leaves_what_was_before(
    desk: NotesDesk, books: PaymentsBooks
) -> None:
    note = await desk.issued(a_discount(part(None, 50_000)))
    before = await shown_books(books)
    async with UnitOfWork(books.database) as work:
        credit = await credit_named(work, credit_note_id=note.id)
        await apply_credit_note(work, credit.id, [NamedPart("INV/26-27/004000", (30_000, "INR"))], posting())
        await work.commit()
    allocation = await books.value("SELECT id FROM allocations")

    async with UnitOfWork(books.database) as work:
        await undo_named(work, allocation, posting())
        await work.commit()

    assert await shown_books(books) == before
    await assert_sound(books)
    await desk.cancel(note.id)
    await assert_sound(books)
