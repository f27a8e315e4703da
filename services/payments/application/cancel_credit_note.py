"""Takes an issued credit note back while nobody has used it: a mirror entry, its number stays."""

from collections import Counter
from dataclasses import replace
from uuid import UUID

from uuid_utils.compat import uuid7

from services.payments.adapters.ledger_writer import change_open_items, lock_open_items, post_entries
from services.payments.adapters.repositories.credit_note_rules import rules_on
from services.payments.adapters.repositories.credit_notes import entry_of_note, move_note
from services.payments.adapters.repositories.einvoices import einvoice_for_update, set_standing
from services.payments.adapters.repositories.ims import ims_steps
from services.payments.adapters.repositories.note_documents import freeze_document
from services.payments.adapters.repositories.refunds import asked_back
from services.payments.adapters.unit_of_work import UnitOfWork
from services.payments.application.move_credit_note import locked_note, told
from services.payments.application.watch_einvoices import queue_attempt
from services.payments.domain.credit_note import CreditNote, NoteStanding, entry_for_note
from services.payments.domain.einvoice import RegistrationStanding, refuse_cancellation
from services.payments.domain.errors import NoteReported, NoteUsed
from services.payments.domain.journal import reversal_of
from services.payments.domain.posting import Posting


async def cancel_credit_note(
    work: UnitOfWork, note_id: UUID, revision: int, reason: str, posting: Posting
) -> CreditNote:
    """NotFound, Stale, NoteState; NoteUsed when something of it was applied, refunded or asked back.

    NoteReported when it is part of a return. RegistrationPending, CancellationTooLate: a note that the portal knows is
    cancelled there as well, within its hours. EntriesArchived when its entry may have left.
    """
    note = await locked_note(work, note_id, revision)
    note.refuse_unless(NoteStanding.ISSUED)
    if await ims_steps(work.connection, note.id):
        raise NoteReported(f"{note.number} is reported to the tax office; amend it in the returns")
    note = replace(note, worth_minor=await _unused_worth(work, note))
    await _cancel_registration(work, note, posting)
    values = Counter({note.id: -note.worth_minor}) if note.worth_minor is not None else None
    await change_open_items(work.connection, Counter({note.id: -note.total_minor}), posting.at, values)
    await move_note(work.connection, note.id, NoteStanding.CANCELLED, {})
    await freeze_document(work.connection, note.id, posting.at)
    await told(work, note.id, reason, posting)
    entry = entry_for_note(note, entry_id=await entry_of_note(work.connection, note.id))
    mirror = reversal_of(
        entry,
        id=uuid7(),
        effective_on=posting.effective_on,
        description=f"Credit note {note.number} cancelled: {reason}",
    )
    await post_entries(work.connection, [mirror], actor=posting.actor, at=posting.at)
    return note


async def _unused_worth(work: UnitOfWork, note: CreditNote) -> int | None:
    """What a foreign note is worth; NoteUsed."""
    item = (await lock_open_items(work.connection, [note.id]))[note.id]
    if item.open_minor != note.total_minor or await asked_back(work.connection, note.id):
        raise NoteUsed(
            f"Something of {note.number} was applied, refunded or asked back; take that back first"
        )
    return item.open_base_minor


async def _cancel_registration(work: UnitOfWork, note: CreditNote, posting: Posting) -> None:
    row = await einvoice_for_update(work.connection, note.id)
    if row is None:
        return
    rules = await rules_on(work.connection, posting.effective_on)
    standing = RegistrationStanding(row.standing)
    refuse_cancellation(standing, row.ack_at, posting.at, rules.cancel_hours)
    if standing is RegistrationStanding.REGISTERED:
        await set_standing(work.connection, note.id, RegistrationStanding.CANCEL_PENDING, "", posting.at)
        await queue_attempt(work, str(note.id), posting.actor)
