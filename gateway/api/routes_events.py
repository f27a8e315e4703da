"""Live events: one stream per page or program, and the list of what may be heard."""

from collections.abc import Awaitable, Callable
from typing import Annotated, Any, Final

from fastapi import APIRouter, Header, Query, Request

from gateway.adapters.live_tail import LiveTail
from gateway.api.event_stream import EventStreamResponse, Hearing
from gateway.api.schemas_events import EventTypesBody, event_type_body
from gateway.domain.live_event import Audience
from gateway.domain.live_event_types import LIVE_EVENT_TYPES, wanted_types, within_scopes
from shared.errors import Busy, Fault, Forbidden, Refusal
from shared.identity import Caller, CurrentCaller
from shared.problem_details import refusals

STREAMS_MAX: Final = 5_000
POSITION_PATTERN: Final = r"^\d{1,18}$"
_EXAMPLE: Final = """retry: 3000

id: 4711
event: receipt.booked
data: {"id": "0199f3c2-8a1e-7c52-9b1d-3f6f2f9f1c11", "occurred_at": "2026-10-14T06:31:07Z", "links": {"resource": \
"/v1/receipts/0199f3c2-89f0-7d11-8f0e-2d2b6d3f0a01"}, "type": "receipt.booked", "data": {…}}

: still here

"""
_STREAM: Final[dict[int | str, dict[str, Any]]] = {
    200: {
        "description": (
            "Server-sent events. `id` is the position to resume from, `event` the type, `data` the body described "
            "here. Beside these, `reset` says that the position asked for is too old (read the resources again), "
            "`end` says why the stream ends; a comment every 15 seconds shows life."
        ),
        "content": {
            "text/event-stream": {
                "schema": {
                    "contentMediaType": "text/event-stream",
                    "contentSchema": {"$ref": "#/components/schemas/AnyLiveEvent"},
                },
                "example": _EXAMPLE,
            }
        },
    },
    **refusals(Forbidden, Busy),
}

router = APIRouter(tags=["Live events"])


@router.get(
    "/v1/events",
    status_code=200,
    summary="Listen to what happens",
    operation_id="listen_to_events",
    response_class=EventStreamResponse,
    responses=_STREAM,
)
async def listen(
    request: Request,
    caller: CurrentCaller,
    types: Annotated[
        list[str] | None,
        Query(
            description="Types or families, e.g. `receipt.booked,credit_note.*`; without: all you may hear"
        ),
    ] = None,
    partner_code: Annotated[str | None, Query(max_length=40, description="Only of this partner")] = None,
    zone: Annotated[str | None, Query(max_length=40, description="Only of this sales zone")] = None,
    last_event_id: Annotated[
        str | None,
        Query(pattern=POSITION_PATTERN, description="Resume after this position; the header goes before"),
    ] = None,
    last_event_id_header: Annotated[
        str | None, Header(alias="Last-Event-ID", pattern=POSITION_PATTERN, description="As browsers send it")
    ] = None,
) -> EventStreamResponse:
    """What your roles and rows open, from now on or after a position of the last 24 hours, until the token ends.

    Nothing is missed between two connections that resume; an event may come twice and is known by its `id`.
    """
    tail: LiveTail = request.app.state.live_tail
    if tail.listener_count >= STREAMS_MAX:
        raise Busy("This process serves as many streams as it can; try again")
    names = [part for text in types or () for part in text.split(",")]
    audience = Audience(
        types=within_scopes(wanted_types(names, caller.roles, pointer="query:types"), caller.scopes),
        scope=caller.row_scope(),
        partner_code=partner_code,
        zone=zone,
    )
    asked = last_event_id_header or last_event_id
    is_reset = asked is not None and not await tail.may_resume(int(asked))
    hearing = Hearing(
        audience=audience,
        subject=caller.subject,
        after=None if asked is None or is_reset else int(asked),
        is_reset=is_reset,
        is_still_allowed=_rechecking(request, caller),
    )
    return EventStreamResponse(tail, hearing, heartbeat_seconds=request.app.state.heartbeat_seconds)


@router.get("/v1/event-types", summary="List the types of live events", operation_id="list_event_types")
async def list_event_types(caller: CurrentCaller) -> EventTypesBody:
    """What each means, what it says and who may hear it, in streams as in webhooks."""
    return EventTypesBody(items=[event_type_body(kind, caller.roles) for kind in LIVE_EVENT_TYPES])


def _rechecking(request: Request, caller: Caller) -> Callable[[], Awaitable[bool]]:
    """Return a check that the token is still good and still opens the same."""
    caller_again: Callable[[], Awaitable[Caller]] = request.scope["caller_again"]

    async def is_still_allowed() -> bool:
        try:
            now = await caller_again()
        except Refusal:
            return False
        except Fault:
            return True  # we cannot tell at the moment; the next sign of life asks again
        return now.roles == caller.roles and now.row_scope() == caller.row_scope()

    return is_still_allowed
