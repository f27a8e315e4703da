"""Nobody learns of the keys and webhooks of others, on any route of the gateway that takes an id."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
from uuid_utils.compat import uuid7

from gateway.domain.routing import GATEWAY, SERVICES
from shared.identity import Caller
from tests.integration.gateway.keys import as_bearer
from tests.integration.gateway.running import Seen, access_token, gateway_before, recording_app
from tests.integration.service_callers import a_caller
from tests.integration.strangers import CallAs, Place, World, routes_with_rows, told_to_strangers

OWNER = a_caller("zonal_sales", zones=("West",))
A_KEY = {"name": "A script", "roles": ["zonal_sales"], "zones": ["West"]}
TESTS = Path(__file__).parents[1]


def calling_gateway(url: str) -> CallAs:
    @asynccontextmanager
    async def call_as(caller: Caller) -> AsyncIterator[httpx.AsyncClient]:
        claims = {"sub": caller.subject, "zones": sorted(caller.zones), "partner_code": caller.partner_code}
        headers = as_bearer(access_token(*caller.roles, **claims))
        async with httpx.AsyncClient(base_url=url, headers=headers) as client:
            yield client

    return call_as


async def things_of(owner: Caller, call_as: CallAs) -> dict[str, Place | None]:
    """A key, an endpoint and a delivery to it."""
    async with call_as(owner) as client:
        key = await client.post("/v1/api-keys", json=A_KEY)
        endpoint = await client.post("/v1/webhook-endpoints", json={"url": "http://127.0.0.1:9/hooks"})
        delivery = await client.post(f"/v1/webhook-endpoints/{endpoint.json()['id']}/test")
    ids = {"api_key_id": key, "endpoint_id": endpoint, "delivery_id": delivery}
    return {name: Place(of_others=reply.json()["id"], of_nobody=str(uuid7())) for name, reply in ids.items()}


async def test_what_is_others_is_answered_as_what_is_not_there(fresh_gateway_database: str) -> None:
    async with gateway_before(recording_app(Seen([])), fresh_gateway_database) as url:
        call_as = calling_gateway(url)
        world = World(
            places=await things_of(OWNER, call_as),
            strangers=[
                Caller("neighbour", OWNER.roles, OWNER.zones, None, "t-1"),
                a_caller("partner", partner_code="CP0002"),
            ],
            owner=OWNER,
        )

        assert await told_to_strangers("gateway", world, call_as) == []


def test_strangers_walk_through_every_part_that_has_rows_of_somebody() -> None:
    parts = [name for name in (*SERVICES, GATEWAY) if any(routes_with_rows(name))]

    assert [name for name in parts if not (TESTS / name / "test_strangers.py").exists()] == []
