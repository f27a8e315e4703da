"""Issues an approved credit note: number, entry and open credit in one short transaction."""

from dataclasses import replace
from datetime import date
from uuid import UUID

from uuid_utils.compat import uuid7

from services.payments.adapters.ledger_writer import post_entries
from services.payments.adapters.repositories.credit_note_rules import series_on
from services.payments.adapters.repositories.credit_notes import (
    move_note,
    next_note_number,
    open_note,
    worth_of_lines,
)
from services.payments.adapters.repositories.exchange_rates import rates_on
from services.payments.adapters.repositories.note_documents import freeze_document
from services.payments.adapters.unit_of_work import UnitOfWork
from services.payments.application.move_credit_note import locked_note, refuse_after_deadline, told
from services.payments.domain.business_day import financial_year
from services.payments.domain.credit_note import CreditNote, NoteStanding, entry_for_note, note_number
from services.payments.domain.errors import RateUnknown
from services.payments.domain.exchange_rate import BASE_CURRENCY, base_minor
from services.payments.domain.posting import Posting


async def issue_credit_note(work: UnitOfWork, note_id: UUID, revision: int, posting: Posting) -> CreditNote:
    """The issued note, dated on the posting's day.

    NotFound, Stale, NoteState, DeadlinePassed; RateUnknown for foreign money of no invoice on a day without a rate.
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
