"""What the database refuses whatever the code above it does."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime, timedelta

import asyncpg
import pytest
import sqlalchemy as sa
from uuid_utils.compat import uuid7

from services.payments.adapters.ledger_writer import (
    change_open_items,
    copy_rows,
    lock_open_items,
    write_receipts,
)
from shared.database import UnitOfWork
from tests.factories.payments import RECEIVED_ON, invoice, pays, receipt
from tests.factories.payments_books import AT, PaymentsBooks
from tests.factories.statement_files import Entry, csv_file

APPEND_ONLY = (
    "invoices",
    "statement_chunks",
    "statement_lines",
    "bank_lines",
    "line_decisions",
    "receipts",
    "receipt_reversals",
    "allocations",
    "journal_entries",
    "journal_lines",
    "audit_batches",
)
# Tables of later trades; that they refuse is tried where their rows come about.
TRIED_ELSEWHERE = (
    "bank_line_links",
    "reconciliations",
    "receipt_confirmations",
    "ledger_names",
    "ledger_exports",
    "period_events",
    "period_waivers",
    "period_balances",
    "instrument_events",
    "exchange_rates",
    "bounce_charge_rules",
    "bounces",
    "bounce_steps",
    "charges",
    "deadline_alerts",
    "query_targets",
    "booking_clock_steps",
    "clock_reasons",
    "business_calendars",
    "calendar_days",
    "clock_terms",
    "clock_escalations",
    "payment_query_messages",
    "payment_query_links",
    "payer_aliases",
    "payer_alias_withdrawals",
    "payment_exception_events",
    "gst_registrations",
    "invoice_supplies",
    "invoice_lines",
    "credit_note_reasons",
    "credit_note_rules",
    "annual_returns",
    "credit_note_series",
    "credit_note_lines",
    "credit_note_events",
    "note_documents",
    "note_files",
    "note_document_files",
    "account_statement_batches",
    "account_statements",
    "account_statement_balances",
    "account_statement_files",
    "account_statement_batch_entries",
    "confirmation_rules",
    "balance_confirmation_events",
    "balance_confirmation_replies",
    "balance_differences",
    "difference_explanations",
    "einvoice_exchanges",
    "einvoice_alerts",
    "ims_steps",
    "matching_policy_events",
    "decision_inputs",
    "decision_batches",
    "policy_simulations",
    "simulation_results",
    "simulated_lines",
    "tax_rules",
    "tax_deductors",
    "discount_terms",
    "freight_terms",
    "tax_certificates",
    "virtual_accounts",
    "remittance_advice_events",
    "remittance_advice_matches",
    "remittance_advice_parts",
    "reversed_entries",
    "carried_months",
    "carried_batches",
    "carried_movements",
)


@contextmanager
def refused(reason: str) -> Iterator[None]:
    """The database says no, whichever layer of the driver tells it."""
    with pytest.raises((sa.exc.DBAPIError, asyncpg.PostgresError), match=reason):
        yield


async def a_booked_cheque_that_came_back(books: PaymentsBooks) -> None:
    """A row in every append-only table."""
    owed = invoice(total_minor=118_000)
    await books.register(owed)
    await books.import_file(
        csv_file(Entry(118_000, "CHQ DEP 123456 SHREE GANESH ELECTRICALS INV/26-27/004000"))
    )
    await books.import_file(csv_file(Entry(-118_000, "CHQ RET 123456 FUNDS INSUFFICIENT")))


async def test_no_ledger_row_can_be_changed_removed_or_emptied(books: PaymentsBooks) -> None:
    await a_booked_cheque_that_came_back(books)

    for table in APPEND_ONLY:
        column = await books.value(
            "SELECT column_name FROM information_schema.columns WHERE table_name = :table ORDER BY 1 LIMIT 1",
            table=table,
        )
        assert await books.value(f"SELECT count(*) > 0 FROM {table}"), f"no row in {table} to try on"
        for statement in (
            f"UPDATE {table} SET {column} = {column}",
            f"DELETE FROM {table}",
            f"TRUNCATE {table} CASCADE",
        ):
            with refused("append-only"):
                await books.write(statement)


async def test_no_append_only_table_is_forgotten(books: PaymentsBooks) -> None:
    guarded = await books.rows(
        "SELECT relname AS name FROM pg_trigger JOIN pg_class t ON t.oid = tgrelid"
        " WHERE tgname = 'append_only' AND NOT relispartition"
    )

    assert {row.name for row in guarded} == {*APPEND_ONLY, *TRIED_ELSEWHERE}


@pytest.mark.parametrize("amounts", [(100, -99), (100, 100), (100,)])
async def test_lines_that_do_not_balance_cannot_be_posted(
    books: PaymentsBooks, amounts: tuple[int, ...]
) -> None:
    entry_id = uuid7()
    async with UnitOfWork(books.database) as work:
        columns = "id batch_id kind source_id currency effective_on posted_at description"
        row = (entry_id, uuid7(), "receipt", uuid7(), "INR", RECEIVED_ON, AT, "")
        await copy_rows(work.connection, "journal_entries", columns, [row])
        lines = [(entry_id, number, "1200", amount, 0) for number, amount in enumerate(amounts, start=1)]

        with refused("does not balance"):
            await copy_rows(
                work.connection,
                "journal_lines",
                "entry_id line_number account_code amount_minor base_minor",
                lines,
            )


async def test_one_unbalanced_entry_refuses_the_whole_batch_of_lines(books: PaymentsBooks) -> None:
    ids = [uuid7(), uuid7()]
    async with UnitOfWork(books.database) as work:
        columns = "id batch_id kind source_id currency effective_on posted_at description"
        rows = [(one, uuid7(), "receipt", uuid7(), "INR", RECEIVED_ON, AT, "") for one in ids]
        await copy_rows(work.connection, "journal_entries", columns, rows)
        lines = [(ids[0], 1, "a", 5), (ids[0], 2, "b", -6), (ids[1], 1, "a", 5), (ids[1], 2, "b", -4)]

        with refused("does not balance"):
            await copy_rows(
                work.connection,
                "journal_lines",
                "entry_id line_number account_code amount_minor base_minor",
                [(*line, line[-1]) for line in lines],
            )


@pytest.mark.parametrize(
    ("currency", "worth", "reason"),
    [("USD", (8_300, -8_200), "does not balance"), ("INR", (8_300, -8_300), "is not worth its amount")],
)
async def test_lines_whose_worth_in_rupees_cannot_be_are_not_posted(
    books: PaymentsBooks, currency: str, worth: tuple[int, int], reason: str
) -> None:
    entry_id = uuid7()
    async with UnitOfWork(books.database) as work:
        columns = "id batch_id kind source_id currency effective_on posted_at description"
        row = (entry_id, uuid7(), "receipt", uuid7(), currency, RECEIVED_ON, AT, "")
        await copy_rows(work.connection, "journal_entries", columns, [row])
        lines = [(entry_id, 1, "a", 100, worth[0]), (entry_id, 2, "b", -100, worth[1])]

        with refused(reason):
            await copy_rows(
                work.connection,
                "journal_lines",
                "entry_id line_number account_code amount_minor base_minor",
                lines,
            )


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ("open_base_minor = original_base_minor + 1", "value_within_original"),
        ("open_base_minor = -1", "value_within_original"),
        ("open_minor = 0", "no_value_left_of_nothing"),
        ("original_base_minor = NULL, open_base_minor = NULL", "valued_if_foreign"),
        ("currency = 'INR'", "valued_if_foreign"),
    ],
)
async def test_the_worth_of_a_foreign_item_is_never_what_it_cannot_be(
    books: PaymentsBooks, change: str, reason: str
) -> None:
    await books.register(invoice(currency="USD"))

    with refused(reason):
        await books.write(f"UPDATE open_items SET {change}")


@pytest.mark.parametrize("allocated_at", [AT, AT + timedelta(days=1)])
async def test_more_than_a_receipt_cannot_be_allocated_from_it(
    books: PaymentsBooks, allocated_at: datetime
) -> None:
    owed, other = invoice("INV/1"), invoice("INV/2")
    await books.register(owed, other)
    booked = receipt([pays(owed)])
    await books.book(booked)

    with refused("are not what it allocated"):
        await books.write(
            "INSERT INTO allocations (id, receipt_id, open_item_id, kind, amount_minor, is_reversal, effective_on,"
            " allocated_at) VALUES (:id, :receipt_id, :item_id, 'receipt', 1, false, '2026-10-14', :at)",
            id=uuid7(),
            receipt_id=booked.id,
            item_id=other.id,
            at=allocated_at,
        )


@pytest.mark.parametrize(
    ("amount", "allocated", "on_account"),
    [(100, 60, 39), (100, 60, 41), (0, 0, 0), (100, 101, -1), (100, -1, 101)],
)
async def test_a_receipt_whose_parts_do_not_add_up_cannot_be_stored(
    books: PaymentsBooks, amount: int, allocated: int, on_account: int
) -> None:
    with refused("ck_receipts"):
        await books.write(
            "INSERT INTO receipts (id, bank_account_id, partner_code, currency, amount_minor, allocated_minor,"
            " on_account_minor, received_on, rail, reference, cheque_number, booked_at) SELECT :id, id, 'CP0001', 'INR',"
            " :amount, :allocated, :on_account, '2026-10-14', '', '', '', now() FROM bank_accounts",
            id=uuid7(),
            amount=amount,
            allocated=allocated,
            on_account=on_account,
        )


@pytest.mark.parametrize("delta", [-118_001, 1])
async def test_no_item_is_ever_open_below_nothing_or_above_its_original(
    books: PaymentsBooks, delta: int
) -> None:
    owed = invoice(total_minor=118_000)
    await books.register(owed)

    async with UnitOfWork(books.database) as work:
        with refused("open_within_original"):
            await change_open_items(work.connection, {owed.id: delta}, AT)  # type: ignore[arg-type]


async def test_a_bank_line_is_booked_once(books: PaymentsBooks) -> None:
    await books.import_file(csv_file(Entry(118_000, "CASH DEPOSIT BY UNKNOWN")))
    line_id = await books.value("SELECT id FROM bank_lines")
    await books.book(receipt(on_account_minor=118_000, bank_line_id=line_id))

    with refused("uq_receipts_line_attempt"):
        await books.book(receipt(on_account_minor=118_000, bank_line_id=line_id))

    assert await books.value("SELECT count(*) FROM receipts") == 1


async def test_a_receipt_is_reversed_once(books: PaymentsBooks) -> None:
    booked = receipt(on_account_minor=100)
    await books.book(booked)
    await books.reverse(booked)

    with refused("pk_receipt_reversals"):
        await books.write(
            "INSERT INTO receipt_reversals (receipt_id, reason_code, reversed_on, reversed_at)"
            " VALUES (:id, 'again', '2026-10-15', now())",
            id=booked.id,
        )


async def test_two_links_of_the_chain_cannot_follow_the_same_one(books: PaymentsBooks) -> None:
    await books.book(receipt(on_account_minor=100))

    with refused("uq_audit_batches_previous_hash"):
        await books.write(
            "INSERT INTO audit_batches (id, actor, entries_count, content_hash, previous_hash, chain_hash, posted_at)"
            " SELECT :id, actor, entries_count, content_hash, previous_hash, chain_hash, posted_at FROM audit_batches",
            id=uuid7(),
        )


async def test_rows_copied_as_the_first_thing_in_a_unit_of_work_leave_with_it(books: PaymentsBooks) -> None:
    async with UnitOfWork(books.database) as work:
        await write_receipts(work.connection, [receipt(on_account_minor=100)], {}, AT, first_open_on=date.min)

    assert await books.value("SELECT count(*) FROM receipts") == 0


async def test_a_refused_receipt_leaves_nothing_of_its_batch(books: PaymentsBooks) -> None:
    owed = invoice(total_minor=118_000)
    await books.register(owed)
    async with UnitOfWork(books.database) as work:
        with refused("open_within_original"):
            items = await lock_open_items(work.connection, [owed.id])
            await write_receipts(
                work.connection,
                [receipt([pays(owed)]), receipt([pays(owed, 1)])],
                items,
                AT,
                first_open_on=date.min,
            )

    assert await books.value("SELECT count(*) FROM receipts") == 0
    assert await books.open_minor(owed.id) == 118_000
