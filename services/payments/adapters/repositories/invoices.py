"""Invoices and the partners they are for."""

from collections.abc import Iterable, Sequence
from datetime import date, datetime

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from services.payments.adapters.ledger_writer import copy_rows
from services.payments.adapters.repositories import Row
from services.payments.domain.invoice import Invoice, invoice_number_key
from services.payments.domain.invoice_number import number_keys
from services.payments.domain.period import counts_from


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


async def add_invoices(
    connection: AsyncConnection, invoices: Sequence[Invoice], at: datetime, *, first_open_on: date
) -> None:
    """Insert invoices and open them as items; those of a closed month count from the first open day."""
    await copy_rows(
        connection,
        "invoices",
        "id number number_key number_keys partner_code issued_on due_on currency taxable_minor tax_minor total_minor"
        " registered_at exchange_rate base_minor",
        [
            (i.id, i.number, invoice_number_key(i.number), list(number_keys(i.number)), i.partner_code, i.issued_on,
             i.due_on, i.currency, i.taxable_minor, i.tax_minor, i.total_minor, at,
             i.value.rate if i.value else None, i.value.minor if i.value else None)
            for i in invoices
        ],
    )  # fmt: skip
    await copy_rows(
        connection,
        "open_items",
        "id kind partner_code document_number document_on due_on currency original_minor open_minor updated_at"
        " original_base_minor open_base_minor counts_from",
        [
            (i.id, "invoice", i.partner_code, i.number, i.issued_on, i.due_on, i.currency,
             i.total_minor, i.total_minor, at, *(2 * [i.value.minor if i.value else None]),
             counts_from(i.issued_on, first_open_on))
            for i in invoices
        ],
    )  # fmt: skip


async def partner_zones(connection: AsyncConnection, codes: Iterable[str]) -> dict[str, str]:
    """The sales zone of each partner."""
    rows = await connection.execute(
        sa.text("SELECT code, zone FROM partners WHERE code = ANY(CAST(:codes AS text[]))"),
        {"codes": sorted(set(codes))},
    )
    return {row.code: row.zone for row in rows}
