"""Credit notes made by the use cases themselves, each step in a unit of work of its own."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, time
from decimal import Decimal
from typing import Final
from uuid import UUID

from services.payments.application.add_gst_registration import add_gst_registration
from services.payments.application.cancel_credit_note import cancel_credit_note
from services.payments.application.issue_credit_note import issue_credit_note
from services.payments.application.move_credit_note import approve_credit_note, refuse_credit_note
from services.payments.application.request_credit_note import RequestCreditNote, request_credit_note
from services.payments.domain.business_day import business_day
from services.payments.domain.credit_note import CreditNote, NoteType
from services.payments.domain.credit_note_rules import CreditPart
from services.payments.domain.gst_registration import GstRegistration
from services.payments.domain.invoice import Invoice
from services.payments.domain.posting import Posting
from shared.database import UnitOfWork
from tests.factories.gst import DEALER_IN_MAHARASHTRA, registration, taxed_invoice
from tests.factories.payments import partner
from tests.factories.payments_books import PaymentsBooks

ON: Final = date(2026, 10, 20)


def posting(actor: str = "maker", on: date = ON) -> Posting:
    return Posting(actor, datetime.combine(on, time(6), UTC), on)


def posting_at(at: datetime, actor: str = "maker") -> Posting:
    """At an instant, on the day it is in India."""
    return Posting(actor, at, business_day(at))


def part(of: Invoice | None = None, amount_minor: int | None = None, **changes: object) -> CreditPart:
    """Of line 1 unless changed."""
    facts: dict[str, object] = {
        "invoice": of.number if of else None,
        "line_number": 1 if of else None,
        "amount_minor": amount_minor,
        "quantity": None,
        "tax_minor": None,
        "description": "",
    }
    return CreditPart(**{**facts, **changes})  # type: ignore[arg-type] # the changes are the caller's


def returned(of: Invoice, pieces: int, line_number: int = 1) -> CreditPart:
    return part(of, quantity=Decimal(pieces), line_number=line_number)


def a_request(*parts: CreditPart, **changes: object) -> RequestCreditNote:
    """A GST note because too much was charged."""
    command = RequestCreditNote(
        note_type=NoteType.GST,
        partner_code="CP0001",
        reason_code="value_too_high",
        reason_text="Charged at the old price list",
        agreement_reference="",
        is_itc_reversal_declared=True,
        currency="INR",
        parts=parts,
    )
    return replace(command, **changes)  # type: ignore[arg-type] # the changes are the caller's


def a_discount(*parts: CreditPart, **changes: object) -> RequestCreditNote:
    """A commercial note."""
    return a_request(*parts, **{"note_type": NoteType.COMMERCIAL, "reason_code": "scheme", **changes})


class NotesDesk:
    """The steps of credit notes on one database."""

    def __init__(self, books: PaymentsBooks) -> None:
        self.books = books

    async def open(self, *registrations: GstRegistration) -> None:
        """Our registration, and a dealer registered in the same State."""
        async with UnitOfWork(self.books.database) as work:
            for one in registrations or (registration(),):
                await add_gst_registration(work, one, posting("admin"))
            await work.commit()
        await self.books.add_partners(partner("CP0001", gstin=DEALER_IN_MAHARASHTRA, version=2))

    async def billed(self, *invoices: Invoice) -> Sequence[Invoice]:
        """Register invoices, one of a single line unless given."""
        told = invoices or (taxed_invoice(),)
        for verdict in await self.books.register(*told):
            assert verdict.refusal is None, verdict.refusal
        return told

    async def request(self, command: RequestCreditNote, by: Posting | None = None) -> UUID:
        async with UnitOfWork(self.books.database) as work:
            note_id = await request_credit_note(work, command, by or posting())
            await work.commit()
        return note_id

    async def approve(self, note_id: UUID, by: Posting | None = None) -> None:
        async with UnitOfWork(self.books.database) as work:
            await approve_credit_note(work, note_id, 1, "", by or posting("checker"))
            await work.commit()

    async def refuse(self, note_id: UUID) -> None:
        async with UnitOfWork(self.books.database) as work:
            await refuse_credit_note(work, note_id, 1, "Not ours", posting("checker"))
            await work.commit()

    async def issue(self, note_id: UUID, by: Posting | None = None) -> CreditNote:
        async with UnitOfWork(self.books.database) as work:
            issued = await issue_credit_note(work, note_id, 2, by or posting())
            await work.commit()
        return issued

    async def cancel(self, note_id: UUID, by: Posting | None = None, revision: int = 3) -> None:
        async with UnitOfWork(self.books.database) as work:
            await cancel_credit_note(work, note_id, revision, "Issued by mistake", by or posting("checker"))
            await work.commit()

    async def approved(self, command: RequestCreditNote, on: date = ON) -> UUID:
        note_id = await self.request(command, posting(on=on))
        await self.approve(note_id, posting("checker", on))
        return note_id

    async def issued(self, command: RequestCreditNote, on: date = ON) -> CreditNote:
        return await self.issue(await self.approved(command, on), posting(on=on))
