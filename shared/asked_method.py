"""Which method a caller used: services answer GET only, and the gateway asks for HEAD as GET and says so."""

from typing import Final

from starlette.requests import Request

ASKED_METHOD_HEADER: Final = b"x-asked-method"


def is_asked_as_head(request: Request) -> bool:
    """The caller wants the headers alone; the body is made and thrown away, and nobody reads it."""
    return request.headers.get(ASKED_METHOD_HEADER.decode()) == "HEAD"
