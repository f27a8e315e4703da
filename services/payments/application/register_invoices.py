"""Takes over invoices from billing: each becomes an open item and a journal entry, once."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from typing import Final
from uuid import UUID

from uuid_utils.compat import uuid7

from services.payments.adapters.ledger_writer import post_entries
from services.payments.adapters.published_facts import publish_invoices
from services.payments.adapters.repositories import Row
from services.payments.adapters.repositories.exchange_rates import RateKey, rates_on
from services.payments.adapters.repositories.invoices import (
    add_invoices,
    invoices_by_key,
    known_partner_codes,
    lock_invoice_numbers,
)
from services.payments.adapters.repositories.periods import first_open_day
from services.payments.adapters.repositories.redecisions import request_redecision
from services.payments.adapters.unit_of_work import UnitOfWork
from services.payments.application.record_invoice_tax import record_invoice_tax, unknown_suppliers
from services.payments.domain.base_value import value_at
from services.payments.domain.errors import InvoiceTaken, PartnerUnknown, RateUnknown
from services.payments.domain.exchange_rate import BASE_CURRENCY
from services.payments.domain.invoice import Invoice, invoice_number_key
from services.payments.domain.period import in_open_month
from services.payments.domain.posting_rules import entry_for_invoice
from shared.errors import FieldProblem, Refusal

# A partner registered a moment ago arrives by event; its invoices may be faster than the broker.
PARTNER_PATIENCE_SECONDS: Final = 3.0
PARTNER_POLL_SECONDS: Final = 0.1


@dataclass(frozen=True, slots=True)
class InvoiceVerdict:
    """What became of one invoice: registered (id), known before (id, is_duplicate) or refused."""

    invoice_id: UUID | None
    is_duplicate: bool = False
    refusal: Refusal | None = None


async def register_invoices(
    work: UnitOfWork,
    invoices: Sequence[Invoice],
    *,
    actor: str,
    at: datetime,
    patience_seconds: float = PARTNER_PATIENCE_SECONDS,
) -> list[InvoiceVerdict]:
    """One verdict per invoice in order; a refused one never stops the others."""
    codes = {invoice.partner_code for invoice in invoices}
    partners = await _partners_known_soon(work, codes, patience_seconds)
    unknown = await unknown_suppliers(work, invoices)
    await lock_invoice_numbers(work.connection)
    stored = await invoices_by_key(work.connection, (invoice_number_key(i.number) for i in invoices))
    accepted: dict[str, Invoice] = {}
    rates = await _rates(work, invoices)
    verdicts = [
        InvoiceVerdict(None, refusal=unknown[invoice.id])
        if invoice.id in unknown
        else _verdict(invoice, partners, stored, accepted, rates)
        for invoice in invoices
    ]
    fresh = list(accepted.values())
    if fresh:
        opens_on = await first_open_day(work.connection)
        await add_invoices(work.connection, fresh, at, first_open_on=opens_on)
        entries = [in_open_month(entry_for_invoice(one, entry_id=uuid7()), opens_on) for one in fresh]
        await post_entries(work.connection, entries, actor=actor, at=at)
        publish_invoices(work, fresh)
        await request_redecision(work.connection, "invoices_registered")
    return await _with_tax(work, invoices, verdicts)


async def _with_tax(
    work: UnitOfWork, invoices: Sequence[Invoice], verdicts: Sequence[InvoiceVerdict]
) -> list[InvoiceVerdict]:
    """The verdicts after the lines were kept as well: a duplicate with other lines is refused."""
    told = [
        (verdict.invoice_id, invoice)
        for invoice, verdict in zip(invoices, verdicts, strict=True)
        if verdict.invoice_id is not None
    ]
    differing = await record_invoice_tax(work, told)
    return [
        InvoiceVerdict(None, refusal=differing[invoice.id]) if invoice.id in differing else verdict
        for invoice, verdict in zip(invoices, verdicts, strict=True)
    ]


async def _partners_known_soon(work: UnitOfWork, codes: set[str], patience_seconds: float) -> set[str]:
    clock = asyncio.get_running_loop().time
    deadline = clock() + patience_seconds
    known = await known_partner_codes(work.connection, codes)
    while known != codes and (left := deadline - clock()) > 0:
        await asyncio.sleep(min(PARTNER_POLL_SECONDS, left))
        known = await known_partner_codes(work.connection, codes)
    return known


def _verdict(
    invoice: Invoice,
    partners: set[str],
    stored: dict[str, Row],
    accepted: dict[str, Invoice],
    rates: Mapping[RateKey, Decimal],
) -> InvoiceVerdict:
    if invoice.partner_code not in partners:
        problem = FieldProblem(
            "/partner_code", "expected the code of a partner registered with POST /v1/partners/batch"
        )
        return InvoiceVerdict(
            None, refusal=PartnerUnknown(f"There is no partner {invoice.partner_code}", problems=[problem])
        )
    key = invoice_number_key(invoice.number)
    earlier = accepted.get(key) or stored.get(key)
    if earlier is None:
        try:
            accepted[key] = _valued(invoice, rates)
        except RateUnknown as refusal:
            return InvoiceVerdict(None, refusal=refusal)
        return InvoiceVerdict(invoice.id)
    if _facts(earlier) == _facts(invoice) and not _is_other_rate(invoice, earlier):
        return InvoiceVerdict(earlier.id, is_duplicate=True)
    return InvoiceVerdict(
        None,
        refusal=InvoiceTaken(
            f"Invoice {invoice.number} is registered with other figures; invoices are corrected by credit notes"
        ),
    )


async def _rates(work: UnitOfWork, invoices: Sequence[Invoice]) -> dict[RateKey, Decimal]:
    """For foreign totals without a rate of their own: the rate of their day."""
    return await rates_on(
        work.connection,
        [(i.currency, i.issued_on) for i in invoices if i.currency != BASE_CURRENCY and i.value is None],
    )


def _valued(invoice: Invoice, rates: Mapping[RateKey, Decimal]) -> Invoice:
    """RateUnknown for a foreign total that has no rate."""
    if invoice.currency == BASE_CURRENCY or invoice.value is not None:
        return invoice
    rate = rates.get((invoice.currency, invoice.issued_on))
    if rate is None:
        problem = FieldProblem(
            "/exchange_rate", "expected the rate, or one entered with POST /v1/exchange-rates"
        )
        raise RateUnknown(
            f"No rate of {invoice.currency} is known for {invoice.issued_on} or the days before",
            problems=[problem],
        )
    return replace(invoice, value=value_at(invoice.total_minor, invoice.currency, rate))


def _is_other_rate(invoice: Invoice, earlier: Invoice | Row) -> bool:
    """A rate that is told has to be the one that was booked; who tells none asks for none."""
    if invoice.value is None:
        return False
    if isinstance(earlier, Invoice):
        return earlier.value is None or invoice.value.rate != earlier.value.rate
    return bool(invoice.value.rate != earlier.exchange_rate)


def _facts(invoice: Invoice | Row) -> tuple[object, ...]:
    return (
        invoice.partner_code,
        invoice.issued_on,
        invoice.due_on,
        invoice.currency,
        invoice.taxable_minor,
        invoice.tax_minor,
        invoice.total_minor,
    )
