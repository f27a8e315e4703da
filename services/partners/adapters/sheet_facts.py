"""Writes the facts of payment sheets: one statement per kind of fact and batch, each fact once."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import msgspec
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from services.partners.domain.payment_sheet import MONEY
from shared.events.credit_notes import CreditNoteState
from shared.events.payments import (
    AllocationChange,
    InvoiceRegistered,
    ReceiptBooked,
    ReceiptReversedV1,
    RefundPaidV1,
)

PROJECTION = "receivables"


async def add_invoices(connection: AsyncConnection, invoices: Sequence[InvoiceRegistered]) -> None:
    await insert_facts(
        connection,
        """
        INSERT INTO sheet_invoices (
            invoice_id, number, partner_code, issued_on, due_on, currency, total_minor)
        SELECT * FROM json_to_recordset(CAST(:facts AS json)) AS told (
            invoice_id uuid, number text, partner_code text, issued_on date, due_on date, currency text,
            total_minor bigint)
        ORDER BY invoice_id ON CONFLICT DO NOTHING
        """,
        invoices,
    )


async def add_bookings(connection: AsyncConnection, receipts: Sequence[ReceiptBooked]) -> None:
    """Receipts, and what each settles of which invoice whether the invoice is known yet or not."""
    await insert_facts(
        connection,
        """
        INSERT INTO sheet_receipts (
            receipt_id, partner_code, received_on, booked_at, currency, amount_minor, on_account_minor, rail,
            reference)
        SELECT * FROM json_to_recordset(CAST(:facts AS json)) AS told (
            receipt_id uuid, partner_code text, received_on date, booked_at timestamptz, currency text,
            amount_minor bigint, on_account_minor bigint, rail text, reference text)
        ORDER BY receipt_id ON CONFLICT DO NOTHING
        """,
        receipts,
    )
    settlements = [settlement for receipt in receipts for settlement in _settlements(receipt)]
    await insert_facts(
        connection,
        """
        INSERT INTO sheet_settlements (receipt_id, position, invoice_id, invoice_number, kind, amount_minor)
        SELECT * FROM json_to_recordset(CAST(:facts AS json)) AS told (
            receipt_id uuid, position bigint, invoice_id uuid, invoice_number text, kind text,
            amount_minor bigint)
        ORDER BY receipt_id, position ON CONFLICT DO NOTHING
        """,
        settlements,
    )


async def add_reversals(connection: AsyncConnection, reversals: Sequence[ReceiptReversedV1]) -> None:
    facts = [
        {"receipt_id": one.receipt_id, "reversed_on": one.reversed_on, "reason_code": one.reason_code}
        for one in reversals
    ]
    await insert_facts(
        connection,
        """
        INSERT INTO sheet_reversals (receipt_id, reversed_on, reason_code)
        SELECT * FROM json_to_recordset(CAST(:facts AS json)) AS told (
            receipt_id uuid, reversed_on date, reason_code text)
        ORDER BY receipt_id ON CONFLICT DO NOTHING
        """,
        facts,
    )


async def add_changes(connection: AsyncConnection, changes: Sequence[AllocationChange]) -> None:
    await insert_facts(
        connection,
        """
        INSERT INTO sheet_changes (
            allocation_id, credit_id, credit_kind, partner_code, invoice_id, invoice_number, kind, currency,
            amount_minor, effective_on, settled_on)
        SELECT allocation_id, credit_id, credit_kind, partner_code, invoice_id, invoice_number,
            CASE kind WHEN 'receipt' THEN 'money' ELSE kind END, currency, amount_minor, effective_on, settled_on
        FROM json_to_recordset(CAST(:facts AS json)) AS told (
            allocation_id uuid, credit_id uuid, credit_kind text, partner_code text, invoice_id uuid,
            invoice_number text, kind text, currency text, amount_minor bigint, effective_on date, settled_on date)
        ORDER BY allocation_id ON CONFLICT DO NOTHING
        """,
        changes,
    )


async def add_refunds(connection: AsyncConnection, refunds: Sequence[RefundPaidV1]) -> None:
    await insert_facts(
        connection,
        """
        INSERT INTO sheet_refunds (
            refund_id, credit_id, credit_kind, partner_code, currency, amount_minor, refunded_on, reference)
        SELECT * FROM json_to_recordset(CAST(:facts AS json)) AS told (
            refund_id uuid, credit_id uuid, credit_kind text, partner_code text, currency text,
            amount_minor bigint, refunded_on date, reference text)
        ORDER BY refund_id ON CONFLICT DO NOTHING
        """,
        [one.model_dump() for one in refunds],
    )


async def add_credit_notes(connection: AsyncConnection, notes: Sequence[CreditNoteState]) -> None:
    """The later revision wins, in whatever order they are told."""
    latest: dict[UUID, CreditNoteState] = {}
    for note in notes:
        if note.note_id not in latest or latest[note.note_id].revision < note.revision:
            latest[note.note_id] = note
    await insert_facts(
        connection,
        """
        INSERT INTO sheet_credit_notes AS known (
            note_id, note_type, standing, number, issued_on, partner_code, reason_code, currency, total_minor, revision)
        SELECT * FROM json_to_recordset(CAST(:facts AS json)) AS told (
            note_id uuid, note_type text, standing text, number text, issued_on date, partner_code text,
            reason_code text, currency text, total_minor bigint, revision bigint)
        ORDER BY note_id ON CONFLICT (note_id) DO UPDATE SET standing = excluded.standing, number = excluded.number,
            issued_on = excluded.issued_on, revision = excluded.revision
        WHERE known.revision < excluded.revision
        """,
        list(latest.values()),
    )


async def note_progress(connection: AsyncConnection, *, newest_fact_at: datetime, at: datetime) -> None:
    await connection.execute(
        sa.text(
            "INSERT INTO projection_progress AS known (projection, newest_fact_at, applied_at)"
            " VALUES (:projection, :newest_fact_at, :at)"
            " ON CONFLICT (projection) DO UPDATE SET applied_at = excluded.applied_at,"
            " newest_fact_at = greatest(known.newest_fact_at, excluded.newest_fact_at)"
        ),
        {"projection": PROJECTION, "newest_fact_at": newest_fact_at, "at": at},
    )


async def insert_facts(connection: AsyncConnection, statement: str, facts: Sequence[object]) -> None:
    """The driver sends a batch as one JSON text; the statement picks the columns it keeps."""
    if facts:
        await connection.execute(sa.text(statement), {"facts": msgspec.json.encode(facts).decode()})


def _settlements(receipt: ReceiptBooked) -> list[dict[str, object]]:
    """Money first, deductions after it; the position makes a repeated telling recognisable."""
    parts = [(part.invoice_id, part.invoice_number, MONEY, part.amount_minor) for part in receipt.allocations]
    parts += [
        (part.invoice_id, part.invoice_number, part.kind, part.amount_minor) for part in receipt.deductions
    ]
    names = ("invoice_id", "invoice_number", "kind", "amount_minor")
    return [
        {"receipt_id": receipt.receipt_id, "position": position, **dict(zip(names, part, strict=True))}
        for position, part in enumerate(parts)
    ]
