"""Registration of credit notes with the invoice registration portal."""

from datetime import datetime
from uuid import UUID

from fastapi import APIRouter, Response

from services.payments.adapters.queries.credit_notes import note_einvoice, note_exchanges
from services.payments.api.dependencies import Reading, Work
from services.payments.api.note_scope import visible_note
from services.payments.api.posting import posting_of
from services.payments.api.schemas_credit_notes import EInvoiceBody, IssueDraft, einvoice_body
from services.payments.application.repeat_registration import repeat_registration
from services.payments.domain.errors import NoteState
from shared.errors import NotFound
from shared.idempotency import IdempotencyKey, KeyReused, StillRunning
from shared.identity import CurrentCaller
from shared.problem_details import refusals
from shared.replies import as_reply, done_once
from shared.wire import WireModel

router = APIRouter(prefix="/v1/credit-notes", tags=["Credit notes"])


class ExchangeBody(WireModel):
    """One question to the portal and its answer, as they went over the wire; sign-in without its secrets."""

    operation: str
    request: str
    status: int | None
    response: str
    at: datetime


class RegistrationBody(EInvoiceBody):
    """How far the registration is, with everything that was said."""

    exchanges: list[ExchangeBody]


@router.get(
    "/{note_id}/registration",
    response_model=RegistrationBody,
    summary="Show what the invoice registration portal said",
    responses=refusals(NotFound),
)
async def show_registration(note_id: UUID, connection: Reading, caller: CurrentCaller) -> RegistrationBody:
    """The evidence behind the reference number, or behind its refusal."""
    await visible_note(connection, caller, note_id)
    row = await note_einvoice(connection, note_id)
    if row is None:
        raise NotFound(f"Credit note {note_id} is not to be registered")
    exchanges = [
        ExchangeBody(**{name: getattr(one, name) for name in ExchangeBody.model_fields})
        for one in await note_exchanges(connection, note_id)
    ]
    return RegistrationBody(**dict(einvoice_body(row)), exchanges=exchanges)


@router.post(
    "/{note_id}/registration",
    response_model=EInvoiceBody,
    summary="Send a credit note to the portal again",
    responses=refusals(NotFound, NoteState, KeyReused, StillRunning),
)
async def repeat_registration_route(
    note_id: UUID, draft: IssueDraft, work: Work, caller: CurrentCaller, key: IdempotencyKey = None
) -> Response:
    """After what it was refused for is mended; an outage is tried again without being asked."""

    async def perform() -> Response:
        await repeat_registration(work, note_id, posting_of(caller))
        row = await note_einvoice(work.connection, note_id)
        assert row is not None
        return as_reply(einvoice_body(row))

    return await done_once(work, (caller, key, f"/v1/credit-notes/{note_id}/registration"), draft, perform)
