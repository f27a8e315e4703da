"""What a receipt or credit note settles now, and the rows that make and unmake it."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection
from uuid_utils.compat import uuid7

from services.payments.adapters.ledger_writer import copy_rows
from services.payments.adapters.repositories import Row
from services.payments.domain.invoice import invoice_number_key
from services.payments.domain.receipt import ReceiptAllocation
from services.payments.domain.settlement import Credit, CreditKind, Settlement

_UUID_SHAPE = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_ACTIVE = (
    "SELECT a.*, i.document_number FROM allocations a JOIN open_items i ON i.id = a.open_item_id"
    " WHERE NOT a.is_reversal AND NOT EXISTS (SELECT FROM allocations r WHERE r.reverses_id = a.id)"
)
_COLUMNS = (
    "id receipt_id credit_note_id open_item_id kind amount_minor is_reversal reverses_id effective_on allocated_at"
    " base_minor credit_base_minor"
)


@dataclass(frozen=True, slots=True)
class NamedItem:
    """An invoice or charge that somebody named."""

    id: UUID
    document_number: str
    partner_code: str
    currency: str


async def receipt_credit(connection: AsyncConnection, receipt_id: UUID) -> Credit | None:
    """The receipt as a credit."""
    row = (
        await connection.execute(sa.text("SELECT * FROM receipts WHERE id = :id"), {"id": receipt_id})
    ).one_or_none()
    if row is None:
        return None
    counts_from = row.counts_from or row.received_on
    return Credit(row.id, CreditKind.ADVANCE, row.partner_code, row.currency, row.reference, counts_from)


async def credit_by_id(connection: AsyncConnection, credit_id: UUID) -> Credit | None:
    """The receipt or issued credit note; None when it has no open item (never had money on account)."""
    row = (
        await connection.execute(
            sa.text("SELECT * FROM open_items WHERE id = :id AND kind IN ('advance', 'credit_note')"),
            {"id": credit_id},
        )
    ).one_or_none()
    if row is None:
        return None
    return Credit(
        row.id,
        CreditKind(row.kind),
        row.partner_code,
        row.currency,
        row.document_number,
        row.counts_from or row.document_on,
    )


async def items_named(connection: AsyncConnection, names: Iterable[str]) -> dict[str, NamedItem]:
    """Open items by what people call them: an invoice's or charge's number, or the item's id; absent if unknown.

    An invoice number may be written as payers write it: case and separators do not matter.
    """
    wanted = list(dict.fromkeys(names))
    found = await _invoices_named(connection, wanted)
    rest = [name for name in wanted if name not in found]
    return found | await _others_named(connection, rest) if rest else found


async def _invoices_named(connection: AsyncConnection, names: Sequence[str]) -> dict[str, NamedItem]:
    rows = await connection.execute(
        sa.text(
            "SELECT w.name, i.id, i.number, i.partner_code, i.currency"
            " FROM unnest(CAST(:names AS text[]), CAST(:keys AS text[])) AS w (name, key)"
            " JOIN invoices i ON i.number_key = w.key"
        ),
        {"names": names, "keys": [invoice_number_key(name) for name in names]},
    )
    return {row.name: NamedItem(*row[1:]) for row in rows}


async def _others_named(connection: AsyncConnection, names: Sequence[str]) -> dict[str, NamedItem]:
    ids = [name for name in names if _UUID_SHAPE.fullmatch(name)]
    rows = await connection.execute(
        sa.text(
            "SELECT CAST(o.id AS text) AS name, o.id, o.document_number, o.partner_code, o.currency FROM open_items o"
            " WHERE o.id = ANY(CAST(:ids AS uuid[])) AND o.kind IN ('invoice', 'charge')"
            " UNION ALL SELECT c.number, c.id, c.number, c.partner_code, c.currency FROM charges c"
            " WHERE c.number = ANY(CAST(:names AS text[]))"
        ),
        {"ids": ids, "names": names},
    )
    return {row.name: NamedItem(*row[1:]) for row in rows}


async def settlements_of(connection: AsyncConnection, credit_id: UUID) -> list[Settlement]:
    """What the credit settles now; ask with its open item or its receipt locked."""
    rows = await connection.execute(
        sa.text(f"{_ACTIVE} AND (a.receipt_id = :id OR a.credit_note_id = :id) ORDER BY a.id"),
        {"id": credit_id},
    )
    return [_settlement(row) for row in rows]


async def allocation_by_id(connection: AsyncConnection, allocation_id: UUID) -> Row | None:
    """The allocation with its ends: receipt_id, credit_note_id and open_item_id; never a mirror."""
    return (
        await connection.execute(
            sa.text("SELECT * FROM allocations WHERE id = :id AND NOT is_reversal"), {"id": allocation_id}
        )
    ).one_or_none()


async def open_advance(connection: AsyncConnection, receipt_id: UUID, at: datetime) -> None:
    """A receipt that was fully used has no open item yet: give it one with nothing open."""
    await connection.execute(
        sa.text(
            "INSERT INTO open_items (id, kind, partner_code, document_number, document_on, due_on, currency,"
            " original_minor, open_minor, updated_at, original_base_minor, open_base_minor, counts_from) SELECT id,"
            " 'advance', partner_code, reference, received_on, received_on, currency, amount_minor, 0, :at, base_minor,"
            " CASE WHEN base_minor IS NOT NULL THEN 0 END, counts_from FROM receipts WHERE id = :id"
            " ON CONFLICT (id) DO NOTHING"
        ),
        {"id": receipt_id, "at": at},
    )


async def add_settlements(
    connection: AsyncConnection,
    credit: Credit,
    parts: Sequence[ReceiptAllocation],
    *,
    effective_on: date,
    at: datetime,
) -> list[UUID]:
    """Insert allocations of the credit; the open items are changed by the caller."""
    ids = [uuid7() for _ in parts]
    await copy_rows(
        connection,
        "allocations",
        _COLUMNS,
        [
            (key, credit.receipt_id, credit.credit_note_id, part.open_item_id, part.kind, part.amount_minor, False,
             None, effective_on, at, part.base_minor, part.credit_base_minor)
            for key, part in zip(ids, parts, strict=True)
        ],
    )  # fmt: skip
    return ids


async def take_back(
    connection: AsyncConnection,
    credit: Credit,
    settlements: Iterable[Settlement],
    *,
    effective_on: date,
    at: datetime,
) -> list[UUID]:
    """Insert the mirror of each allocation, which names it; a second mirror is impossible."""
    mirrored = [(uuid7(), one) for one in settlements]
    await copy_rows(
        connection,
        "allocations",
        _COLUMNS,
        [
            (key, credit.receipt_id, credit.credit_note_id, one.open_item_id, one.kind, -one.amount_minor, True,
             one.id, max(effective_on, one.effective_on), at, _negative(one.base_minor),
             _negative(one.credit_base_minor))
            for key, one in mirrored
        ],
    )  # fmt: skip
    return [key for key, _ in mirrored]


def _settlement(row: Row) -> Settlement:
    return Settlement(
        id=row.id,
        open_item_id=row.open_item_id,
        document_number=row.document_number,
        kind=row.kind,
        amount_minor=row.amount_minor,
        effective_on=row.effective_on,
        base_minor=row.base_minor,
        credit_base_minor=row.credit_base_minor,
    )


def _negative(minor: int | None) -> int | None:
    return None if minor is None else -minor
