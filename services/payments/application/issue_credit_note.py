"""Issues an approved credit note: number, entry and open credit in one short transaction."""

from dataclasses import replace
from datetime import date
from uuid import UUID

from uuid_utils.compat import uuid7

from services.payments.adapters.ledger_writer import post_entries
from services.payments.adapters.repositories.credit_note_rules import rules_on, series_on
from services.payments.adapters.repositories.credit_notes import (
    move_note,
    next_note_number,
    open_note,
    partner_facts,
    worth_of_lines,
)
from services.payments.adapters.repositories.einvoices import add_einvoice
from services.payments.adapters.repositories.exchange_rates import rates_on
from services.payments.adapters.repositories.note_documents import freeze_document
from services.payments.adapters.unit_of_work import UnitOfWork
from services.payments.application.move_credit_note import locked_note, refuse_after_deadline, told
from services.payments.application.watch_einvoices import queue_attempt
from services.payments.domain.business_day import financial_year
from services.payments.domain.credit_note import (
    CreditNote,
    NoteStanding,
    NoteType,
    entry_for_note,
    note_number,
)
from services.payments.domain.credit_note_rules import reporting_due_on
from services.payments.domain.errors import RateUnknown
from services.payments.domain.exchange_rate import BASE_CURRENCY, base_minor
from services.payments.domain.posting import Posting


async def issue_credit_note(
    work: UnitOfWork, note_id: UUID, revision: int, posting: Posting, *, has_portal: bool = False
) -> CreditNote:
    """The issued note, dated on the posting's day.

    NotFound, Stale, NoteState, DeadlinePassed; RateUnknown for foreign money of no invoice on a day without a rate.
    With a portal, a GST note for a registered recipient is queued to be registered there.
    The number's row is held from here to the commit: whoever issues next waits, and a failure gives the number back.
    """
    note = await locked_note(work, note_id, revision)
    note.refuse_unless(NoteStanding.APPROVED)
    await refuse_after_deadline(work, note, posting)
    series = await series_on(work.connection, note.note_type.value, posting.effective_on)
    year = financial_year(posting.effective_on)
    number = note_number(
        series, year, await next_note_number(work.connection, note.supplier_gstin, series, year)
    )
    issued = replace(
        note,
        standing=NoteStanding.ISSUED,
        number=number,
        issued_on=posting.effective_on,
        worth_minor=await _worth_of(work, note, posting.effective_on),
    )
    await move_note(
        work.connection,
        note.id,
        NoteStanding.ISSUED,
        {
            "series": series,
            "financial_year": year,
            "number": number,
            "issued_on": posting.effective_on,
            "issued_by": posting.actor,
            "issued_at": posting.at,
        },
    )
    await open_note(work.connection, issued, posting.at)
    if has_portal:
        await _register(work, issued, posting)
    await freeze_document(work.connection, note.id, posting.at)
    await told(work, note.id, f"Issued as {number}", posting)
    entry = entry_for_note(issued, entry_id=uuid7())
    await post_entries(work.connection, [entry], actor=posting.actor, at=posting.at)
    return issued


async def _worth_of(work: UnitOfWork, note: CreditNote, day: date) -> int | None:
    """A foreign note takes back what its invoices were worth; what is of no invoice is at the rate of the day."""
    if note.currency == BASE_CURRENCY:
        return None
    worth_minor, rest_minor = await worth_of_lines(work.connection, note.id)
    if not rest_minor:
        return worth_minor
    rates = await rates_on(work.connection, [(note.currency, day)])
    if not rates:
        raise RateUnknown(f"There is no rate of {note.currency} for {day}; enter it first")
    return worth_minor + base_minor(rest_minor, note.currency, rates[note.currency, day])


async def _register(work: UnitOfWork, note: CreditNote, posting: Posting) -> None:
    """Only business with a GSTIN has an IRN: a note to a consumer is not registered, nor one without tax.

    The portal takes rupees; a note in foreign money goes through the returns.
    """
    partner = await partner_facts(work.connection, note.partner_code)
    if note.note_type is not NoteType.GST or note.currency != BASE_CURRENCY:
        return
    if partner is None or not partner.gstin:
        return
    rules = await rules_on(work.connection, posting.effective_on)
    due_on = reporting_due_on(posting.effective_on, rules)
    await add_einvoice(work.connection, note.id, due_on, posting.at)
    await queue_attempt(work, str(note.id), posting.actor)
