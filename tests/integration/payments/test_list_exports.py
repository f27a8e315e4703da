"""Lists as files: the whole list, in one snapshot, as the caller may see it."""

import asyncio
import csv
import io
from datetime import date, timedelta
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from python_calamine import CalamineWorkbook

from shared.medium import MEDIA_TYPES, Medium
from tests.factories.payments import ACCOUNT_NUMBER, invoice, pays, receipt
from tests.factories.payments_books import PaymentsBooks
from tests.integration.payments.conftest import CallAs
from tests.integration.service_callers import a_caller

FIRST_DUE_ON = date(2026, 11, 1)


@pytest.fixture
async def invoices(books: PaymentsBooks) -> int:
    """Some invoices, the third of a partner in another zone."""
    drafts = [
        invoice(
            f"INV/26-27/{number:06d}",
            partner_code="CP0001" if number != 3 else "CP0003",
            due_on=FIRST_DUE_ON + timedelta(number),
        )
        for number in range(1, 8)
    ]
    await books.register(*drafts)
    return len(drafts)


async def get(calling_payments: CallAs, path: str, accept: str = "*/*", **caller: Any) -> httpx.Response:
    async with calling_payments(a_caller(**caller)) as client:
        return await client.get(path, headers={"Accept": accept})


def records(reply: httpx.Response) -> list[dict[str, str]]:
    assert reply.status_code == 200, reply.text
    return list(csv.DictReader(io.StringIO(reply.text, newline=""), strict=True))


async def test_a_list_as_csv_holds_what_all_its_pages_hold(invoices: int, calling_payments: CallAs) -> None:
    pages = (await get(calling_payments, "/v1/invoices?limit=200")).json()["items"]

    reply = await get(calling_payments, "/v1/invoices", accept="text/csv")

    found = records(reply)
    assert [row["number"] for row in found] == [item["number"] for item in pages]
    assert [row["total_amount"] for row in found] == [item["total_amount"]["amount"] for item in pages]
    assert {row["total_amount_currency"] for row in found} == {"INR"}
    assert len(found) == invoices


async def test_the_file_says_what_it_is(invoices: int, calling_payments: CallAs) -> None:
    reply = await get(calling_payments, "/v1/invoices?format=csv")

    assert reply.headers["content-type"] == "text/csv; charset=utf-8; header=present"
    assert reply.headers["content-disposition"].startswith('attachment; filename="invoices-20')
    assert reply.headers["x-content-type-options"] == "nosniff"
    assert reply.headers["vary"] == "Accept"
    assert int(reply.headers["content-length"]) == len(reply.content)


async def test_a_list_as_xlsx_holds_the_same_with_dates_and_figures(
    invoices: int, calling_payments: CallAs
) -> None:
    pages = (await get(calling_payments, "/v1/invoices?limit=200")).json()["items"]

    reply = await get(calling_payments, "/v1/invoices", accept=MEDIA_TYPES[Medium.XLSX])

    head, *rows = CalamineWorkbook.from_filelike(io.BytesIO(reply.content)).get_sheet_by_index(0).to_python()
    due, total = head.index("Due on"), head.index("Total amount")
    assert [row[due] for row in rows] == [date.fromisoformat(item["due_on"]) for item in pages]
    assert [row[total] for row in rows] == [float(item["total_amount"]["amount"]) for item in pages]


async def test_filters_and_rows_of_the_caller_hold_for_files_too(
    invoices: int, calling_payments: CallAs
) -> None:
    due_on = FIRST_DUE_ON + timedelta(4)

    early = records(await get(calling_payments, f"/v1/invoices?format=csv&due_on_lte={due_on}"))
    own = records(
        await get(calling_payments, "/v1/invoices?format=csv", role="partner", partner_code="CP0003")
    )

    assert len(early) == 4
    assert [row["partner_code"] for row in own] == ["CP0003"]


async def test_an_empty_list_is_a_file_with_a_header(books: PaymentsBooks, calling_payments: CallAs) -> None:
    reply = await get(calling_payments, "/v1/receipts?format=csv")

    assert records(reply) == []
    assert reply.text.startswith("id,bank_account,")


async def test_a_form_that_is_not_made_is_refused(books: PaymentsBooks, calling_payments: CallAs) -> None:
    reply = await get(calling_payments, "/v1/invoices?format=pdf")

    assert (reply.status_code, reply.json()["code"]) == (422, "invalid")


async def test_more_files_at_a_time_than_a_process_makes_are_told_to_come_later(
    invoices: int, calling_payments: CallAs, payments_app: FastAPI
) -> None:
    exports: asyncio.Semaphore = payments_app.state.exports
    taken = 0
    while not exports.locked():
        await exports.acquire()
        taken += 1

    reply = await get(calling_payments, "/v1/invoices?format=csv")
    for _ in range(taken):
        exports.release()

    assert (reply.status_code, reply.headers["retry-after"]) == (503, "5")
    assert len(records(await get(calling_payments, "/v1/invoices?format=csv"))) == invoices


async def test_every_list_of_payments_is_a_file_when_asked(
    invoices: int, calling_payments: CallAs, payments_app: FastAPI
) -> None:
    paths = [
        path
        for path, item in payments_app.openapi()["paths"].items()
        if "text/csv" in item.get("get", {}).get("responses", {}).get("200", {}).get("content", {})
        and "{" not in path
    ]

    for path in paths:
        for medium in ("csv", "xlsx"):
            assert (await get(calling_payments, f"{path}?format={medium}")).status_code == 200, path
    assert len(paths) > 8


@pytest.mark.parametrize(
    ("path", "count"),
    [
        ("/v1/invoices?issued_on_gte=2026-10-01&issued_on_lte=2026-10-01", 7),
        ("/v1/invoices?due_on_gte=2026-11-03&due_on_lte=2026-11-05", 3),
        ("/v1/invoices?amount_gte=1180.01", 0),
        ("/v1/invoices?amount_gte=1180.00&amount_lte=1180.00&currency=INR", 7),
        ("/v1/invoices?currency=USD", 0),
        ("/v1/accounts/CP0001/open-items?kind=invoice&due_on_lte=2026-11-03", 2),
        ("/v1/accounts/CP0001/open-items?kind=charge", 0),
        ("/v1/journal-entries?partner_code=CP0003&kind=invoice", 1),
        ("/v1/journal-entries?account_code=none", 0),
    ],
)
async def test_lists_are_narrowed_by_their_filters(
    invoices: int, calling_payments: CallAs, path: str, count: int
) -> None:
    reply = await get(calling_payments, path)

    assert reply.status_code == 200, reply.text
    assert len(reply.json()["items"]) == count


async def test_receipts_are_found_by_what_is_left_of_them(
    books: PaymentsBooks, calling_payments: CallAs
) -> None:
    bill = invoice()
    await books.register(bill)
    await books.book(receipt([pays(bill)]), receipt(on_account_minor=50_000))

    async def amounts(query: str) -> list[str]:
        reply = await get(calling_payments, f"/v1/receipts?{query}")
        assert reply.status_code == 200, reply.text
        return [item["amount"]["amount"] for item in reply.json()["items"]]

    assert await amounts("is_on_account=true") == ["500.00"]
    assert await amounts("is_on_account=false&is_reversed=false&channel=bank_statement") == ["1180.00"]
    assert await amounts("amount_lte=500.00") == ["500.00"]
    assert await amounts("booked_at_gte=2030-01-01T00:00:00Z") == []
    assert await amounts(f"bank_account={ACCOUNT_NUMBER}&is_reversed=true") == []


async def test_an_instant_without_its_zone_and_an_amount_with_too_many_digits_are_refused(
    books: PaymentsBooks, calling_payments: CallAs
) -> None:
    naive = await get(calling_payments, "/v1/receipts?booked_at_gte=2026-10-01T00:00:00")
    fine = await get(calling_payments, "/v1/receipts?amount_gte=1.005")

    assert (naive.status_code, naive.json()["code"]) == (422, "invalid")
    assert (fine.status_code, fine.json()["code"]) == (422, "invalid_money")
