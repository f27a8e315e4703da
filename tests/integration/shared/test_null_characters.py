"""The null character, which JSON may say and no database of ours keeps, is refused wherever a text may stand."""

import copy
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from deploy.documents import SERVICES
from shared.identity import InternalTokenIssuer
from tests.integration.gateway.keys import person
from tests.integration.gateway.running import Seen, gateway_before, recording_app
from tests.integration.service_callers import PRIVATE_KEY
from tests.integration.shared.test_forced_faults import ANYBODY, application, requests_to
from tests.provisions import DatabaseFactory


def texts_in(value: Any, place: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    """The places of all texts, of a list those of its first item."""
    if isinstance(value, str):
        yield place
    elif isinstance(value, dict):
        for name, inner in value.items():
            yield from texts_in(inner, (*place, name))
    elif isinstance(value, list) and value:
        yield from texts_in(value[0], (*place, 0))


def with_null_character(body: Any, place: tuple[str | int, ...]) -> Any:
    """Behind the beginning of the text, which is what decides how most texts are read."""
    changed = copy.deepcopy(body)
    *way, last = place
    target = changed
    for step in way:
        target = target[step]
    target[last] = f"{target[last][:3]}\0{target[last][3:]}"
    return changed


async def taken(client: httpx.AsyncClient, service: str) -> list[str]:
    """Texts that were not refused, or not as a caller's mistake."""
    wrong: list[str] = []
    for request in requests_to(service):
        if not isinstance(request.body, dict | list) or not request.path.startswith("/v1/"):
            continue
        for place in texts_in(request.body):
            body = with_null_character(request.body, place)
            reply = await client.request(**{**request.arguments, "json": body})
            if not is_refused(reply):
                wrong.append(f"{request.operation.name} {place}: {reply.status_code} {reply.text[:300]}")
    return wrong


def is_refused(reply: httpx.Response) -> bool:
    """The whole request, or the item of a batch."""
    if reply.status_code == 200:
        return [one.get("status") for one in reply.json()["items"][:1]] == ["refused"]
    return 400 <= reply.status_code < 500


@pytest.mark.parametrize("service", SERVICES)
async def test_a_service_refuses_null_characters_in_every_text(
    service: str, fresh_database: DatabaseFactory
) -> None:
    app = application(service, await fresh_database(service))
    token = InternalTokenIssuer(PRIVATE_KEY).token_for(ANYBODY, service)
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(app, raise_app_exceptions=False),
        base_url="http://service",
        headers={"Authorization": f"Bearer {token}"},
    ) as client:
        wrong = await taken(client, service)
    await app.state.database.close()

    assert wrong == []


async def test_the_gateway_refuses_null_characters_in_every_text(worker_database: DatabaseFactory) -> None:
    async with (
        gateway_before(recording_app(Seen([])), await worker_database("gateway")) as url,
        httpx.AsyncClient(base_url=url, headers=person("admin", "approver", "coordinator")) as client,
    ):
        assert await taken(client, "gateway") == []
