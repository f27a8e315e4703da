"""Exchange rates are dated data: entered by anybody allowed, replaced by later words, and looked up for a day."""

import asyncio

import httpx
import pytest
import sqlalchemy as sa

from tests.factories.payments_books import PaymentsBooks
from tests.integration.payments.conftest import CallAs
from tests.integration.payments.test_settlements_api import post
from tests.integration.service_callers import a_caller


def a_rate(**changes: object) -> dict[str, object]:
    return {
        "currency": "USD",
        "rate_on": "2026-10-14",
        "publisher": "reference",
        "rate": "83.4567",
        "source": "FBIL of 14 October 2026",
        **changes,
    }


async def entered(calling_payments: CallAs, **changes: object) -> httpx.Response:
    return await post(calling_payments, "/v1/exchange-rates", a_rate(**changes))


async def counting(calling_payments: CallAs, day: str, currency: str = "USD") -> object:
    async with calling_payments(a_caller()) as client:
        reply = await client.get(f"/v1/exchange-rates/{currency}/{day}")
    return reply.json().get("rate") or reply.json()["code"]


async def test_a_rate_is_entered_once_however_often_it_is_said(
    books: PaymentsBooks, calling_payments: CallAs
) -> None:
    replies = [await entered(calling_payments) for _ in range(2)]

    assert [reply.status_code for reply in replies] == [201, 200]
    assert replies[0].json() == replies[1].json()
    assert (replies[0].json()["rate"], replies[0].json()["entered_by"]) == ("83.4567", "test-coordinator")
    assert await books.value("SELECT count(*) FROM exchange_rates") == 1


async def test_a_later_word_about_the_day_replaces_the_one_before_which_stays_readable(
    books: PaymentsBooks, calling_payments: CallAs
) -> None:
    await entered(calling_payments)
    await entered(calling_payments, rate="83.5", source="FBIL, corrected")

    async with calling_payments(a_caller()) as client:
        listed = (await client.get("/v1/exchange-rates?currency=USD")).json()["items"]
    assert [one["rate"] for one in listed] == ["83.5", "83.4567"]
    assert await counting(calling_payments, "2026-10-14") == "83.5"


async def test_the_rate_of_the_last_days_counts_until_it_is_too_old(
    books: PaymentsBooks, calling_payments: CallAs
) -> None:
    await entered(calling_payments)

    found = [await counting(calling_payments, f"2026-10-{day}") for day in ("13", "14", "15", "21", "22")]

    assert found == ["rate_unknown", "83.4567", "83.4567", "83.4567", "rate_unknown"]


async def test_the_reference_rate_goes_before_that_of_customs_and_of_a_bank(
    books: PaymentsBooks, calling_payments: CallAs
) -> None:
    await entered(calling_payments, publisher="bank", rate="82", rate_on="2026-10-15")
    await entered(calling_payments, publisher="customs", rate="84.1", rate_on="2026-10-02")
    before = await counting(calling_payments, "2026-10-15")
    await entered(calling_payments)

    assert (before, await counting(calling_payments, "2026-10-15")) == ("84.1", "83.4567")


async def test_a_rate_told_for_a_hundred_units_is_kept_for_one(
    books: PaymentsBooks, calling_payments: CallAs
) -> None:
    reply = await entered(calling_payments, currency="JPY", rate="55.12", units=100)

    assert (reply.status_code, reply.json()["rate"]) == (201, "0.5512")


async def test_a_batch_has_one_verdict_per_rate(books: PaymentsBooks, calling_payments: CallAs) -> None:
    content = (
        "currency,rate_on,publisher,rate,units,source\n"
        "USD,2026-10-14,reference,83.4567,1,FBIL\n"
        "INR,2026-10-14,reference,1,1,FBIL\n"
        "USD,2026-10-14,reference,83.4567,1,FBIL\n"
        "JPY,2026-10-14,reference,55.12,100,FBIL\n"
        "KWD,2026-10-14,reference,0,1,FBIL\n"
        "KWD,2026-10-14,guess,271.305,1,FBIL\n"
    )

    async with calling_payments(a_caller()) as client:
        reply = await client.post(
            "/v1/exchange-rates/batch", content=content, headers={"Content-Type": "text/csv"}
        )

    statuses = [one["status"] for one in reply.json()["items"]]
    assert statuses == ["accepted", "refused", "duplicate", "accepted", "refused", "refused"]
    assert await books.value("SELECT count(*) FROM exchange_rates") == 2


@pytest.mark.parametrize(
    "change",
    [{"rate": "0"}, {"rate": "-1"}, {"rate": 83.4}, {"rate": "1e2"}, {"units": 7}, {"currency": "INR"},
     {"currency": "usd"}, {"rate": "9999999"}, {"rate": "0.0000000001", "units": 10}],
)  # fmt: skip
async def test_what_cannot_be_a_rate_is_refused(
    books: PaymentsBooks, calling_payments: CallAs, change: dict[str, object]
) -> None:
    assert (await entered(calling_payments, **change)).status_code == 422


async def test_a_hundred_who_say_the_same_at_once_enter_it_once(
    books: PaymentsBooks, calling_payments: CallAs
) -> None:
    await asyncio.gather(*(entered(calling_payments) for _ in range(50)))

    assert await books.value("SELECT count(*) FROM exchange_rates") == 1


@pytest.mark.parametrize("statement", ["UPDATE exchange_rates SET rate = 1", "DELETE FROM exchange_rates"])
async def test_a_rate_that_was_entered_is_never_changed(
    books: PaymentsBooks, calling_payments: CallAs, statement: str
) -> None:
    await entered(calling_payments)

    with pytest.raises(sa.exc.DBAPIError, match="append-only"):
        await books.write(statement)
