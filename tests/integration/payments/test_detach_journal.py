"""Months of the journal that need not be kept any more leave the database, and no figure of any day changes by it."""

import asyncio
import csv
import io
import sys
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from deploy import detach_journal, query_archive
from deploy.audit_export.files import ExportBroken
from deploy.audit_export.write import Wish, write_export
from gateway.domain.errors import ArchiveDiffers
from services.payments.adapters.journal_months import keep_journal_months
from services.payments.adapters.queries.account_figures import account_figures
from services.payments.adapters.queries.accounts_as_of import account_facts
from services.payments.adapters.queries.bank_reconciliation import bank_reconciliation
from services.payments.adapters.queries.ledger import refuse_archived_entry, trial_balance
from services.payments.adapters.queries.ledger_exports import refuse_archived_links
from services.payments.adapters.queries.period_checks import quick_checks
from services.payments.adapters.queries.periods import PERIOD_SELECT
from services.payments.adapters.queries.proofs import partner_differences
from services.payments.adapters.repositories.bank_accounts import bank_accounts
from services.payments.adapters.repositories.periods import first_entry_day
from services.payments.adapters.unit_of_work import UnitOfWork
from services.payments.application.export_ledger import export_ledger
from services.payments.application.post_bank_line import PostBankLine, post_bank_line, take_back_posting
from services.payments.application.verify_ledger import verify_ledger
from services.payments.domain.account_statement import Period
from services.payments.domain.business_day import books_kept_from, business_day
from services.payments.domain.errors import EntriesArchived, EntryArchived
from services.payments.domain.journal import reversal_of
from services.payments.domain.posting import Posting
from shared.database import Database
from shared.month_partitions import month_start
from tests.factories.emptied_database import superuser_of
from tests.factories.payments import invoice, receipt
from tests.factories.payments_books import AT, PARTNERS, PaymentsBooks
from tests.factories.statement_files import Entry, csv_file
from tests.integration.payments.test_accounts_as_of import FIRST, History
from tests.integration.payments.test_archive_journal import an_entry, close_before, post
from tests.integration.payments.test_journal_months import REFUSALS
from tests.provisions import DatabaseFactory

NINE_YEARS_LATER = datetime(2036, 5, 1, tzinfo=UTC)  # of now: eight financial years and more lie between
DAYS = [FIRST + timedelta(days=day) for day in (-2, 0, 3, 7, 20, 400)]
CODES = [one.code for one in PARTNERS]


@pytest.fixture
async def books(months_ahead: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> PaymentsBooks:
    monkeypatch.setenv("GATEWAY_ARCHIVE_STORE", f"file://{tmp_path}/archive")
    monkeypatch.setenv("PAYMENTS_DATABASE_URL", months_ahead.url)
    books = PaymentsBooks(months_ahead)
    await books.open()
    return books


async def a_lively_month(books: PaymentsBooks, seed: int) -> None:
    """What partners owe, pay, get back and take back, lines of the bank, one of them posted, and foreign money."""
    await History(books, seed).go_on(25)
    await books.register(invoice("EXP/1", total_minor=90_000, currency="USD"))
    await books.import_file(csv_file(Entry(-1_770, "SMS CHRG OCT 2026"), Entry(81_240, "CREDIT INTEREST")))
    line = await books.value("SELECT id FROM bank_lines WHERE amount_minor = -1770")
    async with UnitOfWork(books.database) as work:
        await post_bank_line(
            work, PostBankLine(line, "5100-bank-charges", "SMS"), Posting("tests", AT, AT.date())
        )
        await work.commit()


async def every_figure(database: Database) -> dict[str, Any]:
    """What sums over the journal say, of several days."""
    async with database.reading() as connection:
        months = await connection.execute(sa.text(PERIOD_SELECT), {"today": date(2026, 12, 1)})
        figures: dict[str, Any] = {
            "months": sorted(row.month for row in months),
            "begin": await first_entry_day(connection),
            "accounts": await account_figures(connection, CODES),
            "differences": await partner_differences(connection),
            "checks": await quick_checks(connection, date(2026, 10, 1), AT),
            "trial balance": await trial_balance(connection, None),
        }
        for day in DAYS:
            figures[f"trial balance of {day}"] = await trial_balance(connection, day)
            for code in CODES:
                figures[f"{code} on {day}"] = await account_facts(
                    connection, code, Period(FIRST, max(day, FIRST))
                )
            for account in await bank_accounts(connection):
                figures[f"{account.number} on {day}"] = await bank_reconciliation(connection, account, day)
    return figures


async def all_is_closed(database: Database) -> None:
    await close_before(database, "2036-04-01")


async def detached(capsys: pytest.CaptureFixture[str], database: Database, **wish: Any) -> tuple[int, str]:
    """How the command ends years later, and what it says."""
    capsys.readouterr()
    wish = {"is_meant": True, "patience_seconds": 60.0, **wish}
    code = await detach_journal.run(database.url, NINE_YEARS_LATER, **wish)
    said = capsys.readouterr()
    return code, said.out + said.err


async def partitions(database: Database) -> set[str]:
    async with database.reading() as connection:
        found = await connection.execute(
            sa.text(
                "SELECT inhrelid::regclass::text FROM pg_inherits WHERE inhparent = 'journal_lines'::regclass"
            )
        )
        return {name.removeprefix("journal_lines_") for name in found.scalars()}


def test_books_are_kept_for_the_eight_financial_years_before_the_running_one() -> None:
    assert books_kept_from(date(2026, 11, 27)) == date(2018, 4, 1)
    assert books_kept_from(date(2027, 3, 31)) == date(2018, 4, 1)
    assert books_kept_from(date(2027, 4, 1)) == date(2019, 4, 1)


@pytest.mark.parametrize("seed", range(3))
async def test_no_figure_of_any_day_changes_when_its_month_leaves(
    books: PaymentsBooks, capsys: pytest.CaptureFixture[str], seed: int
) -> None:
    await a_lively_month(books, seed)
    await all_is_closed(books.database)
    before = await every_figure(books.database)
    assert before["trial balance"], "there is something to compare"

    code, said = await detached(capsys, books.database)

    assert (code, "before is carried forward" in said) == (0, True), said
    assert " months left the database: before, p" in said
    assert "before" not in await partitions(books.database)
    assert await books.value("SELECT count(*) FROM journal_lines") == 0
    after = await every_figure(books.database)
    for name, figure in before.items():
        assert after[name] == figure, name


async def test_what_is_posted_later_counts_on_top_of_what_was_carried_forward(
    books: PaymentsBooks, capsys: pytest.CaptureFixture[str]
) -> None:
    await a_lively_month(books, 4)
    await all_is_closed(books.database)
    await detached(capsys, books.database)
    async with books.database.reading() as connection:
        before = {row.account_code: int(row.balance_minor) for row in await trial_balance(connection, None)}

    later = replace(an_entry(30, 11_800), effective_on=date(2036, 4, 2))
    await post(books.database, later)
    mirror = reversal_of(
        later, id=an_entry(31, 1).id, effective_on=date(2036, 4, 3), description="Taken back"
    )
    await post(books.database, replace(an_entry(31, 500), effective_on=date(2036, 4, 4)), mirror)

    async with books.database.reading() as connection:
        rows = await trial_balance(connection, None)
        verified = await verify_ledger(connection)
    after = {row.account_code: int(row.balance_minor) for row in rows}
    assert {
        code: after[code] - before.get(code, 0) for code in after if after[code] != before.get(code, 0)
    } == {
        "1200": 500,
        "4000": -500,
    }
    assert all(row.balance_minor == row.running_minor for row in rows)
    assert (verified.is_intact, verified.entries - verified.carried_entries) == (True, 3)


async def test_entries_that_left_are_found_in_the_archive(
    books: PaymentsBooks, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    await a_lively_month(books, 5)
    await all_is_closed(books.database)
    kept = await books.rows("SELECT id, description FROM journal_entries ORDER BY id")
    await detached(capsys, books.database)

    monkeypatch.setattr(
        sys, "argv", ["query_archive", "SELECT id, description FROM journal_entries ORDER BY id"]
    )
    assert await asyncio.to_thread(query_archive.main) == 0

    found = list(csv.reader(io.StringIO(capsys.readouterr().out)))
    assert found[1:] == [[str(row.id), row.description] for row in kept]
    async with books.database.reading() as connection:
        with pytest.raises(EntryArchived, match=r"journal_entries/journal_entries_before-\w+\.parquet"):
            await refuse_archived_entry(connection, kept[0].id)
        await refuse_archived_entry(connection, an_entry(30, 1).id)


async def test_months_stay_that_the_law_asks_for_or_that_are_open(
    books: PaymentsBooks, capsys: pytest.CaptureFixture[str]
) -> None:
    await a_lively_month(books, 6)
    there = await partitions(books.database)

    _, open_books = await detached(capsys, books.database)
    await all_is_closed(books.database)
    code = await detach_journal.run(books.database.url, datetime(2034, 12, 1, tzinfo=UTC), is_meant=True)
    within_eight_years = capsys.readouterr().out

    assert code == 0
    assert open_books == "0 months left the database; books are kept from 2028-04-01\n"
    assert within_eight_years == "0 months left the database; books are kept from 2026-04-01\n"
    assert await partitions(books.database) == there


async def test_it_says_when_no_month_would_go(
    books: PaymentsBooks, capsys: pytest.CaptureFixture[str]
) -> None:
    await a_lively_month(books, 6)

    code, said = await detached(capsys, books.database, is_meant=False)

    assert (code, said) == (0, "Books are kept from 2028-04-01; no closed month lies wholly before\n")


async def test_a_month_that_counts_later_than_it_was_made_stays(
    books: PaymentsBooks, capsys: pytest.CaptureFixture[str]
) -> None:
    await post(books.database, replace(an_entry(0, 100), effective_on=date(2028, 4, 1)))
    await all_is_closed(books.database)

    _, said = await detached(capsys, books.database)

    assert said.startswith("0 months left the database")


async def test_without_being_meant_nothing_leaves(
    books: PaymentsBooks, capsys: pytest.CaptureFixture[str]
) -> None:
    await a_lively_month(books, 7)
    await all_is_closed(books.database)
    there = await partitions(books.database)

    code, said = await detached(capsys, books.database, is_meant=False)

    assert (code, await partitions(books.database)) == (0, there)
    assert "before would go; " in said
    assert "Books are kept from 2028-04-01; --yes lets these go" in said
    assert await books.value("SELECT count(*) FROM carried_months") == 0


async def test_who_began_to_read_before_reads_the_same_to_the_end(
    books: PaymentsBooks, capsys: pytest.CaptureFixture[str]
) -> None:
    """Also when the first look at the journal comes after the month was carried forward."""
    await a_lively_month(books, 8)
    await all_is_closed(books.database)
    before = (await every_figure(books.database))["trial balance"]

    async with books.database.reading() as reader:
        await reader.scalar(sa.text("SELECT count(*) FROM partners"))
        code, said = await detached(capsys, books.database, patience_seconds=0.0)
        during = await trial_balance(reader, None)
        others = (await every_figure(books.database))["trial balance"]

    assert during == others == before
    assert code == 2
    assert "somebody reads as it was before: before, " in said
    assert "before" in await partitions(books.database)
    code, _ = await detached(capsys, books.database)
    assert code == 0
    assert "before" not in await partitions(books.database)
    assert (await every_figure(books.database))["trial balance"] == before


async def test_nothing_is_added_to_what_was_carried_forward(
    books: PaymentsBooks, capsys: pytest.CaptureFixture[str]
) -> None:
    await a_lively_month(books, 9)
    await all_is_closed(books.database)
    async with books.database.reading() as reader:
        await reader.scalar(sa.text("SELECT 1 FROM partners"))
        await detached(capsys, books.database, patience_seconds=0.0)
    late = replace(an_entry(0, 100), effective_on=date(2036, 4, 2))

    with pytest.raises(REFUSALS, match="is carried forward"):
        await post(books.database, late)
    await detached(capsys, books.database)
    with pytest.raises(REFUSALS, match="is carried forward"):
        await post(books.database, late)


async def test_what_was_posted_in_a_month_that_left_cannot_be_taken_back(
    books: PaymentsBooks, capsys: pytest.CaptureFixture[str]
) -> None:
    paid = receipt(on_account_minor=5_000)
    await books.book(paid)
    await a_lively_month(books, 10)
    line = await books.value("SELECT id FROM bank_lines WHERE amount_minor = -1770")
    await all_is_closed(books.database)
    await detached(capsys, books.database)
    standing = await books.open_minor(paid.id)

    with pytest.raises(EntriesArchived, match="correct it by a document of today"):
        await books.bounce(paid.id, "01", on=date(2036, 4, 2))
    with pytest.raises(EntriesArchived):
        async with UnitOfWork(books.database) as work:
            await take_back_posting(work, line, "wrong", Posting("tests", AT, date(2036, 4, 2)))

    assert await books.open_minor(paid.id) == standing


async def test_entries_that_are_not_exported_stay_where_others_are(
    books: PaymentsBooks, capsys: pytest.CaptureFixture[str]
) -> None:
    await books.register(invoice("INV/1"))
    await export(books)
    await books.register(invoice("INV/2"))
    await all_is_closed(books.database)

    code, said = await detached(capsys, books.database)
    assert (code, "Entries of before are not exported" in said) == (2, True)
    await export(books)
    await detached(capsys, books.database)

    (first, second) = await books.rows("SELECT * FROM ledger_exports ORDER BY number")
    async with books.database.reading() as connection:
        with pytest.raises(EntriesArchived, match="between positions 0 and 1"):
            await refuse_archived_links(connection, first.after_position, first.last_position)
        await refuse_archived_links(connection, second.last_position, second.last_position + 1)


async def test_months_after_entries_that_lie_in_none_stay(
    books: PaymentsBooks, capsys: pytest.CaptureFixture[str]
) -> None:
    await post(books.database, an_entry(0, 100), an_entry(9, 200))
    async with books.database.engine.begin() as connection:
        await keep_journal_months(connection, month_start(datetime.now(UTC), 12))
    await all_is_closed(books.database)

    code, said = await detached(capsys, books.database)

    assert code == 2
    assert "lie in journal_entries_default" in said
    assert await partitions(books.database) == {
        "default", *(f"p{month_start(datetime.now(UTC), ahead):%Y%m}" for ahead in (12, 13, 14)),
    }  # fmt: skip
    assert await books.value("SELECT sum(amount_minor) FROM journal_movements WHERE amount_minor > 0") == 300


async def test_an_archive_that_is_not_what_was_written_keeps_its_month(
    books: PaymentsBooks, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    await a_lively_month(books, 11)
    await all_is_closed(books.database)
    await detached(capsys, books.database, is_meant=False)
    (file,) = (tmp_path / "archive" / "journal_lines").glob("journal_lines_before-*.parquet")
    file.write_bytes(file.read_bytes()[:-1] + b"x")

    with pytest.raises(ArchiveDiffers):
        await detached(capsys, books.database)

    assert await books.value("SELECT count(*) FROM carried_months") == 0


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE audit_batches SET content_hash = sha256('x') WHERE position = 2",
        "DELETE FROM carried_batches",
        "UPDATE carried_batches SET entries = entries + 1",
    ],
)
async def test_the_chain_still_shows_what_was_changed_of_months_that_left(
    books: PaymentsBooks, capsys: pytest.CaptureFixture[str], postgres_admin_url: str, change: str
) -> None:
    await a_lively_month(books, 12)
    await all_is_closed(books.database)
    entries = await books.value("SELECT count(*) FROM journal_entries")
    await detached(capsys, books.database)
    async with books.database.reading() as connection:
        before = await verify_ledger(connection)
    admin = superuser_of(books.database, postgres_admin_url)
    async with admin.engine.begin() as connection:
        await connection.execute(sa.text("SET LOCAL session_replication_role = replica"))
        await connection.execute(sa.text(change))
    await admin.close()

    async with books.database.reading() as connection:
        after = await verify_ledger(connection)

    assert (before.is_intact, before.entries, before.carried_entries) == (True, entries, entries)
    assert not after.is_intact


async def test_an_auditor_is_told_when_a_period_reaches_into_months_that_left(
    books: PaymentsBooks, capsys: pytest.CaptureFixture[str], tmp_path: Path, fresh_database: DatabaseFactory
) -> None:
    await a_lively_month(books, 13)
    await all_is_closed(books.database)
    await detached(capsys, books.database)
    gateway_url = await fresh_database("gateway")
    wish = Wish(date(2026, 10, 1), date(2026, 10, 31), with_personal_data=False)

    with pytest.raises(ExportBroken, match="journal_entries_before"):
        await asyncio.to_thread(
            write_export, tmp_path / "export", wish, payments_url=books.database.url, gateway_url=gateway_url
        )


async def export(books: PaymentsBooks) -> None:
    async with UnitOfWork(books.database) as work:
        await export_ledger(work, Posting("tests", AT, AT.date()))
        await work.commit()


async def test_the_command_says_why_it_could_not(
    books: PaymentsBooks, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """In the year of the test there is nothing that need not be kept."""
    monkeypatch.setattr(sys, "argv", ["detach_journal", "--yes"])
    assert await asyncio.to_thread(detach_journal.main) == 0
    kept_from = books_kept_from(business_day(datetime.now(UTC)))
    assert capsys.readouterr().out == f"0 months left the database; books are kept from {kept_from}\n"

    monkeypatch.setenv("PAYMENTS_DATABASE_URL", "postgresql://nobody@127.0.0.1:1/payments")
    assert await asyncio.to_thread(detach_journal.main) == 2
    monkeypatch.delenv("GATEWAY_ARCHIVE_STORE")
    assert await asyncio.to_thread(detach_journal.main) == 2

    said = capsys.readouterr().err.splitlines()
    assert [line.partition(":")[0] for line in said] == [
        "The database or the store could not be asked",
        "GATEWAY_ARCHIVE_STORE names no store; expected file",
    ]
