"""Tries again what the portal did not answer, and tells when the days to report a note run out."""

from datetime import datetime
from typing import Final

from services.payments.adapters.line_store import RaisedException, raise_exceptions
from services.payments.adapters.published_notes import publish_reporting_due
from services.payments.adapters.repositories.einvoices import add_alert, due_einvoices, unregistered_notes
from services.payments.adapters.unit_of_work import UnitOfWork
from services.payments.domain.business_day import business_day
from services.payments.domain.einvoice import alerts_due
from shared.jobs import enqueue

PORTAL_TASK: Final = "settle_with_portal"
QUEUED_AT_ONCE: Final = 200


async def queue_due_einvoices(work: UnitOfWork, at: datetime) -> int:
    """Queue an attempt for each registration that is due; returns how many. Jobs of one note follow each other."""
    due = await due_einvoices(work.connection, at, QUEUED_AT_ONCE)
    for one in due:
        await queue_attempt(work, str(one.note_id), "watch_einvoices")
    return len(due)


async def queue_attempt(work: UnitOfWork, note_id: str, actor: str) -> None:
    """Have the worker talk to the portal about the note once this transaction is committed."""
    await enqueue(
        work.connection, PORTAL_TASK, {"note_id": note_id}, created_by=actor, lock=f"einvoice {note_id}"
    )


async def watch_reporting_clock(work: UnitOfWork, at: datetime) -> int:
    """Tell each day of the clock once, also those missed while nobody watched; returns how many were told."""
    today, told = business_day(at), 0
    for note in await unregistered_notes(work.connection):
        for days in alerts_due(note.issued_on, today):
            if not await add_alert(work.connection, note.id, days, at):
                continue
            told += 1
            publish_reporting_due(work, note, days)
            detail = (
                f"{note.number} of {note.issued_on} is not registered after {days} days; the portal takes it until"
                f" {note.due_on}"
            )
            await raise_exceptions(
                work.connection, None, [RaisedException("einvoice_not_registered", detail)], at
            )
    return told
