"""Replies as bytes, for the ways that pass by the server's own writing."""

from typing import Final

from uvicorn.protocols.http.httptools_impl import STATUS_LINE

from gateway.domain.headers import Header, reply_headers

_WITHOUT_BODY: Final = frozenset({204, 304})


def reply_bytes(status: int, headers: list[Header], body: bytes, *, keep_alive: bool) -> bytes:
    """Return a whole reply; a body that came in chunks, or was compressed, gets its length."""
    parts = [STATUS_LINE[status]]
    has_length = False
    for name, value in headers:
        if name == b"content-length":
            has_length = True
        parts += (name, b": ", value, b"\r\n")
    if not has_length and status not in _WITHOUT_BODY:
        parts.append(b"content-length: %d\r\n" % len(body))
    parts.append(b"\r\n" if keep_alive else b"connection: close\r\n\r\n")
    parts.append(body)
    return b"".join(parts)


def reply_lines(status: int, headers: list[Header], origin: bytes) -> bytes:
    """The first lines of a reply with a length: all that is the same whoever asked, and whenever."""
    *kept, _request_id = reply_headers(headers, origin=origin, request_id=b"")
    return b"".join((STATUS_LINE[status], *(b"%b: %b\r\n" % header for header in kept)))
