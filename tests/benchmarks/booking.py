"""P1: booking 10,000 receipts against COPY of the same rows into the same tables; P4: all of one partner."""

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from services.payments.adapters.ledger_writer import copy_rows
from services.payments.application.book_receipts import book_receipts
from services.payments.domain.receipt import Receipt
from shared.database import Database, UnitOfWork
from tests.benchmarks.booked_world import BookedWorld
from tests.benchmarks.ratios import REPETITIONS, Ratio, seconds_of

RECEIPTS: Final = 10_000
WRITERS: Final = 4
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
    booked, copied = [await BookedWorld.opened(Database(url, application_name="bench")) for url in urls]
    async with copied.database.engine.begin() as connection:
        await connection.execute(sa.text("UPDATE bank_accounts SET id = :id"), {"id": booked.account_id})
    ratios = []
    for repetition in range(REPETITIONS + 1):  # the first one warms up
        receipts = await booked.receipts(RECEIPTS)
        await copied.same_invoices(booked)
        at = datetime.now(UTC)
        booking = await seconds_of(lambda: _book(booked.database, receipts, at))  # noqa: B023 -- awaited within the loop
        rows = await _written_rows(booked.database, booked.account_id, at)
        copying = await seconds_of(lambda: _copy(copied.database, rows))  # noqa: B023
        if repetition:
            ratios.append(copying / booking)
            print(
                f"P1 {repetition}: {RECEIPTS / booking:,.0f} receipts/s booked, {RECEIPTS / copying:,.0f}/s copied"
            )
    await booked.database.close()
    await copied.database.close()
    what = "booking 10,000 receipts with everything on"
    return Ratio("P1", what, "COPY of the same rows", 0.35, 0.60, tuple(ratios))


async def measure_hot_partner(url: str) -> Ratio:
    """P4: batches booked side by side, all for one partner, against the same spread over ten thousand partners.

    Both go to one bank account, as everything in practice does.
    """
    world = await BookedWorld.opened(Database(url, application_name="bench"), partner_count=10_000)
    ratios = []
    for repetition in range(REPETITIONS + 1):
        spread, hot = await world.receipts(RECEIPTS), await world.receipts(RECEIPTS, of_partner=1)
        spread_seconds = await seconds_of(lambda: _book_side_by_side(world.database, spread))  # noqa: B023
        hot_seconds = await seconds_of(lambda: _book_side_by_side(world.database, hot))  # noqa: B023
        if repetition:
            ratios.append(spread_seconds / hot_seconds)
            print(
                f"P4 {repetition}: {RECEIPTS / hot_seconds:,.0f}/s hot, {RECEIPTS / spread_seconds:,.0f}/s spread"
            )
    await world.database.close()
    what = "receipts of one partner on one bank account, four writers"
    return Ratio("P4", what, "the same over 10,000 partners", 0.75, 0.95, tuple(ratios))


async def _book_side_by_side(database: Database, receipts: Sequence[Receipt]) -> None:
    batches = iter([receipts[start : start + 250] for start in range(0, len(receipts), 250)])

    async def one_after_the_other() -> None:
        for batch in batches:
            await _book(database, batch, datetime.now(UTC))

    await asyncio.gather(*(one_after_the_other() for _ in range(WRITERS)))


async def _book(database: Database, receipts: Sequence[Receipt], at: datetime) -> None:
    async with UnitOfWork(database) as work:
        outcome = await book_receipts(work, receipts, actor="bench", at=at)
        assert len(outcome.booked) == len(receipts)
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
