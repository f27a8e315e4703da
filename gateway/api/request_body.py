"""A request's body read whole, bounded in size and in time."""

import asyncio
from typing import Final

from starlette.requests import ClientDisconnect, Request

from gateway.api.proxy import CallerGone
from gateway.domain.errors import BodyTooSlow
from shared.errors import TooLarge

BODY_SECONDS: Final = 20.0


async def bounded_request_body(request: Request, *, bytes_max: int) -> bytes:
    """TooLarge beyond the bytes, BodyTooSlow after 20 seconds, CallerGone when nobody waits for the reply."""
    announced = request.headers.get("content-length", "0")
    if announced.isdigit() and int(announced) > bytes_max:
        raise _too_large(bytes_max)
    parts: list[bytes] = []
    size = 0
    try:
        async with asyncio.timeout(BODY_SECONDS):
            async for part in request.stream():
                size += len(part)
                if size > bytes_max:
                    raise _too_large(bytes_max)
                parts.append(part)
    except TimeoutError as error:
        raise BodyTooSlow(f"The body did not arrive within {BODY_SECONDS:.0f} seconds") from error
    except ClientDisconnect as error:
        raise CallerGone from error
    return b"".join(parts)


def _too_large(bytes_max: int) -> TooLarge:
    return TooLarge(f"The body is larger than {bytes_max} bytes", bytes_max=bytes_max)
