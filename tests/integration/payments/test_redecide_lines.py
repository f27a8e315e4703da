"""Lines that wait are decided again when something arrives that explains them, and never past a person's word."""

import asyncio
from typing import Any

import pytest

from services.payments.application.redecide_lines import Redecision, redecide_lines, redecide_when_asked
from tests.factories.payments import invoice, partner
from tests.factories.payments_books import AT, LATER, PaymentsBooks
from tests.factories.statement_files import Entry, csv_file
from tests.integration.payments.conftest import CallAs
from tests.integration.payments.test_allocations import assert_sound
from tests.integration.payments.test_payer_aliases import (
    TWO_INVOICES,
    booked_partner,
    confirmed,
    owing,
    payment,
)
from tests.integration.payments.test_reviews import ACCEPT, correct, review, take_back
from tests.integration.payments.test_settlements_api import post, rupees
from tests.integration.payments.test_suggestions import CUT_NAME, UNKNOWN, UTR, listed, shown
from tests.integration.service_callers import a_caller

EARLY = Entry(118_000, f"NEFT CR-UNKNOWN FIRM INV/26-27/004000-{UTR}4", f"{UTR}4")
LEAVE = {"verdict": "reject", "kind": "leave", "reason": "The dealer is asked"}


async def asked(books: PaymentsBooks) -> Redecision:
    """Carry out what arrived; there has to be something."""
    done = await redecide_when_asked(books.database, LATER)
    assert done is not None
    return done


async def causes(books: PaymentsBooks) -> set[str]:
    return {row.cause for row in await books.rows("SELECT cause FROM redecision_requests")}


async def settled(books: PaymentsBooks) -> None:
    """Nothing that arrived before is left to be looked at."""
    while await redecide_when_asked(books.database, AT) is not None:
        pass


async def test_an_invoice_that_comes_after_its_payment_is_paid_by_it(
    books: PaymentsBooks, calling_payments: CallAs
) -> None:
    await books.register(invoice("INV/26-27/003999", total_minor=99_900))
    await books.import_file(csv_file(EARLY))
    (line,) = await listed(calling_payments)
    await settled(books)
    owed = invoice("INV/26-27/004000", total_minor=118_000)

    await books.register(owed)
    done = await asked(books)

    assert (done.changed, done.booked) == (1, 1)
    assert await books.open_minor(owed.id) == 0
    body = await shown(calling_payments, line["bank_line_id"])
    latest = body["decisions"][0]
    assert (latest["revision"], latest["decision"], latest["decided_by"]) == (2, "auto", "matching")
    assert [one["cause"] for one in body["exceptions"]] == ["booked"]
    assert body["clock"]["booked_at"] is not None
    assert await listed(calling_payments) == []
    await assert_sound(books)


async def test_deciding_again_without_news_changes_nothing(
    books: PaymentsBooks, calling_payments: CallAs
) -> None:
    await books.import_file(csv_file(UNKNOWN, CUT_NAME))
    before = await listed(calling_payments)

    done = await redecide_lines(books.database, LATER)

    assert done == Redecision(weighed=2)
    assert [one["revision"] for one in await listed(calling_payments)] == [1, 1]
    assert [one["candidates"] for one in await listed(calling_payments)] == [
        one["candidates"] for one in before
    ]


async def test_a_partner_registered_later_is_the_payer_of_what_waits(books: PaymentsBooks) -> None:
    entry = Entry(77_700, f"RTGS CR-KONKAN IRRIGATION SYSTEMS-{UTR}5", f"{UTR}5")
    await books.import_file(csv_file(entry))
    await settled(books)

    await books.add_partners(partner("CP0009", "KONKAN IRRIGATION SYSTEMS"))
    await asked(books)

    assert await booked_partner(books, entry) == "CP0009"
    assert await books.exceptions() == []


async def test_what_a_person_taught_explains_lines_that_wait(
    books: PaymentsBooks, calling_payments: CallAs
) -> None:
    await owing(books)
    other = payment(1, TWO_INVOICES)
    await books.import_file(csv_file(other))
    await confirmed(books, calling_payments, payment(0), "CP0002", "INV/20")

    await asked(books)

    assert await booked_partner(books, other) == "CP0002"
    assert await listed(calling_payments) == []
    await assert_sound(books)


async def test_everything_that_may_explain_a_line_asks_for_it(
    books: PaymentsBooks, calling_payments: CallAs
) -> None:
    await settled(books)
    seen: list[set[str]] = []

    async def after(_step: object) -> None:
        seen.append(await causes(books))
        await settled(books)

    await after(await books.register(invoice("INV/1", total_minor=99_900)))
    await books.add_partners(partner("CP0009", "KONKAN IRRIGATION SYSTEMS"))
    await after("a partner was registered")
    await after(await books.import_file(csv_file(UNKNOWN)))
    (line,) = await listed(calling_payments)
    reviewed = await review(calling_payments, line, correct("CP0002"))
    await after(reviewed)
    await after(await take_back(calling_payments, reviewed.json()["receipts"][0]["id"], "wrong_amount"))
    async with calling_payments(a_caller()) as client:
        (alias,) = (await client.get("/v1/payer-aliases")).json()["items"]
    await after(
        await post(calling_payments, f"/v1/payer-aliases/{alias['id']}/withdrawal", {"reason": "Wrong"})
    )

    assert seen == [
        {"invoices_registered"}, {"partners_changed"}, {"statement_imported"}, {"lines_reviewed"},
        {"receipt_reversed"}, {"alias_withdrawn"},
    ]  # fmt: skip


async def test_a_line_a_person_left_is_suggested_but_never_booked_by_itself(
    books: PaymentsBooks, calling_payments: CallAs
) -> None:
    await books.import_file(csv_file(EARLY))
    (line,) = await listed(calling_payments)
    assert (await review(calling_payments, line, LEAVE)).status_code == 200

    await books.register(invoice("INV/26-27/004000", total_minor=118_000))
    await asked(books)

    (again,) = await listed(calling_payments)
    assert (again["decision"], again["partner_code"], again["note"]) == (
        "suggested",
        "CP0001",
        LEAVE["reason"],
    )
    assert again["reasons"][0]["code"] == "left_waiting"
    assert again["candidates"][0]["allocations"][0]["invoice_number"] == "INV/26-27/004000"
    assert (await review(calling_payments, again, ACCEPT)).status_code == 200
    await assert_sound(books)


async def test_what_was_taken_back_as_the_wrong_partners_is_not_suggested_for_it_again(
    books: PaymentsBooks, calling_payments: CallAs
) -> None:
    owed = invoice("INV/26-27/004000", total_minor=118_000)
    await books.register(owed)
    await books.import_file(csv_file(EARLY))
    receipt_id = str(await books.value("SELECT id FROM receipts"))

    await take_back(calling_payments, receipt_id, "wrong_partner")
    await settled(books)

    assert await books.open_minor(owed.id) == 118_000
    (line,) = await listed(calling_payments)
    assert (line["decision"], line["partner_code"]) == ("exception", None)
    assert line["reasons"][0]["code"] == "receipt_taken_back"
    assert "CP0001" not in [one["partner_code"] for one in line["candidates"]]


async def test_a_line_told_over_another_amount_stays_with_a_person(
    books: PaymentsBooks, calling_payments: CallAs
) -> None:
    told = {
        "bank_account": "50200012345678",
        "partner_code": "CP0001",
        "amount": rupees("1179.00"),
        "received_on": "2026-10-14",
        "reference": EARLY.reference,
    }
    await post(calling_payments, "/v1/receipts", told)
    await books.import_file(csv_file(EARLY))

    await books.register(invoice("INV/26-27/004000", total_minor=118_000))
    await asked(books)

    (line,) = await listed(calling_payments)
    assert (line["decision"], line["reasons"][0]["code"]) == ("exception", "told_amount_differs")
    assert await books.value("SELECT count(*) FROM receipts") == 1


async def test_a_person_and_the_machine_at_once_decide_a_line_once(
    books: PaymentsBooks, calling_payments: CallAs
) -> None:
    for attempt in range(5):
        amount = 50_000 * (attempt + 1)
        number = f"INV/26-27/00500{attempt}"
        utr = f"HDFCR5202610150000001{attempt}"
        payer = ("MEGHNA TOOLS", "ROHINI FOUNDRY", "VAIBHAV CASTINGS", "INDU BEARINGS", "OMKAR GEARS")[
            attempt
        ]
        await books.import_file(csv_file(Entry(amount, f"NEFT CR-{payer} {number}-{utr}", utr)))
        (line,) = await listed(calling_payments)
        await books.register(invoice(number, total_minor=amount))

        reviewed, _ = await asyncio.gather(
            review(calling_payments, line, correct("CP0002")), redecide_when_asked(books.database, LATER)
        )

        assert reviewed.status_code in (200, 412), reviewed.text
        assert await books.value("SELECT count(*) FROM receipts") == attempt + 1
        assert await listed(calling_payments) == []
    await assert_sound(books)


async def test_two_runs_at_once_do_the_work_once(books: PaymentsBooks) -> None:
    await books.import_file(csv_file(EARLY))
    await books.register(invoice("INV/26-27/004000", total_minor=118_000))

    done = await asyncio.gather(*(redecide_lines(books.database, LATER) for _ in range(4)))

    assert sum(one.booked for one in done) == 1
    assert await books.value("SELECT max(revision) FROM line_decisions") == 2
    await assert_sound(books)


@pytest.mark.parametrize("lines_per_batch", [1, 2, 100])
async def test_batches_of_any_size_come_to_the_same(books: PaymentsBooks, lines_per_batch: int) -> None:
    entries = [
        Entry(100_000 + place, f"NEFT CR-UNKNOWN FIRM INV/26-27/00600{place}-{UTR}{place}", f"{UTR}{place}")
        for place in range(5)
    ]
    await books.import_file(csv_file(*entries))
    await books.register(
        *(invoice(f"INV/26-27/00600{place}", total_minor=100_000 + place) for place in range(5))
    )

    done = await redecide_lines(books.database, LATER, lines_per_batch=lines_per_batch)

    assert (done.weighed, done.booked) == (5, 5)
    await assert_sound(books)


async def test_by_hand_it_is_a_job(books: PaymentsBooks, calling_payments: CallAs) -> None:
    async with calling_payments(a_caller()) as client:
        reply = await client.post("/v1/bank-lines/redecision", headers={"Idempotency-Key": "again"})
        again = await client.post("/v1/bank-lines/redecision", headers={"Idempotency-Key": "again"})
        job: dict[str, Any] = (await client.get(reply.headers["Location"])).json()

    assert (reply.status_code, again.json()) == (202, reply.json())
    assert (job["kind"], job["state"]) == ("redecide_lines", "queued")
