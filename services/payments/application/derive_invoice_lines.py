"""Gives invoices that came without lines the one line that credit notes need, from the States of both sides."""

from collections.abc import Sequence
from uuid import UUID

from services.payments.adapters.repositories import Row
from services.payments.adapters.repositories.credit_notes import invoices_for_credit
from services.payments.adapters.repositories.gst import (
    add_invoice_tax,
    add_lines,
    default_registration,
    taxes_of,
)
from services.payments.adapters.unit_of_work import UnitOfWork
from services.payments.domain.credit_note_lines import CreditedInvoice
from services.payments.domain.errors import TaxUnknown
from services.payments.domain.indian_state import state_of_gstin
from services.payments.domain.invoice_tax import InvoiceTax, derived_line


async def lines_for_credit(
    work: UnitOfWork, invoices: Sequence[CreditedInvoice], partner: Row
) -> dict[UUID, InvoiceTax]:
    """The tax of each invoice by line, derived and kept where billing told none. TaxUnknown without both States."""
    taxes = await taxes_of(work.connection, (one.id for one in invoices))
    for invoice in invoices:
        known = taxes.get(invoice.id)
        if known is None or not known.lines:
            taxes[invoice.id] = await _derived(work, invoice, partner, known)
    return taxes


async def _derived(
    work: UnitOfWork, invoice: CreditedInvoice, partner: Row, known: InvoiceTax | None
) -> InvoiceTax:
    supply = known or await _likely_supply(work, invoice, partner)
    (row,) = (await invoices_for_credit(work.connection, [invoice.id])).values()
    line = derived_line(row.taxable_minor, row.tax_minor, is_within_state=supply.is_within_state)
    tax = InvoiceTax(supply.supplier_gstin, supply.place_of_supply, (line,))
    if known is None:
        await add_invoice_tax(work.connection, {invoice.id: tax}, is_derived=True)
    else:
        await add_lines(work.connection, {invoice.id: tax.lines}, is_derived=True)
    return tax


async def _likely_supply(work: UnitOfWork, invoice: CreditedInvoice, partner: Row) -> InvoiceTax:
    registration = await default_registration(work.connection, invoice.issued_on)
    place = partner.state_code or state_of_gstin(partner.gstin)
    if registration is None or not place:
        raise TaxUnknown(
            f"Nobody told which tax {invoice.number} carries: register it again with its lines, or tell our"
            " registration and the partner's GSTIN or State"
        )
    return InvoiceTax(registration.gstin, place)
