"""Account statements that were published: frozen with their hashes, one by one or many by a job."""

import base64
from datetime import UTC, date, datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Response
from sqlalchemy.ext.asyncio import AsyncConnection

from services.payments.adapters.account_documents.statement_files import MEDIA_TYPES
from services.payments.adapters.queries.account_statements import (
    BATCH_ENTRY_SELECT,
    BATCH_SELECT,
    PUBLISHED_SELECT,
    stored_file,
)
from services.payments.adapters.queries.listing import Listing, Row, one_row
from services.payments.adapters.unit_of_work import UnitOfWork
from services.payments.api.dependencies import PageWanted, Pool, Reading, Work
from services.payments.api.posting import posting_of
from services.payments.api.row_scope import visible_partners
from services.payments.api.schemas_account_statements import (
    FileFormatName,
    OutcomeName,
    PublishedStatementBody,
    StatementBatchBody,
    StatementBatchDraft,
    StatementBatchEntryBody,
    StatementDraft,
    batch_body,
    batch_entry_body,
    published_body,
)
from services.payments.api.schemas_accounts import StatementKindName
from services.payments.application.publish_statement import (
    PublishOutcome,
    PublishStatement,
    publish_statement,
)
from services.payments.application.publish_statements import PublishMany, request_statements
from services.payments.application.report_unproved import report_unproved
from services.payments.domain.account_statement import StatementKind, StatementWanted, period_of
from services.payments.domain.ageing import AgeingBasis, BoundsInvalid, bounds_of
from services.payments.domain.balance_confirmation import ConfirmationKind
from services.payments.domain.business_day import business_day
from services.payments.domain.errors import DateImpossible, PartnerUnknown, StatementUnproved
from shared.documents.attachment import attachment_headers
from shared.errors import NotFound
from shared.idempotency import IdempotencyKey, KeyReused, StillRunning
from shared.identity import Caller, CurrentCaller
from shared.list_routes import listed
from shared.pagination import Page
from shared.problem_details import refusals
from shared.replies import as_reply, done_once, known_before
from shared.wire import Day

router = APIRouter(prefix="/v1", tags=["Account statements"])


@router.post(
    "/account-statements",
    status_code=201,
    response_model=PublishedStatementBody,
    summary="Publish a partner's account statement",
    responses={
        **known_before(PublishedStatementBody),
        **refusals(NotFound, DateImpossible, BoundsInvalid, StatementUnproved, KeyReused, StillRunning),
    },
)
async def publish_account_statement(
    draft: StatementDraft, work: Work, pool: Pool, caller: CurrentCaller, key: IdempotencyKey = None
) -> Response:
    """Proved, frozen in every format with its SHA-256, numbered, and told to whoever delivers it.

    When the books still say what the latest statement of the same request says, that one is answered with 200.
    """

    async def perform() -> Response:
        period = period_of(draft.first, draft.last, business_day(datetime.now(UTC)))
        basis, bounds = AgeingBasis(draft.ageing_by), bounds_of(draft.bounds)
        wanted = StatementWanted(draft.partner_code, StatementKind(draft.kind), period, basis, bounds)
        command = PublishStatement(wanted, draft.language)
        statement_id, outcome = await publish_statement(work, command, posting_of(caller))
        row = await one_row(work.connection, PUBLISHED_SELECT, "s.id = :id", id=statement_id)
        assert row is not None
        return as_reply(published_body(row), 201 if outcome is PublishOutcome.PUBLISHED else 200)

    try:
        return await done_once(work, (caller, key, "/v1/account-statements"), draft, perform)
    except StatementUnproved as refusal:
        async with UnitOfWork(pool) as other:
            await report_unproved(other, refusal, by=caller.actor, at=datetime.now(UTC))
            await other.commit()
        raise


@listed(router, "/account-statements", PublishedStatementBody, summary="List published account statements")
async def list_account_statements(
    page: PageWanted,
    connection: Reading,
    caller: CurrentCaller,
    partner_code: Annotated[str | None, Query(max_length=40)] = None,
    kind: StatementKindName | None = None,
    to_gte: Day | None = None,
    to_lte: Day | None = None,
    is_superseded: Annotated[bool | None, Query(description="False: only the ones that stand")] = None,
) -> Page[PublishedStatementBody]:
    """Newest first; superseded ones stay."""
    scope = f"account-statements|{partner_code}|{kind}|{to_gte}|{to_lte}|{is_superseded}"
    listing = Listing(PUBLISHED_SELECT, order=("s.published_at", "s.id"), is_descending=True)
    visible_partners(listing, caller, code="p.code", zone="p.zone")
    listing.where("s.partner_code = :partner_code", partner_code=partner_code)
    listing.where("s.kind = :kind", kind=kind)
    listing.where("s.to_on >= :to_gte", to_gte=to_gte).where("s.to_on <= :to_lte", to_lte=to_lte)
    listing.where("(n.id IS NOT NULL) = :is_superseded", is_superseded=is_superseded)
    rows = await listing.after(page.after(scope), ["timestamptz", "uuid"]).rows(connection, limit=page.limit)
    kept, cursor = page.cut(rows, scope, lambda row: (row.published_at.isoformat(), str(row.id)))
    return Page(items=[published_body(row) for row in kept], next_cursor=cursor)


@router.get(
    "/account-statements/{statement_id}",
    response_model=PublishedStatementBody,
    summary="Show a published account statement",
)
async def show_published_statement(
    statement_id: UUID, connection: Reading, caller: CurrentCaller
) -> PublishedStatementBody:
    """Its figures, hashes and where its files are."""
    return published_body(await _visible(connection, caller, statement_id))


@router.get(
    "/account-statements/{statement_id}/content",
    summary="Download a published account statement",
    response_class=Response,
    responses={
        200: {
            "content": {
                name: {"schema": {"type": "string", "format": "binary"}} for name in MEDIA_TYPES.values()
            }
        }
    },
)
async def download_account_statement(
    statement_id: UUID,
    connection: Reading,
    caller: CurrentCaller,
    file_format: Annotated[FileFormatName, Query(alias="format")] = "pdf",
) -> Response:
    """The bytes as they were frozen, the same every time; their SHA-256 is in `Repr-Digest` (RFC 9530)."""
    row = await _visible(connection, caller, statement_id)
    file = await stored_file(connection, statement_id, file_format)
    digest = base64.b64encode(bytes.fromhex(file.sha256)).decode()
    headers = attachment_headers(f"{row.number.replace('/', '-')}.{file_format}") | {
        "ETag": f'"{file.sha256}"',
        "Repr-Digest": f"sha-256=:{digest}:",
        "Cache-Control": "private, no-cache",
    }
    return Response(file.content, media_type=MEDIA_TYPES[file_format], headers=headers)


@router.post(
    "/account-statement-batches",
    status_code=202,
    response_model=StatementBatchBody,
    summary="Publish the account statements of many partners",
    responses=refusals(PartnerUnknown, DateImpossible, BoundsInvalid, KeyReused, StillRunning),
)
async def request_statement_batch(
    draft: StatementBatchDraft, work: Work, caller: CurrentCaller, key: IdempotencyKey = None
) -> Response:
    """Each partner on its own: one that is refused stops no other, and one with nothing to send is recorded so."""

    async def perform() -> Response:
        command = PublishMany(
            kind=StatementKind(draft.kind),
            period=period_of(draft.first, draft.last, business_day(datetime.now(UTC))),
            basis=AgeingBasis(draft.ageing_by),
            bounds=bounds_of(draft.bounds),
            language=draft.language,
            partner_codes=tuple(draft.partner_codes),
            zone=draft.zone,
            confirmation=_confirmation(draft),
        )
        batch_id = await request_statements(work, command, posting_of(caller))
        row = await one_row(work.connection, BATCH_SELECT, "b.id = :id", id=batch_id)
        assert row is not None
        return as_reply(batch_body(row), 202, {"Location": f"/v1/jobs/{row.job_id}"})

    return await done_once(work, (caller, key, "/v1/account-statement-batches"), draft, perform)


@listed(
    router, "/account-statement-batches", StatementBatchBody, summary="List batches of account statements"
)
async def list_statement_batches(
    page: PageWanted, connection: Reading, _caller: CurrentCaller
) -> Page[StatementBatchBody]:
    """Newest first."""
    listing = Listing(BATCH_SELECT, order=("b.requested_at", "b.id"), is_descending=True)
    scope = "account-statement-batches"
    rows = await listing.after(page.after(scope), ["timestamptz", "uuid"]).rows(connection, limit=page.limit)
    kept, cursor = page.cut(rows, scope, lambda row: (row.requested_at.isoformat(), str(row.id)))
    return Page(items=[batch_body(row) for row in kept], next_cursor=cursor)


@router.get(
    "/account-statement-batches/{batch_id}",
    response_model=StatementBatchBody,
    summary="Show a batch of account statements",
)
async def show_statement_batch(
    batch_id: UUID, connection: Reading, _caller: CurrentCaller
) -> StatementBatchBody:
    """How many were published, refused, or had nothing to send."""
    row = await one_row(connection, BATCH_SELECT, "b.id = :id", id=batch_id)
    if row is None:
        raise NotFound(f"There is no batch {batch_id}")
    return batch_body(row)


@listed(
    router,
    "/account-statement-batches/{batch_id}/entries",
    StatementBatchEntryBody,
    summary="List what became of each partner of a batch",
)
async def list_statement_batch_entries(
    batch_id: UUID,
    page: PageWanted,
    connection: Reading,
    _caller: CurrentCaller,
    outcome: OutcomeName | None = None,
) -> Page[StatementBatchEntryBody]:
    """In the order of partner codes."""
    scope = f"account-statement-batch-entries|{batch_id}|{outcome}"
    listing = Listing(BATCH_ENTRY_SELECT, order=("e.partner_code",)).where(
        "e.batch_id = :batch_id", batch_id=batch_id
    )
    listing.where("e.outcome = :outcome", outcome=outcome)
    rows = await listing.after(page.after(scope), ["text"]).rows(connection, limit=page.limit)
    kept, cursor = page.cut(rows, scope, lambda row: (row.partner_code,))
    return Page(items=[batch_entry_body(row) for row in kept], next_cursor=cursor)


def _confirmation(draft: StatementBatchDraft) -> tuple[ConfirmationKind, date] | None:
    asked = draft.confirmation
    if asked is None:
        return None
    if asked.due_on < business_day(datetime.now(UTC)):
        raise DateImpossible(f"{asked.due_on} is past; a reply cannot be due then")
    return ConfirmationKind(asked.kind), asked.due_on


async def _visible(connection: AsyncConnection, caller: Caller, statement_id: UUID) -> Row:
    listing = Listing(PUBLISHED_SELECT, order=("s.id",)).where("s.id = :id", id=statement_id)
    rows = await visible_partners(listing, caller, code="p.code", zone="p.zone").rows(connection, limit=1)
    if not rows:
        raise NotFound(f"There is no account statement {statement_id}")
    return rows[0]
