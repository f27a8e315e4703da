"""Cheques: promises until the bank credits them, and what happens when one comes back."""

import asyncio
from datetime import UTC, date, datetime, timedelta
from typing import Any

import httpx
import pytest

from services.payments.adapters.unit_of_work import UnitOfWork
from services.payments.application.record_bounce import RecordBounce, record_bounce
from services.payments.application.watch_bounces import watch_bounces
from services.payments.domain.business_day import business_day
from services.payments.domain.posting import Posting
from services.payments.domain.receipt import Receipt
from tests.factories.payments import ACCOUNT_NUMBER, RECEIVED_ON, invoice, pays, receipt
from tests.factories.payments_books import LATER, PaymentsBooks, told_data
from tests.factories.statement_files import Entry, csv_file
from tests.integration.payments.conftest import CallAs
from tests.integration.payments.test_allocations import assert_sound
from tests.integration.payments.test_settlements_api import rupees
from tests.integration.service_callers import a_caller


def today() -> date:
    """In India, as late as it is wanted: a day may begin while the tests run."""
    return business_day(datetime.now(UTC))


async def call(
    calling_payments: CallAs, method: str, path: str, body: object = None, etag: str | None = None
) -> httpx.Response:
    async with calling_payments(a_caller()) as client:
        headers = {"If-Match": etag} if etag else {}
        return await client.request(method, path, json=body, headers=headers)


def a_cheque(**changes: object) -> dict[str, object]:
    return {
        "partner_code": "CP0001",
        "cheque_number": "123456",
        "drawee_bank": "State Bank of India",
        "drawer_name": "Shree Ganesh Electricals",
        "amount": rupees("1180.00"),
        "cheque_on": RECEIVED_ON.isoformat(),
        "received_on": "2026-10-01",
        "items": ["INV/26-27/004000"],
        **changes,
    }


async def registered(calling_payments: CallAs, **changes: object) -> dict[str, Any]:
    reply = await call(calling_payments, "POST", "/v1/instruments", a_cheque(**changes))
    assert reply.status_code == 201, reply.text
    body: dict[str, Any] = reply.json()
    return body


async def deposit(
    calling_payments: CallAs, cheque: dict[str, Any], on: date, revision: int = 1
) -> httpx.Response:
    body = {"bank_account": ACCOUNT_NUMBER, "deposited_on": on.isoformat()}
    return await call(
        calling_payments, "POST", f"/v1/instruments/{cheque['id']}/deposit", body, f'"{revision}"'
    )


async def test_a_post_dated_cheque_is_no_receipt_and_no_money(
    books: PaymentsBooks, calling_payments: CallAs
) -> None:
    cheque = await registered(calling_payments, cheque_on=(today() + timedelta(days=30)).isoformat())

    assert (cheque["standing"], cheque["is_post_dated"]) == ("held", True)
    assert await books.value("SELECT count(*) FROM receipts") == 0
    assert await books.value("SELECT count(*) FROM journal_entries") == 0


async def test_a_cheque_is_not_deposited_before_its_date(
    books: PaymentsBooks, calling_payments: CallAs
) -> None:
    cheque = await registered(calling_payments, cheque_on=today().isoformat())

    reply = await deposit(calling_payments, cheque, today() - timedelta(days=1))

    assert (reply.status_code, reply.json()["code"]) == (409, "instrument_not_due")
    assert (await deposit(calling_payments, cheque, today())).json()["standing"] == "deposited"


async def test_a_cheque_older_than_three_months_is_stale(
    books: PaymentsBooks, calling_payments: CallAs
) -> None:
    cheque = await registered(calling_payments, cheque_on="2026-07-24", received_on="2026-07-01")

    reply = await deposit(calling_payments, cheque, date(2026, 10, 24))

    assert (reply.status_code, reply.json()["code"]) == (409, "instrument_stale")
    assert cheque["stale_on"] == "2026-10-24"
    assert (await deposit(calling_payments, cheque, date(2026, 10, 23))).status_code == 200


async def test_the_database_refuses_a_deposit_before_the_date(
    books: PaymentsBooks, calling_payments: CallAs
) -> None:
    cheque = await registered(calling_payments)

    with pytest.raises(Exception, match="never_deposited_before_its_date"):
        await books.write(
            "UPDATE instruments SET deposited_on = cheque_on - 1 WHERE CAST(id AS text) = :id",
            id=cheque["id"],
        )


async def test_the_same_cheque_again_is_the_one_that_is_known(
    books: PaymentsBooks, calling_payments: CallAs
) -> None:
    first = await registered(calling_payments)

    again = await call(calling_payments, "POST", "/v1/instruments", a_cheque(cheque_number="00123456"))
    other = await call(calling_payments, "POST", "/v1/instruments", a_cheque(amount=rupees("2.00")))

    assert (again.status_code, again.json()["id"]) == (200, first["id"])
    assert (other.status_code, other.json()["code"]) == (409, "instrument_taken")


async def test_who_decided_on_an_old_state_is_told_so(books: PaymentsBooks, calling_payments: CallAs) -> None:
    cheque = await registered(calling_payments)
    path = f"/v1/instruments/{cheque['id']}/withdrawal"
    await deposit(calling_payments, cheque, RECEIVED_ON)

    stale = await call(calling_payments, "POST", path, {"reason": "Replaced"}, '"1"')
    blind = await call(calling_payments, "POST", path, {"reason": "Replaced"})

    assert (stale.status_code, blind.status_code) == (412, 428)
    shown = await call(calling_payments, "GET", f"/v1/instruments/{cheque['id']}")
    assert (
        await call(calling_payments, "POST", path, {"reason": "Replaced"}, shown.headers["ETag"])
    ).status_code == 200


async def test_of_many_deposits_at_once_one_counts(books: PaymentsBooks, calling_payments: CallAs) -> None:
    cheque = await registered(calling_payments)

    replies = await asyncio.gather(*(deposit(calling_payments, cheque, RECEIVED_ON) for _ in range(8)))

    assert sorted(one.status_code for one in replies) == [200] + [412] * 7
    assert await books.value("SELECT count(*) FROM instrument_events") == 2


async def cleared_by_the_bank(books: PaymentsBooks, calling_payments: CallAs) -> dict[str, Any]:
    await books.register(invoice(total_minor=118_000))
    cheque = await registered(calling_payments)
    await deposit(calling_payments, cheque, RECEIVED_ON)
    await books.import_file(
        csv_file(Entry(118_000, "CHQ DEP 123456 SHREE GANESH ELECTRICALS INV/26-27/004000"))
    )
    return (await call(calling_payments, "GET", f"/v1/instruments/{cheque['id']}")).json()  # type: ignore[no-any-return] # JSON


async def test_the_banks_credit_clears_the_cheque(books: PaymentsBooks, calling_payments: CallAs) -> None:
    cheque = await cleared_by_the_bank(books, calling_payments)

    assert cheque["standing"] == "cleared"
    assert cheque["receipt_id"] == str(await books.value("SELECT id FROM receipts"))
    assert [event["standing"] for event in cheque["events"]] == ["held", "deposited", "cleared"]


async def test_a_returned_cheque_is_one_process_from_the_bank_line_on(
    books: PaymentsBooks, calling_payments: CallAs
) -> None:
    cheque = await cleared_by_the_bank(books, calling_payments)

    await books.import_file(csv_file(Entry(-118_000, "CHQ RET 123456 FUNDS INSUFFICIENT")))

    (bounce,) = (await call(calling_payments, "GET", "/v1/bounces")).json()["items"]
    assert (bounce["return_code"], bounce["return_class"]) == ("01", "financial")
    assert (bounce["charge_number"], bounce["charge_open"]) == ("BC/2627/000001", rupees("500.00"))
    assert bounce["reopened"] == [{"invoice_number": "INV/26-27/004000", "open": rupees("1180.00")}]
    assert bounce["notice_until"] == "2026-11-13"
    shown = (await call(calling_payments, "GET", f"/v1/instruments/{cheque['id']}")).json()
    assert shown["standing"] == "bounced"
    (bounced,) = [told_data(one) for one in await books.events("salesops.payments.cheque_bounced.v1")]
    assert bounced["charge_id"] == str(await books.value("SELECT id FROM open_items WHERE kind = 'charge'"))
    told = [told_data(one) for one in await books.events("salesops.payments.cheque_standing_changed.v1")]
    assert [one["standing"] for one in told] == ["held", "deposited", "cleared", "bounced"]
    await assert_sound(books)


async def test_a_bounced_cheque_deposited_again_clears_with_its_second_credit(
    books: PaymentsBooks, calling_payments: CallAs
) -> None:
    cheque = await cleared_by_the_bank(books, calling_payments)
    await books.import_file(csv_file(Entry(-118_000, "CHQ RET 123456 FUNDS INSUFFICIENT")))

    again = await deposit(calling_payments, cheque, date(2026, 10, 20), revision=4)
    await books.import_file(
        csv_file(
            Entry(
                118_000,
                "CHQ DEP 123456 SHREE GANESH ELECTRICALS INV/26-27/004000",
                booked_on=date(2026, 10, 21),
            )
        )
    )

    assert again.status_code == 200, again.text
    assert again.status_code == 200, again.text
    shown = (await call(calling_payments, "GET", f"/v1/instruments/{cheque['id']}")).json()
    assert shown["standing"] == "cleared"
    await assert_sound(books)


async def bounced(
    books: PaymentsBooks, code: str = "01", on: date = RECEIVED_ON, **changes: object
) -> Receipt:
    paid = receipt(on_account_minor=100_000, cheque_number="000777", **changes)
    await books.book(paid)
    async with UnitOfWork(books.database) as work:
        await record_bounce(work, RecordBounce(paid.id, code), Posting("tests", LATER, on))
        await work.commit()
    return paid


async def test_a_technical_return_costs_the_partner_nothing(books: PaymentsBooks) -> None:
    await bounced(books, "84")

    assert await books.value("SELECT count(*) FROM charges") == 0
    assert await books.value("SELECT count(*) FROM bounces") == 1


async def test_the_charge_is_that_of_the_day_with_its_tax(
    books: PaymentsBooks, calling_payments: CallAs
) -> None:
    rule = {
        "valid_from": "2026-10-10",
        "amount": rupees("750.00"),
        "gst_rate": "0.18",
        "source": "Circular 7",
    }
    async with calling_payments(a_caller("approver")) as client:
        assert (await client.post("/v1/bounce-charge-rules", json=rule)).status_code == 201
        assert (await client.post("/v1/bounce-charge-rules", json=rule)).json()["code"] == "rule_taken"

    await bounced(books, "01", date(2026, 10, 9), received_on=date(2026, 10, 8))
    await bounced(books, "01", date(2026, 10, 14))

    charges = await books.rows("SELECT number, net_minor, gst_minor FROM charges ORDER BY number")
    assert [tuple(row) for row in charges] == [
        ("BC/2627/000001", 50_000, 0),
        ("BC/2627/000002", 75_000, 13_500),
    ]
    await assert_sound(books)


async def test_charges_at_the_same_time_have_numbers_without_gap(books: PaymentsBooks) -> None:
    await asyncio.gather(*(bounced(books) for _ in range(12)))

    numbers = await books.rows("SELECT number FROM charges ORDER BY number")
    assert [row.number for row in numbers] == [f"BC/2627/{place:06d}" for place in range(1, 13)]
    await assert_sound(books)


async def test_a_charge_is_paid_like_an_invoice(books: PaymentsBooks, calling_payments: CallAs) -> None:
    await bounced(books)
    paid = receipt(on_account_minor=50_000)
    await books.book(paid)
    body = {"allocations": [{"item": "BC/2627/000001", "amount": rupees("500.00")}]}

    reply = await call(calling_payments, "POST", f"/v1/receipts/{paid.id}/allocations", body)

    assert reply.status_code == 201, reply.text
    assert await books.value("SELECT open_minor FROM open_items WHERE kind = 'charge'") == 0
    await assert_sound(books)


async def test_after_the_second_return_cheques_of_the_partner_are_not_relied_on(
    books: PaymentsBooks, calling_payments: CallAs
) -> None:
    relied_on = []
    for code in ("84", "01", "20"):
        await bounced(books, code)
        shown = (await call(calling_payments, "GET", "/v1/accounts/CP0001/cheques")).json()
        relied_on.append((shown["bounces_in_a_year"], shown["is_relied_on"]))

    assert relied_on == [(0, True), (1, True), (2, False)]


async def test_a_receipt_that_was_no_cheque_does_not_bounce(
    books: PaymentsBooks, calling_payments: CallAs
) -> None:
    owed = invoice(total_minor=700)
    await books.register(owed)
    paid = receipt([pays(owed)])
    await books.book(paid)

    reply = await call(
        calling_payments, "POST", "/v1/bounces", {"receipt_id": str(paid.id), "return_code": "01"}
    )

    assert (reply.status_code, reply.json()["code"]) == (409, "not_a_cheque")
    assert await books.open_minor(owed.id) == 0


async def the_bounce(calling_payments: CallAs) -> dict[str, Any]:
    (bounce,) = (await call(calling_payments, "GET", "/v1/bounces")).json()["items"]
    return bounce  # type: ignore[no-any-return] # JSON


async def step(calling_payments: CallAs, name: str, on: str) -> httpx.Response:
    bounce = await the_bounce(calling_payments)
    body = {"step": name, "happened_on": on, "note": "By registered post"}
    return await call(calling_payments, "POST", f"/v1/bounces/{bounce['id']}/steps", body)


async def test_steps_follow_the_order_of_the_law(books: PaymentsBooks, calling_payments: CallAs) -> None:
    await bounced(books)

    codes = [
        (await step(calling_payments, name, on)).status_code
        for name, on in [
            ("notice_received", "2026-10-20"),
            ("notice_sent", "2026-10-13"),
            ("notice_sent", "2026-10-18"),
            ("notice_sent", "2026-10-19"),
            ("notice_received", "2026-10-20"),
            ("paid", "2026-10-30"),
            ("complaint_filed", "2026-11-10"),
        ]
    ]

    assert codes == [409, 409, 201, 409, 201, 201, 409]
    bounce = await the_bounce(calling_payments)
    assert (bounce["payment_until"], bounce["complaint_until"]) == ("2026-11-04", "2026-12-05")


async def watch(books: PaymentsBooks, day: date) -> int:
    async with UnitOfWork(books.database) as work:
        told = await watch_bounces(work, datetime(day.year, day.month, day.day, 4, tzinfo=UTC))
        await work.commit()
    return told


async def test_the_last_day_for_the_notice_is_told_of_once_a_week_before(books: PaymentsBooks) -> None:
    await bounced(books)

    told = [await watch(books, day) for day in (date(2026, 11, 5), date(2026, 11, 6), date(2026, 11, 20))]

    assert told == [0, 1, 0]
    assert await books.exceptions() == ["statutory_deadline"]
    assert len(await books.events("salesops.payments.bounce_deadline_near.v1")) == 1


async def test_what_is_paid_or_technical_has_no_last_day(
    books: PaymentsBooks, calling_payments: CallAs
) -> None:
    await bounced(books)
    await step(calling_payments, "paid", "2026-10-20")
    await bounced(books, "84")

    assert await watch(books, date(2027, 6, 1)) == 0


@pytest.mark.parametrize(
    "table",
    ["instrument_events", "bounce_charge_rules", "bounces", "bounce_steps", "charges", "deadline_alerts"],
)
async def test_what_happened_to_cheques_is_never_changed(
    books: PaymentsBooks, calling_payments: CallAs, table: str
) -> None:
    await cleared_by_the_bank(books, calling_payments)
    await books.import_file(csv_file(Entry(-118_000, "CHQ RET 123456 FUNDS INSUFFICIENT")))
    await watch(books, date(2026, 11, 13))
    await step(calling_payments, "notice_sent", "2026-10-20")

    assert await books.value(f"SELECT count(*) > 0 FROM {table}")
    with pytest.raises(Exception, match="append-only"):
        await books.write(f"DELETE FROM {table}")
