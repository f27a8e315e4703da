"""Which replies are worth compressing for a caller that can unpack them, and how their headers then read."""

import zlib
from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import Final

from gateway.domain.headers import Header

LENGTH_MIN: Final = 1024
LEVEL: Final = 1  # of JSON and CSV higher ones take twice the time for a tenth of the size
_GZIP: Final = 31  # zlib's number for a window of 32 KiB in a gzip frame
_TYPES: Final = frozenset(
    {
        b"application/json",
        b"application/problem+json",
        b"application/x-ndjson",
        b"application/xml",
        b"text/css",
        b"text/csv",
        b"text/html",
        b"text/javascript",
        b"text/plain",
    }
)
_ENCODED: Final[Sequence[Header]] = ((b"content-encoding", b"gzip"), (b"vary", b"Accept-Encoding"))


@lru_cache(maxsize=256)
def accepts_gzip(accept_encoding: bytes) -> bool:
    """Tell whether gzip, by name or as `*`, is listed with a weight other than 0 (RFC 9110 section 12.5.3)."""
    weights = {}
    for item in accept_encoding.lower().split(b","):
        name, _, weight = item.partition(b";")
        weights[name.strip()] = weight.replace(b" ", b"") not in (b"q=0", b"q=0.0", b"q=0.00", b"q=0.000")
    return weights.get(b"gzip", weights.get(b"*", False))


def is_compressible(status: int, headers: Iterable[Header]) -> bool:
    """Tell whether a reply is text that nobody has encoded, cut out or forbidden to change."""
    if status in (204, 206, 304):
        return False
    media_type = b""
    for name, value in headers:
        if name == b"content-type":
            media_type = value.partition(b";")[0].strip().lower()
        elif name == b"content-encoding" or (name == b"cache-control" and b"no-transform" in value):
            return False
    return media_type in _TYPES


def compressed_headers(headers: Iterable[Header]) -> list[Header]:
    """Return the headers of the compressed reply: without length, with a weak ETag, since its bytes are others."""
    return [*weakened(header for header in headers if header[0] != b"content-length"), *_ENCODED]


def weakened(headers: Iterable[Header]) -> list[Header]:
    """Return headers whose ETag says that the content is the same and the bytes may not be."""
    return [
        (name, b"W/" + value) if name == b"etag" and not value.startswith(b"W/") else (name, value)
        for name, value in headers
    ]


def compressor() -> "zlib._Compress":
    return zlib.compressobj(LEVEL, zlib.DEFLATED, _GZIP)


def compressed(body: bytes) -> bytes:
    packing = compressor()
    return packing.compress(body) + packing.flush()
