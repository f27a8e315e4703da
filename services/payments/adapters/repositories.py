"""Reading and writing what use cases decide on; every read that decides a write is done in its unit of work."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from services.payments.adapters.ledger_writer import copy_rows
from services.payments.domain.errors import AlreadyReversed, BankAccountUnknown
from services.payments.domain.invoice import Invoice, invoice_number_key
from services.payments.domain.invoice_number import number_keys
from services.payments.domain.journal import JournalEntry, JournalLine
from services.payments.domain.receipt import Receipt, ReceiptAllocation
from shared.errors import NotFound

Row = sa.Row[Any]


async def bank_account_for_update(connection: AsyncConnection, number: str) -> Row:
    """The account, locked: imports of one account follow each other. BankAccountUnknown otherwise.

    NO KEY leaves others free to store rows that refer to the account, such as the next statement file.
    """
    return await _bank_account(
        connection, number, "SELECT * FROM bank_accounts WHERE number = :number FOR NO KEY UPDATE"
    )


async def bank_account_by_number(connection: AsyncConnection, number: str) -> Row:
    """The account; BankAccountUnknown with the next step otherwise."""
    return await _bank_account(connection, number, "SELECT * FROM bank_accounts WHERE number = :number")


async def _bank_account(connection: AsyncConnection, number: str, statement: str) -> Row:
    row = (await connection.execute(sa.text(statement), {"number": number})).one_or_none()
    if row is None:
        raise BankAccountUnknown(
            f"Bank account {number} is not registered; register it with POST /v1/bank-accounts first"
        )
    return row


async def known_partner_codes(connection: AsyncConnection, codes: Iterable[str]) -> set[str]:
    rows = await connection.execute(
        sa.text("SELECT code FROM partners WHERE code = ANY(CAST(:codes AS text[]))"),
        {"codes": sorted(set(codes))},
    )
    return {row.code for row in rows}


async def lock_invoice_numbers(connection: AsyncConnection) -> None:
    """Two batches with the same number follow each other, so that the second sees the first.

    It costs nothing: batches queue up behind the balance of the receivables account anyway.
    """
    await connection.execute(sa.text("SELECT pg_advisory_xact_lock(hashtextextended('invoice numbers', 0))"))


async def invoices_by_key(connection: AsyncConnection, keys: Iterable[str]) -> dict[str, Row]:
    """Registered invoices by their number key."""
    rows = await connection.execute(
        sa.text("SELECT * FROM invoices WHERE number_key = ANY(CAST(:keys AS text[]))"),
        {"keys": sorted(set(keys))},
    )
    return {row.number_key: row for row in rows}


async def add_invoices(connection: AsyncConnection, invoices: Sequence[Invoice], at: datetime) -> None:
    """Insert invoices and open them as items."""
    await copy_rows(
        connection,
        "invoices",
        "id number number_key number_keys partner_code issued_on due_on currency taxable_minor tax_minor total_minor"
        " registered_at",
        [
            (i.id, i.number, invoice_number_key(i.number), list(number_keys(i.number)), i.partner_code, i.issued_on,
             i.due_on, i.currency, i.taxable_minor, i.tax_minor, i.total_minor, at)
            for i in invoices
        ],
    )  # fmt: skip
    await copy_rows(
        connection,
        "open_items",
        "id kind partner_code document_number document_on due_on currency original_minor open_minor updated_at",
        [
            (i.id, "invoice", i.partner_code, i.number, i.issued_on, i.due_on, i.currency,
             i.total_minor, i.total_minor, at)
            for i in invoices
        ],
    )  # fmt: skip


async def receipt_to_reverse(connection: AsyncConnection, receipt_id: UUID) -> Receipt:
    """The receipt with its allocations. NotFound; AlreadyReversed when it was taken back before."""
    row = (
        await connection.execute(
            sa.text(
                "SELECT r.*, b.number AS bank_account_number FROM receipts r"
                " JOIN bank_accounts b ON b.id = r.bank_account_id WHERE r.id = :id FOR UPDATE OF r"
            ),
            {"id": receipt_id},
        )
    ).one_or_none()
    if row is None:
        raise NotFound(f"There is no receipt {receipt_id}")
    # Asked once the lock is held: the statement that waits for it still sees the time before.
    reversed_on = await connection.scalar(
        sa.text("SELECT reversed_on FROM receipt_reversals WHERE receipt_id = :id"), {"id": receipt_id}
    )
    if reversed_on is not None:
        raise AlreadyReversed(f"Receipt {receipt_id} has been taken back before")
    return await _receipt(connection, row)


async def _receipt(connection: AsyncConnection, row: Row) -> Receipt:
    parts = await connection.execute(
        sa.text(
            "SELECT a.open_item_id, a.kind, a.amount_minor, i.document_number FROM allocations a"
            " JOIN open_items i ON i.id = a.open_item_id WHERE a.receipt_id = :id AND NOT a.is_reversal"
            " ORDER BY a.id"
        ),
        {"id": row.id},
    )
    return Receipt(
        id=row.id,
        bank_line_id=row.bank_line_id,
        bank_account_id=row.bank_account_id,
        bank_account_number=row.bank_account_number,
        partner_code=row.partner_code,
        currency=row.currency,
        amount_minor=row.amount_minor,
        on_account_minor=row.on_account_minor,
        received_on=row.received_on,
        rail=row.rail,
        reference=row.reference,
        cheque_number=row.cheque_number,
        allocations=tuple(
            ReceiptAllocation(part.open_item_id, part.document_number, part.kind, part.amount_minor)
            for part in parts
        ),
    )


async def entry_of_source(connection: AsyncConnection, source_id: UUID, *, kind: str) -> JournalEntry:
    """The journal entry that an invoice or receipt caused."""
    entry = (
        await connection.execute(
            sa.text("SELECT * FROM journal_entries WHERE source_id = :source_id AND kind = :kind"),
            {"source_id": source_id, "kind": kind},
        )
    ).one()
    lines = await connection.execute(
        sa.text("SELECT * FROM journal_lines WHERE entry_id = :id ORDER BY line_number"), {"id": entry.id}
    )
    return JournalEntry(
        id=entry.id,
        kind=entry.kind,
        source_id=entry.source_id,
        currency=entry.currency,
        effective_on=entry.effective_on,
        description=entry.description,
        lines=tuple(JournalLine(line.account_code, line.amount_minor, line.partner_code) for line in lines),
    )
