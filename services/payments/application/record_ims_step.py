"""Records what happened to a reported credit note in the Invoice Management System."""

from dataclasses import dataclass
from uuid import UUID

from services.payments.adapters.line_store import RaisedException, raise_exceptions
from services.payments.adapters.repositories.credit_note_rules import rules_on
from services.payments.adapters.repositories.credit_notes import note_for_update
from services.payments.adapters.repositories.ims import add_ims_step, ims_steps, note_of_number
from services.payments.adapters.unit_of_work import UnitOfWork
from services.payments.domain.credit_note import NoteStanding, NoteType
from services.payments.domain.errors import ImsStepRefused
from services.payments.domain.ims import ImsAction, ImsStep, refuse_step
from services.payments.domain.posting import Posting
from shared.errors import NotFound


@dataclass(frozen=True, slots=True)
class RecordImsStep:
    """A step and what is remarked on it."""

    step: ImsStep
    remark: str = ""


async def record_ims_step(work: UnitOfWork, note_id: UUID, command: RecordImsStep, posting: Posting) -> bool:
    """Whether it is new; told again it changes nothing. NotFound, NoteState, ImsStepRefused.

    A rejection raises our tax again and is put before a person.
    """
    found = await note_for_update(work.connection, note_id)
    if found is None:
        raise NotFound(f"There is no credit note {note_id}")
    note, _ = found
    note.refuse_unless(NoteStanding.ISSUED)
    if note.note_type is not NoteType.GST or note.issued_on is None:
        raise ImsStepRefused("A commercial note is part of no return")
    steps, step = await ims_steps(work.connection, note_id), command.step
    if any(
        (one.action, one.period, one.acted_on) == (step.action, step.period, step.acted_on) for one in steps
    ):
        return False
    if step.acted_on > posting.effective_on:
        raise ImsStepRefused(f"{step.acted_on} has not come")
    refuse_step(steps, step, await rules_on(work.connection, step.acted_on), note.issued_on)
    await add_ims_step(
        work.connection,
        {
            "note_id": note_id,
            "step": len(steps) + 1,
            "action": step.action.value,
            "period": step.period,
            "acted_on": step.acted_on,
            "reversal_minor": step.reversal_minor,
            "reference": step.reference,
            "remark": command.remark,
            "at": posting.at,
            "by": posting.actor,
        },
    )
    if step.action is ImsAction.REJECTED:
        detail = (
            f"{note.partner_code} rejected {note.number} in {step.period}: its tax is ours again until it is"
            " reported anew"
        )
        raised = [RaisedException("credit_note_rejected", detail)]
        await raise_exceptions(work.connection, None, raised, posting.at)
    return True


async def note_named(work: UnitOfWork, supplier_gstin: str, number: str) -> UUID:
    """The note as the portal names it; NotFound when it is none of ours."""
    note_id = await note_of_number(work.connection, supplier_gstin, number)
    if note_id is None:
        raise NotFound(f"There is no credit note {number} of {supplier_gstin}")
    return note_id
