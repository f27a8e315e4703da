"""Dead letters: listed, read, replayed and discarded by an operator."""

from dataclasses import asdict, dataclass
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request, Response

from gateway.adapters.dead_letters import WantedLetters, letter_with_body, letters_after, steps_of
from gateway.api.schemas_dead_letters import (
    DeadLetterBody,
    DeadLetterChoice,
    DeadLetterDiscard,
    DeadLetterFileBody,
    DiscardDraft,
    ServiceName,
    SettledLettersBody,
    letter_body,
    letter_file_body,
)
from gateway.application.settle_dead_letters import (
    Settled,
    discard_dead_letter,
    discard_dead_letters,
    replay_dead_letter,
    replay_dead_letters,
)
from gateway.domain.dead_letter import DeadLetterState
from gateway.domain.errors import DeadLetterNotFound, DeadLetterSettled
from shared.database import UnitOfWork
from shared.dependencies import PageWanted, Reading, Work
from shared.idempotency import IdempotencyKey, KeyReused, StillRunning
from shared.identity import CurrentCaller
from shared.list_routes import listed
from shared.pagination import Page
from shared.problem_details import refusals
from shared.replies import as_reply, done_once
from shared.wire import Instant

router = APIRouter(prefix="/v1/dead-letters", tags=["Dead letters"])
SETTLED = refusals(DeadLetterNotFound, DeadLetterSettled, KeyReused, StillRunning)
CHOSEN = refusals(KeyReused, StillRunning)


@dataclass(frozen=True, slots=True)
class LetterFilters:
    """What a list of letters is narrowed to; each is a query parameter."""

    service: Annotated[ServiceName | None, Query(description="Of this service")] = None
    event_type: Annotated[str | None, Query(max_length=200, description="Of this type")] = None
    reason_code: Annotated[str | None, Query(max_length=100, description="That died of this last")] = None
    state: Annotated[DeadLetterState | None, Query(description="In this state")] = None
    died_at_gte: Annotated[Instant | None, Query(description="That died last at or after this instant")] = (
        None
    )
    died_at_lt: Annotated[Instant | None, Query(description="That died last before this instant")] = None


@listed(
    router,
    "",
    DeadLetterBody,
    summary="List messages that no service could apply",
    operation_id="list_dead_letters",
)
async def list_dead_letters(
    page: PageWanted,
    connection: Reading,
    _caller: CurrentCaller,
    filters: Annotated[LetterFilters, Depends()],
) -> Page[DeadLetterBody]:
    """The newest first; `state=waiting` is what somebody has to decide about. None is ever deleted."""
    scope = f"dead-letters|{filters}"
    after = page.after(scope)
    last = UUID(str(after[0])) if after else None
    rows = await letters_after(connection, last, WantedLetters(**asdict(filters)), limit=page.limit)
    kept, cursor = page.cut(rows, scope, lambda row: (str(row.id),))
    return Page(items=[letter_body(row) for row in kept], next_cursor=cursor)


@router.get(
    "/{dead_letter_id}",
    summary="Show a dead letter with its message",
    operation_id="show_dead_letter",
    responses=refusals(DeadLetterNotFound),
)
async def show_letter(
    dead_letter_id: UUID, connection: Reading, _caller: CurrentCaller
) -> DeadLetterFileBody:
    """The envelope as it was told, why and when it died, and who decided what about it."""
    row = await letter_with_body(connection, dead_letter_id)
    if row is None:
        raise DeadLetterNotFound("There is no such dead letter")
    return letter_file_body(row, await steps_of(connection, dead_letter_id))


@router.post(
    "/replay",
    status_code=202,
    response_model=SettledLettersBody,
    summary="Replay several dead letters",
    operation_id="replay_dead_letters",
    responses=CHOSEN,
)
async def replay_several(
    choice: DeadLetterChoice, request: Request, work: Work, caller: CurrentCaller, key: IdempotencyKey = None
) -> Response:
    """As one alone, a thousand at a time; letters with the same partition key keep their order."""

    async def perform() -> Response:
        return _settled(await replay_dead_letters(work, choice.wanted(), by=caller.actor))

    return await done_once(work, (caller, key, request.url.path), choice, perform)


@router.post(
    "/discard",
    status_code=202,
    response_model=SettledLettersBody,
    summary="Discard several dead letters",
    operation_id="discard_dead_letters",
    responses=CHOSEN,
)
async def discard_several(
    choice: DeadLetterDiscard, request: Request, work: Work, caller: CurrentCaller, key: IdempotencyKey = None
) -> Response:
    """As one alone, a thousand at a time."""

    async def perform() -> Response:
        wanted, reason = choice.wanted(), choice.reason
        return _settled(await discard_dead_letters(work, wanted, by=caller.actor, reason=reason))

    return await done_once(work, (caller, key, request.url.path), choice, perform)


@router.post(
    "/{dead_letter_id}/replay",
    status_code=202,
    response_model=DeadLetterBody,
    summary="Replay a dead letter",
    operation_id="replay_dead_letter",
    responses=SETTLED,
)
async def replay_letter(
    dead_letter_id: UUID, request: Request, work: Work, caller: CurrentCaller, key: IdempotencyKey = None
) -> Response:
    """The very message is delivered again, to the service that could not apply it and to no other.

    Mend the cause first. What was applied after all is not applied twice, and what dies again waits here again.
    """

    async def perform() -> Response:
        await replay_dead_letter(work, dead_letter_id, by=caller.actor)
        return await _letter(work, dead_letter_id)

    return await done_once(work, (caller, key, request.url.path), None, perform)


@router.post(
    "/{dead_letter_id}/discard",
    status_code=202,
    response_model=DeadLetterBody,
    summary="Discard a dead letter",
    operation_id="discard_dead_letter",
    responses=SETTLED,
)
async def discard_letter(
    dead_letter_id: UUID,
    draft: DiscardDraft,
    request: Request,
    work: Work,
    caller: CurrentCaller,
    key: IdempotencyKey = None,
) -> Response:
    """It stays readable with the reason, and can still be replayed."""

    async def perform() -> Response:
        await discard_dead_letter(work, dead_letter_id, by=caller.actor, reason=draft.reason)
        return await _letter(work, dead_letter_id)

    return await done_once(work, (caller, key, request.url.path), draft, perform)


async def _letter(work: UnitOfWork, letter_id: UUID) -> Response:
    row = await letter_with_body(work.connection, letter_id)
    assert row is not None
    return as_reply(letter_body(row), 202)


def _settled(settled: Settled) -> Response:
    return as_reply(SettledLettersBody(ids=list(settled.ids), left_count=settled.left_count), 202)
