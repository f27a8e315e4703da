"""Keeps the tax of invoices by line: told with the invoice, or later for one that came without."""

from collections.abc import Sequence
from uuid import UUID

from services.payments.adapters.repositories.gst import add_invoice_tax, gstins_of_ours, taxes_of
from services.payments.adapters.unit_of_work import UnitOfWork
from services.payments.domain.errors import InvoiceTaken, SupplierUnknown
from services.payments.domain.invoice import Invoice
from services.payments.domain.invoice_tax import InvoiceTax, tax_facts
from shared.errors import FieldProblem, Refusal


async def unknown_suppliers(work: UnitOfWork, invoices: Sequence[Invoice]) -> dict[UUID, Refusal]:
    """Refusals of invoices that name a GSTIN which is none of ours, by the invoice's id."""
    told = {invoice.id: invoice.tax.supplier_gstin for invoice in invoices if invoice.tax is not None}
    known = await gstins_of_ours(work.connection, told.values()) if told else set()
    problem = FieldProblem("/supplier_gstin", "expected a GSTIN registered with POST /v1/gst-registrations")
    return {
        key: SupplierUnknown(f"{gstin} is no GST registration of ours", problems=[problem])
        for key, gstin in told.items()
        if gstin not in known
    }


async def record_invoice_tax(work: UnitOfWork, told: Sequence[tuple[UUID, Invoice]]) -> dict[UUID, Refusal]:
    """Keep the tax of registered invoices, each beside its id; returns refusals by the id of the invoice told.

    An invoice that came without lines gets them once; told again with others it is InvoiceTaken.
    """
    with_tax = [(key, invoice, invoice.tax) for key, invoice in told if invoice.tax is not None]
    if not with_tax:
        return {}
    stored = await taxes_of(work.connection, (key for key, _, _ in with_tax))
    fresh: dict[UUID, InvoiceTax] = {}
    for key, _, tax in with_tax:
        if key not in stored:
            fresh.setdefault(key, tax)
    await add_invoice_tax(work.connection, fresh)
    kept = stored | fresh
    return {
        invoice.id: InvoiceTaken(f"Invoice {invoice.number} is registered with other lines")
        for key, invoice, tax in with_tax
        if tax_facts(kept[key]) != tax_facts(tax)
    }
