"""Replies that are made by hand because they are remembered: the same bytes again for the same Idempotency-Key."""

from collections.abc import Awaitable, Callable
from typing import Any

from fastapi import Response
from pydantic import BaseModel

from shared.database import UnitOfWork
from shared.idempotency import Attempt, once
from shared.identity import Caller


def as_reply(body: BaseModel, status_code: int = 200, headers: dict[str, str] | None = None) -> Response:
    """The body as JSON, its fields by the names that the API documents."""
    return Response(
        body.model_dump_json(by_alias=True),
        status_code=status_code,
        media_type="application/json",
        headers=headers,
    )


def attempt_of(caller: Caller, key: str | None, path: str, draft: BaseModel | None) -> Attempt | None:
    """One try of a POST of `draft` to `path`; None without a key: then it is simply done."""
    if key is None:
        return None
    content = f"POST {path}\n{draft.model_dump_json() if draft else ''}"
    return Attempt(caller.subject, key, content.encode())


def known_before(body: type[BaseModel]) -> dict[int | str, dict[str, Any]]:
    """What a route's document says of a natural key that is told again: `body` once more, with 200."""
    return {200: {"model": body, "description": "It was known before, by its own key; nothing was added"}}


async def done_once(
    work: UnitOfWork,
    attempt: tuple[Caller, str | None, str],
    draft: BaseModel | None,
    perform: Callable[[], Awaitable[Response]],
) -> Response:
    """Perform, or replay the stored reply; `attempt` is who asks, with which key, on which path."""
    return await once(work.connection, attempt_of(*attempt, draft), perform)
