"""P1: booking 10,000 receipts with everything on, against COPY of the very same rows into the same tables."""

import random
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection
from uuid_utils.compat import uuid7

from services.payments.adapters.ledger_writer import copy_rows
from services.payments.application.book_receipts import book_receipts
from services.payments.application.project_partners import project_partners
from services.payments.application.register_bank_account import RegisterBankAccount, register_bank_account
from services.payments.application.register_invoices import register_invoices
from services.payments.domain.invoice import Invoice
from services.payments.domain.receipt import MONEY, Receipt, ReceiptAllocation
from shared.database import Database, UnitOfWork
from shared.events.partners import PartnerState, PartnerStatus
from tests.benchmarks.ratios import REPETITIONS, Ratio, seconds_of

RECEIPTS: Final = 10_000
PARTNERS: Final = 1_000
ACCOUNT: Final = "50200012345678"
# What a booking writes, in an order that foreign keys allow; open items are settled, not written.
WRITTEN: Final = {
    "receipts": "bank_account_id = :account AND booked_at = :at",
    "allocations": "allocated_at = :at",
    "journal_entries": "posted_at = :at",
    "journal_lines": "entry_id IN (SELECT id FROM journal_entries WHERE posted_at = :at)",
    "outbox": "type = 'salesops.payments.receipts_booked.v1' AND created_at >= :at",
}


async def measure(urls: Sequence[str]) -> Ratio:
    """`urls` are two migrated payments databases: one is booked into, the other takes the COPY."""
    booked, copied = (Database(url, application_name="bench") for url in urls)
    ratios = []
    for repetition in range(REPETITIONS + 1):  # the first one warms up
        account = await _prepared(booked, copied, repetition)
        receipts = await _receipts(booked, account, repetition)
        at = datetime.now(UTC)
        booking = await seconds_of(lambda: _book(booked, receipts, at))  # noqa: B023 -- awaited within the loop
        rows = await _written_rows(booked, account, at)
        copying = await seconds_of(lambda: _copy(copied, rows))  # noqa: B023
        if repetition:
            ratios.append(copying / booking)
            print(
                f"P1 {repetition}: {RECEIPTS / booking:,.0f} receipts/s booked, {RECEIPTS / copying:,.0f}/s copied"
            )
    await booked.close()
    await copied.close()
    what = "booking 10,000 receipts with everything on"
    return Ratio("P1", what, "COPY of the same rows", 0.35, 0.60, tuple(ratios))


async def _prepared(booked: Database, copied: Database, repetition: int) -> Any:
    """The same partners, account and fresh invoices in both databases, through the use cases."""
    at = datetime.now(UTC)
    invoices = _invoices(repetition)
    account_id = None
    for database in (booked, copied):
        async with UnitOfWork(database) as work:
            if repetition == 0:
                await project_partners(work, _partners())
                command = RegisterBankAccount(ACCOUNT, "Bench", "INR", "bench")
                row, _ = await register_bank_account(work, command, at=at)
                if account_id is not None:
                    await work.connection.execute(
                        sa.text("UPDATE bank_accounts SET id = :id"), {"id": account_id}
                    )
                account_id = row.id
            await register_invoices(work, invoices, actor="bench", at=at)
            await work.commit()
    async with booked.reading() as connection:
        return await connection.scalar(sa.text("SELECT id FROM bank_accounts"))


def _partners() -> list[PartnerState]:
    return [
        PartnerState(
            code=f"B{number:05d}", name=f"Partner {number}", city="Pune", zone="West", gstin=None, ifsc=None,
            bank_account=None, status=PartnerStatus.ACTIVE, version=1,
        )
        for number in range(PARTNERS)
    ]  # fmt: skip


def _invoices(repetition: int) -> list[Invoice]:
    pick = random.Random(repetition)
    issued_on = date(2026, 10, 1)
    return [
        Invoice(uuid7(), f"BENCH/{repetition}/{number}", f"B{pick.randrange(PARTNERS):05d}", issued_on,
                issued_on + timedelta(days=30), "INR", 100_000, 18_000, 118_000)
        for number in range(RECEIPTS)
    ]  # fmt: skip


async def _receipts(database: Database, account: Any, repetition: int) -> list[Receipt]:
    async with database.reading() as connection:
        rows = await connection.execute(
            sa.text("SELECT id, number, partner_code FROM invoices WHERE number LIKE :like"),
            {"like": f"BENCH/{repetition}/%"},
        )
        return [
            Receipt(
                uuid7(), None, account, ACCOUNT, row.partner_code, "INR", 117_900, 0, date(2026, 11, 1), "NEFT",
                f"N{row.number}", "",
                (ReceiptAllocation(row.id, row.number, MONEY, 117_900),
                 ReceiptAllocation(row.id, row.number, "TDS194Q", 100)),
            )
            for row in rows
        ]  # fmt: skip


async def _book(database: Database, receipts: Sequence[Receipt], at: datetime) -> None:
    async with UnitOfWork(database) as work:
        outcome = await book_receipts(work, receipts, actor="bench", at=at)
        assert len(outcome.booked) == RECEIPTS
        await work.commit()


async def _written_rows(database: Database, account: Any, at: datetime) -> dict[str, tuple[str, list[Any]]]:
    async with database.reading() as connection:
        return {
            table: await _rows(connection, table, condition, account, at)
            for table, condition in WRITTEN.items()
        }


async def _rows(
    connection: AsyncConnection, table: str, condition: str, account: Any, at: datetime
) -> tuple[str, list[Any]]:
    result = await connection.execute(
        sa.text(f"SELECT * FROM {table} WHERE {condition}"),
        {name: value for name, value in {"account": account, "at": at}.items() if f":{name}" in condition},
    )
    return " ".join(result.keys()), [tuple(row) for row in result]


async def _copy(database: Database, rows: dict[str, tuple[str, list[Any]]]) -> None:
    async with UnitOfWork(database) as work:
        for table, (columns, records) in rows.items():
            await copy_rows(work.connection, table, columns, records)
        await work.commit()
