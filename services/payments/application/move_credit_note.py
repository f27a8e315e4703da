"""Takes a credit note from its request to a decision, or back by who asked for it."""

from uuid import UUID

from services.payments.adapters.published_notes import publish_note
from services.payments.adapters.repositories.credit_note_rules import rules_on
from services.payments.adapters.repositories.credit_notes import (
    deadlines_of,
    move_note,
    note_for_update,
    note_step,
)
from services.payments.adapters.unit_of_work import UnitOfWork
from services.payments.domain.credit_note import CreditNote, NoteStanding, NoteType
from services.payments.domain.credit_note_rules import declaration_deadline, refuse_late
from services.payments.domain.posting import Posting
from shared.errors import NotFound, Stale


async def approve_credit_note(
    work: UnitOfWork, note_id: UUID, revision: int, remark: str, posting: Posting
) -> None:
    """NotFound, Stale, NoteState; MakerIsChecker; DeadlinePassed when section 34 no longer allows it."""
    note = await locked_note(work, note_id, revision)
    note.refuse_unless(NoteStanding.REQUESTED)
    note.refuse_checker(posting.actor)
    await refuse_after_deadline(work, note, posting)
    await _decide(work, note, NoteStanding.APPROVED, remark or "Approved", posting)


async def refuse_credit_note(
    work: UnitOfWork, note_id: UUID, revision: int, reason: str, posting: Posting
) -> None:
    """NotFound, Stale, NoteState; MakerIsChecker. What it had reserved of its invoices is free again."""
    note = await locked_note(work, note_id, revision)
    note.refuse_unless(NoteStanding.REQUESTED)
    note.refuse_checker(posting.actor)
    await _decide(work, note, NoteStanding.REFUSED, reason, posting)


async def withdraw_credit_note(
    work: UnitOfWork, note_id: UUID, revision: int, reason: str, posting: Posting
) -> None:
    """Before it is issued, by who asked for it. NotFound, Stale, NoteState, NotTheMaker."""
    note = await locked_note(work, note_id, revision)
    note.refuse_unless(NoteStanding.REQUESTED, NoteStanding.APPROVED)
    note.refuse_stranger(posting.actor)
    await move_note(work.connection, note.id, NoteStanding.WITHDRAWN, {})
    await told(work, note.id, reason, posting)


async def locked_note(work: UnitOfWork, note_id: UUID, revision: int) -> CreditNote:
    """The note, held until the commit; NotFound, Stale when it is not what the caller read."""
    found = await note_for_update(work.connection, note_id)
    if found is None:
        raise NotFound(f"There is no credit note {note_id}")
    note, current = found
    if current != revision:
        raise Stale(f"Credit note {note_id} changed since you read it; read it again")
    return note


async def refuse_after_deadline(work: UnitOfWork, note: CreditNote, posting: Posting) -> None:
    """DeadlinePassed for a GST note whose supplies can no longer be credited on the posting's day."""
    if note.note_type is not NoteType.GST:
        return
    rules = await rules_on(work.connection, posting.effective_on)
    filed_on = await deadlines_of(work.connection, note.supplier_gstin, note.supply_year)
    refuse_late(
        declaration_deadline(note.supply_year, rules, filed_on), posting.effective_on, note.supply_year
    )


async def told(work: UnitOfWork, note_id: UUID, detail: str, posting: Posting) -> None:
    """Keep the step and tell it."""
    await note_step(work.connection, note_id, detail, actor=posting.actor, at=posting.at)
    await publish_note(work, note_id)


async def _decide(
    work: UnitOfWork, note: CreditNote, standing: NoteStanding, detail: str, posting: Posting
) -> None:
    decided = {"decided_by": posting.actor, "decided_at": posting.at}
    await move_note(work.connection, note.id, standing, decided)
    await told(work, note.id, detail, posting)
