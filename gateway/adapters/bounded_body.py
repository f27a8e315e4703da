"""Reads what another system answers, but never more than was expected of it."""

import aiohttp


async def bounded_body(reply: aiohttp.ClientResponse, *, bytes_max: int) -> bytes:
    """Return the body of a 200; ValueError for another status or a longer body."""
    if reply.status != 200:
        raise ValueError(f"answered {reply.status}")
    body = bytearray()
    async for piece in reply.content.iter_any():
        body += piece
        if len(body) > bytes_max:
            raise ValueError(f"answered more than {bytes_max:,} bytes")
    return bytes(body)
