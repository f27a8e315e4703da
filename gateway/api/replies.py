"""Replies of the gateway's own routes that are remembered: bodies as they are stored, and who asked with which key."""

from fastapi import Response
from pydantic import BaseModel

from shared.idempotency import Attempt
from shared.identity import Caller


def as_reply(body: BaseModel, status_code: int = 200, headers: dict[str, str] | None = None) -> Response:
    """The body as JSON."""
    text = body.model_dump_json()
    return Response(text, status_code=status_code, media_type="application/json", headers=headers)


def attempt_of(caller: Caller, key: str | None, content: bytes) -> Attempt | None:
    """One try of a POST; `content` is its method, path and body. None without a key: then it is simply done."""
    return Attempt(caller.subject, key, content) if key else None
