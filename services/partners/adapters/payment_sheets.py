"""Puts a payment sheet together, in one snapshot: for the API, and to be frozen as a document."""

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy.ext.asyncio import AsyncConnection

from services.partners.adapters.account_figures import sheet_proof
from services.partners.adapters.sheet_memo_queries import (
    due_amounts,
    sheet_cheques,
    sheet_query_lines,
    tax_awaited,
)
from services.partners.adapters.sheet_queries import (
    LINES_MAX,
    sheet_credit_notes,
    sheet_invoices,
    sheet_receipts,
    sheet_totals,
)
from services.partners.domain.partner import Partner
from services.partners.domain.pay_plan import pay_plan
from services.partners.domain.payment_sheet import PaymentSheet


@dataclass(frozen=True, slots=True, kw_only=True)
class SheetWanted:
    """Since when, counted on which day, for whom: the partner sees no credit note that is in work."""

    as_of: datetime
    overdue_on: date
    receipts_since: date
    is_open_only: bool
    is_for_partner: bool


async def payment_sheet(connection: AsyncConnection, partner: Partner, wanted: SheetWanted) -> PaymentSheet:
    """As the facts are now, whatever the instant that is written on it; lines beyond LINES_MAX are left out."""
    code, details = partner.code, partner.details
    since = wanted.receipts_since
    invoices = await sheet_invoices(connection, code, paid_since=None if wanted.is_open_only else since)
    receipts = await sheet_receipts(connection, code, since=since)
    notes = await sheet_credit_notes(connection, code, since=since, is_partner=wanted.is_for_partner)
    totals = await sheet_totals(connection, code, overdue_on=wanted.overdue_on)
    cheques = await sheet_cheques(connection, code)
    queries = await sheet_query_lines(connection, code)
    credits_minor = {one.currency: one.credits_minor for one in totals}
    return PaymentSheet(
        partner_code=code,
        partner_name=details.name,
        city=details.city,
        zone=details.zone,
        gstin=details.gstin,
        as_of=wanted.as_of,
        overdue_on=wanted.overdue_on,
        receipts_since=since,
        totals=tuple(totals),
        invoices=tuple(invoices[:LINES_MAX]),
        receipts=tuple(receipts[:LINES_MAX]),
        credit_notes=tuple(notes[:LINES_MAX]),
        is_complete=max(len(invoices), len(receipts), len(notes), len(cheques), len(queries)) <= LINES_MAX,
        plan=pay_plan(await due_amounts(connection, code), credits_minor, cheques, on=wanted.overdue_on),
        tax_awaited=tuple(await tax_awaited(connection, code)),
        cheques=tuple(cheques[:LINES_MAX]),
        queries=tuple(queries[:LINES_MAX]),
        proof=await sheet_proof(connection, code),
    )
