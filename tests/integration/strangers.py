"""Asks, on every route that takes an id, for what is somebody else's: the reply must be that for what is not there.

The routes are those of the published document and of the access matrix. A new one is walked as soon as it is listed;
if it takes a parameter that the world of the test does not know, the test fails.
"""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import Final

import httpx

from gateway.domain.routing import service_of
from shared.access import RULES, AccessMatrix
from shared.identity import Caller
from tests.contract.requests import PlausibleRequest, plausible_requests

MATRIX: Final = AccessMatrix(RULES)
# Whose rows are not everybody's.
STRANGER_ROLES: Final = frozenset({"zonal_sales", "partner"})
# Shorter ones are found in texts by chance.
ECHO_LENGTH_MIN: Final = 4
CallAs = Callable[[Caller], AbstractAsyncContextManager[httpx.AsyncClient]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A value of a path parameter that names somebody's resource, and one that names nothing."""

    of_others: str
    of_nobody: str


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """What the strangers may not see, by path parameter; None for a parameter that names nobody's rows."""

    places: Mapping[str, Place | None]
    strangers: Sequence[Caller]
    owner: Caller
    # Operations that answer 200 for what is not there, and then for what is others' as well.
    answered_anyhow: frozenset[str] = frozenset()


def routes_with_rows(service: str) -> Iterator[PlausibleRequest]:
    """Those of a service that take an id and are open to somebody who does not see all rows."""
    for request in plausible_requests():
        operation = request.operation
        if service_of(operation.path) != service or not operation.parameters("path") or operation.is_public:
            continue
        if MATRIX.rule_for(operation.method.upper(), operation.path).roles & STRANGER_ROLES:
            yield request


async def told_to_strangers(service: str, world: World, call_as: CallAs) -> list[str]:
    """What strangers could tell apart, and routes that showed the owner nothing; empty when all is well."""
    wrong: list[str] = []
    shown: set[str] = set()
    asked: set[str] = set()
    for request in routes_with_rows(service):
        operation = request.operation
        names = {name for name in operation.parameters("path") if world.places[name] is not None}
        if not names:
            continue
        asked |= names
        roles = MATRIX.rule_for(operation.method.upper(), operation.path).roles
        for stranger in (one for one in world.strangers if one.roles & roles):
            async with call_as(stranger) as client:
                others, nobody = [
                    await _replied(client, request, _values(world, of_others=is_others))
                    for is_others in (True, False)
                ]
            is_hidden = nobody[0] == 404 or operation.name in world.answered_anyhow
            if others != nobody or not is_hidden:
                wrong.append(f"{operation.name} as {sorted(stranger.roles)}: {others} and {nobody}")
        if operation.method == "get":
            async with call_as(world.owner) as client:
                status, _, text = await _replied(client, request, _values(world, of_others=True))
            if status == 200:
                shown |= names
            else:
                wrong.append(f"{operation.name} shows its owner nothing: {status} {text}")
    return wrong + [f"nothing proves that there is a {name}" for name in sorted(asked - shown)]


def _values(world: World, *, of_others: bool) -> dict[str, str]:
    return {
        name: place.of_others if of_others else place.of_nobody
        for name, place in world.places.items()
        if place is not None
    }


async def _replied(
    client: httpx.AsyncClient, request: PlausibleRequest, values: Mapping[str, str]
) -> tuple[int, list[str], str]:
    """Status, names of the headers and body, without what names the call and the values that were sent."""
    path = request.operation.path
    for name, usual in zip(path.split("/"), request.path.split("/"), strict=True):
        if name.startswith("{"):
            path = path.replace(name, values.get(name.strip("{}"), usual))
    reply = await client.request(**{**request.arguments, "url": path})
    text = reply.text
    if "json" in reply.headers.get("Content-Type", ""):
        body = reply.json()
        for name in ("trace_id", "instance"):
            body.pop(name, None)
        text = json.dumps(body)
    for value in (one for one in values.values() if len(one) >= ECHO_LENGTH_MIN):
        text = text.replace(value, "…")
    return reply.status_code, sorted(reply.headers), text
