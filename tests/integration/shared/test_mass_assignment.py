"""What a caller may not say is refused, in every object of every body: nothing that was not asked for is taken over."""

import copy
from collections.abc import Iterator, Mapping
from typing import Any, Final

import httpx
import pytest

from deploy.documents import SERVICES
from shared.identity import InternalTokenIssuer
from tests.contract.openapi import resolved
from tests.contract.requests import ANY_ID, PlausibleRequest
from tests.integration.gateway.keys import person
from tests.integration.gateway.running import Seen, gateway_before, recording_app
from tests.integration.service_callers import PRIVATE_KEY
from tests.integration.shared.test_forced_faults import ANYBODY, application, requests_to
from tests.provisions import DatabaseFactory

# Names under which frameworks have let callers write what was not theirs.
SMUGGLED: Final[Mapping[str, Any]] = {
    "id": ANY_ID,
    "status": "approved",
    "tenant_id": "somebody else",
    "balance": {"amount": "1.00", "currency": "INR"},
    "role": "admin",
    "created_by": "somebody else",
}
JSON: Final = "application/json"
# Lists of others, with columns of their own that are not ours to read.
IGNORE_THE_REST: Final = frozenset({"POST /v1/partners/batch"})


def schemas_of(schema: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """The schema, or its alternatives."""
    schema = resolved(schema)
    alternatives = schema.get("anyOf", schema.get("oneOf"))
    if alternatives is None:
        yield schema
    for one in alternatives or ():
        yield from schemas_of(one)


def is_no_map(schema: dict[str, Any]) -> bool:
    """Tell whether its names are given; an object that is left out whole may have none at all."""
    return "properties" in schema or schema.get("additionalProperties") is False


def objects_in(
    schema: dict[str, Any], value: Any, place: tuple[str | int, ...] = ()
) -> Iterator[tuple[tuple[str | int, ...], set[str]]]:
    """The place of every object of an example, and the names that it may have; maps of any name are left out."""
    if isinstance(value, dict):
        known = [one for one in schemas_of(schema) if is_no_map(one)]
    else:
        known = [one for one in schemas_of(schema) if one.get("items")]
    if isinstance(value, list) and value and known:
        yield from objects_in(known[0]["items"], value[0], (*place, 0))
    if isinstance(value, dict) and known:
        yield place, {name for one in known for name in one.get("properties", ())}
        for name, inner in value.items():
            for one in (one for one in known if name in one.get("properties", ())):
                yield from objects_in(one["properties"][name], inner, (*place, name))
                break


def smuggling(request: PlausibleRequest) -> tuple[Any, list[str]]:
    """The body with what does not belong there in each of its objects, and the pointers of it."""
    schema = request.operation.body["requestBody"]["content"][JSON]["schema"]
    body, pointers = copy.deepcopy(request.body), list[str]()
    for place, allowed in objects_in(schema, request.body):
        target = body
        for step in place:
            target = target[step]
        added = {name: value for name, value in SMUGGLED.items() if name not in allowed}
        target.update(added)
        pointers += ["/".join(map(str, (*place, name))) for name in added]
    return body, pointers


async def taken(client: httpx.AsyncClient, service: str) -> list[str]:
    """Bodies that were not refused for what was smuggled into them."""
    wrong: list[str] = []
    for request in requests_to(service):
        if JSON not in request.operation.body.get("requestBody", {}).get("content", {}):
            continue
        if not request.path.startswith("/v1/"):  # what Salesforce sends is kept as it comes
            continue
        body, pointers = smuggling(request)
        if not pointers:  # rows whose columns their sender names
            continue
        reply = await client.request(**{**request.arguments, "json": body})
        if request.operation.name in IGNORE_THE_REST:
            is_harmless = changes_nothing(reply, await client.request(**request.arguments))
        else:
            is_harmless = is_refused(reply, pointers)
        if not is_harmless:
            wrong.append(f"{request.operation.name} {pointers}: {reply.status_code} {reply.text[:300]}")
    return wrong


def is_refused(reply: httpx.Response, pointers: list[str]) -> bool:
    """The whole request, or in a batch the item, for each of the names."""
    found = reply.json()
    if reply.status_code == 200 and found.get("items"):
        found = found["items"][0].get("problem") or {}
        pointers = [pointer.partition("/")[2] for pointer in pointers]
    elif reply.status_code != 422:
        return False
    told = {error["pointer"].strip("/") for error in found.get("errors", ())}
    return set(pointers) <= told


def changes_nothing(reply: httpx.Response, usual: httpx.Response) -> bool:
    """The same without them is known already: nothing of them was kept."""
    verdicts = [one.json()["items"][0]["status"] for one in (reply, usual)]
    return verdicts == ["accepted", "duplicate"]


@pytest.mark.parametrize("service", SERVICES)
async def test_a_service_takes_nothing_that_it_did_not_ask_for(
    service: str, fresh_database: DatabaseFactory
) -> None:
    app = application(service, await fresh_database(service))
    token = InternalTokenIssuer(PRIVATE_KEY).token_for(ANYBODY, service)
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(app),
        base_url="http://service",
        headers={"Authorization": f"Bearer {token}"},
    ) as client:
        wrong = await taken(client, service)
    await app.state.database.close()

    assert wrong == []


async def test_the_gateway_takes_nothing_that_it_did_not_ask_for(worker_database: DatabaseFactory) -> None:
    async with (
        gateway_before(recording_app(Seen([])), await worker_database("gateway")) as url,
        httpx.AsyncClient(base_url=url, headers=person("admin", "approver", "coordinator")) as client,
    ):
        assert await taken(client, "gateway") == []
