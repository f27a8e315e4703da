"""A ledger account that got a new code: what was booked keeps the former one, and the two stay one account."""

import csv
import io
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from lxml import etree
from uuid_utils.compat import uuid7

from services.payments.adapters.ledger_writer import post_entries
from services.payments.adapters.unit_of_work import UnitOfWork
from services.payments.application.explain_bank_lines import explain_all_accounts
from services.payments.domain.bank_line_posting import BankLinePosting, entry_for_bank_line
from tests.factories.payments import ACCOUNT_NUMBER
from tests.factories.payments_books import PaymentsBooks
from tests.factories.statement_files import Entry, csv_file
from tests.integration.payments.conftest import CallAs
from tests.integration.payments.test_ledger_exports import call, content, exported, sums_of_csv, sums_of_tally
from tests.integration.payments.test_reconciliations import CHARGE, rule, waiting_line


async def interest_of_before(books: PaymentsBooks) -> None:
    """Interest of 17.70 that was booked while its account had its former code."""
    facts = BankLinePosting(
        id=uuid7(), account_code="5200-interest-paid", amount_minor=-1_770, currency="INR",
        bank_account_number=ACCOUNT_NUMBER, effective_on=date(2026, 10, 1), note="Before",
    )  # fmt: skip
    async with UnitOfWork(books.database) as work:
        entry = entry_for_bank_line(facts, entry_id=uuid7())
        await post_entries(work.connection, [entry], actor="asha", at=datetime.now(UTC))
        await work.commit()


@pytest.mark.parametrize("mapped", [None, "Bank Interest A/c"])
async def test_an_account_with_a_new_code_stays_one_ledger_and_nothing_booked_moves(
    books: PaymentsBooks, calling_payments: CallAs, mapped: str | None
) -> None:
    await interest_of_before(books)
    if mapped is not None:
        name = {
            "kind": "account",
            "code": "5200-interest-paid",
            "ledger_name": mapped,
            "group_name": "Indirect Expenses",
        }
        assert (await call(calling_payments, "POST", "/v1/ledger-names", name)).status_code == 201
    first = await exported(calling_payments)
    first_files = [await content(calling_payments, first, file_format) for file_format in ("csv", "tally")]
    await books.import_file(csv_file(Entry(-1_770, "INT ON OVERDRAFT")))
    line = await books.value("SELECT id FROM bank_lines")
    posting = {"account_code": "5250-interest-paid", "note": "After"}
    posted = await call(calling_payments, "POST", f"/v1/bank-lines/{line}/posting", posting, "coordinator")
    assert posted.status_code == 201, posted.text
    await interest_of_before(books)  # an entry of before that is exported with one of after

    second = await exported(calling_payments)
    xml, text = (
        await content(calling_payments, second, "tally"),
        await content(calling_payments, second, "csv"),
    )

    ledger = mapped or "Interest paid"
    assert sums_of_tally(xml) == sums_of_csv(text)
    assert sums_of_csv(text)[0][ledger] == Decimal("35.40")
    made = [one.get("NAME") for one in etree.fromstring(xml).iter("LEDGER")]
    assert made.count(ledger) == 1
    names = {row["account_code"]: row["ledger_name"] for row in csv.DictReader(io.StringIO(text.decode()))}
    assert {code: name for code, name in names.items() if code.startswith("52")} == {
        "5200-interest-paid": ledger, "5250-interest-paid": ledger,
    }  # fmt: skip
    again = [await content(calling_payments, first, file_format) for file_format in ("csv", "tally")]
    assert again == first_files
    balance = (await call(calling_payments, "GET", "/v1/trial-balance")).json()
    assert balance["is_proved"]
    assert {one["account_name"] for one in balance["lines"] if one["account_code"].startswith("52")} == {
        "Interest paid"
    }
    # One account may be called what it is called, under either code.
    name = {
        "kind": "account",
        "code": "5250-interest-paid",
        "ledger_name": ledger,
        "group_name": "Indirect Expenses",
    }
    assert (await call(calling_payments, "POST", "/v1/ledger-names", name)).status_code == 201
    other = {**name, "code": "5950-other-expenses"}
    assert (await call(calling_payments, "POST", "/v1/ledger-names", other)).json()[
        "code"
    ] == "ledger_name_taken"


async def test_a_former_code_is_understood_and_posted_under_the_one_in_force(
    books: PaymentsBooks, calling_payments: CallAs
) -> None:
    await books.import_file(csv_file(CHARGE))
    line = await waiting_line(books, -1_770)
    stored = await rule(calling_payments, account_code="5900-other-expenses")
    assert stored["account_code"] == "5950-other-expenses"
    approval = f"/v1/reconciliation-rules/{stored['id']}/approval"
    await call(calling_payments, "POST", approval, {}, "approver")
    # A rule of before the renumbering.
    await books.write(
        "INSERT INTO reconciliation_rules SELECT (jsonb_populate_record(NULL::reconciliation_rules, to_jsonb(r) ||"
        """ jsonb_build_object('id', gen_random_uuid(), 'name', 'Older', 'account_code', '5900-other-expenses'))).*"""
        " FROM reconciliation_rules r"
    )
    await explain_all_accounts(books.database, datetime.now(UTC))
    posted = await books.rows("SELECT account_code FROM bank_line_postings")
    assert [row.account_code for row in posted] == ["5950-other-expenses"]

    await call(
        calling_payments,
        "POST",
        f"/v1/bank-lines/{line}/posting/reversal",
        {"reason": "Not that"},
        "coordinator",
    )
    body = {"account_code": "5200-interest-paid", "note": "By hand"}
    again = await call(calling_payments, "POST", f"/v1/bank-lines/{line}/posting", body, "coordinator")

    assert again.status_code == 201, again.text
    balances = (await call(calling_payments, "GET", "/v1/trial-balance")).json()["lines"]
    assert {one["account_code"]: one["account_name"] for one in balances if one["account_code"][0] == "5"} == {
        "5250-interest-paid": "Interest paid", "5950-other-expenses": "Other expenses",
    }  # fmt: skip
