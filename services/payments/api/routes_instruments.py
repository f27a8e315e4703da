"""Cheques in hand: registered, deposited on their day, withdrawn."""

from datetime import UTC, datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Response
from sqlalchemy.ext.asyncio import AsyncConnection

from services.payments.adapters.queries.instruments import INSTRUMENT_SELECT
from services.payments.adapters.queries.listing import Listing
from services.payments.api.dependencies import PageWanted, Reading, Work
from services.payments.api.posting import posting_of
from services.payments.api.row_scope import visible_partners
from services.payments.api.schemas_instruments import (
    DepositDraft,
    InstrumentBody,
    InstrumentDraft,
    StandingName,
    WithdrawalDraft,
    instrument_body,
)
from services.payments.application.move_instrument import deposit_instrument, withdraw_instrument
from services.payments.application.register_instrument import RegisterInstrument, register_instrument
from services.payments.domain.business_day import business_day
from services.payments.domain.errors import (
    BankAccountUnknown,
    DateImpossible,
    InstrumentNotDue,
    InstrumentStale,
    InstrumentState,
    InstrumentTaken,
    PartnerUnknown,
)
from shared.conditional import IfMatch, revision_etag, wanted_revision
from shared.errors import NotFound, PreconditionMissing, Stale
from shared.idempotency import IdempotencyKey, KeyReused, StillRunning
from shared.identity import CurrentCaller
from shared.list_routes import listed
from shared.pagination import Page
from shared.problem_details import refusals
from shared.replies import as_reply, done_once, known_before
from shared.wire import Day

router = APIRouter(prefix="/v1/instruments", tags=["Instruments"])


@router.post(
    "",
    status_code=201,
    response_model=InstrumentBody,
    summary="Register a cheque in hand",
    responses={
        **known_before(InstrumentBody),
        **refusals(PartnerUnknown, InstrumentTaken, DateImpossible, KeyReused, StillRunning),
    },
)
async def register_instrument_route(
    draft: InstrumentDraft, work: Work, caller: CurrentCaller, key: IdempotencyKey = None
) -> Response:
    """It is no receipt: it counts beside the account until the bank credits it. The same cheque again answers 200."""

    async def perform() -> Response:
        command = RegisterInstrument(
            partner_code=draft.partner_code,
            cheque_number=draft.cheque_number,
            drawee_bank=draft.drawee_bank,
            drawer_name=draft.drawer_name,
            amount_minor=draft.amount.minor(),
            currency=draft.amount.currency,
            cheque_on=draft.cheque_on,
            received_on=draft.received_on,
            items=tuple(draft.items),
            note=draft.note,
        )
        instrument_id, is_new = await register_instrument(work, command, posting_of(caller))
        return await _reply(work.connection, instrument_id, 201 if is_new else 200)

    return await done_once(work, (caller, key, "/v1/instruments"), draft, perform)


@listed(router, "", InstrumentBody, summary="List cheques in hand")
async def list_instruments(
    page: PageWanted,
    connection: Reading,
    caller: CurrentCaller,
    standing: StandingName | None = None,
    partner_code: Annotated[str | None, Query(max_length=40)] = None,
    cheque_number: Annotated[str | None, Query(max_length=10)] = None,
    cheque_on_gte: Day | None = None,
    cheque_on_lte: Annotated[Day | None, Query(description="Today, to see what can be deposited")] = None,
) -> Page[InstrumentBody]:
    """The earliest dated first."""
    scope = f"instruments|{standing}|{partner_code}|{cheque_number}|{cheque_on_gte}|{cheque_on_lte}"
    listing = Listing(INSTRUMENT_SELECT, order=("i.cheque_on", "i.id"))
    visible_partners(listing, caller, code="p.code", zone="p.zone")
    listing.where("i.standing = :standing", standing=standing)
    listing.where("i.partner_code = :partner_code", partner_code=partner_code)
    listing.where("i.cheque_number = :cheque_number", cheque_number=cheque_number)
    listing.where("i.cheque_on >= :cheque_on_gte", cheque_on_gte=cheque_on_gte)
    listing.where("i.cheque_on <= :cheque_on_lte", cheque_on_lte=cheque_on_lte)
    rows = await listing.after(page.after(scope), ["date", "uuid"]).rows(connection, limit=page.limit)
    kept, cursor = page.cut(rows, scope, lambda row: (row.cheque_on.isoformat(), str(row.id)))
    today = business_day(datetime.now(UTC))
    return Page(items=[instrument_body(row, today) for row in kept], next_cursor=cursor)


@router.get("/{instrument_id}", response_model=InstrumentBody, summary="Show one cheque and its history")
async def show_instrument(instrument_id: UUID, connection: Reading, caller: CurrentCaller) -> Response:
    """Its ETag is what a deposit or withdrawal sends as If-Match."""
    listing = Listing(INSTRUMENT_SELECT, order=("i.id",)).where("i.id = :id", id=instrument_id)
    rows = await visible_partners(listing, caller, code="p.code", zone="p.zone").rows(connection, limit=1)
    if not rows:
        raise NotFound(f"There is no cheque {instrument_id}")
    body = instrument_body(rows[0], business_day(datetime.now(UTC)))
    return as_reply(body, headers=revision_etag(body.revision))


@router.post(
    "/{instrument_id}/deposit",
    response_model=InstrumentBody,
    summary="Take a cheque to the bank",
    responses=refusals(
        NotFound, InstrumentNotDue, InstrumentStale, InstrumentState, BankAccountUnknown, DateImpossible,
        Stale, PreconditionMissing, KeyReused, StillRunning,
    ),
)  # fmt: skip
async def deposit_instrument_route(
    instrument_id: UUID,
    draft: DepositDraft,
    work: Work,
    caller: CurrentCaller,
    if_match: IfMatch = None,
    key: IdempotencyKey = None,
) -> Response:
    """On its date or within three months of it. It becomes a receipt when the bank's statement shows the credit."""

    async def perform() -> Response:
        revision = wanted_revision(if_match)
        posting = posting_of(caller, draft.deposited_on)
        await deposit_instrument(work, instrument_id, draft.bank_account, revision, posting)
        return await _reply(work.connection, instrument_id)

    return await done_once(work, (caller, key, f"/v1/instruments/{instrument_id}/deposit"), draft, perform)


@router.post(
    "/{instrument_id}/withdrawal",
    response_model=InstrumentBody,
    summary="Give a cheque back",
    responses=refusals(NotFound, InstrumentState, Stale, PreconditionMissing, KeyReused, StillRunning),
)
async def withdraw_instrument_route(
    instrument_id: UUID,
    draft: WithdrawalDraft,
    work: Work,
    caller: CurrentCaller,
    if_match: IfMatch = None,
    key: IdempotencyKey = None,
) -> Response:
    """Replaced, void or asked back by the partner; the reason stays in its history."""

    async def perform() -> Response:
        revision = wanted_revision(if_match)
        await withdraw_instrument(work, instrument_id, draft.reason, revision, posting_of(caller))
        return await _reply(work.connection, instrument_id)

    return await done_once(work, (caller, key, f"/v1/instruments/{instrument_id}/withdrawal"), draft, perform)


async def _reply(connection: AsyncConnection, instrument_id: UUID, status_code: int = 200) -> Response:
    listing = Listing(INSTRUMENT_SELECT, order=("i.id",)).where("i.id = :id", id=instrument_id)
    (row,) = await listing.rows(connection, limit=1)
    body = instrument_body(row, business_day(datetime.now(UTC)))
    return as_reply(body, status_code, revision_etag(body.revision))
