"""Conditional requests (RFC 9110): what is known is not sent again, what changed meanwhile is not overwritten."""

import hashlib
from typing import Annotated, Any, Final

from fastapi import Header, Response
from pydantic import BaseModel

from shared.errors import PreconditionMissing, Stale

IfNoneMatch = Annotated[
    str | None,
    Header(alias="If-None-Match", max_length=1000, description="`ETag` you have; 304 if it still holds"),
]

IfMatch = Annotated[
    str | None,
    Header(
        alias="If-Match",
        max_length=100,
        description="The `ETag` you decided on; 412 if it changed since, 428 without",
        examples=['"3"'],
    ),
]


UNCHANGED: Final[dict[int | str, dict[str, Any]]] = {
    304: {"description": "Nothing changed since the state whose `ETag` you sent"}
}


def entity_reply(body: BaseModel, *, state: object, if_none_match: str | None) -> Response:
    """The body with the ETag of `state`, or 304 without; `state` differs whenever the reply would."""
    etag = f'"{hashlib.sha256(repr(state).encode()).hexdigest()[:32]}"'
    headers = {"ETag": etag, "Cache-Control": "private, no-cache"}
    if _names(if_none_match, etag):
        return Response(status_code=304, headers=headers)
    return Response(body.model_dump_json(), media_type="application/json", headers=headers)


def revision_etag(revision: int) -> dict[str, str]:
    """The headers that name a revision of something people change."""
    return {"ETag": f'"{revision}"', "Cache-Control": "private, no-cache"}


def wanted_revision(if_match: str | None) -> int:
    """The revision a change was decided on. PreconditionMissing without; Stale for what was never a revision."""
    if if_match is None:
        raise PreconditionMissing(
            "Send If-Match with the ETag of what you read, so that nothing is overwritten"
        )
    plain = if_match.strip().removeprefix("W/").strip('"')
    if not plain.isascii() or not plain.isdigit() or len(plain) > 18:
        raise Stale(f"{if_match} names no revision; read it again and send its ETag")
    return int(plain)


def _names(if_none_match: str | None, etag: str) -> bool:
    """The comparison is weak, because a proxy that compresses marks the tag as weak."""
    tags = [tag.strip().removeprefix("W/") for tag in (if_none_match or "").split(",")]
    return etag in tags or tags == ["*"]
