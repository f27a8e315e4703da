"""ETag and If-None-Match (RFC 9110): who has the present state is told so instead of sent it again."""

import hashlib
from typing import Annotated, Any, Final

from fastapi import Header, Response
from pydantic import BaseModel

IfNoneMatch = Annotated[
    str | None,
    Header(alias="If-None-Match", max_length=1000, description="`ETag` you have; 304 if it still holds"),
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


def _names(if_none_match: str | None, etag: str) -> bool:
    """The comparison is weak, because a proxy that compresses marks the tag as weak."""
    tags = [tag.strip().removeprefix("W/") for tag in (if_none_match or "").split(",")]
    return etag in tags or tags == ["*"]
