"""Which credit notes a caller sees, and which of them a list is asked for."""

from dataclasses import astuple, dataclass
from datetime import date
from typing import Annotated
from uuid import UUID

from fastapi import Depends, Query
from sqlalchemy.ext.asyncio import AsyncConnection

from services.payments.adapters.queries.credit_notes import NOTE_SELECT
from services.payments.adapters.queries.listing import Listing, Row
from services.payments.api.row_scope import visible_partners
from services.payments.api.schemas_credit_notes import NoteTypeName, StandingName
from shared.errors import NotFound
from shared.identity import Caller


@dataclass(frozen=True, slots=True)
class NoteFilter:
    """What a list of notes may be narrowed to."""

    standing: StandingName | None = None
    note_type: NoteTypeName | None = None
    partner_code: Annotated[str | None, Query(max_length=40)] = None
    number: Annotated[str | None, Query(max_length=16)] = None
    invoice_number: Annotated[str | None, Query(max_length=40, description="Notes that credit it")] = None
    issued_on_gte: date | None = None
    issued_on_lte: date | None = None
    is_open: Annotated[bool | None, Query(description="Issued with something left to use")] = None

    @property
    def scope(self) -> str:
        """What a cursor of the list is bound to."""
        return "credit-notes|" + "|".join(map(str, astuple(self)))

    def narrow(self, listing: Listing) -> Listing:
        """Add the conditions to a listing that names notes `n` and open items `o`."""
        listing.where("n.standing = :standing", standing=self.standing)
        listing.where("n.note_type = :note_type", note_type=self.note_type)
        listing.where("n.partner_code = :partner_code", partner_code=self.partner_code)
        listing.where("upper(n.number) = upper(:number)", number=self.number)
        listing.where("n.issued_on >= :issued_on_gte", issued_on_gte=self.issued_on_gte)
        listing.where("n.issued_on <= :issued_on_lte", issued_on_lte=self.issued_on_lte)
        listing.where("(coalesce(o.open_minor, 0) > 0) = :is_open", is_open=self.is_open)
        return listing.where(
            "EXISTS (SELECT FROM credit_note_lines c JOIN invoices i ON i.id = c.invoice_id"
            " WHERE c.note_id = n.id AND i.number = :invoice_number)",
            invoice_number=self.invoice_number,
        )


NotesWanted = Annotated[NoteFilter, Depends()]


def visible_notes(listing: Listing, caller: Caller) -> Listing:
    """Restrict the listing, whose SELECT names notes `n` and partners `p`; what is only asked for is internal."""
    scope = caller.row_scope()
    visible_partners(listing, caller, code="p.code", zone="p.zone")
    if not scope.sees_all:
        listing.where(
            "(p.zone = ANY(CAST(:note_zones AS text[])) OR n.standing IN ('issued', 'cancelled'))",
            note_zones=sorted(scope.zones),
        )
    return listing


async def visible_note(connection: AsyncConnection, caller: Caller, note_id: UUID) -> Row:
    """The note's row; NotFound when there is none or it is not the caller's to see."""
    listing = Listing(NOTE_SELECT, order=("n.id",)).where("n.id = :note_id", note_id=note_id)
    rows = await visible_notes(listing, caller).rows(connection, limit=1)
    if not rows:
        raise NotFound(f"There is no credit note {note_id}")
    return rows[0]
