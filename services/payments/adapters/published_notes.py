"""Tells other services how far a credit note is."""

from typing import Final
from uuid import UUID

import sqlalchemy as sa

from services.payments.adapters.repositories import Row
from services.payments.adapters.unit_of_work import UnitOfWork
from shared.events.credit_notes import (
    CreditNoteAppliedV1,
    CreditNoteApprovedV1,
    CreditNoteEndedV1,
    CreditNoteIssuedV1,
    CreditNoteReportingDueV1,
    CreditNoteRequestedV1,
    CreditNoteState,
)

_TOLD_AS: Final = {
    "requested": CreditNoteRequestedV1,
    "approved": CreditNoteApprovedV1,
    "issued": CreditNoteIssuedV1,
}


async def publish_note(work: UnitOfWork, note_id: UUID) -> None:
    """Tell the note as its row says it is now; its events keep their order."""
    state = _state(await _note(work, note_id))
    event = _TOLD_AS.get(state.standing, CreditNoteEndedV1)(note=state)
    work.publish(event, partition_key="receivables", subject=str(note_id))


async def publish_applied(work: UnitOfWork, note_id: UUID) -> None:
    """Tell what is still open of the note after something of it was set against invoices."""
    row = await _note(work, note_id)
    open_minor = await work.connection.scalar(
        sa.text("SELECT open_minor FROM open_items WHERE id = :id"), {"id": note_id}
    )
    work.publish(
        CreditNoteAppliedV1(note=_state(row), open_minor=int(open_minor or 0)),
        partition_key="receivables",
        subject=str(note_id),
    )


def publish_reporting_due(work: UnitOfWork, note: Row, after_days: int) -> None:
    """Tell that days of the portal's limit have passed without a registration."""
    work.publish(
        CreditNoteReportingDueV1(
            note_id=note.id,
            number=note.number,
            partner_code=note.partner_code,
            zone=note.zone,
            issued_on=note.issued_on,
            after_days=after_days,
            due_on=note.due_on,
        ),
        partition_key=str(note.id),
    )


async def _note(work: UnitOfWork, note_id: UUID) -> Row:
    return (
        await work.connection.execute(
            sa.text(
                "SELECT n.*, p.zone FROM credit_notes n JOIN partners p ON p.code = n.partner_code WHERE n.id = :id"
            ),
            {"id": note_id},
        )
    ).one()


def _state(row: Row) -> CreditNoteState:
    return CreditNoteState(
        note_id=row.id,
        note_type=row.note_type,
        standing=row.standing,
        number=row.number,
        issued_on=row.issued_on,
        partner_code=row.partner_code,
        zone=row.zone,
        reason_code=row.reason_code,
        currency=row.currency,
        taxable_minor=row.taxable_minor,
        tax_minor=row.cgst_minor + row.sgst_minor + row.igst_minor,
        total_minor=row.total_minor,
        revision=row.revision,
    )
