"""Sends a credit note to the portal again after somebody mended what it was refused for."""

from uuid import UUID

from services.payments.adapters.repositories.einvoices import einvoice_for_update, set_standing
from services.payments.adapters.unit_of_work import UnitOfWork
from services.payments.application.watch_einvoices import queue_attempt
from services.payments.domain.einvoice import RegistrationStanding
from services.payments.domain.errors import NoteState
from services.payments.domain.posting import Posting
from shared.errors import NotFound

_AGAIN = {
    RegistrationStanding.PENDING: RegistrationStanding.PENDING,
    RegistrationStanding.REFUSED: RegistrationStanding.PENDING,
    RegistrationStanding.CANCEL_PENDING: RegistrationStanding.CANCEL_PENDING,
    RegistrationStanding.CANCEL_REFUSED: RegistrationStanding.CANCEL_PENDING,
}


async def repeat_registration(work: UnitOfWork, note_id: UUID, posting: Posting) -> None:
    """NotFound for a note that needs no registration; NoteState when the portal has said yes already."""
    row = await einvoice_for_update(work.connection, note_id)
    if row is None:
        raise NotFound(f"Credit note {note_id} is not to be registered")
    standing = _AGAIN.get(RegistrationStanding(row.standing))
    if standing is None:
        raise NoteState(f"The registration is {row.standing}; there is nothing to repeat")
    await set_standing(work.connection, note_id, standing, row.last_error, posting.at)
    await queue_attempt(work, str(note_id), posting.actor)
