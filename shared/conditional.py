"""Conditional requests (RFC 9110): what is known is not sent again, what changed meanwhile is not overwritten."""

import hashlib
from typing import Annotated, Any, Final

from fastapi import Header, Response
from pydantic import BaseModel
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from shared.errors import PreconditionMissing, Stale

IfNoneMatch = Annotated[
    str | None,
    Header(alias="If-None-Match", description="`ETag` you have; 304 if it still holds"),
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


# Between the revision, which If-Match compares, and the hash of the reply, which If-None-Match compares as well.
_OF_REPLY: Final = "-"

UNCHANGED: Final[dict[int | str, dict[str, Any]]] = {
    304: {"description": "Nothing changed since the state whose `ETag` you sent"}
}


def unchanged_reply(state: object, if_none_match: str | None) -> Response | None:
    """304 before anything is computed, for a caller who has the reply of `state`; None for anybody else."""
    etag = _etag_of(state)
    return Response(status_code=304, headers=_headers(etag)) if _names(if_none_match, etag) else None


def entity_reply(body: BaseModel, *, state: object, if_none_match: str | None) -> Response:
    """The body with the ETag of `state`, or 304 without; `state` differs whenever the reply would."""
    etag = _etag_of(state)
    headers = _headers(etag)
    if _names(if_none_match, etag):
        return Response(status_code=304, headers=headers)
    return Response(body.model_dump_json(), media_type="application/json", headers=headers)


def _etag_of(state: object) -> str:
    return f'"{hashlib.sha256(repr(state).encode()).hexdigest()[:32]}"'


def _headers(etag: str) -> dict[str, str]:
    return {"ETag": etag, "Cache-Control": "private, no-cache"}


def revision_etag(revision: int) -> dict[str, str]:
    """The headers that name a revision of something people change."""
    return {"ETag": f'"{revision}"', "Cache-Control": "private, no-cache"}


def wanted_revision(if_match: str | None) -> int:
    """The revision a change was decided on. PreconditionMissing without; Stale for what was never a revision."""
    if if_match is None:
        raise PreconditionMissing(
            "Send If-Match with the ETag of what you read, so that nothing is overwritten"
        )
    plain = if_match.strip().removeprefix("W/").strip('"').partition(_OF_REPLY)[0]
    if not plain.isascii() or not plain.isdigit() or len(plain) > 18:
        raise Stale(f"{if_match} names no revision; read it again and send its ETag")
    return int(plain)


class ConditionalReplies:
    """Gives each JSON reply to a GET its ETag and answers 304 to who has it already.

    What a route says itself stays; an ETag that is a revision gets the hash of the reply behind it, because a reply
    may change without a change of the revision: a clock runs on.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] != "GET":
            await self._app(scope, receive, send)
            return
        held: Message | None = None

        async def conditional_send(message: Message) -> None:
            nonlocal held
            if message["type"] == "http.response.start" and _may_be_kept(message):
                held = message
                return
            if held is not None:
                start, held = held, None
                if not message.get("more_body"):
                    message = _answered(Headers(scope=scope).get("if-none-match"), start, message)
                await send(start)
            await send(message)

        await self._app(scope, receive, conditional_send)


def _may_be_kept(start: Message) -> bool:
    headers = Headers(raw=start["headers"])
    known = headers.get("etag", '"0"').strip('"')
    is_json = headers.get("content-type", "").startswith("application/json")
    return start["status"] == 200 and is_json and known.isdigit()


def _answered(if_none_match: str | None, start: Message, reply: Message) -> Message:
    """Complete the head of the reply; what is known loses its body."""
    headers = MutableHeaders(raw=start["headers"])
    of_reply = hashlib.sha256(reply.get("body", b"")).hexdigest()[:32]
    revision = headers.get("etag", "").strip('"')
    etag = f'"{revision}{_OF_REPLY}{of_reply}"' if revision else f'"{of_reply}"'
    headers["ETag"] = etag
    if not _names(if_none_match, etag):
        return reply
    start["status"] = 304
    del headers["Content-Length"]
    del headers["Content-Type"]
    return {**reply, "body": b""}


def _names(if_none_match: str | None, etag: str) -> bool:
    """The comparison is weak, because a proxy that compresses marks the tag as weak."""
    tags = [tag.strip().removeprefix("W/") for tag in (if_none_match or "").split(",")]
    return etag in tags or tags == ["*"]
