"""Allocations, reversals and refunds over the API."""

import asyncio
from datetime import UTC, datetime, timedelta

import httpx
import pytest
from uuid_utils.compat import uuid7

from services.payments.domain.business_day import business_day
from services.payments.domain.receipt import Receipt
from shared.identity import Caller
from tests.factories.payments import ACCOUNT_NUMBER, invoice, pays, receipt
from tests.factories.payments_books import PaymentsBooks
from tests.integration.payments.conftest import CallAs
from tests.integration.payments.test_allocations import assert_sound
from tests.integration.service_callers import a_caller


def rupees(amount: str) -> dict[str, str]:
    return {"amount": amount, "currency": "INR"}


def somebody_else(role: str = "approver") -> Caller:
    caller = a_caller(role)
    return Caller(f"other-{role}", caller.roles, caller.zones, None, f"token-other-{role}")


async def post(
    calling_payments: CallAs, path: str, body: object, caller: Caller | None = None, key: str | None = None
) -> httpx.Response:
    async with calling_payments(caller or a_caller()) as client:
        headers = {"Idempotency-Key": key} if key else {}
        return await client.post(path, json=body, headers=headers)


async def test_money_on_account_is_set_against_an_invoice_named_as_payers_write_it(
    books: PaymentsBooks, calling_payments: CallAs
) -> None:
    paid = receipt(on_account_minor=200_000)
    await books.book(paid)
    await books.register(invoice("INV/26-27/004000", total_minor=118_000))
    body = {
        "allocations": [
            {
                "item": "inv-26-27-004000",
                "amount": rupees("1179.00"),
                "deductions": [{"kind": "TDS194Q", "amount": rupees("1.00")}],
            }
        ]
    }

    reply = await post(calling_payments, f"/v1/receipts/{paid.id}/allocations", body)

    assert reply.status_code == 201, reply.text
    assert reply.json()["open"] == rupees("821.00")
    assert [(one["kind"], one["amount"]["amount"]) for one in reply.json()["allocations"]] == [
        ("receipt", "1179.00"),
        ("TDS194Q", "1.00"),
    ]
    await assert_sound(books)


async def test_the_same_request_twice_allocates_once(books: PaymentsBooks, calling_payments: CallAs) -> None:
    paid = receipt(on_account_minor=200_000)
    await books.book(paid)
    await books.register(invoice("INV/1", total_minor=118_000))
    body = {"allocations": [{"item": "INV/1", "amount": rupees("100.00")}]}

    replies = [
        await post(calling_payments, f"/v1/receipts/{paid.id}/allocations", body, key="once")
        for _ in range(2)
    ]

    assert replies[0].content == replies[1].content
    assert await books.open_minor(paid.id) == 190_000


async def test_an_allocation_taken_back_is_shown_with_its_day(
    books: PaymentsBooks, calling_payments: CallAs
) -> None:
    owed = invoice("INV/1", total_minor=700)
    await books.register(owed)
    paid = receipt([pays(owed)])
    await books.book(paid)
    async with calling_payments(a_caller()) as client:
        listed = (await client.get(f"/v1/receipts/{paid.id}/allocations")).json()
    (allocation,) = listed["allocations"]

    reply = await post(
        calling_payments, f"/v1/allocations/{allocation['id']}/reversal", {"effective_on": "2026-10-20"}
    )

    assert reply.status_code == 200, reply.text
    assert reply.json()["open"] == rupees("7.00")
    assert reply.json()["allocations"][0]["reversed_on"] == "2026-10-20"
    again = await post(calling_payments, f"/v1/allocations/{allocation['id']}/reversal", {})
    assert (again.status_code, again.json()["code"]) == (409, "already_reversed")


async def test_a_receipt_is_taken_back_with_a_reason(books: PaymentsBooks, calling_payments: CallAs) -> None:
    owed = invoice("INV/1", total_minor=700)
    await books.register(owed)
    paid = receipt([pays(owed)])
    await books.book(paid)

    reply = await post(calling_payments, f"/v1/receipts/{paid.id}/reversal", {"reason_code": "wrong_partner"})

    assert reply.status_code == 200, reply.text
    assert await books.open_minor(owed.id) == 700
    await assert_sound(books)


@pytest.mark.parametrize(
    ("change", "status", "code"),
    [
        ({"item": "INV/404"}, 422, "item_not_payable"),
        ({"amount": {"amount": "1.00", "currency": "USD"}}, 422, "item_not_payable"),
        ({"amount": rupees("0.00")}, 422, "item_not_payable"),
        ({"amount": rupees("-1.00")}, 422, "item_not_payable"),
        ({"amount": rupees("2000.01")}, 409, "credit_used_up"),
        ({"deductions": [{"kind": "GIFT", "amount": rupees("1.00")}]}, 422, "deduction_unknown"),
    ],
)
async def test_an_allocation_that_cannot_be_is_refused_with_its_reason(
    books: PaymentsBooks, calling_payments: CallAs, change: dict[str, object], status: int, code: str
) -> None:
    paid = receipt(on_account_minor=200_000)
    await books.book(paid)
    await books.register(invoice("INV/1", total_minor=900_000))
    body = {"allocations": [{"item": "INV/1", "amount": rupees("100.00"), **change}]}

    reply = await post(calling_payments, f"/v1/receipts/{paid.id}/allocations", body)

    assert (reply.status_code, reply.json()["code"]) == (status, code), reply.text


async def test_a_day_that_has_not_come_is_refused(books: PaymentsBooks, calling_payments: CallAs) -> None:
    paid = receipt(on_account_minor=200_000)
    await books.book(paid)
    tomorrow = business_day(datetime.now(UTC)) + timedelta(days=1)
    body = {"reason_code": "duplicate", "reversed_on": tomorrow.isoformat()}

    reply = await post(calling_payments, f"/v1/receipts/{paid.id}/reversal", body)

    assert (reply.status_code, reply.json()["code"]) == (422, "date_impossible")


async def a_refund_request(calling_payments: CallAs, paid: Receipt, amount: str) -> httpx.Response:
    body = {
        "receipt_id": str(paid.id),
        "amount": rupees(amount),
        "bank_account": ACCOUNT_NUMBER,
        "reason": "Paid twice",
    }
    return await post(calling_payments, "/v1/refunds", body)


async def test_a_refund_asked_by_one_and_paid_by_another_leaves_the_books_sound(
    books: PaymentsBooks, calling_payments: CallAs
) -> None:
    paid = receipt(on_account_minor=200_000)
    await books.book(paid)
    asked = (await a_refund_request(calling_payments, paid, "500.00")).json()

    reply = await post(
        calling_payments,
        f"/v1/refunds/{asked['id']}/decision",
        {"decision": "paid", "refunded_on": "2026-10-20", "reference": "OUT1"},
        somebody_else(),
    )

    assert reply.status_code == 200, reply.text
    assert (reply.json()["state"], reply.json()["refunded_on"]) == ("paid", "2026-10-20")
    assert await books.open_minor(paid.id) == 150_000
    assert len(await books.events("salesops.payments.refund_paid.v1")) == 1
    await assert_sound(books)


async def test_nobody_decides_a_refund_of_their_own(books: PaymentsBooks, calling_payments: CallAs) -> None:
    paid = receipt(on_account_minor=200_000)
    await books.book(paid)
    maker = Caller("both", frozenset({"coordinator", "approver"}), frozenset(), None, "token-both")
    asked = (
        await post(
            calling_payments,
            "/v1/refunds",
            {
                "receipt_id": str(paid.id),
                "amount": rupees("1.00"),
                "bank_account": ACCOUNT_NUMBER,
                "reason": "Mine",
            },
            maker,
        )
    ).json()

    replies = await asyncio.gather(
        *(
            post(calling_payments, f"/v1/refunds/{asked['id']}/decision", {"decision": "paid"}, maker)
            for _ in range(100)
        )
    )

    assert {(one.status_code, one.json()["code"]) for one in replies} == {(409, "maker_is_checker")}
    assert await books.open_minor(paid.id) == 200_000


async def test_a_refund_is_decided_once_by_however_many(
    books: PaymentsBooks, calling_payments: CallAs
) -> None:
    paid = receipt(on_account_minor=200_000)
    await books.book(paid)
    asked = (await a_refund_request(calling_payments, paid, "500.00")).json()

    replies = await asyncio.gather(
        *(
            post(
                calling_payments, f"/v1/refunds/{asked['id']}/decision", {"decision": "paid"}, somebody_else()
            )
            for _ in range(8)
        )
    )

    assert sorted(one.status_code for one in replies) == [200] + [409] * 7
    assert await books.open_minor(paid.id) == 150_000


async def test_more_than_is_open_cannot_be_asked_back_in_any_number_of_requests(
    books: PaymentsBooks, calling_payments: CallAs
) -> None:
    paid = receipt(on_account_minor=100_000)
    await books.book(paid)

    replies = await asyncio.gather(*(a_refund_request(calling_payments, paid, "400.00") for _ in range(5)))

    assert sorted(one.status_code for one in replies) == [201, 201, 409, 409, 409]


async def test_a_refund_whose_money_was_used_meanwhile_is_not_paid(
    books: PaymentsBooks, calling_payments: CallAs
) -> None:
    paid = receipt(on_account_minor=100_000)
    await books.book(paid)
    owed = invoice("INV/1", total_minor=90_000)
    await books.register(owed)
    asked = (await a_refund_request(calling_payments, paid, "400.00")).json()
    await books.allocate(paid, pays(owed))

    reply = await post(
        calling_payments, f"/v1/refunds/{asked['id']}/decision", {"decision": "paid"}, somebody_else()
    )

    assert (reply.status_code, reply.json()["code"]) == (409, "credit_used_up")
    assert await books.open_minor(paid.id) == 10_000


async def test_a_partner_sees_its_own_refunds_and_allocations_only(
    books: PaymentsBooks, calling_payments: CallAs
) -> None:
    paid = receipt(on_account_minor=100_000)
    await books.book(paid)
    await a_refund_request(calling_payments, paid, "400.00")

    seen = {}
    for code in ("CP0001", "CP0002"):
        async with calling_payments(a_caller("partner", partner_code=code)) as client:
            listed = await client.get("/v1/refunds")
            shown = await client.get(f"/v1/receipts/{paid.id}/allocations")
        seen[code] = (len(listed.json()["items"]), shown.status_code)

    assert seen == {"CP0001": (1, 200), "CP0002": (0, 404)}


@pytest.mark.parametrize("body", [{}, {"receipt_id": str(uuid7()), "credit_note_id": str(uuid7())}])
async def test_a_refund_is_of_one_receipt_or_one_credit_note(
    books: PaymentsBooks, calling_payments: CallAs, body: dict[str, str]
) -> None:
    rest = {"amount": rupees("1.00"), "bank_account": ACCOUNT_NUMBER, "reason": "Which?"}

    reply = await post(calling_payments, "/v1/refunds", {**body, **rest})

    assert reply.status_code == 422
