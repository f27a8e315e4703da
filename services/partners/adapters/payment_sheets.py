"""Puts payment sheets together, in one snapshot: for the API, and to be frozen as a document."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy.ext.asyncio import AsyncConnection

from services.partners.adapters.account_figures import sheet_proofs
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
    totals_of_partners,
)
from services.partners.domain.partner import Partner
from services.partners.domain.pay_plan import DueAmount, pay_plan
from services.partners.domain.payment_sheet import (
    PaymentSheet,
    SheetCreditNote,
    SheetInvoice,
    SheetReceipt,
    SheetTotals,
)
from services.partners.domain.sheet_memos import SheetCheque, SheetQuery, TaxAwaited
from services.partners.domain.sheet_proof import SheetProof


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
    (sheet,) = await payment_sheets(connection, [partner], wanted)
    return sheet


async def payment_sheets(
    connection: AsyncConnection, partners: Sequence[Partner], wanted: SheetWanted
) -> list[PaymentSheet]:
    """One per partner, in their order, by a fixed number of statements."""
    codes = [one.code for one in partners]
    since = wanted.receipts_since
    paid_since = None if wanted.is_open_only else since
    facts = _Facts(
        invoices=await sheet_invoices(connection, codes, paid_since=paid_since),
        receipts=await sheet_receipts(connection, codes, since=since),
        notes=await sheet_credit_notes(connection, codes, since=since, is_partner=wanted.is_for_partner),
        totals=await totals_of_partners(connection, codes, overdue_on=wanted.overdue_on),
        dues=await due_amounts(connection, codes),
        taxes=await tax_awaited(connection, codes),
        cheques=await sheet_cheques(connection, codes),
        queries=await sheet_query_lines(connection, codes),
        proofs=await sheet_proofs(connection, codes),
    )
    return [_sheet(partner, wanted, facts) for partner in partners]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Facts:
    """Of several partners, each by its code; who has none of a kind is left out of it."""

    invoices: Mapping[str, Sequence[SheetInvoice]]
    receipts: Mapping[str, Sequence[SheetReceipt]]
    notes: Mapping[str, Sequence[SheetCreditNote]]
    totals: Mapping[str, Sequence[SheetTotals]]
    dues: Mapping[str, Sequence[DueAmount]]
    taxes: Mapping[str, Sequence[TaxAwaited]]
    cheques: Mapping[str, Sequence[SheetCheque]]
    queries: Mapping[str, Sequence[SheetQuery]]
    proofs: Mapping[str, SheetProof]


def _sheet(partner: Partner, wanted: SheetWanted, facts: _Facts) -> PaymentSheet:
    code, details = partner.code, partner.details
    invoices, receipts = facts.invoices.get(code, ()), facts.receipts.get(code, ())
    notes, totals = facts.notes.get(code, ()), facts.totals.get(code, ())
    cheques, queries = facts.cheques.get(code, ()), facts.queries.get(code, ())
    credits_minor = {one.currency: one.credits_minor for one in totals}
    return PaymentSheet(
        partner_code=code,
        partner_name=details.name,
        city=details.city,
        zone=details.zone,
        gstin=details.gstin,
        as_of=wanted.as_of,
        overdue_on=wanted.overdue_on,
        receipts_since=wanted.receipts_since,
        totals=tuple(totals),
        invoices=tuple(invoices[:LINES_MAX]),
        receipts=tuple(receipts[:LINES_MAX]),
        credit_notes=tuple(notes[:LINES_MAX]),
        is_complete=max(map(len, (invoices, receipts, notes, cheques, queries))) <= LINES_MAX,
        plan=pay_plan(facts.dues.get(code, ()), credits_minor, cheques, on=wanted.overdue_on),
        tax_awaited=tuple(facts.taxes.get(code, ())),
        cheques=tuple(cheques[:LINES_MAX]),
        queries=tuple(queries[:LINES_MAX]),
        proof=facts.proofs[code],
    )
