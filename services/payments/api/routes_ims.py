"""What recipients do with reported credit notes in the Invoice Management System."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Annotated, Final
from uuid import UUID

from fastapi import APIRouter, Query, Request, Response
from sqlalchemy.ext.asyncio import AsyncConnection

from services.payments.adapters.queries.ims import REPORTED_SELECT, ims_steps, rules_on, steps_of_notes
from services.payments.adapters.queries.listing import Listing, Row
from services.payments.api.dependencies import PageWanted, Reading, Work
from services.payments.api.note_scope import visible_note
from services.payments.api.posting import posting_of
from services.payments.api.row_scope import visible_partners
from services.payments.api.schemas_ims import (
    ImsActionDraft,
    ImsActionRow,
    ImsDetailBody,
    ImsStatusBody,
    Period,
    StepName,
    detail_body,
    status_body,
)
from services.payments.application.record_ims_step import note_named, record_ims_step
from services.payments.domain.business_day import business_day
from services.payments.domain.errors import CreditNoteInvalid, ImsStepRefused, NoteState
from services.payments.domain.ims import ims_status
from services.payments.domain.posting import Posting
from shared.bulk import BatchReply, ItemVerdict, batch_body, read_records, refused, validated
from shared.errors import NotFound, Refusal
from shared.idempotency import Attempt, IdempotencyKey, KeyReused, StillRunning, once
from shared.identity import CurrentCaller
from shared.list_routes import listed
from shared.pagination import Page
from shared.problem_details import refusals
from shared.replies import as_reply, done_once, known_before

router = APIRouter(prefix="/v1", tags=["Credit notes"])
CSV_COLUMNS: Final = "supplier_gstin,number,action,period,acted_on,reversal_amount,reference,remark"
CSV_EXAMPLE: Final = (
    CSV_COLUMNS + "\n27AADCD4821K1ZP,CN/2627/0000123,rejected,2026-11,2026-12-03,,,Goods were not returned\n"
)


@router.get(
    "/credit-notes/{note_id}/ims-actions",
    response_model=ImsDetailBody,
    summary="Show what became of a reported credit note",
    responses=refusals(NotFound),
)
async def show_ims_actions(note_id: UUID, connection: Reading, caller: CurrentCaller) -> ImsDetailBody:
    """Every step, the effect on our tax, and the day from which silence is acceptance."""
    await visible_note(connection, caller, note_id)
    return await _detail(connection, note_id)


@router.post(
    "/credit-notes/{note_id}/ims-actions",
    status_code=201,
    response_model=ImsDetailBody,
    summary="Record what became of a reported credit note",
    responses={
        **known_before(ImsDetailBody),
        **refusals(NotFound, NoteState, ImsStepRefused, CreditNoteInvalid, KeyReused, StillRunning),
    },
)
async def record_ims_action_route(
    note_id: UUID, draft: ImsActionDraft, work: Work, caller: CurrentCaller, key: IdempotencyKey = None
) -> Response:
    """First that we reported it, then what the recipient did. The same again answers 200."""

    async def perform() -> Response:
        is_new = await record_ims_step(work, note_id, draft.command(), posting_of(caller))
        return as_reply(await _detail(work.connection, note_id), 201 if is_new else 200)

    return await done_once(work, (caller, key, f"/v1/credit-notes/{note_id}/ims-actions"), draft, perform)


@router.post(
    "/ims-actions/batch",
    response_model=BatchReply,
    summary="Record up to 10,000 steps of reported credit notes",
    responses=refusals(KeyReused, StillRunning),
    openapi_extra=batch_body(ImsActionRow, csv_columns=CSV_COLUMNS, csv_example=CSV_EXAMPLE),
)
async def record_ims_actions_route(
    request: Request, work: Work, caller: CurrentCaller, key: IdempotencyKey = None
) -> Response:
    """As exported by the portal; one verdict per step, in order. A bad one never stops the others."""
    records, content = await read_records(request)

    async def perform() -> Response:
        posting = posting_of(caller)
        verdicts = [await _verdict(work, index, record, posting) for index, record in enumerate(records)]
        return as_reply(BatchReply.of(verdicts))

    attempt = Attempt(caller.subject, key, b"POST /v1/ims-actions/batch\n" + content) if key else None
    return await once(work.connection, attempt, perform)


async def _verdict(work: Work, index: int, record: object, posting: Posting) -> ItemVerdict:
    row = validated(record, ImsActionRow.model_validate, index)
    if isinstance(row, ItemVerdict):
        return row
    try:
        note_id = await note_named(work, row.supplier_gstin, row.number)
        is_new = await record_ims_step(work, note_id, row.command(), posting)
    except Refusal as refusal:
        return refused(index, row.number, refusal)
    return ItemVerdict(index=index, status="accepted" if is_new else "duplicate", id=note_id, key=row.number)


@listed(router, "/ims-statuses", ImsStatusBody, summary="List reported credit notes and where they stand")
async def list_ims_statuses(
    page: PageWanted,
    connection: Reading,
    caller: CurrentCaller,
    last_action: Annotated[StepName | None, Query(description="`rejected`: those to follow up")] = None,
    reported_period: Period | None = None,
    partner_code: Annotated[str | None, Query(max_length=40)] = None,
) -> Page[ImsStatusBody]:
    """The latest first."""
    scope = f"ims-statuses|{last_action}|{reported_period}|{partner_code}"
    listing = Listing(REPORTED_SELECT, order=("n.id",), is_descending=True)
    visible_partners(listing, caller, code="p.code", zone="p.zone")
    listing.where("l.action = :last_action", last_action=last_action)
    listing.where("f.period = :reported_period", reported_period=reported_period)
    listing.where("n.partner_code = :partner_code", partner_code=partner_code)
    rows = await listing.after(page.after(scope), ["uuid"]).rows(connection, limit=page.limit)
    kept, cursor = page.cut(rows, scope, lambda row: (str(row.id),))
    return Page(items=await _statuses(connection, kept), next_cursor=cursor)


async def _statuses(connection: AsyncConnection, notes: Sequence[Row]) -> list[ImsStatusBody]:
    steps = await steps_of_notes(connection, [note.id for note in notes])
    today = business_day(datetime.now(UTC))
    bodies = []
    for note in notes:
        rules = await rules_on(connection, steps[note.id][-1].acted_on)
        tax = note.cgst_minor + note.sgst_minor + note.igst_minor
        status = ims_status(steps[note.id], rules, tax, today)
        assert status is not None
        bodies.append(status_body(note, status))
    return bodies


async def _detail(connection: AsyncConnection, note_id: UUID) -> ImsDetailBody:
    rows = (
        await Listing(REPORTED_SELECT, order=("n.id",))
        .where("n.id = :id", id=note_id)
        .rows(connection, limit=1)
    )
    if not rows:
        raise NotFound(f"Credit note {note_id} is not reported yet")
    steps = await ims_steps(connection, note_id)
    rules = await rules_on(connection, steps[-1].acted_on)
    tax = rows[0].cgst_minor + rows[0].sgst_minor + rows[0].igst_minor
    status = ims_status(steps, rules, tax, business_day(datetime.now(UTC)))
    assert status is not None
    return detail_body(rows[0], status, steps)
