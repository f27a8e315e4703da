"""P2: 10,000 receipts as one batch through the gateway; P3: single receipts over HTTP, 64 in flight."""

import asyncio
import json
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, Final

import aiohttp
import asyncpg
from uuid_utils.compat import uuid7

from services.payments.application.book_receipts import book_receipts
from services.payments.domain.receipt import Receipt
from shared.database import Database, UnitOfWork
from shared.money import text_from_minor
from tests.benchmarks.booked_world import ACCOUNT, BookedWorld
from tests.benchmarks.ratios import REPETITIONS, Ratio, seconds_of
from tests.faults.processes import FragileSystem

BATCH: Final = 10_000
SINGLES: Final = 4_000
IN_FLIGHT: Final = 64
POOL: Final = 16
TRIES_MAX: Final = 20
# One caller sends what many would: the limits are on, and too wide to be met.
WIDE_LIMITS: Final = {
    f"GATEWAY_{quota}_PER_MINUTE": "100000000" for quota in ("READS", "WRITES", "IMPORTS", "REQUESTS")
}


async def measure_batch(system: FragileSystem) -> Ratio:
    """Both go into the same database: what P1 books in the process, and the same as one request."""
    system.start("payments API", "gateway", environment=WIDE_LIMITS)
    world = await BookedWorld.opened(Database(system.database_url("payments"), application_name="bench"))
    ratios = []
    async with _session(system) as session:
        for repetition in range(REPETITIONS + 1):  # the first one warms up
            inside, outside = await world.receipts(BATCH), await world.receipts(BATCH)
            booking = await seconds_of(lambda: _book(world.database, inside))  # noqa: B023
            body = json.dumps({"items": [_draft(receipt) for receipt in outside]}).encode()
            sending = await seconds_of(lambda: _send_batch(session, body))  # noqa: B023
            if repetition:
                ratios.append(booking / sending)
                print(
                    f"P2 {repetition}: {BATCH / booking:,.0f}/s in process, {BATCH / sending:,.0f}/s by HTTP"
                )
    await world.database.close()
    what = "10,000 receipts through the gateway as one batch"
    return Ratio("P2", what, "booking them in the process (P1)", 0.60, 0.85, tuple(ratios))


async def measure_singles(system: FragileSystem) -> Ratio:
    """Client, gateway, API and database share the machine; the denominator has neither of the first three."""
    system.start("payments API", "gateway", environment=WIDE_LIMITS)
    world = await BookedWorld.opened(Database(system.database_url("payments"), application_name="bench"))
    ratios: list[float] = []
    refused: list[str] = []
    dsn = system.database_url("payments").replace("+asyncpg", "")
    async with _session(system) as session, asyncpg.create_pool(dsn, min_size=POOL, max_size=POOL) as pool:
        for repetition in range(REPETITIONS + 1):
            singly, over_http = await world.receipts(SINGLES), await world.receipts(SINGLES)
            by_hand = await seconds_of(lambda: _all(POOL, singly, lambda one: _book_by_hand(pool, one)))  # noqa: B023
            sending = await seconds_of(
                lambda: _all(IN_FLIGHT, over_http, lambda one: _send_single(session, one, refused))  # noqa: B023
            )
            if repetition:
                ratios.append(by_hand / sending)
                print(
                    f"P3 {repetition}: {SINGLES / by_hand:,.0f}/s by hand, {SINGLES / sending:,.0f}/s over HTTP"
                )
    await world.database.close()
    what = "single receipts over HTTP, 64 in flight, through the gateway"
    against = "hand-written asyncpg, a transaction each, pool of 16, no HTTP"
    note = f"{len(refused)} refused and sent again" if refused else ""
    return Ratio("P3", what, against, 0.60, 1.20, tuple(ratios), note)


def _session(system: FragileSystem) -> aiohttp.ClientSession:
    return aiohttp.ClientSession(
        system.url("gateway"),
        headers={
            "Authorization": f"Bearer {system.token('coordinator')}",
            "Content-Type": "application/json",
        },
        connector=aiohttp.TCPConnector(limit=IN_FLIGHT),
        timeout=aiohttp.ClientTimeout(120),
    )


def _draft(receipt: Receipt) -> dict[str, Any]:
    (money, tax) = receipt.allocations
    part = {
        "item": money.document_number,
        "amount": _rupees(money.amount_minor),
        "deductions": [{"kind": tax.kind, "amount": _rupees(tax.amount_minor)}],
    }
    return {
        "bank_account": ACCOUNT,
        "partner_code": receipt.partner_code,
        "amount": _rupees(receipt.amount_minor),
        "received_on": receipt.received_on.isoformat(),
        "rail": "NEFT",
        "reference": receipt.reference,
        "allocations": [part],
    }


def _rupees(minor: int) -> dict[str, str]:
    return {"amount": text_from_minor(minor, "INR"), "currency": "INR"}


async def _book(database: Database, receipts: Sequence[Receipt]) -> None:
    async with UnitOfWork(database) as work:
        outcome = await book_receipts(work, receipts, actor="bench", at=datetime.now(UTC))
        assert len(outcome.booked) == len(receipts)
        await work.commit()


async def _send_batch(session: aiohttp.ClientSession, body: bytes) -> None:
    async with session.post("/v1/receipts/batch", data=body) as reply:
        verdicts = await reply.json()
        assert verdicts.get("accepted") == BATCH, str(verdicts)[:500]


async def _send_single(session: aiohttp.ClientSession, receipt: Receipt, refused: list[str]) -> None:
    """Who is refused comes back when told to, as callers should, and is counted: nothing of it was begun."""
    body = json.dumps(_draft(receipt)).encode()
    for _ in range(TRIES_MAX):
        async with session.post("/v1/receipts", data=body) as reply:
            told = await reply.read()
        if reply.status == 201:
            return
        assert b'"overloaded"' in told, told
        refused.append(receipt.reference)
        await asyncio.sleep(int(reply.headers["Retry-After"]))
    raise AssertionError(f"{receipt.reference} was refused {TRIES_MAX} times")


async def _all(width: int, receipts: Sequence[Receipt], send: Any) -> None:
    """Keep `width` of them on the way until all are done."""
    waiting = iter(receipts)

    async def one_after_the_other() -> None:
        for receipt in waiting:
            await send(receipt)

    await asyncio.gather(*(one_after_the_other() for _ in range(width)))


async def _book_by_hand(pool: Any, receipt: Receipt) -> None:
    """What somebody would write without us: lock the item, insert, move the balances; no chain, no idempotency."""
    (money, tax) = receipt.allocations
    now, entry_id = datetime.now(UTC), uuid7()
    lines = [
        (entry_id, 1, f"1100-bank-{ACCOUNT}", None, receipt.amount_minor),
        (entry_id, 2, "1310-tds-receivable", receipt.partner_code, tax.amount_minor),
        (entry_id, 3, "1200-receivables", receipt.partner_code, -receipt.amount_minor - tax.amount_minor),
    ]
    async with pool.acquire() as connection, connection.transaction():
        await connection.fetchrow(
            "SELECT open_minor FROM open_items WHERE id = $1 FOR UPDATE", money.open_item_id
        )
        await connection.execute(
            "INSERT INTO receipts (id, bank_account_id, partner_code, currency, amount_minor, allocated_minor,"
            " on_account_minor, received_on, rail, reference, cheque_number, booked_at, channel)"
            " VALUES ($1, $2, $3, 'INR', $4, $4, 0, $5, 'NEFT', $6, '', $7, 'hand')",
            receipt.id, receipt.bank_account_id, receipt.partner_code, receipt.amount_minor, receipt.received_on,
            receipt.reference, now,
        )  # fmt: skip
        await connection.executemany(
            "INSERT INTO allocations (id, receipt_id, open_item_id, kind, amount_minor, is_reversal, effective_on,"
            " allocated_at) VALUES ($1, $2, $3, $4, $5, false, $6, $7)",
            [(uuid7(), receipt.id, one.open_item_id, one.kind, one.amount_minor, receipt.received_on, now)
             for one in receipt.allocations],
        )  # fmt: skip
        await connection.execute(
            "UPDATE open_items SET open_minor = open_minor - $2, updated_at = $3 WHERE id = $1",
            money.open_item_id, money.amount_minor + tax.amount_minor, now,
        )  # fmt: skip
        await connection.execute(
            "INSERT INTO journal_entries (id, batch_id, kind, source_id, currency, effective_on, posted_at,"
            " description) VALUES ($1, $1, 'receipt', $2, 'INR', $3, $4, '')",
            entry_id, receipt.id, receipt.received_on, now,
        )  # fmt: skip
        await connection.execute(
            "INSERT INTO journal_lines (entry_id, line_number, account_code, partner_code, amount_minor, base_minor)"
            " SELECT *, a FROM unnest($1::uuid[], $2::bigint[], $3::text[], $4::text[], $5::bigint[]) AS t (e, n, c, p, a)",
            *map(list, zip(*lines, strict=True)),
        )
        for _, _, account, _, amount in sorted(lines, key=lambda line: str(line[2])):
            await connection.execute(
                "UPDATE account_balances SET balance_minor = balance_minor + $2 WHERE account_code = $1 AND"
                " currency = 'INR'",
                account, amount,
            )  # fmt: skip
