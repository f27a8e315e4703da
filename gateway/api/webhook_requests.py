"""What the routes of webhooks share: whose endpoints one sees and changes, and their replies."""

from typing import Final

from fastapi import Response

from gateway.adapters.webhook_endpoints import Endpoint
from shared.conditional import revision_etag
from shared.errors import NotFound
from shared.identity import Caller
from shared.replies import as_reply
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
    return as_reply(body, status, headers)
