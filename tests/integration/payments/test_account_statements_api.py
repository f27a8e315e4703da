"""Statements and ageings over the API: proved or refused, in the caller's rows, for any day."""

from datetime import UTC, datetime, timedelta
from io import BytesIO

import pytest
import python_calamine

from services.payments.domain.business_day import business_day
from shared.database import Database
from tests.factories.payments import invoice, pays, receipt
from tests.factories.payments_books import PaymentsBooks
from tests.integration.payments.conftest import CallAs
from tests.integration.payments.test_payment_queries import call
from tests.integration.payments.test_settlements_api import rupees
from tests.integration.payments.test_verify_ledger import tamper
from tests.integration.service_callers import a_caller

STATEMENT = "/v1/accounts/CP0001/statement?from=2026-10-01&to=2026-10-31"
BREAK = "UPDATE journal_lines SET amount_minor = amount_minor + 1 WHERE partner_code = 'CP0001' AND amount_minor > 0"


async def some_business(books: PaymentsBooks) -> None:
    """1,180.00 invoiced and due on 15 November, of which 500.00 are paid; 900.00 of another partner."""
    owed = invoice("INV/1", total_minor=118_000)
    await books.register(owed, invoice("INV/2", total_minor=90_000, partner_code="CP0002"))
    await books.book(receipt([pays(owed, 50_000)]))


async def test_a_statement_shows_movements_what_is_open_and_its_proof(
    books: PaymentsBooks, calling_payments: CallAs
) -> None:
    await some_business(books)

    (section,) = (await call(calling_payments, "GET", STATEMENT)).json()["sections"]

    assert [one["balance"]["amount"] for one in section["movements"]] == ["1180.00", "680.00"]
    assert section["movements"][1]["credit"] == rupees("500.00")
    assert section["closing"] == rupees("680.00")
    assert {amount["amount"] for amount in section["proof"].values()} == {"680.00"}
    assert [(one["document_number"], one["open"], one["age_days"]) for one in section["open_items"]] == [
        ("INV/1", rupees("680.00"), -15)
    ]
    assert section["ageing"]["buckets"][0]["label"] == "not_due"


async def test_an_outstanding_statement_lists_what_is_open_and_no_movements(
    books: PaymentsBooks, calling_payments: CallAs
) -> None:
    await some_business(books)

    body = (await call(calling_payments, "GET", f"{STATEMENT}&kind=outstanding&ageing_by=document")).json()

    (section,) = body["sections"]
    assert (section["movements"], len(section["open_items"])) == ([], 1)
    assert [bucket["label"] for bucket in section["ageing"]["buckets"]] == [
        "0-30", "31-60", "61-90", "91-120", "121+"
    ]  # fmt: skip


async def test_cheques_in_hand_stand_below_the_balance(
    books: PaymentsBooks, calling_payments: CallAs
) -> None:
    await some_business(books)
    cheque = {
        "partner_code": "CP0001",
        "cheque_number": "004211",
        "drawee_bank": "SBIN",
        "amount": rupees("600.00"),
        "cheque_on": "2026-12-10",
        "received_on": "2026-10-20",
    }
    assert (await call(calling_payments, "POST", "/v1/instruments", cheque)).status_code == 201

    (section,) = (await call(calling_payments, "GET", STATEMENT)).json()["sections"]

    assert section["cheques_total"] == rupees("600.00")
    assert section["closing"] == rupees("680.00")


async def test_an_account_that_does_not_prove_is_refused_and_put_before_a_person_once(
    books: PaymentsBooks, calling_payments: CallAs, superuser: Database
) -> None:
    await some_business(books)
    await tamper(superuser, BREAK)

    replies = [await call(calling_payments, "GET", STATEMENT) for _ in range(3)]

    assert {(one.status_code, one.json()["code"]) for one in replies} == {(409, "statement_unproved")}
    assert await books.exceptions() == ["statement_unproved"]


async def test_a_partner_sees_its_own_account_and_a_zone_those_of_the_zone(
    books: PaymentsBooks, calling_payments: CallAs
) -> None:
    await some_business(books)
    callers = {
        "own": a_caller("partner", partner_code="CP0001"),
        "other": a_caller("partner", partner_code="CP0002"),
        "zone": a_caller("zonal_sales", zones=("west",)),
        "other zone": a_caller("zonal_sales", zones=("central",)),
    }

    seen = {
        name: (
            (await call(calling_payments, "GET", STATEMENT, caller=caller)).status_code,
            (await call(calling_payments, "GET", "/v1/accounts/CP0001/ageing", caller=caller)).status_code,
            [one["partner_code"] for one in
             (await call(calling_payments, "GET", "/v1/ageing", caller=caller)).json()["items"]],
        )
        for name, caller in callers.items()
    }  # fmt: skip

    assert seen == {
        "own": (200, 200, ["CP0001"]),
        "other": (404, 404, ["CP0002"]),
        "zone": (200, 200, ["CP0001"]),
        "other zone": (404, 404, ["CP0002"]),
    }


async def test_the_ageing_of_all_partners_pages_and_keeps_to_a_zone(
    books: PaymentsBooks, calling_payments: CallAs
) -> None:
    await some_business(books)

    first = (await call(calling_payments, "GET", "/v1/ageing?limit=1&bounds=10,20")).json()
    second = (
        await call(calling_payments, "GET", f"/v1/ageing?limit=1&bounds=10,20&cursor={first['next_cursor']}")
    ).json()
    west = (await call(calling_payments, "GET", "/v1/ageing?zone=west")).json()

    assert [one["partner_code"] for one in first["items"] + second["items"]] == ["CP0001", "CP0002"]
    assert [one["partner_code"] for one in west["items"]] == ["CP0001"]
    assert len(first["items"][0]["buckets"]) == 4


async def test_an_account_that_never_moved_has_an_empty_ageing(
    books: PaymentsBooks, calling_payments: CallAs
) -> None:
    body = (await call(calling_payments, "GET", "/v1/accounts/CP0003/ageing?as_of=2026-10-31")).json()

    assert [(one["currency"], one["total"]) for one in body["ageings"]] == [("INR", rupees("0.00"))]


TOMORROW = (business_day(datetime.now(UTC)) + timedelta(days=2)).isoformat()


@pytest.mark.parametrize(
    ("query", "code"),
    [
        (f"statement?to={TOMORROW}", "date_impossible"),
        ("statement?from=2026-10-02&to=2026-10-01", "date_impossible"),
        ("statement?bounds=60,30", "bounds_invalid"),
        (f"ageing?as_of={TOMORROW}", "date_impossible"),
        ("ageing?bounds=x", "bounds_invalid"),
    ],
)
async def test_a_period_or_bounds_that_cannot_be_are_refused(
    books: PaymentsBooks, calling_payments: CallAs, query: str, code: str
) -> None:
    reply = await call(calling_payments, "GET", f"/v1/accounts/CP0001/{query}")

    assert (reply.status_code, reply.json()["code"]) == (422, code)


async def test_the_ageing_of_all_partners_is_a_file_with_a_column_per_bucket(
    books: PaymentsBooks, calling_payments: CallAs
) -> None:
    await some_business(books)

    as_csv = await call(calling_payments, "GET", "/v1/ageing?format=csv&bounds=30&as_of=2026-10-31")
    as_xlsx = await call(calling_payments, "GET", "/v1/ageing?format=xlsx&bounds=30&as_of=2026-10-31")

    assert as_csv.text.splitlines() == [
        "partner_code,partner_name,zone,currency,not_due,1-30,31+,credits,total",
        "CP0001,SHREE GANESH ELECTRICALS,west,INR,680.00,0.00,0.00,0.00,680.00",
        "CP0002,VARDHMAN MOTORS AND PUMPS,central,INR,900.00,0.00,0.00,0.00,900.00",
    ]
    (sheet,) = python_calamine.load_workbook(BytesIO(as_xlsx.content)).sheet_names
    assert sheet == "Ageing"
