"""Set-based writing of the ledger: a batch is a handful of statements, whatever its size."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Protocol, cast
from uuid import UUID

import asyncpg
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection
from uuid_utils.compat import uuid7

from services.payments.domain.audit_chain import GENESIS_HASH, AuditBatch, content_hash
from services.payments.domain.errors import PeriodClosed
from services.payments.domain.journal import JournalEntry
from services.payments.domain.period import counts_from
from services.payments.domain.receipt import Receipt

_AUDIT_CHAIN_LOCK = 727275
OPEN_MONTHS_GUARD = "entries_in_open_months"  # the trigger that keeps closed months as they are
_Cell = UUID | str | int | bool | bytes | object | None


class CopyTarget(Protocol):
    """What SQLAlchemy does not offer of the driver's connection: binary COPY."""

    def is_in_transaction(self) -> bool: ...

    async def copy_records_to_table(
        self, table_name: str, *, records: Iterable[Sequence[_Cell]], columns: Sequence[str]
    ) -> str: ...


async def copy_rows(
    connection: AsyncConnection, table: str, columns: str, rows: Sequence[Sequence[_Cell]]
) -> None:
    """COPY rows inside the connection's transaction; `columns` are separated by blanks."""
    if not rows:
        return
    raw = await connection.get_raw_connection()
    target = cast("CopyTarget", raw.driver_connection)
    if not target.is_in_transaction():
        # SQLAlchemy begins with its own first statement only; a COPY before that would commit by itself.
        await connection.execute(sa.text("SELECT 1"))
    await target.copy_records_to_table(table, records=rows, columns=columns.split())


@dataclass(frozen=True, slots=True)
class LockedItem:
    """An open item that nobody else changes until the transaction ends; `counts_from` is its day in the books."""

    id: UUID
    kind: str
    partner_code: str
    currency: str
    document_number: str
    counts_from: date
    open_minor: int
    original_minor: int
    original_base_minor: int | None
    open_base_minor: int | None


async def lock_open_items(connection: AsyncConnection, ids: Iterable[UUID]) -> dict[UUID, LockedItem]:
    """Lock in sorted order, so that two batches never wait for each other."""
    result = await connection.execute(
        sa.text(
            "SELECT id, kind, partner_code, currency, document_number, coalesce(counts_from, document_on),"
            " open_minor, original_minor, original_base_minor, open_base_minor FROM open_items"
            " WHERE id = ANY(CAST(:ids AS uuid[])) ORDER BY id FOR UPDATE"
        ),
        {"ids": sorted(set(ids))},
    )
    return {row.id: LockedItem(*row) for row in result}


async def change_open_items(
    connection: AsyncConnection, deltas: Counter[UUID], at: datetime, values: Counter[UUID] | None = None
) -> None:
    """Add the deltas (negative settles) to locked open items; constraints refuse going below zero.

    `values` are what the deltas of foreign items are worth in paise.
    """
    if values:
        await _change_valued_items(connection, deltas, values, at)
        return
    changed = sorted((key, delta) for key, delta in deltas.items() if delta)
    if not changed:
        return
    await connection.execute(
        sa.text(
            "UPDATE open_items SET open_minor = open_minor + change.delta, updated_at = :at"
            " FROM unnest(CAST(:ids AS uuid[]), CAST(:deltas AS bigint[])) AS change (id, delta)"
            " WHERE open_items.id = change.id"
        ),
        {"ids": [key for key, _ in changed], "deltas": [delta for _, delta in changed], "at": at},
    )


async def _change_valued_items(
    connection: AsyncConnection, deltas: Counter[UUID], values: Counter[UUID], at: datetime
) -> None:
    keys = sorted({*deltas, *values})
    await connection.execute(
        sa.text(
            "UPDATE open_items SET open_minor = open_minor + change.delta, updated_at = :at,"
            " open_base_minor = CASE WHEN currency = 'INR' THEN NULL ELSE open_base_minor + change.value END"
            " FROM unnest(CAST(:ids AS uuid[]), CAST(:deltas AS bigint[]), CAST(:values AS bigint[]))"
            " AS change (id, delta, value) WHERE open_items.id = change.id"
        ),
        {
            "ids": keys,
            "deltas": [deltas[key] for key in keys],
            "values": [values[key] for key in keys],
            "at": at,
        },
    )


async def write_receipts(
    connection: AsyncConnection,
    receipts: Sequence[Receipt],
    items: Mapping[UUID, LockedItem],
    at: datetime,
    *,
    first_open_on: date,
) -> None:
    """Insert receipts, their allocations and the advances they leave; settle the locked open items.

    What was received in a closed month counts from the first open day.
    """
    await copy_rows(
        connection,
        "receipts",
        "id bank_line_id bank_account_id partner_code currency amount_minor allocated_minor on_account_minor"
        " received_on rail reference cheque_number booked_at channel attempt exchange_rate base_minor"
        " counts_from",
        [
            (r.id, r.bank_line_id, r.bank_account_id, r.partner_code, r.currency, r.amount_minor, r.allocated_minor,
             r.on_account_minor, r.received_on, r.rail, r.reference, r.cheque_number, at, r.channel, r.attempt,
             r.value.rate if r.value else None, r.value.minor if r.value else None,
             counts_from(r.received_on, first_open_on))
            for r in receipts
        ],
    )  # fmt: skip
    await copy_rows(
        connection,
        "open_items",
        "id kind partner_code document_number document_on due_on currency original_minor open_minor updated_at"
        " original_base_minor open_base_minor counts_from",
        [
            (r.id, "advance", r.partner_code, r.reference, r.received_on, r.received_on, r.currency,
             r.amount_minor, r.on_account_minor, at, r.value.minor if r.value else None, r.on_account_base_minor,
             counts_from(r.received_on, first_open_on))
            for r in receipts
            if r.on_account_minor
        ],
    )  # fmt: skip
    await copy_rows(
        connection,
        "allocations",
        "id receipt_id open_item_id kind amount_minor is_reversal effective_on allocated_at base_minor"
        " credit_base_minor",
        [
            (uuid7(), r.id, part.open_item_id, part.kind, part.amount_minor, False,
             max(r.received_on, items[part.open_item_id].counts_from, first_open_on), at,
             part.base_minor, part.credit_base_minor)
            for r in receipts
            for part in r.allocations
        ],
    )  # fmt: skip
    settled: Counter[UUID] = Counter()
    values: Counter[UUID] = Counter()
    for receipt in receipts:
        for part in receipt.allocations:
            settled[part.open_item_id] -= part.amount_minor
            if part.base_minor:
                values[part.open_item_id] -= part.base_minor
    await change_open_items(connection, settled, at, values)


async def post_entries(
    connection: AsyncConnection, entries: Sequence[JournalEntry], *, actor: str, at: datetime
) -> None:
    """Insert balanced entries, move account balances and add one link to the audit chain.

    PeriodClosed when one of them counts for a day of a closed month.
    """
    if not entries:
        return
    batch_id = uuid7()
    await _copy_entries(
        connection,
        [
            (
                e.id,
                batch_id,
                e.kind,
                e.source_id,
                e.currency,
                e.effective_on,
                at,
                e.description,
                e.reverses_entry_id,
                e.occurred_on,
            )
            for e in entries
        ],
    )
    await copy_rows(
        connection,
        "journal_lines",
        "entry_id line_number account_code partner_code amount_minor base_minor",
        [
            (e.id, number, line.account_code, line.partner_code, line.amount_minor,
             line.amount_minor if line.base_minor is None else line.base_minor)
            for e in entries
            for number, line in enumerate(e.lines, start=1)
        ],
    )  # fmt: skip
    await _move_balances(connection, entries)
    await _extend_chain(connection, batch_id, entries, actor=actor, at=at)


async def _copy_entries(connection: AsyncConnection, rows: Sequence[Sequence[_Cell]]) -> None:
    columns = (
        "id batch_id kind source_id currency effective_on posted_at description reverses_entry_id occurred_on"
    )
    try:
        await copy_rows(connection, "journal_entries", columns, rows)
    except asyncpg.CheckViolationError as error:
        if error.constraint_name != OPEN_MONTHS_GUARD:
            raise
        raise PeriodClosed(f"{error.args[0]}; choose a day from then on") from error


async def _move_balances(connection: AsyncConnection, entries: Sequence[JournalEntry]) -> None:
    moved: Counter[tuple[str, str]] = Counter()
    for entry in entries:
        for line in entry.lines:
            moved[line.account_code, entry.currency] += line.amount_minor
    accounts = sorted(moved)
    await connection.execute(
        sa.text(
            "INSERT INTO account_balances AS balance (account_code, currency, balance_minor)"
            " SELECT * FROM unnest(CAST(:codes AS text[]), CAST(:currencies AS text[]), CAST(:deltas AS bigint[]))"
            " ON CONFLICT (account_code, currency)"
            " DO UPDATE SET balance_minor = balance.balance_minor + excluded.balance_minor"
        ),
        {
            "codes": [code for code, _ in accounts],
            "currencies": [currency for _, currency in accounts],
            "deltas": [moved[account] for account in accounts],
        },
    )


async def _extend_chain(
    connection: AsyncConnection, batch_id: UUID, entries: Sequence[JournalEntry], *, actor: str, at: datetime
) -> None:
    """Last statement of a batch: the chain's lock is held only from here to the commit."""
    content = content_hash(entries)
    await connection.execute(sa.text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _AUDIT_CHAIN_LOCK})
    previous = await connection.scalar(
        sa.text("SELECT chain_hash FROM audit_batches ORDER BY position DESC LIMIT 1")
    )
    batch = AuditBatch(batch_id, actor, at, len(entries), content, previous or GENESIS_HASH)
    await connection.execute(
        sa.text(
            "INSERT INTO audit_batches (id, actor, entries_count, content_hash, previous_hash, chain_hash, posted_at)"
            " VALUES (:id, :actor, :entries_count, :content_hash, :previous_hash, :chain_hash, :posted_at)"
        ),
        {
            "id": batch.id,
            "actor": actor,
            "entries_count": batch.entries_count,
            "content_hash": content,
            "previous_hash": batch.previous_hash,
            "chain_hash": batch.chain_hash,
            "posted_at": at,
        },
    )
