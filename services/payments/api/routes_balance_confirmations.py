"""Balance confirmations: asked by a frozen statement, answered by the partner, reconciled line by line, registered."""

from datetime import UTC, date, datetime
from typing import Annotated, Literal
from uuid import UUID

import msgspec
from fastapi import APIRouter, Query, Response
from sqlalchemy.ext.asyncio import AsyncConnection

from services.payments.adapters.account_documents.confirmation_letter import confirmation_letter
from services.payments.adapters.account_documents.letterhead import letterhead_on
from services.payments.adapters.account_documents.statement_files import MEDIA_TYPES
from services.payments.adapters.queries.account_statements import stored_file
from services.payments.adapters.queries.balance_confirmations import (
    CONFIRMATION_SELECT,
    coverage,
    differences_shown,
    events_of,
    replies_of,
)
from services.payments.adapters.queries.listing import Listing, Row
from services.payments.adapters.unit_of_work import UnitOfWork
from services.payments.api.dependencies import PageWanted, Pool, Reading, Work
from services.payments.api.posting import posting_of
from services.payments.api.row_scope import visible_partners
from services.payments.api.schemas_account_statements import ConfirmationKindName
from services.payments.api.schemas_balance_confirmations import (
    AcceptanceDraft,
    ConfirmationBody,
    ConfirmationDraft,
    ConfirmationFileBody,
    ConfirmationSummaryBody,
    ExplanationDraft,
    ReplyDraft,
    StandingName,
    confirmation_event_body,
    confirmation_facts,
    difference_body,
    reply_body,
    summary_body,
)
from services.payments.application.ask_confirmation import AskConfirmation, ask_confirmation
from services.payments.application.reconcile_confirmation import (
    Explanation,
    accept_difference,
    close_by_other_evidence,
    explain_difference,
)
from services.payments.application.record_confirmation_reply import (
    Difference,
    RecordReply,
    record_confirmation_reply,
)
from services.payments.application.report_unproved import report_unproved
from services.payments.domain.account_statement import StatementKind, StatementWanted, period_of
from services.payments.domain.ageing import BOUNDS_USUAL, AgeingBasis
from services.payments.domain.balance_confirmation import (
    COVERED,
    ConfirmationKind,
    DifferenceKind,
    Signature,
)
from services.payments.domain.business_day import business_day
from services.payments.domain.errors import (
    ConfirmationState,
    DateImpossible,
    MakerIsChecker,
    ReplyContradicts,
    StatementUnproved,
)
from shared.conditional import IfMatch, revision_etag, wanted_revision
from shared.documents.attachment import attachment_headers
from shared.errors import Invalid, NotFound, PreconditionMissing, Stale
from shared.idempotency import IdempotencyKey, KeyReused, StillRunning
from shared.identity import Caller, CurrentCaller
from shared.list_routes import listed
from shared.pagination import Page
from shared.problem_details import refusals
from shared.replies import as_reply, done_once
from shared.wire import Day, MoneyBody

router = APIRouter(prefix="/v1/balance-confirmations", tags=["Balance confirmations"])
CHANGES = (NotFound, ConfirmationState, Stale, PreconditionMissing, KeyReused, StillRunning)


@router.post(
    "",
    status_code=201,
    response_model=list[ConfirmationBody],
    summary="Ask a partner to confirm its balance",
    responses=refusals(NotFound, DateImpossible, StatementUnproved, KeyReused, StillRunning),
)
async def ask_balance_confirmation(
    draft: ConfirmationDraft, work: Work, pool: Pool, caller: CurrentCaller, key: IdempotencyKey = None
) -> Response:
    """One per currency of its account, about a statement that is frozen. Asking again answers the same ones.

    For many partners at once use `confirmation` of POST /v1/account-statement-batches.
    """

    async def perform() -> Response:
        period = period_of(None, draft.as_of, business_day(datetime.now(UTC)))
        wanted = StatementWanted(
            draft.partner_code, StatementKind.OUTSTANDING, period, AgeingBasis.DUE, BOUNDS_USUAL
        )
        command = AskConfirmation(wanted, draft.language, ConfirmationKind(draft.kind), draft.due_on)
        ids = await ask_confirmation(work, command, posting_of(caller))
        rows = [await _visible(work.connection, caller, one) for one in ids]
        bodies = [ConfirmationBody(**confirmation_facts(row)).model_dump(mode="json") for row in rows]
        return Response(msgspec.json.encode(bodies), 201, media_type="application/json")

    try:
        return await done_once(work, (caller, key, "/v1/balance-confirmations"), draft, perform)
    except StatementUnproved as refusal:
        async with UnitOfWork(pool) as other:
            await report_unproved(other, refusal, by=caller.actor, at=datetime.now(UTC))
            await other.commit()
        raise


@listed(router, "", ConfirmationBody, summary="List balance confirmations: the register")
async def list_balance_confirmations(
    page: PageWanted,
    connection: Reading,
    caller: CurrentCaller,
    state: StandingName | None = None,
    kind: ConfirmationKindName | None = None,
    partner_code: Annotated[str | None, Query(max_length=40)] = None,
    as_of: Day | None = None,
    due_lte: Annotated[Day | None, Query(description="Whose reply is due by this day")] = None,
) -> Page[ConfirmationBody]:
    """In the order they were asked."""
    scope = f"balance-confirmations|{state}|{kind}|{partner_code}|{as_of}|{due_lte}"
    listing = Listing(CONFIRMATION_SELECT, order=("c.asked_on", "c.id"))
    visible_partners(listing, caller, code="p.code", zone="p.zone")
    listing.where("c.state = :state", state=state).where("c.kind = :kind", kind=kind)
    listing.where("c.partner_code = :partner_code", partner_code=partner_code)
    listing.where("c.as_of = :as_of", as_of=as_of).where("c.due_on <= :due_lte", due_lte=due_lte)
    rows = await listing.after(page.after(scope), ["date", "uuid"]).rows(connection, limit=page.limit)
    kept, cursor = page.cut(rows, scope, lambda row: (row.asked_on.isoformat(), str(row.id)))
    return Page(items=[ConfirmationBody(**confirmation_facts(row)) for row in kept], next_cursor=cursor)


@router.get("/summary", response_model=ConfirmationSummaryBody, summary="How much is confirmed")
async def show_confirmation_summary(
    connection: Reading, _caller: CurrentCaller, as_of: Day | None = None
) -> ConfirmationSummaryBody:
    """By state and currency, and the share of the balances asked about that is covered."""
    rows = list(await coverage(connection, as_of))
    return summary_body(rows, as_of, frozenset(standing.value for standing in COVERED))


@router.get(
    "/{confirmation_id}", response_model=ConfirmationFileBody, summary="Show a confirmation with all about it"
)
async def show_balance_confirmation(
    confirmation_id: UUID, connection: Reading, caller: CurrentCaller
) -> Response:
    """Its ETag is what a reply, an explanation or an acceptance sends as If-Match."""
    return await _reply(connection, caller, confirmation_id)


@router.get(
    "/{confirmation_id}/letter",
    summary="Download the letter that asks for confirmation",
    response_class=Response,
    responses={
        200: {
            "content": {
                MEDIA_TYPES[name]: {"schema": {"type": "string", "format": "binary"}}
                for name in ("pdf", "xlsx")
            }
        }
    },
)
async def download_confirmation_letter(
    confirmation_id: UUID,
    connection: Reading,
    caller: CurrentCaller,
    file_format: Annotated[
        Literal["pdf", "xlsx"], Query(alias="format", description="The workbook sums the open items itself")
    ] = "pdf",
) -> Response:
    """The frozen statement with a page to be signed and sent back, in the language of the statement."""
    row = await _visible(connection, caller, confirmation_id)
    frozen = await stored_file(connection, row.statement_id, "json")
    letterhead = await letterhead_on(connection, row.asked_on)
    letter = confirmation_letter(row, msgspec.json.decode(frozen.content), letterhead, file_format)
    headers = attachment_headers(f"{row.number.replace('/', '-')}.{file_format}")
    return Response(letter, media_type=MEDIA_TYPES[file_format], headers=headers)


@router.post(
    "/{confirmation_id}/replies",
    status_code=201,
    response_model=ConfirmationFileBody,
    summary="Record what the partner replied",
    responses=refusals(*CHANGES, ReplyContradicts, DateImpossible),
)
async def record_reply(
    confirmation_id: UUID,
    draft: ReplyDraft,
    work: Work,
    caller: CurrentCaller,
    if_match: IfMatch = None,
    key: IdempotencyKey = None,
) -> Response:
    """A partner may reply for itself. Without name, designation and signature it is kept, but is no evidence.

    A signed reply that differs opens a question on payments.
    """

    async def perform() -> Response:
        await _visible(work.connection, caller, confirmation_id)
        is_partner = caller.partner_code is not None
        posting = posting_of(caller)
        command = _reply_command(confirmation_id, draft, posting.effective_on, is_partner=is_partner)
        channel = "partner" if is_partner else "api"
        await record_confirmation_reply(work, command, wanted_revision(if_match), posting, channel=channel)
        return await _reply(work.connection, caller, confirmation_id, 201)

    path = f"/v1/balance-confirmations/{confirmation_id}/replies"
    return await done_once(work, (caller, key, path), draft, perform)


def _reply_command(confirmation_id: UUID, draft: ReplyDraft, today: date, *, is_partner: bool) -> RecordReply:
    manner = "portal" if is_partner else draft.manner
    if manner == "portal" and not is_partner:
        raise Invalid("Only the partner itself replies through the portal")
    return RecordReply(
        confirmation_id=confirmation_id,
        is_agreed=draft.verdict == "agree",
        partner_balance=(draft.partner_balance.minor(), draft.partner_balance.currency),
        signature=Signature(
            draft.signer_name.strip(), draft.designation.strip(), manner, draft.reference.strip()
        ),
        received_on=today if is_partner else draft.received_on or today,
        differences=tuple(
            Difference(
                DifferenceKind(one.kind),
                _minor_in(one.amount, draft.partner_balance.currency),
                one.document_number,
                one.document_on,
                one.note,
            )
            for one in draft.differences
        ),
        note=draft.note,
    )


@router.post(
    "/{confirmation_id}/differences/{difference_id}/explanations",
    status_code=201,
    response_model=ConfirmationFileBody,
    summary="Explain a line of the difference list",
    responses=refusals(*CHANGES, ReplyContradicts),
)
async def explain_balance_difference(
    confirmation_id: UUID,
    difference_id: UUID,
    draft: ExplanationDraft,
    work: Work,
    caller: CurrentCaller,
    if_match: IfMatch = None,
    key: IdempotencyKey = None,
) -> Response:
    """By a document of ours or in words. When nothing of the difference is left, the balance is reconciled."""

    async def perform() -> Response:
        row = await _visible(work.connection, caller, confirmation_id)
        if (draft.item_kind is None) != (draft.item_id is None):
            raise Invalid("Name the kind and the id of the document, or neither")
        item = (
            (draft.item_kind, draft.item_id)
            if draft.item_kind is not None and draft.item_id is not None
            else None
        )
        explained = _minor_in(draft.explained, row.currency)
        explanation = Explanation(difference_id, explained, draft.note, item)
        await explain_difference(
            work, confirmation_id, explanation, wanted_revision(if_match), posting_of(caller)
        )
        return await _reply(work.connection, caller, confirmation_id, 201)

    path = f"/v1/balance-confirmations/{confirmation_id}/differences/{difference_id}/explanations"
    return await done_once(work, (caller, key, path), draft, perform)


@router.post(
    "/{confirmation_id}/acceptance",
    response_model=ConfirmationFileBody,
    summary="Accept what is left of a difference",
    responses=refusals(*CHANGES, MakerIsChecker),
)
async def accept_balance_difference(
    confirmation_id: UUID,
    draft: AcceptanceDraft,
    work: Work,
    caller: CurrentCaller,
    if_match: IfMatch = None,
    key: IdempotencyKey = None,
) -> Response:
    """Never by who explained a part of it; nothing is posted: a write-off has a document of its own."""

    async def perform() -> Response:
        await accept_difference(
            work, confirmation_id, draft.note, wanted_revision(if_match), posting_of(caller)
        )
        return await _reply(work.connection, caller, confirmation_id)

    path = f"/v1/balance-confirmations/{confirmation_id}/acceptance"
    return await done_once(work, (caller, key, path), draft, perform)


@router.post(
    "/{confirmation_id}/alternative-procedure",
    response_model=ConfirmationFileBody,
    summary="Close an unanswered confirmation by other evidence",
    responses=refusals(*CHANGES),
)
async def close_confirmation_by_other_evidence(
    confirmation_id: UUID,
    draft: AcceptanceDraft,
    work: Work,
    caller: CurrentCaller,
    if_match: IfMatch = None,
    key: IdempotencyKey = None,
) -> Response:
    """What the ledger says was received since for the items of the balance is computed and kept with the note."""

    async def perform() -> Response:
        await close_by_other_evidence(
            work, confirmation_id, draft.note, wanted_revision(if_match), posting_of(caller)
        )
        return await _reply(work.connection, caller, confirmation_id)

    path = f"/v1/balance-confirmations/{confirmation_id}/alternative-procedure"
    return await done_once(work, (caller, key, path), draft, perform)


def _minor_in(amount: MoneyBody, currency: str) -> int:
    if amount.currency != currency:
        raise ReplyContradicts(f"The confirmation is in {currency}, an amount in {amount.currency}")
    return amount.minor()


async def _visible(connection: AsyncConnection, caller: Caller, confirmation_id: UUID) -> Row:
    listing = Listing(CONFIRMATION_SELECT, order=("c.id",)).where("c.id = :id", id=confirmation_id)
    rows = await visible_partners(listing, caller, code="p.code", zone="p.zone").rows(connection, limit=1)
    if not rows:
        raise NotFound(f"There is no balance confirmation {confirmation_id}")
    return rows[0]


async def _reply(
    connection: AsyncConnection, caller: Caller, confirmation_id: UUID, status_code: Literal[200, 201] = 200
) -> Response:
    row = await _visible(connection, caller, confirmation_id)
    body = ConfirmationFileBody(
        **confirmation_facts(row),
        replies=[reply_body(one, row.currency) for one in await replies_of(connection, row.id)],
        differences=[
            difference_body(one, row.currency) for one in await differences_shown(connection, row.id)
        ],
        events=[confirmation_event_body(one) for one in await events_of(connection, row.id)],
    )
    return as_reply(body, status_code, revision_etag(row.revision))
