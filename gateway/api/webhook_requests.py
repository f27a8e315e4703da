"""What the routes of webhooks share: whose endpoints one sees and changes, replies, and doing it once."""

from collections.abc import Awaitable, Callable
from typing import Final

from fastapi import Request, Response

from gateway.adapters.webhook_endpoints import Endpoint
from shared.conditional import revision_etag
from shared.database import UnitOfWork
from shared.errors import NotFound
from shared.idempotency import Attempt, once
from shared.identity import Caller
from shared.wire import WireModel

SEES_ALL: Final = frozenset({"admin", "auditor"})


def reader(caller: Caller) -> str | None:
    """The owner whose endpoints the caller sees, None for everybody's."""
    return None if caller.roles & SEES_ALL else caller.subject


def changer(caller: Caller) -> str | None:
    """The owner whose endpoints the caller may act on, None for everybody's."""
    return None if "admin" in caller.roles else caller.subject


def found(endpoint: Endpoint | None) -> Endpoint:
    """The endpoint; NotFound for none."""
    if endpoint is None:
        raise NotFound("There is no such endpoint")
    return endpoint


def reply_of(body: WireModel, status: int, *, revision: int | None = None) -> Response:
    """The body as JSON, with the ETag of its revision if it has one."""
    headers = {} if revision is None else revision_etag(revision)
    return Response(body.model_dump_json(), status, headers, media_type="application/json")


async def done_once(
    work: UnitOfWork,
    attempt: tuple[Caller, str | None, Request],
    draft: WireModel | None,
    perform: Callable[[], Awaitable[Response]],
) -> Response:
    """Perform, or replay the reply to the same key; `attempt` is who asks, with which key, in which request."""
    caller, key, request = attempt
    content = f"POST {request.url.path}\n{draft.model_dump_json() if draft else ''}".encode()
    return await once(work.connection, Attempt(caller.subject, key, content) if key else None, perform)
