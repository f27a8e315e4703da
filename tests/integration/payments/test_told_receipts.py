"""One payment told by two channels is one receipt, in whatever order they tell it."""

import asyncio
from collections.abc import Sequence
from typing import Any

import httpx
import pytest

from tests.factories.payments import ACCOUNT_NUMBER, RECEIVED_ON, invoice
from tests.factories.payments_books import PaymentsBooks
from tests.factories.statement_files import Entry, csv_file
from tests.integration.payments.conftest import CallAs
from tests.integration.payments.test_allocations import assert_sound
from tests.integration.payments.test_settlements_api import post, rupees
from tests.integration.service_callers import a_caller

UTR = "HDFCR52026101400000001"
BANK_LINE = Entry(118_000, f"RTGS CR-UNKNOWN FIRM-{UTR}", UTR)


def a_payment(**changes: object) -> dict[str, object]:
    return {
        "bank_account": ACCOUNT_NUMBER,
        "partner_code": "CP0001",
        "amount": rupees("1180.00"),
        "received_on": RECEIVED_ON.isoformat(),
        "rail": "RTGS",
        "reference": UTR,
        **changes,
    }


async def told(calling_payments: CallAs, **changes: object) -> httpx.Response:
    return await post(calling_payments, "/v1/receipts", a_payment(**changes))


async def receipts_of(books: PaymentsBooks) -> Sequence[Any]:
    return await books.rows("SELECT * FROM receipts ORDER BY id")


async def test_a_payment_told_by_hand_pays_its_invoice_and_leaves_the_rest_on_account(
    books: PaymentsBooks, calling_payments: CallAs
) -> None:
    owed = invoice("INV/1", total_minor=100_000)
    await books.register(owed)
    allocations = [
        {
            "item": "INV/1",
            "amount": rupees("999.00"),
            "deductions": [{"kind": "TDS194Q", "amount": rupees("1.00")}],
        }
    ]

    reply = await told(calling_payments, allocations=allocations)

    assert reply.status_code == 201, reply.text
    assert (reply.json()["channel"], reply.json()["on_account"]) == ("hand", rupees("181.00"))
    assert await books.open_minor(owed.id) == 0
    await assert_sound(books)


async def test_told_again_it_is_the_receipt_that_is_known(
    books: PaymentsBooks, calling_payments: CallAs
) -> None:
    first = await told(calling_payments)
    again = await told(calling_payments, reference=f" {UTR.lower()} ", channel="virtual_account")

    assert (first.status_code, again.status_code) == (201, 200)
    assert first.json()["id"] == again.json()["id"]
    assert len(await receipts_of(books)) == 1


async def test_the_banks_line_confirms_what_was_told_before(
    books: PaymentsBooks, calling_payments: CallAs
) -> None:
    receipt_id = (await told(calling_payments)).json()["id"]

    statement_id = await books.import_file(csv_file(BANK_LINE))

    assert [str(row.id) for row in await receipts_of(books)] == [receipt_id]
    assert await books.outcomes(statement_id) == ["new"]
    decision = (await books.rows("SELECT * FROM line_decisions"))[0]
    assert (decision.decision, str(decision.receipt_id)) == ("auto", receipt_id)
    assert await books.value("SELECT booked_at IS NOT NULL FROM booking_clocks")
    async with calling_payments(a_caller()) as client:
        shown = (await client.get(f"/v1/receipts/{receipt_id}")).json()
    assert shown["bank_line_id"] == str(await books.value("SELECT id FROM bank_lines"))
    await assert_sound(books)


async def test_a_line_that_waits_for_a_person_is_booked_by_who_knows_the_payer(
    books: PaymentsBooks, calling_payments: CallAs
) -> None:
    await books.import_file(csv_file(BANK_LINE))
    assert len(await books.exceptions()) == 1

    reply = await told(calling_payments)

    assert reply.status_code == 201, reply.text
    assert reply.json()["bank_line_id"] == str(await books.value("SELECT id FROM bank_lines"))
    assert await books.exceptions() == []
    decisions = await books.rows("SELECT decision, revision FROM line_decisions ORDER BY revision")
    assert [tuple(row) for row in decisions] == [("exception", 1), ("auto", 2)]
    await assert_sound(books)


async def test_what_the_statement_booked_before_is_not_booked_again(
    books: PaymentsBooks, calling_payments: CallAs
) -> None:
    await books.register(invoice("INV/26-27/004000", total_minor=118_000))
    line = Entry(118_000, f"NEFT CR-SHREE GANESH ELECTRICALS INV/26-27/004000-{UTR}", UTR)
    await books.import_file(csv_file(line))
    (booked,) = await receipts_of(books)

    reply = await told(calling_payments)

    assert (reply.status_code, reply.json()["id"]) == (200, str(booked.id)), reply.text


async def test_the_banks_line_over_another_amount_is_never_booked_by_itself(
    books: PaymentsBooks, calling_payments: CallAs
) -> None:
    await books.register(invoice("INV/26-27/004000", total_minor=118_000))
    await told(calling_payments, amount=rupees("1179.00"))

    line = Entry(118_000, f"NEFT CR-SHREE GANESH ELECTRICALS INV/26-27/004000-{UTR}", UTR)
    await books.import_file(csv_file(line))

    assert await books.exceptions() == ["told_amount_differs"]
    assert len(await receipts_of(books)) == 1


async def test_a_cheque_is_known_by_its_number(books: PaymentsBooks, calling_payments: CallAs) -> None:
    reply = await told(calling_payments, reference="", cheque_number="00123456", rail="CHQ")

    await books.import_file(csv_file(Entry(118_000, "CHQ DEP 123456 MUMBAI", "123456")))

    assert reply.status_code == 201, reply.text
    assert len(await receipts_of(books)) == 1
    assert await books.value("SELECT count(*) FROM receipt_confirmations") == 1


async def test_a_reference_taken_back_may_come_again(books: PaymentsBooks, calling_payments: CallAs) -> None:
    first = (await told(calling_payments)).json()["id"]
    await post(calling_payments, f"/v1/receipts/{first}/reversal", {"reason_code": "wrong_partner"})

    second = await told(calling_payments, partner_code="CP0002")

    assert second.status_code == 201, second.text
    await assert_sound(books)


async def test_the_same_reference_for_another_partner_is_refused(
    books: PaymentsBooks, calling_payments: CallAs
) -> None:
    await told(calling_payments)

    reply = await told(calling_payments, partner_code="CP0002")

    assert (reply.status_code, reply.json()["code"]) == (409, "receipt_taken")


async def test_many_tell_the_same_payment_at_once(books: PaymentsBooks, calling_payments: CallAs) -> None:
    replies = await asyncio.gather(*(told(calling_payments) for _ in range(40)))

    assert sorted(reply.status_code for reply in replies) == [200] * 39 + [201]
    assert len({reply.json()["id"] for reply in replies}) == 1
    await assert_sound(books)


async def test_the_import_and_a_person_tell_it_at_the_same_moment(
    books: PaymentsBooks, calling_payments: CallAs
) -> None:
    for place in range(6):
        reference = f"HDFCR5202610140000010{place}"
        statement = csv_file(Entry(118_000, f"RTGS CR-UNKNOWN-{reference}", reference))
        await asyncio.gather(books.import_file(statement), told(calling_payments, reference=reference))

    assert len(await receipts_of(books)) == 6
    witnesses = await books.value(
        "SELECT (SELECT count(*) FROM receipts WHERE bank_line_id IS NOT NULL)"
        " + (SELECT count(*) FROM receipt_confirmations)"
    )
    assert witnesses == 6
    assert await books.exceptions() == []
    await assert_sound(books)


async def test_of_many_at_once_a_bad_one_is_refused_alone(
    books: PaymentsBooks, calling_payments: CallAs
) -> None:
    replies = await asyncio.gather(
        *(
            told(
                calling_payments,
                reference=f"HDFCR520261014000002{place:02}",
                partner_code="CP0001" if place % 5 else "NOBODY",
            )
            for place in range(20)
        )
    )

    assert [reply.status_code for reply in replies] == [201 if place % 5 else 422 for place in range(20)]
    await assert_sound(books)


async def test_an_idempotency_key_replays_the_reply(books: PaymentsBooks, calling_payments: CallAs) -> None:
    replies = [await post(calling_payments, "/v1/receipts", a_payment(), key="k1") for _ in range(2)]
    other = await post(calling_payments, "/v1/receipts", a_payment(reference="UTIBN12345678901"), key="k1")

    assert [reply.status_code for reply in replies] == [201, 201]
    assert replies[0].content == replies[1].content
    assert (other.status_code, other.json()["code"]) == (422, "idempotency_key_reused")


@pytest.mark.parametrize(
    ("changes", "status", "code"),
    [
        ({"bank_account": "404"}, 404, "bank_account_unknown"),
        ({"partner_code": "NOBODY"}, 422, "partner_unknown"),
        ({"reference": ""}, 422, "payment_invalid"),
        ({"reference": "NOTPROVIDED"}, 422, "payment_invalid"),
        ({"amount": rupees("0.00")}, 422, "payment_invalid"),
        ({"amount": rupees("1.001")}, 422, "invalid_money"),
        ({"allocations": [{"item": "INV/1", "amount": rupees("1180.01")}]}, 422, "payment_invalid"),
        ({"allocations": [{"item": "INV/2", "amount": rupees("1.00")}]}, 422, "item_not_payable"),
        ({"allocations": [{"item": "INV/404", "amount": rupees("1.00")}]}, 422, "item_not_payable"),
        ({"allocations": [{"item": "INV/1", "amount": rupees("1001.00")}]}, 409, "item_settled"),
    ],
)
async def test_a_payment_that_cannot_be_booked_is_refused_with_its_reason(
    books: PaymentsBooks, calling_payments: CallAs, changes: dict[str, object], status: int, code: str
) -> None:
    await books.register(invoice("INV/1", total_minor=100_000), invoice("INV/2", partner_code="CP0002"))

    reply = await told(calling_payments, **changes)

    assert (reply.status_code, reply.json()["code"]) == (status, code), reply.text
    assert await receipts_of(books) == []


async def test_a_batch_gives_one_verdict_per_payment(books: PaymentsBooks, calling_payments: CallAs) -> None:
    items = [
        a_payment(),
        a_payment(),
        a_payment(partner_code="NOBODY", reference="UTIBN12345678901"),
        {"amount": 1},
    ]

    reply = await post(calling_payments, "/v1/receipts/batch", items)

    assert [one["status"] for one in reply.json()["items"]] == ["accepted", "duplicate", "refused", "refused"]
    await assert_sound(books)


async def test_a_batch_may_come_as_csv(books: PaymentsBooks, calling_payments: CallAs) -> None:
    head = "bank_account,partner_code,amount_in_rupees,received_on,channel,rail,reference,cheque_number\n"
    lines = f"{ACCOUNT_NUMBER},CP0001,1180.00,2026-10-14,virtual_account,NEFT,{UTR},\n"
    async with calling_payments(a_caller()) as client:
        reply = await client.post(
            "/v1/receipts/batch", content=head + lines, headers={"Content-Type": "text/csv"}
        )

    assert reply.json()["accepted"] == 1, reply.text
    assert (await receipts_of(books))[0].channel == "virtual_account"


async def test_a_confirmation_is_never_changed(books: PaymentsBooks, calling_payments: CallAs) -> None:
    await told(calling_payments)
    await books.import_file(csv_file(BANK_LINE))

    with pytest.raises(Exception, match="append-only"):
        await books.write("DELETE FROM receipt_confirmations")
