"""Registers an issued credit note with the portal, or cancels it there; never with a transaction open."""

from datetime import datetime
from uuid import UUID

from services.payments.adapters.einvoice_registry import EInvoiceRegistry, PortalUnavailable
from services.payments.adapters.line_store import RaisedException, raise_exceptions
from services.payments.adapters.repositories import Row
from services.payments.adapters.repositories.einvoices import (
    einvoice_for_update,
    einvoice_with_note,
    keep_exchanges,
    note_failure,
    payload_of,
    set_registered,
    set_standing,
)
from services.payments.adapters.repositories.note_documents import freeze_document
from services.payments.adapters.unit_of_work import UnitOfWork
from services.payments.domain.einvoice import Refused, Registered, RegistrationStanding, next_attempt_at
from shared.database import Database

Answer = Registered | Refused | datetime | PortalUnavailable


async def settle_with_portal(
    database: Database, registry: EInvoiceRegistry, note_id: UUID, at: datetime
) -> RegistrationStanding | None:
    """One attempt at what is still to be done there; returns the standing after it, None for a note that needs none.

    Repeating it is harmless: what is registered is found again as a duplicate. An outage is noted with the time of the
    next attempt, a refusal is put before a person; the note itself stays issued.
    """
    async with database.reading() as connection:
        waiting = await einvoice_with_note(connection, note_id)
        if waiting is None:
            return None
        standing = RegistrationStanding(waiting.standing)
        if standing is RegistrationStanding.PENDING:
            payload, document = await payload_of(connection, note_id)
    try:
        if standing is RegistrationStanding.PENDING:
            answer: Answer = await registry.register(waiting.supplier_gstin, payload, document)
        elif standing is RegistrationStanding.CANCEL_PENDING:
            answer = await registry.cancel(waiting.supplier_gstin, waiting.irn, waiting.reason_text)
        else:
            return standing
    except PortalUnavailable as error:
        answer = error
    async with UnitOfWork(database) as work:
        await keep_exchanges(work.connection, note_id, registry.exchanges, at)
        found = await einvoice_for_update(work.connection, note_id)
        if found is not None and found.standing == standing.value:
            await _written(work, waiting, answer, at)
        after = await einvoice_for_update(work.connection, note_id)
        await work.commit()
    return RegistrationStanding(after.standing) if after is not None else None


async def _written(work: UnitOfWork, waiting: Row, answer: Answer, at: datetime) -> None:
    note_id = waiting.note_id
    if isinstance(answer, PortalUnavailable):
        retry_at = next_attempt_at(waiting.failures + 1, at)
        await note_failure(work.connection, note_id, answer.detail, retry_at, at)
    elif isinstance(answer, Registered):
        await set_registered(work.connection, note_id, answer, at)
        await freeze_document(work.connection, note_id, at)
    elif isinstance(answer, Refused):
        await _put_before_a_person(work, waiting, answer, at)
    else:
        await set_standing(work.connection, note_id, RegistrationStanding.CANCELLED, "", at)


async def _put_before_a_person(work: UnitOfWork, waiting: Row, refused: Refused, at: datetime) -> None:
    is_registration = waiting.standing == RegistrationStanding.PENDING.value
    standing = RegistrationStanding.REFUSED if is_registration else RegistrationStanding.CANCEL_REFUSED
    told = f"{refused.code}: {refused.message}"
    await set_standing(work.connection, waiting.note_id, standing, told, at)
    detail = f"The invoice registration portal does not take {waiting.number}: {told}"
    await raise_exceptions(work.connection, None, [RaisedException(f"einvoice_{standing.value}", detail)], at)
