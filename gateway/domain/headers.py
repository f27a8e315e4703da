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

    `origin` is the service's own address: a Location that begins with it is made relative.
    """
    kept: list[Header] = []
    own = {name: (name, value) for name, value in SECURITY_HEADERS}
    cache = NO_STORE
    for header in headers:
        name = header[0]
        if name in REPLY_STRIPPED:
            continue
        if name == b"cache-control":
            cache = header
            continue
        if name == b"location" and header[1].startswith(origin):
            kept.append((name, header[1][len(origin) :] or b"/"))
            continue
        own.pop(name, None)
        kept.append(header)
    kept += own.values()
    kept += (cache, (b"x-request-id", request_id))
    return kept
