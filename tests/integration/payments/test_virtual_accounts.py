"""A virtual account tells its payer with certainty, and a push and the statement are one receipt."""

from datetime import UTC, date, datetime, timedelta

import httpx
import pytest

from services.payments.application.redecide_lines import redecide_when_asked
from services.payments.domain.virtual_account import VirtualAccount, partner_paid, possible_numbers
from shared.identity import Caller
from tests.factories.payments import ACCOUNT_NUMBER, RECEIVED_ON, invoice, statement_line
from tests.factories.payments_books import PaymentsBooks
from tests.factories.statement_files import Entry, csv_file
from tests.integration.payments.conftest import CallAs
from tests.integration.payments.test_allocations import assert_sound
from tests.integration.payments.test_told_receipts import told
from tests.integration.service_callers import a_caller

NUMBER = "SLSOPSCP0001"
UTR = "HDFCR52026101400000001"
# Another firm pays, and names nothing else: only the number tells who it is for.
CREDIT = Entry(118_000, f"NEFT CR-VARDHMAN MOTORS AND PUMPS-{NUMBER}-{UTR}", UTR)
DESK = a_caller()


async def registered(calling_payments: CallAs, caller: Caller = DESK, **changes: object) -> httpx.Response:
    draft = {
        "number": NUMBER, "partner_code": "CP0001", "bank_account": ACCOUNT_NUMBER, "valid_from": "2026-10-01", **changes,
    }  # fmt: skip
    async with calling_payments(caller) as client:
        return await client.post("/v1/virtual-accounts", json=draft)


async def test_money_paid_into_a_virtual_account_is_its_partners_whatever_name_stands_beside_it(
    books: PaymentsBooks, calling_payments: CallAs
) -> None:
    owed = invoice("INV/1")
    await books.register(owed)
    assert (await registered(calling_payments)).status_code == 201

    await books.import_file(csv_file(CREDIT))

    (row,) = await books.rows("SELECT * FROM line_decisions")
    assert (row.decision, row.partner_code) == ("auto", "CP0001")
    assert "Paid into the partner's virtual account" in [reason["text"] for reason in row.reasons]
    assert await books.open_minor(owed.id) == 0


async def test_without_an_invoice_it_fits_the_money_is_on_the_partners_account(
    books: PaymentsBooks, calling_payments: CallAs
) -> None:
    await registered(calling_payments)

    await books.import_file(csv_file(CREDIT))

    (receipt,) = await books.rows("SELECT * FROM receipts")
    assert (receipt.partner_code, receipt.on_account_minor) == ("CP0001", 118_000)


@pytest.mark.parametrize("is_pushed_first", [True, False])
async def test_a_push_and_the_statement_are_one_receipt(
    books: PaymentsBooks, calling_payments: CallAs, is_pushed_first: bool
) -> None:
    await registered(calling_payments)
    if not is_pushed_first:
        await books.import_file(csv_file(CREDIT))

    pushed = await told(calling_payments, reference=UTR, channel="virtual_account")
    if is_pushed_first:
        await books.import_file(csv_file(CREDIT))

    assert pushed.status_code == (201 if is_pushed_first else 200)
    assert await books.value("SELECT count(*) FROM receipts") == 1
    assert await books.value("SELECT bool_and(booked_at IS NOT NULL) FROM booking_clocks")
    await assert_sound(books)


async def test_a_number_registered_again_is_known_and_for_another_partner_from_the_same_day_refused(
    books: PaymentsBooks, calling_payments: CallAs
) -> None:
    first, again = (
        await registered(calling_payments),
        await registered(calling_payments, number=NUMBER.lower()),
    )
    taken = await registered(calling_payments, partner_code="CP0002")
    unknown = await registered(calling_payments, partner_code="CP0404")
    elsewhere = await registered(calling_payments, bank_account="404")

    assert (first.status_code, again.status_code) == (201, 200)
    assert (taken.status_code, taken.json()["code"]) == (409, "virtual_account_taken")
    assert (unknown.status_code, elsewhere.status_code) == (422, 404)


async def test_a_number_handed_over_is_the_new_partners_from_its_day_on(
    books: PaymentsBooks, calling_payments: CallAs
) -> None:
    await registered(calling_payments)
    later = RECEIVED_ON + timedelta(days=1)
    await registered(calling_payments, partner_code="CP0003", valid_from=later.isoformat())

    await books.import_file(
        csv_file(CREDIT, Entry(500, f"NEFT CR-{NUMBER}-SBINR52026101500000002", booked_on=later))
    )

    rows = await books.rows("SELECT partner_code FROM receipts ORDER BY received_on")
    assert [row.partner_code for row in rows] == ["CP0001", "CP0003"]


async def test_a_partner_sees_its_own_numbers_and_registers_none(
    books: PaymentsBooks, calling_payments: CallAs
) -> None:
    await registered(calling_payments)
    await registered(calling_payments, number="SLSOPSCP0002", partner_code="CP0002")
    partner = a_caller("partner", partner_code="CP0001")

    async with calling_payments(partner) as client:
        listed = (await client.get("/v1/virtual-accounts")).json()["items"]
    refused = await registered(calling_payments, partner)

    assert [one["number"] for one in listed] == [NUMBER]
    assert refused.status_code == 403


@pytest.mark.parametrize(
    ("narration", "partner"),
    [
        (f"NEFT CR-{NUMBER}-ALPHA", "CP0001"),
        (f"neft/{NUMBER.lower()}/alpha", "CP0001"),
        (f"NEFT CR-{NUMBER}X-ALPHA", ""),
        (f"NEFT CR-{NUMBER}-SLSOPSCP0002", ""),
        ("NEFT CR-SLSOPSLATER1", ""),
    ],
)
def test_number_is_found_as_a_whole_word_and_only_one_partner_counts(narration: str, partner: str) -> None:
    known = {
        number: [VirtualAccount(number, code, day)]
        for number, code, day in (
            (NUMBER, "CP0001", date(2026, 1, 1)),
            ("SLSOPSCP0002", "CP0002", date(2026, 1, 1)),
            ("SLSOPSLATER1", "CP0003", date(2027, 1, 1)),
        )
    }

    assert partner_paid(statement_line(narration=narration), known) == partner


def test_money_out_and_short_words_name_no_virtual_account() -> None:
    assert possible_numbers(statement_line(amount_minor=-5, narration=NUMBER)) == frozenset()
    assert possible_numbers(statement_line(narration="CHQ 004211 SHORT12")) == frozenset()


async def test_a_number_registered_after_its_credit_explains_what_waits(
    books: PaymentsBooks, calling_payments: CallAs
) -> None:
    unknown = Entry(118_000, f"NEFT CR-NOBODY KNOWN-{NUMBER}-{UTR}", UTR)
    await books.import_file(csv_file(unknown))
    assert await books.value("SELECT count(*) FROM receipts") == 0

    await registered(calling_payments)
    await redecide_when_asked(books.database, datetime.now(UTC))

    (receipt,) = await books.rows("SELECT * FROM receipts")
    assert receipt.partner_code == "CP0001"
