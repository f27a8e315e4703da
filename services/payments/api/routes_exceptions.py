"""What waits for a person, and what people do about it."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Response
from sqlalchemy.ext.asyncio import AsyncConnection

from services.payments.adapters.queries.exceptions import (
    EXCEPTION_SELECT,
    STANDING,
    exception_ages,
    exception_events,
)
from services.payments.adapters.queries.listing import Listing
from services.payments.api.dependencies import PageWanted, Reading, Work
from services.payments.api.posting import posting_of
from services.payments.api.schemas_exceptions import (
    ExceptionAcceptanceDraft,
    ExceptionAgeBody,
    ExceptionBody,
    ExceptionHistoryBody,
    ExceptionNoteDraft,
    ExceptionOwnerDraft,
    ExceptionReopeningDraft,
    ExceptionResolutionDraft,
    ExceptionSummaryBody,
    StandingName,
    event_body,
    exception_facts,
)
from services.payments.application.pursue_exception import (
    Finding,
    accept_exception,
    assign_exception,
    note_on_exception,
    reopen_exception,
    resolve_exception,
)
from services.payments.domain.errors import CauseStands, ExceptionState, MakerIsChecker
from shared.conditional import IfMatch, revision_etag, wanted_revision
from shared.errors import NotFound, PreconditionMissing, Stale
from shared.idempotency import IdempotencyKey, KeyReused, StillRunning
from shared.identity import CurrentCaller
from shared.list_routes import listed
from shared.pagination import Page
from shared.problem_details import refusals
from shared.replies import as_reply, done_once

router = APIRouter(prefix="/v1/exceptions", tags=["Exceptions"])
_CHANGES = (NotFound, ExceptionState, Stale, PreconditionMissing, KeyReused, StillRunning)


@dataclass(frozen=True, slots=True)
class ExceptionFilters:
    """What a list of exceptions is narrowed to; each is a query parameter."""

    statement_id: UUID | None = None
    bank_line_id: UUID | None = None
    code: Annotated[str | None, Query(max_length=60)] = None
    bank_account: Annotated[str | None, Query(max_length=40)] = None
    owner: Annotated[str | None, Query(max_length=100, description="Empty for nobody's")] = None
    state: StandingName = "open"
    age_hours_gte: Annotated[int | None, Query(ge=0, le=1_000_000)] = None

    def narrow(self, listing: Listing, at: datetime) -> Listing:
        """Ages are counted back from the instant."""
        listing.where(f"{STANDING} = :state", state=self.state)
        if self.state != "resolved":
            listing.conditions.append("x.resolved_at IS NULL")  # lets the index of what waits be used
        listing.where("x.statement_id = :statement_id", statement_id=self.statement_id)
        listing.where("x.bank_line_id = :bank_line_id", bank_line_id=self.bank_line_id)
        listing.where("x.code = :code", code=self.code).where("x.owner = :owner", owner=self.owner)
        listing.where("b.number = :account", account=self.bank_account)
        hours = self.age_hours_gte
        since = None if hours is None else at - timedelta(hours=hours)
        return listing.where("x.raised_at <= :raised_before", raised_before=since)


@listed(router, "", ExceptionBody, summary="List what waits for a person")
async def list_exceptions(
    page: PageWanted,
    connection: Reading,
    _caller: CurrentCaller,
    filters: Annotated[ExceptionFilters, Depends()],
) -> Page[ExceptionBody]:
    """Open ones unless another state is asked for, the oldest first."""
    at = datetime.now(UTC)
    scope = f"exceptions|{filters}"
    listing = filters.narrow(Listing(EXCEPTION_SELECT, order=("x.raised_at", "x.id")), at)
    rows = await listing.after(page.after(scope), ["timestamptz", "uuid"]).rows(connection, limit=page.limit)
    kept, cursor = page.cut(rows, scope, lambda row: (row.raised_at.isoformat(), str(row.id)))
    return Page(
        items=[ExceptionBody.model_validate(exception_facts(row, at)) for row in kept], next_cursor=cursor
    )


@router.get("/summary", response_model=ExceptionSummaryBody, summary="Count what waits by age and owner")
async def summarise_exceptions(connection: Reading, _caller: CurrentCaller) -> ExceptionSummaryBody:
    """Everything that is not resolved, by code and owner."""
    at = datetime.now(UTC)
    groups = [
        ExceptionAgeBody.model_validate(dict(row._mapping)) for row in await exception_ages(connection, at)
    ]
    return ExceptionSummaryBody(as_of=at, waiting=sum(group.waiting for group in groups), groups=groups)


@router.get(
    "/{exception_id}",
    response_model=ExceptionHistoryBody,
    summary="Show one exception and its history",
    responses=refusals(NotFound),
)
async def show_exception(exception_id: UUID, connection: Reading, _caller: CurrentCaller) -> Response:
    """Its ETag is what a step sends as If-Match."""
    return await _reply(connection, exception_id)


@router.post(
    "/{exception_id}/assignment",
    response_model=ExceptionHistoryBody,
    summary="Give an exception to somebody",
    responses=refusals(*_CHANGES),
)
async def assign_exception_route(
    exception_id: UUID,
    draft: ExceptionOwnerDraft,
    work: Work,
    caller: CurrentCaller,
    if_match: IfMatch = None,
    key: IdempotencyKey = None,
) -> Response:
    """The history keeps who gave it to whom."""

    async def perform() -> Response:
        await assign_exception(work, exception_id, draft.owner, wanted_revision(if_match), posting_of(caller))
        return await _reply(work.connection, exception_id)

    return await done_once(work, (caller, key, f"/v1/exceptions/{exception_id}/assignment"), draft, perform)


@router.post(
    "/{exception_id}/notes",
    response_model=ExceptionHistoryBody,
    summary="Note what was found",
    responses=refusals(NotFound, KeyReused, StillRunning),
)
async def note_on_exception_route(
    exception_id: UUID,
    draft: ExceptionNoteDraft,
    work: Work,
    caller: CurrentCaller,
    key: IdempotencyKey = None,
) -> Response:
    """Nothing is overwritten, so no If-Match is needed."""

    async def perform() -> Response:
        finding = Finding(draft.note, tuple(draft.evidence))
        await note_on_exception(work, exception_id, finding, posting_of(caller))
        return await _reply(work.connection, exception_id)

    return await done_once(work, (caller, key, f"/v1/exceptions/{exception_id}/notes"), draft, perform)


@router.post(
    "/{exception_id}/acceptance",
    response_model=ExceptionHistoryBody,
    summary="Accept an exception as known and borne",
    responses=refusals(MakerIsChecker, *_CHANGES),
)
async def accept_exception_route(
    exception_id: UUID,
    draft: ExceptionAcceptanceDraft,
    work: Work,
    caller: CurrentCaller,
    if_match: IfMatch = None,
    key: IdempotencyKey = None,
) -> Response:
    """With note and evidence; it posts nothing."""

    async def perform() -> Response:
        waived_minor = draft.waived.minor() if draft.waived else None
        finding = Finding(draft.note, tuple(draft.evidence), waived_minor=waived_minor)
        await accept_exception(work, exception_id, finding, wanted_revision(if_match), posting_of(caller))
        return await _reply(work.connection, exception_id)

    return await done_once(work, (caller, key, f"/v1/exceptions/{exception_id}/acceptance"), draft, perform)


@router.post(
    "/{exception_id}/resolution",
    response_model=ExceptionHistoryBody,
    summary="Resolve an exception",
    responses=refusals(CauseStands, *_CHANGES),
)
async def resolve_exception_route(
    exception_id: UUID,
    draft: ExceptionResolutionDraft,
    work: Work,
    caller: CurrentCaller,
    if_match: IfMatch = None,
    key: IdempotencyKey = None,
) -> Response:
    """Refused while the bank's line it is about is not in the books; those resolve by themselves once it is."""

    async def perform() -> Response:
        finding = Finding(draft.note, tuple(draft.evidence), draft.cause)
        await resolve_exception(work, exception_id, finding, wanted_revision(if_match), posting_of(caller))
        return await _reply(work.connection, exception_id)

    return await done_once(work, (caller, key, f"/v1/exceptions/{exception_id}/resolution"), draft, perform)


@router.post(
    "/{exception_id}/reopening",
    response_model=ExceptionHistoryBody,
    summary="Reopen an exception",
    responses=refusals(*_CHANGES),
)
async def reopen_exception_route(
    exception_id: UUID,
    draft: ExceptionReopeningDraft,
    work: Work,
    caller: CurrentCaller,
    if_match: IfMatch = None,
    key: IdempotencyKey = None,
) -> Response:
    """One that was accepted or resolved waits again."""

    async def perform() -> Response:
        revision = wanted_revision(if_match)
        await reopen_exception(work, exception_id, Finding(draft.reason), revision, posting_of(caller))
        return await _reply(work.connection, exception_id)

    return await done_once(work, (caller, key, f"/v1/exceptions/{exception_id}/reopening"), draft, perform)


async def _reply(connection: AsyncConnection, exception_id: UUID) -> Response:
    listing = Listing(EXCEPTION_SELECT, order=("x.id",)).where("x.id = :id", id=exception_id)
    rows = await listing.rows(connection, limit=1)
    if not rows:
        raise NotFound(f"There is no exception {exception_id}")
    body = ExceptionHistoryBody.model_validate(
        {
            **exception_facts(rows[0], datetime.now(UTC)),
            "revision": rows[0].revision,
            "history": [event_body(row) for row in await exception_events(connection, exception_id)],
        }
    )
    return as_reply(body, headers=revision_etag(body.revision))
