"""Reads the reply of a foreign system, so long as it stays within reason."""

import httpx

from gateway.domain.salesforce_replies import SalesforceUnavailable


async def bounded_reply(reply: httpx.Response, *, bytes_max: int) -> bytes:
    """The body; SalesforceUnavailable when it is longer than any answer should be."""
    content = bytearray()
    async for chunk in reply.aiter_bytes():
        content += chunk
        if len(content) > bytes_max:
            raise SalesforceUnavailable("Salesforce's answer is longer than any answer should be")
    return bytes(content)
