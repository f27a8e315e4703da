"""Which headers cross the gateway, and in which form."""

from collections.abc import Iterable
from typing import Final

Header = tuple[bytes, bytes]

# RFC 9110 section 7.6.1: these describe one connection, not the message.
HOP_BY_HOP: Final = frozenset(
    {
        b"connection",
        b"keep-alive",
        b"proxy-authenticate",
        b"proxy-authorization",
        b"proxy-connection",
        b"te",
        b"trailer",
        b"transfer-encoding",
        b"upgrade",
        b"http2-settings",
    }
)
# Replaced by the gateway's own, or an identity that only the gateway may state. There are no cookies here.
_SET_AFRESH: Final = frozenset(
    {
        b"authorization",
        b"content-length",
        b"cookie",
        b"expect",
        b"forwarded",
        b"host",
        b"traceparent",
        b"via",
        b"x-asked-method",
        b"x-client-ip",
        b"x-original-url",
        b"x-real-ip",
        b"x-request-id",
        b"x-rewrite-url",
        b"x-tenant",
    }
)
REQUEST_STRIPPED: Final = HOP_BY_HOP | _SET_AFRESH
_SPOOFED_PREFIXES: Final = (
    b"x-forwarded-",
    b"x-internal-",
    b"x-user-",
    b"x-tenant-",
    b"x-auth-",
    b"x-salesops-",
)
REPLY_STRIPPED: Final = HOP_BY_HOP | {b"server", b"date", b"x-request-id", b"x-powered-by"}

SECURITY_HEADERS: Final[tuple[Header, ...]] = (
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'"),
    (b"strict-transport-security", b"max-age=31536000"),
)
NO_STORE: Final[Header] = (b"cache-control", b"no-store")
# Of what has an ETag: the reader alone may keep it, and asks each time, with its rights, whether it still holds.
_ASKED_AGAIN: Final = b"private, no-cache"
_CHOSEN_BY_SERVICES: Final = frozenset(
    {b"cache-control", b"location", *(name for name, _ in SECURITY_HEADERS)}
)


def request_headers(headers: Iterable[Header]) -> list[bytes]:
    """Return the lines of a request's headers that may pass on, ready to be joined."""
    lines: list[bytes] = []
    for name, value in headers:
        if name in REQUEST_STRIPPED:
            if name == b"connection" and value.lower() not in (b"keep-alive", b"close", b""):
                return request_headers(_without_named(headers, value))
            continue
        # One test of two bytes spares most headers the prefix comparison.
        if name[:2] == b"x-" and name.startswith(_SPOOFED_PREFIXES):
            continue
        lines += (name, b": ", value, b"\r\n")
    return lines


def _without_named(headers: Iterable[Header], connection: bytes) -> list[Header]:
    named = {token.strip().lower() for token in connection.split(b",")} | {b"connection"}
    return [header for header in headers if header[0] not in named]


def reply_headers(headers: Iterable[Header], *, origin: bytes, request_id: bytes) -> list[Header]:
    """Return a reply's headers for the caller: nothing of the inside, and safe for browsers.

    `origin` is the service's own address: a Location that begins with it is made relative. No cache keeps a reply, whatever
    a service says of it, but that of a reader who asks again by its ETag (OWASP ASVS 5.0, 14.2.2).
    """
    kept = [header for header in headers if header[0] not in REPLY_STRIPPED]
    chosen = [header[0] for header in kept if header[0] in _CHOSEN_BY_SERVICES]
    if not chosen:
        return [*kept, *SECURITY_HEADERS, NO_STORE, (b"x-request-id", request_id)]
    if b"cache-control" in chosen and not _is_kept_by_nobody_else(kept):
        kept = [_kept_nowhere(header) for header in kept]
    relative = [_relative(header, origin) if header[0] == b"location" else header for header in kept]
    usual = [header for header in (*SECURITY_HEADERS, NO_STORE) if header[0] not in chosen]
    return [*relative, *usual, (b"x-request-id", request_id)]


def _is_kept_by_nobody_else(headers: Iterable[Header]) -> bool:
    told = dict(headers)
    return b"no-store" in told[b"cache-control"] or (
        told[b"cache-control"] == _ASKED_AGAIN and b"etag" in told
    )


def _kept_nowhere(header: Header) -> Header:
    """A service's word that nobody may change the reply on its way stands."""
    if header[0] != b"cache-control":
        return header
    return (b"cache-control", b"no-store, no-transform") if b"no-transform" in header[1] else NO_STORE


def _relative(location: Header, origin: bytes) -> Header:
    name, value = location
    return (name, value[len(origin) :] or b"/") if value.startswith(origin) else location
