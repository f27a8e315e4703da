"""The trial balance on any day, from an account to its entries to the bank's line, and the chain by command."""

from datetime import date

import httpx

from deploy.verify_ledger import report, verify
from services.payments.application.verify_ledger import verify_ledger
from shared.database import Database
from tests.factories.payments import ACCOUNT_NUMBER, invoice, receipt
from tests.factories.payments_books import PaymentsBooks
from tests.factories.statement_files import Entry, csv_file
from tests.integration.payments.conftest import CallAs
from tests.integration.payments.test_verify_ledger import tamper, three_batches
from tests.integration.service_callers import a_caller

BANK = f"1100-bank-{ACCOUNT_NUMBER}"


async def get(calling_payments: CallAs, path: str) -> httpx.Response:
    async with calling_payments(a_caller("auditor")) as client:
        return await client.get(path)


async def test_the_trial_balance_is_zero_on_every_day(books: PaymentsBooks, calling_payments: CallAs) -> None:
    await books.register(invoice(issued_on=date(2026, 10, 1)))
    await books.book(receipt(on_account_minor=500, received_on=date(2026, 10, 14)))

    early = (await get(calling_payments, "/v1/trial-balance?as_of=2026-10-13")).json()
    late = (await get(calling_payments, "/v1/trial-balance?as_of=2026-10-14")).json()
    all_of_it = (await get(calling_payments, "/v1/trial-balance")).json()
    before = (await get(calling_payments, "/v1/trial-balance?as_of=2026-09-30")).json()

    assert {line["account_code"] for line in early["lines"]} == {"1200-receivables", "3900-billing-clearing"}
    assert (early["is_proved"], late["is_proved"], all_of_it["is_proved"]) == (True, True, True)
    assert late["lines"] == all_of_it["lines"]
    assert (before["lines"], before["is_proved"]) == ([], True)
    assert late["totals"][0]["debit"] == late["totals"][0]["credit"]


async def test_a_running_balance_that_was_changed_unproves_the_trial_balance(
    books: PaymentsBooks, calling_payments: CallAs
) -> None:
    await three_batches(books)
    await books.write("UPDATE account_balances SET balance_minor = balance_minor + 1")

    assert (await get(calling_payments, "/v1/trial-balance")).json()["is_proved"] is False


async def test_the_trial_balance_is_a_list_and_a_file(books: PaymentsBooks, calling_payments: CallAs) -> None:
    await three_batches(books)

    first = (await get(calling_payments, "/v1/trial-balance/accounts?limit=2")).json()
    path = f"/v1/trial-balance/accounts?limit=2&cursor={first['next_cursor']}"
    rest = (await get(calling_payments, path)).json()
    file = await get(calling_payments, "/v1/trial-balance/accounts?format=csv")

    codes = [line["account_code"] for line in first["items"] + rest["items"]]
    assert codes == [BANK, "1200-receivables", "2100-customer-advances", "3900-billing-clearing"]
    assert len(file.text.splitlines()) == 5


async def test_from_an_account_to_its_entries_to_the_line_of_the_file(
    books: PaymentsBooks, calling_payments: CallAs
) -> None:
    statement_id = await books.import_file(
        csv_file(Entry(1, "INTEREST"), Entry(50_000, "NEFT CR-NOBODY KNOWS THEM-HDFCN52026101400000009"))
    )
    line = await books.value("SELECT id FROM bank_lines WHERE amount_minor = 50000")
    booked = receipt(on_account_minor=50_000, bank_line_id=line)
    await books.book(booked)
    await books.register(invoice())

    entries = (await get(calling_payments, f"/v1/journal-entries?account_code={BANK}")).json()["items"]
    trace = (await get(calling_payments, f"/v1/journal-entries/{entries[0]['id']}")).json()
    shown = (await get(calling_payments, trace["bank_line_url"])).json()
    source = await get(calling_payments, trace["source_url"])

    assert [one["source_id"] for one in entries] == [str(booked.id)]
    assert (trace["statement_id"], trace["statement_line_number"]) == (str(statement_id), 2)
    assert (trace["audit_position"] is not None, trace["posted_by"]) == (True, "tests")
    assert (shown["id"], [one["id"] for one in shown["receipts"]]) == (str(line), [str(booked.id)])
    assert source.json()["id"] == str(booked.id)
    partners = (await get(calling_payments, "/v1/journal-entries?partner_code=CP0001")).json()["items"]
    assert len(partners) == 2
    assert (await get(calling_payments, f"/v1/journal-entries/{line}")).status_code == 404


async def test_the_command_says_that_the_books_are_intact(
    books: PaymentsBooks, payments_database: Database
) -> None:
    await three_batches(books)

    found = await verify(payments_database.url)

    assert (report(found), found.batches, found.entries) == (0, 3, 3)
    last = await books.value("SELECT chain_hash FROM audit_batches ORDER BY position DESC LIMIT 1")
    assert found.last_hash == last


async def test_the_command_names_the_first_broken_position(
    books: PaymentsBooks, payments_database: Database, superuser: Database, calling_payments: CallAs
) -> None:
    _, second, _ = await three_batches(books)
    await tamper(superuser, "UPDATE audit_batches SET actor = 'x' WHERE id = :id", id=second.id)

    found = await verify(payments_database.url)
    told = (await get(calling_payments, "/v1/audit-trail/verification")).json()

    position = await books.value("SELECT position FROM audit_batches WHERE id = :id", id=second.id)
    assert (report(found), found.first_broken_position, found.batches) == (1, position, 1)
    assert (told["is_intact"], told["first_broken_position"]) == (False, position)


async def test_progress_is_told_between_bounded_reads(books: PaymentsBooks) -> None:
    for _ in range(3):
        await books.book(*(receipt(on_account_minor=1) for _ in range(2_500)))
    told: list[int] = []

    async with books.database.reading() as connection:
        found = await verify_ledger(connection, lambda so_far: told.append(so_far.entries))

    assert told == [5_000, 7_500]
    assert (found.is_intact, found.entries) == (True, 7_500)
