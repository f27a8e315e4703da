"""What routes with an authentication of their own ask of the edge: who carries this token, and may they call so often."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Annotated, Final

from fastapi import Depends, Request

from shared.identity import Caller

# Paths below it reach their routes without an access token. Each route has to ask for the Entrance and admit its caller;
# tests/unit/gateway/test_entrance.py finds those that do not.
GUARDED_BY_ROUTE: Final = "/webhooks/"


@dataclass(frozen=True, slots=True)
class Entrance:
    """`identified` gives the caller of the access token; `admit` counts and records a caller proved otherwise.

    Both raise what the edge raises: Unauthenticated, TooManyRequests.
    """

    identified: Callable[[], Awaitable[Caller]]
    admit: Callable[[Caller], Awaitable[None]]
    is_through_proxy: bool


async def entrance(request: Request) -> Entrance:
    """The edge's, for this request."""
    found = request.scope["entrance"]
    assert isinstance(found, Entrance)
    return found


Entering = Annotated[Entrance, Depends(entrance)]
