"""Sees the bytes of a write and of its reply pass, so that the audit can prove later what was asked and what was answered.

Nothing is held back or kept: each piece is hashed on its way and goes on. The reply is hashed as the service gave it,
before a compression that the next caller may not ask for.
"""

from hashlib import sha256
from typing import Final

from starlette.types import Message, Receive, Scope, Send

from gateway.adapters.request_audit import Proof

# Longer than any tag that a service gives; what a caller invents is cut, not refused: no service takes it anyway.
VERSION_LENGTH_MAX: Final = 100


class WriteWitness:
    """Stands between the server and the way of one write."""

    __slots__ = (
        "_is_answered",
        "_is_read",
        "_receive",
        "_replied",
        "_requested",
        "_send",
        "_tag",
        "_version",
    )

    def __init__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self._receive, self._send = receive, send
        self._requested, self._replied = sha256(), sha256()
        self._is_read = _has_no_body(scope)
        self._is_answered = False
        self._version = _version(b",".join(_values(scope, b"if-match")))
        self._tag: str | None = None

    async def receive(self) -> Message:
        message = await self._receive()
        if message["type"] == "http.request" and not self._is_read:
            self._requested.update(message.get("body", b""))
            self._is_read = not message.get("more_body", False)
        return message

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self._tag = _version(
                b",".join(value for name, value in message["headers"] if name.lower() == b"etag")
            )
        else:
            self._replied.update(message.get("body", b""))
            self._is_answered = not message.get("more_body", False)
        await self._send(message)

    def proof(self) -> Proof:
        """What was seen; a body that did not pass whole has no hash, as part of one proves nothing."""
        return Proof(
            request_sha256=self._requested.digest() if self._is_read else None,
            reply_sha256=self._replied.digest() if self._is_answered else None,
            version_before=self._version,
            version_after=self._tag,
        )


def _has_no_body(scope: Scope) -> bool:
    """Tell whether nothing will come, so that nobody will ask for it either."""
    lengths = _values(scope, b"content-length")
    return not _values(scope, b"transfer-encoding") and all(length == b"0" for length in lengths)


def _values(scope: Scope, name: bytes) -> list[bytes]:
    return [value for header, value in scope["headers"] if header == name]


def _version(value: bytes) -> str | None:
    """A tag as people may read it: what is not printable is escaped, as headers are chosen by callers."""
    text = value.decode("latin-1")
    shown = text if text.isascii() and text.isprintable() else text.encode("unicode_escape").decode("ascii")
    return shown[:VERSION_LENGTH_MAX] or None
