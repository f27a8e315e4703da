"""Invoices, receipts, refunds and credit notes in foreign currency: exact in their currency and in rupees."""

from uuid import UUID

import httpx
import msgspec
import pytest

from tests.factories.payments import ACCOUNT_NUMBER, invoice, receipt
from tests.factories.payments_books import PaymentsBooks
from tests.factories.statement_files import Entry, csv_file
from tests.integration.payments.conftest import CallAs
from tests.integration.payments.ledger.shown_books import shown_books
from tests.integration.payments.test_settlements_api import post, rupees, somebody_else
from tests.integration.service_callers import a_caller

DOLLARS = "777700001111"
DOLLARS_ID = UUID("0192f0c1-0000-7000-8000-0000000000d0")
GAIN, LOSS = "4700-exchange-gain", "5700-exchange-loss"


def usd(amount: str) -> dict[str, str]:
    return {"amount": amount, "currency": "USD"}


async def with_a_dollar_account(books: PaymentsBooks) -> None:
    await books.add_bank_account(DOLLARS_ID, DOLLARS, "USD")


async def register(calling_payments: CallAs, **changes: object) -> dict[str, object]:
    """EXP/1 over 1,000.00 USD at 82; the verdict."""
    draft = {
        "number": "EXP/1",
        "partner_code": "CP0001",
        "issued_on": "2026-10-01",
        "due_on": "2026-11-15",
        "taxable_amount": usd("1000.00"),
        "tax_amount": usd("0.00"),
        "total_amount": usd("1000.00"),
        "exchange_rate": "82",
        **changes,
    }
    reply = await post(calling_payments, "/v1/invoices/batch", [draft])
    verdict: dict[str, object] = reply.json()["items"][0]
    return verdict


async def told(calling_payments: CallAs, dollars: str, **changes: object) -> httpx.Response:
    body = {
        "bank_account": DOLLARS,
        "partner_code": "CP0001",
        "amount": usd(dollars),
        "received_on": "2026-10-14",
        "rail": "SWIFT",
        "reference": "SWIFT0000000001",
        "exchange_rate": "83",
        **changes,
    }
    return await post(calling_payments, "/v1/receipts", body)


def paying(amount: str, item: str = "EXP/1") -> list[dict[str, object]]:
    return [{"item": item, "amount": usd(amount)}]


async def worth(books: PaymentsBooks) -> dict[str, int]:
    return dict((await shown_books(books)).worth_by_account)


async def test_a_foreign_invoice_paid_at_a_better_rate_leaves_a_gain_and_nothing_else(
    books: PaymentsBooks, calling_payments: CallAs
) -> None:
    await with_a_dollar_account(books)
    await register(calling_payments)

    reply = await told(calling_payments, "1000.00", allocations=paying("1000.00"))

    assert reply.status_code == 201, reply.text
    assert (reply.json()["exchange_rate"], reply.json()["base_amount"]) == ("83", rupees("83000.00"))
    assert await worth(books) == {
        f"1100-bank-{DOLLARS}": 8_300_000,
        "3900-billing-clearing": -8_200_000,
        GAIN: -100_000,
    }


async def test_what_stays_on_account_pays_later_and_brings_its_own_difference(
    books: PaymentsBooks, calling_payments: CallAs
) -> None:
    await with_a_dollar_account(books)
    await register(calling_payments)
    paid = (await told(calling_payments, "1000.00", exchange_rate="81.5")).json()
    before = await worth(books)

    path = f"/v1/receipts/{paid['id']}/allocations"
    first = await post(calling_payments, path, {"allocations": paying("333.33")})
    await post(calling_payments, path, {"allocations": paying("666.67")})

    assert (await worth(books))[LOSS] == 50_000
    for _ in range(2):
        async with calling_payments(a_caller()) as client:
            shown = (await client.get(path)).json()["allocations"]
        standing = next(one for one in shown if one["reversed_on"] is None)
        await post(calling_payments, f"/v1/allocations/{standing['id']}/reversal", {})
    assert first.status_code == 201
    assert await worth(books) == before


async def test_rupees_credited_for_dollars_are_confirmed_by_the_banks_line(
    books: PaymentsBooks, calling_payments: CallAs
) -> None:
    await register(calling_payments)
    reference = "HDFCR52026101400000001"
    reply = await told(
        calling_payments, "1000.00", bank_account=ACCOUNT_NUMBER, reference=reference,
        exchange_rate=None, credited=rupees("82950.50"), allocations=paying("1000.00"),
    )  # fmt: skip
    assert reply.status_code == 201, reply.text

    await books.import_file(csv_file(Entry(8_295_050, f"RTGS CR-REMITTANCE-{reference}", reference)))

    assert reply.json()["exchange_rate"] == "82.9505"
    async with calling_payments(a_caller()) as client:
        shown = (await client.get(f"/v1/receipts/{reply.json()['id']}")).json()
    assert shown["bank_line_id"] == str(await books.value("SELECT id FROM bank_lines"))
    assert await worth(books) == {
        f"1100-bank-{ACCOUNT_NUMBER}": 8_295_050,
        "3900-billing-clearing": -8_200_000,
        GAIN: -95_050,
    }
    await post(calling_payments, f"/v1/receipts/{shown['id']}/reversal", {"reason_code": "wrong_amount"})
    assert await worth(books) == {"1200-receivables": 8_200_000, "3900-billing-clearing": -8_200_000}


async def test_without_a_rate_of_their_own_both_take_the_rate_of_the_day(
    books: PaymentsBooks, calling_payments: CallAs
) -> None:
    await with_a_dollar_account(books)
    refused = await register(calling_payments, exchange_rate=None)
    no_rate = await told(calling_payments, "1000.00", exchange_rate=None)
    await books.enter_rate("USD", "82.5", on=invoice().issued_on)
    await books.enter_rate("USD", "83.25")

    accepted = await register(calling_payments, exchange_rate=None)
    paid = await told(calling_payments, "1000.00", exchange_rate=None, allocations=paying("1000.00"))

    assert refused["problem"]["code"] == "rate_unknown"  # type: ignore[index]
    assert (no_rate.status_code, no_rate.json()["code"]) == (422, "rate_unknown")
    assert (accepted["status"], paid.status_code) == ("accepted", 201)
    assert (await worth(books))[GAIN] == -75_000


async def test_a_bank_line_in_dollars_is_booked_at_the_rate_of_its_day_or_waits_for_one(
    books: PaymentsBooks, calling_payments: CallAs
) -> None:
    await with_a_dollar_account(books)
    await register(calling_payments)
    await register(calling_payments, number="EXP/2", total_amount=usd("500.00"), taxable_amount=usd("500.00"))
    lines = [
        Entry(minor, f"SWIFT SHREE GANESH ELECTRICALS {number}", f"SWIFT000000{minor}", currency="USD")
        for minor, number in ((100_000, "EXP/1"), (50_000, "EXP/2"))
    ]

    await books.import_file(csv_file(lines[0]), account_id=DOLLARS_ID)
    await books.enter_rate("USD", "83")
    await books.import_file(csv_file(lines[1]), account_id=DOLLARS_ID)

    assert await books.exceptions() == ["rate_unknown"]
    assert await books.decisions() == ["exception", "auto"]
    assert await books.value("SELECT base_minor FROM receipts") == 4_150_000
    assert (await worth(books))[GAIN] == -50_000


async def test_dollars_sent_back_leave_at_the_rate_of_that_day(
    books: PaymentsBooks, calling_payments: CallAs
) -> None:
    await with_a_dollar_account(books)
    paid = (await told(calling_payments, "1000.00", exchange_rate="82")).json()
    ask = {"receipt_id": paid["id"], "amount": usd("400.00"), "reason": "Paid twice"}
    wrong = await post(calling_payments, "/v1/refunds", {**ask, "bank_account": ACCOUNT_NUMBER})
    asked = (await post(calling_payments, "/v1/refunds", {**ask, "bank_account": DOLLARS})).json()
    decision = {"decision": "paid", "refunded_on": "2026-10-20"}
    path = f"/v1/refunds/{asked['id']}/decision"
    too_early = await post(calling_payments, path, decision, somebody_else())
    await books.enter_rate("USD", "84")

    reply = await post(calling_payments, path, decision, somebody_else())

    assert (wrong.json()["code"], too_early.json()["code"]) == ("item_not_payable", "rate_unknown")
    assert reply.status_code == 200, reply.text
    assert await worth(books) == {
        f"1100-bank-{DOLLARS}": 8_200_000 - 3_360_000,
        "2100-customer-advances": -4_920_000,
        LOSS: 80_000,
    }


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"exchange_rate": "0"}, "payment_invalid"),
        ({"credited": rupees("82000.00")}, "payment_invalid"),
        ({"credited": usd("1.00"), "exchange_rate": None}, "invalid_money"),
        ({"credited": rupees("0.00"), "exchange_rate": None}, "payment_invalid"),
        ({"amount": rupees("1.00"), "bank_account": ACCOUNT_NUMBER}, "payment_invalid"),
        ({"bank_account": ACCOUNT_NUMBER}, "item_not_payable"),
        ({"credited": rupees("82000.00"), "exchange_rate": None}, "item_not_payable"),
    ],
)
async def test_a_telling_that_contradicts_itself_is_refused(
    books: PaymentsBooks, calling_payments: CallAs, change: dict[str, object], code: str
) -> None:
    await with_a_dollar_account(books)

    reply = await told(calling_payments, "1000.00", **change)

    assert (reply.status_code, reply.json()["code"]) == (422, code), reply.text


async def test_dollars_and_rupees_of_one_reference_are_not_the_same_payment(
    books: PaymentsBooks, calling_payments: CallAs
) -> None:
    facts = {"bank_account": ACCOUNT_NUMBER, "exchange_rate": None}
    await told(calling_payments, "1000.00", **facts, credited=rupees("83000.00"))

    reply = await told(calling_payments, "1000.00", **facts, amount=rupees("1000.00"))

    assert reply.json()["code"] == "receipt_taken"


async def test_an_invoice_told_again_with_another_rate_is_another_invoice(
    books: PaymentsBooks, calling_payments: CallAs
) -> None:
    first = await register(calling_payments)
    again = await register(calling_payments)
    without = await register(calling_payments, exchange_rate=None)
    other = await register(calling_payments, exchange_rate="82.01")

    assert [one["status"] for one in (first, again, without, other)] == [
        "accepted", "duplicate", "duplicate", "refused",
    ]  # fmt: skip


async def test_a_csv_of_invoices_may_name_rates(books: PaymentsBooks, calling_payments: CallAs) -> None:
    content = (
        "number,partner_code,issue_date,due_date,currency,taxable_amount,tax_amount,total_amount,exchange_rate\n"
        "EXP/1,CP0001,2026-10-01,2026-11-15,JPY,1000,0,1000,0.5512\n"
        "EXP/2,CP0001,2026-10-01,2026-11-15,KWD,1.000,0.000,1.000,271.305\n"
        "INV/3,CP0001,2026-10-01,2026-11-15,INR,100.00,18.00,118.00,\n"
        "EXP/4,CP0001,2026-10-01,2026-11-15,USD,100.00,0.00,100.00,1e2\n"
    )

    async with calling_payments(a_caller()) as client:
        reply = await client.post("/v1/invoices/batch", content=content, headers={"Content-Type": "text/csv"})

    verdicts = [one["status"] for one in reply.json()["items"]]
    assert verdicts == ["accepted", "accepted", "accepted", "refused"]
    rows = await books.rows("SELECT base_minor FROM invoices ORDER BY number")
    assert [row.base_minor for row in rows] == [55_120, 27_131, None]


async def test_the_books_are_shown_in_rupees_as_well(books: PaymentsBooks, calling_payments: CallAs) -> None:
    await with_a_dollar_account(books)
    await register(calling_payments)
    await told(calling_payments, "400.00", allocations=paying("400.00"))
    await books.book(receipt(on_account_minor=100))

    async with calling_payments(a_caller()) as client:
        trial = (await client.get("/v1/trial-balance")).json()
        items = (await client.get("/v1/accounts/CP0001/open-items")).json()["items"]

    assert trial["is_proved"]
    assert {one["account_code"]: one["base_balance"]["amount"] for one in trial["lines"]}[GAIN] == "-400.00"
    shown = {one["document_number"]: one["open_base_amount"] for one in items if one["kind"] == "invoice"}
    assert shown == {"EXP/1": rupees("49200.00")}


async def test_what_is_open_is_valued_at_the_rate_of_any_day(
    books: PaymentsBooks, calling_payments: CallAs
) -> None:
    await register(calling_payments)
    await books.register(invoice("INV/1", total_minor=500))
    await books.enter_rate("USD", "84")

    shown = {}
    for query in ("", "?valued_on=2026-10-15", "?valued_on=2026-09-30"):
        async with calling_payments(a_caller()) as client:
            items = (await client.get(f"/v1/accounts/CP0001/open-items{query}")).json()["items"]
        shown[query] = {one["document_number"]: one["valued_amount"] for one in items}

    assert shown == {
        "": {"EXP/1": None, "INV/1": None},
        "?valued_on=2026-10-15": {"EXP/1": rupees("84000.00"), "INV/1": None},
        "?valued_on=2026-09-30": {"EXP/1": None, "INV/1": None},
    }


async def test_other_services_are_told_what_foreign_money_is_worth(
    books: PaymentsBooks, calling_payments: CallAs
) -> None:
    await with_a_dollar_account(books)
    await register(calling_payments)
    await told(calling_payments, "1000.00")
    await books.register(invoice("INV/1", total_minor=500))

    invoices = [
        one["base_minor"]
        for body in await books.events("salesops.payments.invoices_registered.v1")
        for one in msgspec.json.decode(body)["data"]["invoices"]
    ]
    (receipts,) = await books.events("salesops.payments.receipts_booked.v1")
    assert invoices == [8_200_000, None]
    assert msgspec.json.decode(receipts)["data"]["receipts"][0]["base_minor"] == 8_300_000
