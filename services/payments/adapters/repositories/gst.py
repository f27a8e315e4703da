"""Our GST registrations and the tax of invoices, as use cases need them."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from services.payments.adapters.ledger_writer import copy_rows
from services.payments.adapters.repositories import Row
from services.payments.domain.invoice_tax import InvoiceLine, InvoiceTax

REGISTRATIONS_ON = (
    "SELECT DISTINCT ON (g.gstin) g.* FROM gst_registrations g WHERE g.valid_from <= CAST(:day AS date)"
    " ORDER BY g.gstin, g.valid_from DESC"
)


async def add_registration(connection: AsyncConnection, values: Mapping[str, object]) -> bool:
    """False when one with this number begins on that day already."""
    added = await connection.execute(
        sa.text(
            "INSERT INTO gst_registrations (gstin, valid_from, valid_to, legal_name, trade_name, address, city,"
            " pin_code, state_code, is_default, source, added_at, added_by) VALUES (:gstin, :valid_from, :valid_to,"
            " :legal_name, :trade_name, :address, :city, :pin_code, :state_code, :is_default, :source, :at, :by)"
            " ON CONFLICT DO NOTHING"
        ),
        values,
    )
    return added.rowcount == 1


async def registration_from(connection: AsyncConnection, gstin: str, valid_from: date) -> Row:
    return (
        await connection.execute(
            sa.text("SELECT * FROM gst_registrations WHERE gstin = :gstin AND valid_from = :valid_from"),
            {"gstin": gstin, "valid_from": valid_from},
        )
    ).one()


async def registration_on(connection: AsyncConnection, gstin: str, day: date) -> Row | None:
    """What the registration says on the day; None before its first day and after its last."""
    return (
        await connection.execute(
            sa.text(
                f"SELECT r.* FROM ({REGISTRATIONS_ON}) AS r WHERE r.gstin = :gstin"
                " AND (r.valid_to IS NULL OR r.valid_to >= :day)"
            ),
            {"gstin": gstin, "day": day},
        )
    ).one_or_none()


async def default_registration(connection: AsyncConnection, day: date) -> Row | None:
    """The registration we supply from unless a document names another; the newest of several."""
    return (
        await connection.execute(
            sa.text(
                f"SELECT r.* FROM ({REGISTRATIONS_ON}) AS r WHERE r.is_default"
                " AND (r.valid_to IS NULL OR r.valid_to >= :day) ORDER BY r.valid_from DESC, r.gstin LIMIT 1"
            ),
            {"day": day},
        )
    ).one_or_none()


async def gstins_of_ours(connection: AsyncConnection, gstins: Iterable[str]) -> set[str]:
    """Those that were ever registered."""
    rows = await connection.execute(
        sa.text("SELECT DISTINCT gstin FROM gst_registrations WHERE gstin = ANY(CAST(:gstins AS text[]))"),
        {"gstins": sorted(set(gstins))},
    )
    return {row.gstin for row in rows}


async def add_invoice_tax(
    connection: AsyncConnection, taxes: Mapping[UUID, InvoiceTax], *, is_derived: bool = False
) -> None:
    """Insert who supplied where, and the lines; once per invoice."""
    await copy_rows(
        connection,
        "invoice_supplies",
        "invoice_id supplier_gstin place_of_supply",
        [(key, tax.supplier_gstin, tax.place_of_supply) for key, tax in taxes.items()],
    )
    await add_lines(connection, {key: tax.lines for key, tax in taxes.items()}, is_derived=is_derived)


async def add_lines(
    connection: AsyncConnection, lines: Mapping[UUID, Sequence[InvoiceLine]], *, is_derived: bool
) -> None:
    """The lines of invoices whose supply is known; the table refuses sums that are not the invoice's."""
    await copy_rows(
        connection,
        "invoice_lines",
        "invoice_id line_number description hsn quantity unit taxable_minor tax_rate cgst_minor sgst_minor"
        " igst_minor is_derived",
        [
            (key, one.line_number, one.description, one.hsn, one.quantity, one.unit, one.taxable_minor, one.tax_rate,
             one.cgst_minor, one.sgst_minor, one.igst_minor, is_derived)
            for key, told in lines.items()
            for one in told
        ],
    )  # fmt: skip


async def taxes_of(connection: AsyncConnection, invoice_ids: Iterable[UUID]) -> dict[UUID, InvoiceTax]:
    """Supply and lines of invoices that have any."""
    ids = sorted(set(invoice_ids))
    supplies = await connection.execute(
        sa.text("SELECT * FROM invoice_supplies WHERE invoice_id = ANY(CAST(:ids AS uuid[]))"), {"ids": ids}
    )
    rows = await connection.execute(
        sa.text(
            "SELECT * FROM invoice_lines WHERE invoice_id = ANY(CAST(:ids AS uuid[]))"
            " ORDER BY invoice_id, line_number"
        ),
        {"ids": ids},
    )
    lines: dict[UUID, list[InvoiceLine]] = {}
    for row in rows:
        lines.setdefault(row.invoice_id, []).append(invoice_line(row))
    return {
        row.invoice_id: InvoiceTax(
            row.supplier_gstin, row.place_of_supply, tuple(lines.get(row.invoice_id, ()))
        )
        for row in supplies
    }


def invoice_line(row: Row) -> InvoiceLine:
    """The line in a row with the columns of `invoice_lines`."""
    return InvoiceLine(
        line_number=row.line_number,
        description=row.description,
        hsn=row.hsn,
        quantity=row.quantity,
        unit=row.unit,
        taxable_minor=row.taxable_minor,
        tax_rate=row.tax_rate,
        cgst_minor=row.cgst_minor,
        sgst_minor=row.sgst_minor,
        igst_minor=row.igst_minor,
    )
