"""Asks for a credit note: what it credits is worked out and reserved, another person decides."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from uuid import UUID

from uuid_utils.compat import uuid7

from services.payments.adapters.published_notes import publish_note
from services.payments.adapters.repositories import Row
from services.payments.adapters.repositories.credit_note_rules import reason_on, rules_on
from services.payments.adapters.repositories.credit_notes import (
    add_note,
    add_note_lines,
    credited_lines,
    deadlines_of,
    invoices_for_credit,
    note_step,
    partner_facts,
)
from services.payments.adapters.repositories.gst import default_registration
from services.payments.adapters.repositories.settlements import items_named
from services.payments.adapters.unit_of_work import UnitOfWork
from services.payments.application.derive_invoice_lines import lines_for_credit
from services.payments.domain.business_day import financial_year
from services.payments.domain.credit_note import NoteLine, NoteType
from services.payments.domain.credit_note_lines import CreditedInvoice, lines_of_note, sum_of
from services.payments.domain.credit_note_rules import (
    Claim,
    CreditPart,
    declaration_deadline,
    refuse_ground,
    refuse_late,
    refuse_undeclared,
)
from services.payments.domain.errors import InvoicesDoNotFit, PartnerUnknown, SupplierUnknown
from services.payments.domain.invoice_tax import InvoiceTax
from services.payments.domain.posting import Posting


@dataclass(frozen=True, slots=True)
class RequestCreditNote:
    """`parts` name invoices by number or id; amounts are minor units of the currency."""

    note_type: NoteType
    partner_code: str
    reason_code: str
    reason_text: str
    agreement_reference: str
    is_itc_reversal_declared: bool
    currency: str
    parts: tuple[CreditPart, ...]


async def request_credit_note(work: UnitOfWork, command: RequestCreditNote, posting: Posting) -> UUID:
    """The note's id; what it credits counts against the invoices until it is refused or withdrawn.

    Refusals: PartnerUnknown, those of the ground and of the deadline, InvoicesDoNotFit, TaxUnknown, SupplierUnknown,
    CreditNoteInvalid, CreditBeyondInvoice.
    """
    partner = await partner_facts(work.connection, command.partner_code)
    if partner is None:
        raise PartnerUnknown(f"There is no partner {command.partner_code}")
    claim = Claim(
        command.agreement_reference,
        command.is_itc_reversal_declared,
        all(part.invoice is not None for part in command.parts),
    )
    found = await reason_on(
        work.connection, command.note_type.value, command.reason_code, posting.effective_on
    )
    reason = refuse_ground(found, claim, command.reason_code)
    invoices = await _invoices(work, command)
    if command.note_type is NoteType.GST:
        supply = await _supply(work, invoices, partner, claim, posting)
    else:
        supply = InvoiceTax(await _our_gstin(work, posting), "")
    credited = await credited_lines(work.connection, (one.id for one in invoices.values()))
    lines = lines_of_note(command.parts, invoices, credited, reason)
    return await _stored(work, command, (supply, _supply_year(invoices), lines), posting)


async def _invoices(work: UnitOfWork, command: RequestCreditNote) -> dict[str, CreditedInvoice]:
    """The invoices as the parts name them, held until the commit."""
    names = [part.invoice for part in command.parts if part.invoice is not None]
    items = await items_named(work.connection, names)
    rows = await invoices_for_credit(work.connection, (item.id for item in items.values()))
    invoices = {}
    for name in names:
        row = rows.get(items[name].id) if name in items else None
        if row is None or row.partner_code != command.partner_code or row.currency != command.currency:
            raise InvoicesDoNotFit(f"{name} is no invoice of {command.partner_code} in {command.currency}")
        invoices[name] = _credited_invoice(row)
    if len({financial_year(one.issued_on) for one in invoices.values()}) > 1:
        raise InvoicesDoNotFit("A note refers to invoices of one financial year; ask for one note per year")
    return invoices


def _credited_invoice(row: Row) -> CreditedInvoice:
    return CreditedInvoice(
        row.id, row.number, row.issued_on, max(row.total_minor, row.taxable_minor + row.tax_minor), ()
    )


def _supply_year(invoices: Mapping[str, CreditedInvoice]) -> str:
    return next((financial_year(one.issued_on) for one in invoices.values()), "")


async def _supply(
    work: UnitOfWork, invoices: dict[str, CreditedInvoice], partner: Row, claim: Claim, posting: Posting
) -> InvoiceTax:
    """Give the invoices their lines; returns who supplied where, the same for all of them."""
    if not invoices:
        raise InvoicesDoNotFit("A GST note names the invoices it is about (Rule 53(1A) of the CGST Rules)")
    taxes = await lines_for_credit(work, list(invoices.values()), partner)
    supplies = {(tax.supplier_gstin, tax.place_of_supply) for tax in taxes.values()}
    if len(supplies) > 1:
        raise InvoicesDoNotFit("The invoices of one note have one supplier and one place of supply")
    for name, invoice in invoices.items():
        invoices[name] = replace(invoice, lines=taxes[invoice.id].lines)
    gstin, place = supplies.pop()
    rules = await rules_on(work.connection, posting.effective_on)
    refuse_undeclared(rules, claim, is_registered=bool(partner.gstin))
    year = _supply_year(invoices)
    deadline = declaration_deadline(year, rules, await deadlines_of(work.connection, gstin, year))
    refuse_late(deadline, posting.effective_on, year)
    return InvoiceTax(gstin, place)


async def _our_gstin(work: UnitOfWork, posting: Posting) -> str:
    """In whose series a commercial note is numbered: it has no supply, but it is ours."""
    registration = await default_registration(work.connection, posting.effective_on)
    if registration is None:
        raise SupplierUnknown("Tell our GST registration first: POST /v1/gst-registrations")
    return str(registration.gstin)


async def _stored(
    work: UnitOfWork,
    command: RequestCreditNote,
    worked_out: tuple[InvoiceTax, str, Sequence[NoteLine]],
    posting: Posting,
) -> UUID:
    supply, supply_year, lines = worked_out
    amounts = sum_of(lines)
    note_id = uuid7()
    await add_note(
        work.connection,
        {
            "id": note_id,
            "note_type": command.note_type.value,
            "partner_code": command.partner_code,
            "supplier_gstin": supply.supplier_gstin,
            "place_of_supply": supply.place_of_supply,
            "supply_year": supply_year,
            "reason_code": command.reason_code,
            "reason_text": command.reason_text,
            "agreement_reference": command.agreement_reference,
            "is_itc_reversal_declared": command.is_itc_reversal_declared,
            "currency": command.currency,
            "taxable_minor": amounts.taxable_minor,
            "cgst_minor": amounts.cgst_minor,
            "sgst_minor": amounts.sgst_minor,
            "igst_minor": amounts.igst_minor,
            "total_minor": amounts.total_minor,
            "by": posting.actor,
            "at": posting.at,
        },
    )
    await add_note_lines(work.connection, note_id, lines)
    await note_step(work.connection, note_id, command.reason_text, actor=posting.actor, at=posting.at)
    await publish_note(work, note_id)
    return note_id
