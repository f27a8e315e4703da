"""Credit notes: asked for, decided by another person, issued with a number, applied."""

from collections.abc import Awaitable, Callable
from uuid import UUID

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel
from sqlalchemy.ext.asyncio import AsyncConnection

from services.payments.adapters.queries.credit_notes import (
    NOTE_SELECT,
    note_einvoice,
    note_events,
    note_lines,
)
from services.payments.adapters.queries.listing import Listing, Row, one_row
from services.payments.api.dependencies import PageWanted, Reading, Work
from services.payments.api.note_scope import NotesWanted, visible_note, visible_notes
from services.payments.api.posting import posting_of
from services.payments.api.routes_settlements import named_parts, settlements_reply
from services.payments.api.schemas_credit_notes import (
    ApprovalDraft,
    CreditNoteBody,
    CreditNoteDetailBody,
    CreditNoteDraft,
    IssueDraft,
    NoteReasonDraft,
    note_body,
    note_detail_body,
)
from services.payments.api.schemas_settlements import AllocationsDraft, SettlementsBody
from services.payments.application.apply_credit_note import apply_credit_note
from services.payments.application.cancel_credit_note import cancel_credit_note
from services.payments.application.issue_credit_note import issue_credit_note
from services.payments.application.move_credit_note import (
    approve_credit_note,
    refuse_credit_note,
    withdraw_credit_note,
)
from services.payments.application.request_credit_note import request_credit_note
from services.payments.domain.errors import (
    AgreementMissing,
    CancellationTooLate,
    CreditBeyondInvoice,
    CreditNoteInvalid,
    CreditUsedUp,
    DateImpossible,
    DeadlinePassed,
    DeclarationMissing,
    DeductionUnknown,
    EntriesArchived,
    InvoicesDoNotFit,
    ItemNotPayable,
    ItemSettled,
    MakerIsChecker,
    NoteReported,
    NoteState,
    NoteUsed,
    NotTheMaker,
    PartnerUnknown,
    RateUnknown,
    ReasonNotAllowed,
    RegistrationPending,
    SupplierUnknown,
    TaxUnknown,
)
from services.payments.domain.posting import Posting
from shared.conditional import IfMatch, revision_etag, wanted_revision
from shared.errors import NotFound, PreconditionMissing, Stale
from shared.idempotency import IdempotencyKey, KeyReused, StillRunning
from shared.identity import Caller, CurrentCaller
from shared.list_routes import listed
from shared.pagination import Page
from shared.problem_details import refusals
from shared.replies import as_reply, done_once

router = APIRouter(prefix="/v1/credit-notes", tags=["Credit notes"])
_MOVING = (NotFound, NoteState, Stale, PreconditionMissing, KeyReused, StillRunning)


@router.post(
    "",
    status_code=201,
    response_model=CreditNoteDetailBody,
    summary="Ask for a credit note",
    responses=refusals(
        PartnerUnknown, ReasonNotAllowed, AgreementMissing, DeclarationMissing, DeadlinePassed, InvoicesDoNotFit,
        TaxUnknown, SupplierUnknown, CreditNoteInvalid, CreditBeyondInvoice, KeyReused, StillRunning,
    ),
)  # fmt: skip
async def request_credit_note_route(
    draft: CreditNoteDraft, work: Work, caller: CurrentCaller, key: IdempotencyKey = None
) -> Response:
    """Its value and tax are worked out from the invoices and count against them until it is refused or withdrawn."""

    async def perform() -> Response:
        note_id = await request_credit_note(work, draft.command(), posting_of(caller))
        return await _reply(work.connection, note_id, 201)

    return await done_once(work, (caller, key, "/v1/credit-notes"), draft, perform)


@listed(router, "", CreditNoteBody, summary="List credit notes")
async def list_credit_notes(
    page: PageWanted, connection: Reading, caller: CurrentCaller, wanted: NotesWanted
) -> Page[CreditNoteBody]:
    """The latest asked for first."""
    listing = visible_notes(Listing(NOTE_SELECT, order=("n.id",), is_descending=True), caller)
    listing = wanted.narrow(listing).after(page.after(wanted.scope), ["uuid"])
    rows = await listing.rows(connection, limit=page.limit)
    kept, cursor = page.cut(rows, wanted.scope, lambda row: (str(row.id),))
    return Page(items=[note_body(row) for row in kept], next_cursor=cursor)


@router.get("/{note_id}", response_model=CreditNoteDetailBody, summary="Show one credit note")
async def show_credit_note(note_id: UUID, connection: Reading, caller: CurrentCaller) -> Response:
    """With its lines and history, of which a partner sees what concerns it. The ETag is what the next step sends."""
    row = await visible_note(connection, caller, note_id)
    return await _shown(connection, row, is_for_partner=caller.partner_code is not None)


@router.post(
    "/{note_id}/approval",
    response_model=CreditNoteDetailBody,
    summary="Approve a credit note",
    responses=refusals(*_MOVING, MakerIsChecker, DeadlinePassed),
)
async def approve_credit_note_route(
    note_id: UUID,
    draft: ApprovalDraft,
    work: Work,
    caller: CurrentCaller,
    if_match: IfMatch = None,
    key: IdempotencyKey = None,
) -> Response:
    """Never by who asked for it. It gets its number when it is issued."""

    async def move(revision: int, posting: Posting) -> None:
        await approve_credit_note(work, note_id, revision, draft.remark, posting)

    return await _moved(work, (caller, key, if_match), (note_id, "approval"), draft, move)


@router.post(
    "/{note_id}/refusal",
    response_model=CreditNoteDetailBody,
    summary="Refuse a credit note",
    responses=refusals(*_MOVING, MakerIsChecker),
)
async def refuse_credit_note_route(
    note_id: UUID,
    draft: NoteReasonDraft,
    work: Work,
    caller: CurrentCaller,
    if_match: IfMatch = None,
    key: IdempotencyKey = None,
) -> Response:
    """With a reason, and never by who asked for it."""

    async def move(revision: int, posting: Posting) -> None:
        await refuse_credit_note(work, note_id, revision, draft.reason, posting)

    return await _moved(work, (caller, key, if_match), (note_id, "refusal"), draft, move)


@router.post(
    "/{note_id}/withdrawal",
    response_model=CreditNoteDetailBody,
    summary="Withdraw a credit note before it is issued",
    responses=refusals(*_MOVING, NotTheMaker),
)
async def withdraw_credit_note_route(
    note_id: UUID,
    draft: NoteReasonDraft,
    work: Work,
    caller: CurrentCaller,
    if_match: IfMatch = None,
    key: IdempotencyKey = None,
) -> Response:
    """By who asked for it."""

    async def move(revision: int, posting: Posting) -> None:
        await withdraw_credit_note(work, note_id, revision, draft.reason, posting)

    return await _moved(work, (caller, key, if_match), (note_id, "withdrawal"), draft, move)


@router.post(
    "/{note_id}/issue",
    response_model=CreditNoteDetailBody,
    summary="Issue an approved credit note",
    responses=refusals(*_MOVING, DeadlinePassed, RateUnknown),
)
async def issue_credit_note_route(
    note_id: UUID,
    draft: IssueDraft,
    request: Request,
    work: Work,
    caller: CurrentCaller,
    if_match: IfMatch = None,
    key: IdempotencyKey = None,
) -> Response:
    """Now it has the next number of its series, is posted, and is a credit of the partner.

    A GST note for a registered partner is sent to the invoice registration portal afterwards, if one is set up; it is
    issued whatever the portal says, and `einvoice` tells how far that is.
    """

    async def move(revision: int, posting: Posting) -> None:
        await issue_credit_note(work, note_id, revision, posting, has_portal=request.app.state.has_portal)

    return await _moved(work, (caller, key, if_match), (note_id, "issue"), draft, move)


@router.post(
    "/{note_id}/cancellation",
    response_model=CreditNoteDetailBody,
    summary="Take an unused credit note back",
    responses=refusals(
        *_MOVING, NoteUsed, NoteReported, RegistrationPending, CancellationTooLate, EntriesArchived
    ),
)
async def cancel_credit_note_route(
    note_id: UUID,
    draft: NoteReasonDraft,
    work: Work,
    caller: CurrentCaller,
    if_match: IfMatch = None,
    key: IdempotencyKey = None,
) -> Response:
    """Its number stays and is never given again; a mirror entry takes it out of the books.

    One that the invoice registration portal has is cancelled there as well, which it does within 24 hours.
    """

    async def move(revision: int, posting: Posting) -> None:
        await cancel_credit_note(work, note_id, revision, draft.reason, posting)

    return await _moved(work, (caller, key, if_match), (note_id, "cancellation"), draft, move)


@router.get(
    "/{note_id}/applications", response_model=SettlementsBody, summary="What a credit note settled over time"
)
async def list_applications(note_id: UUID, connection: Reading, caller: CurrentCaller) -> Response:
    """Also what was taken back, with the day since when it no longer counts."""
    row = await visible_note(connection, caller, note_id)
    return await settlements_reply(connection, note_id, row.currency)


@router.post(
    "/{note_id}/applications",
    status_code=201,
    response_model=SettlementsBody,
    summary="Set a credit note against invoices",
    responses=refusals(
        NotFound,
        CreditUsedUp,
        ItemSettled,
        ItemNotPayable,
        DeductionUnknown,
        DateImpossible,
        KeyReused,
        StillRunning,
    ),
)
async def apply_credit_note_route(
    note_id: UUID, draft: AllocationsDraft, work: Work, caller: CurrentCaller, key: IdempotencyKey = None
) -> Response:
    """All or nothing, on any invoices or charges of the partner; the rest stays open, or is refunded."""

    async def perform() -> Response:
        posting = posting_of(caller, draft.effective_on)
        credit = await apply_credit_note(work, note_id, named_parts(draft), posting)
        return await settlements_reply(work.connection, credit.id, credit.currency, 201)

    return await done_once(work, (caller, key, f"/v1/credit-notes/{note_id}/applications"), draft, perform)


async def _moved(
    work: Work,
    who: tuple[Caller, str | None, str | None],
    step: tuple[UUID, str],
    draft: BaseModel,
    move: Callable[[int, Posting], Awaitable[None]],
) -> Response:
    """One step of a note, once: `who` is the caller with the request's key and If-Match."""
    caller, key, if_match = who
    note_id, name = step

    async def perform() -> Response:
        await move(wanted_revision(if_match), posting_of(caller))
        return await _reply(work.connection, note_id)

    return await done_once(work, (caller, key, f"/v1/credit-notes/{note_id}/{name}"), draft, perform)


async def _reply(connection: AsyncConnection, note_id: UUID, status_code: int = 200) -> Response:
    row = await one_row(connection, NOTE_SELECT, "n.id = :id", id=note_id)
    assert row is not None
    return await _shown(connection, row, status_code)


async def _shown(
    connection: AsyncConnection, row: Row, status_code: int = 200, *, is_for_partner: bool = False
) -> Response:
    """What was remarked before the issue stays in the house."""
    lines, events = await note_lines(connection, row.id), await note_events(connection, row.id)
    if is_for_partner:
        events = [event for event in events if event.standing in ("issued", "cancelled")]
    body = note_detail_body(row, lines, events, await note_einvoice(connection, row.id))
    return as_reply(body, status_code, revision_etag(body.revision))
