"""Reads open invoices: all of some partners, and those that a quoted number or an amount may mean."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from typing import Final
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from services.payments.adapters.repositories.deductions import purchases_before
from services.payments.domain.matching import LookupKeys
from services.payments.domain.open_item import OpenInvoice

_OF_PARTNERS: Final = (
    "SELECT id FROM open_items WHERE open_minor > 0 AND partner_code = ANY(CAST(:codes AS text[]))"
)
# One look into the index for each key: an array that overlaps with thousands of keys would be compared with all rows.
_ASKED_FOR: Final = (
    "SELECT named.id FROM unnest(CAST(:number_keys AS text[])) AS k (key)"
    " CROSS JOIN LATERAL (SELECT id FROM invoices WHERE number_keys @> ARRAY[k.key] OFFSET 0) named"
    " UNION SELECT id FROM open_items WHERE open_minor > 0 AND open_minor = ANY(CAST(:amounts AS bigint[]))"
)
_OPEN: Final = (
    " FROM open_items o JOIN invoices i ON i.id = o.id"
    " WHERE o.open_minor > 0 AND o.currency = :currency AND o.kind = 'invoice' AND o.id IN"
)


@dataclass(frozen=True, slots=True)
class FoundInvoice:
    """Where an invoice that a line asks for stands in its partner's ledger."""

    id: UUID
    partner_code: str
    issued_on: date
    number: str


async def open_invoices(connection: AsyncConnection, keys: LookupKeys, currency: str) -> list[OpenInvoice]:
    """Open invoices of the partners, with one of the number keys or of the amounts, each with the purchases before it."""
    parameters = _parameters(keys) | {"codes": sorted(keys.partner_codes)}
    return await _read(connection, f"{_OF_PARTNERS} UNION {_ASKED_FOR}", parameters, currency)


async def open_invoices_of(
    connection: AsyncConnection, partner_codes: Collection[str], currency: str
) -> list[OpenInvoice]:
    """All open invoices of the partners."""
    return await _read(connection, _OF_PARTNERS, {"codes": sorted(partner_codes)}, currency)


async def open_invoices_by_id(
    connection: AsyncConnection, ids: Collection[UUID], currency: str
) -> list[OpenInvoice]:
    """Those of the invoices that are open."""
    wanted = "SELECT unnest(CAST(:ids AS uuid[]))"
    return await _read(connection, wanted, {"ids": sorted(ids)}, currency) if ids else []


async def invoices_asked_for(
    connection: AsyncConnection, keys: LookupKeys, currency: str
) -> list[FoundInvoice]:
    """Open invoices with one of the number keys or of the amounts."""
    rows = await connection.execute(
        sa.text(f"SELECT o.id, i.partner_code, i.issued_on, i.number {_OPEN} ({_ASKED_FOR})"),
        {**_parameters(keys), "currency": currency},
    )
    return [FoundInvoice(*row) for row in rows]


def _parameters(keys: LookupKeys) -> dict[str, object]:
    return {"number_keys": sorted(keys.number_keys), "amounts": sorted(keys.amounts_minor)}


async def _read(
    connection: AsyncConnection, wanted: str, parameters: dict[str, object], currency: str
) -> list[OpenInvoice]:
    result = await connection.execute(
        sa.text(
            "SELECT i.id, i.number, i.partner_code, i.issued_on, i.due_on, i.taxable_minor, i.tax_minor,"
            f" i.total_minor, o.open_minor {_OPEN} ({wanted}) ORDER BY i.due_on, i.number"
        ),
        {**parameters, "currency": currency},
    )
    found = result.all()
    if not found:
        return []
    partners = sorted({row.partner_code for row in found})
    before = await purchases_before(connection, partners, min(row.issued_on for row in found))
    # One text for all invoices of a partner and one value for all of a day: many thousands are held at a time.
    codes = {code: code for code in partners}
    days: dict[date, date] = {}
    return [
        OpenInvoice(
            id=row.id,
            number=row.number,
            partner_code=codes[row.partner_code],
            issued_on=days.setdefault(row.issued_on, row.issued_on),
            due_on=days.setdefault(row.due_on, row.due_on),
            currency=currency,
            taxable_minor=row.taxable_minor,
            tax_minor=row.tax_minor,
            total_minor=row.total_minor,
            open_minor=row.total_minor if row.open_minor == row.total_minor else row.open_minor,
            purchases_before_minor=before.get(row.id),
        )
        for row in found
    ]
