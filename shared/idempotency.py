"""A POST sent twice with the same Idempotency-Key is done once; the reply is stored with the work."""

import hashlib
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated, Final

import sqlalchemy as sa
from fastapi import Header, Response
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.errors import Conflict, Invalid

KEY_PATTERN: Final = r"^[\x21-\x7e]{1,255}$"
IdempotencyKey = Annotated[
    str | None,
    Header(
        alias="Idempotency-Key",
        pattern=KEY_PATTERN,
        description="Any printable characters; the same key with the same body replays the first reply for 7 days.",
        examples=["9b2e0c1a-import-october"],
    ),
]


class KeyReused(Invalid):
    """The key was used for another request: sending it again would hide a mistake."""

    code, title = "idempotency_key_reused", "The idempotency key belongs to another request"


class StillRunning(Conflict):
    """The first request with this key has not finished."""

    code, title = "request_still_running", "The first request with this key is still running"


@dataclass(frozen=True, slots=True)
class Attempt:
    """Who asks, with which key, for what: `content` is the method, path and body of the request."""

    caller: str
    key: str
    content: bytes


async def once(
    connection: AsyncConnection, attempt: Attempt | None, perform: Callable[[], Awaitable[Response]]
) -> Response:
    """Do the work or replay its stored reply, in the caller's transaction.

    Raises StillRunning while another transaction holds the key, KeyReused when the content differs. Without a
    key the work is simply done.
    """
    if attempt is None:
        return await perform()
    await _hold_key(connection, attempt)
    replay = await _stored_reply(connection, attempt)
    if replay is not None:
        return replay
    reply = await perform()
    await _store_reply(connection, attempt, reply)
    return reply


async def _hold_key(connection: AsyncConnection, attempt: Attempt) -> None:
    name = f"idempotency:{attempt.caller}:{attempt.key}"
    held = await connection.scalar(
        sa.text("SELECT pg_try_advisory_xact_lock(hashtextextended(:name, 0))"), {"name": name}
    )
    if not held:
        raise StillRunning(
            "The first request with this key has not finished; repeat this one unchanged later"
        )


async def _stored_reply(connection: AsyncConnection, attempt: Attempt) -> Response | None:
    row = (
        await connection.execute(
            sa.text(
                "SELECT request_hash, status, media_type, body FROM idempotency_keys"
                " WHERE caller = :caller AND key = :key"
            ),
            {"caller": attempt.caller, "key": attempt.key},
        )
    ).one_or_none()
    if row is None:
        return None
    if row.request_hash != _content_hash(attempt):
        raise KeyReused("This Idempotency-Key was used for a different request; choose a new key")
    headers = {"Idempotency-Replayed": "true"}
    return Response(row.body, status_code=row.status, media_type=row.media_type, headers=headers)


async def _store_reply(connection: AsyncConnection, attempt: Attempt, reply: Response) -> None:
    await connection.execute(
        sa.text(
            "INSERT INTO idempotency_keys (caller, key, request_hash, status, media_type, body, created_at)"
            " VALUES (:caller, :key, :request_hash, :status, :media_type, :body, :created_at)"
        ),
        {
            "caller": attempt.caller,
            "key": attempt.key,
            "request_hash": _content_hash(attempt),
            "status": reply.status_code,
            "media_type": reply.media_type or "application/json",
            "body": bytes(reply.body),
            "created_at": datetime.now(UTC),
        },
    )


def _content_hash(attempt: Attempt) -> bytes:
    return hashlib.sha256(attempt.content).digest()
