"""The commands about webhooks at a real gateway: what they send is what its routes take."""

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from tests.integration.command_line.conftest import Run
from tests.integration.gateway.keys import as_bearer
from tests.integration.gateway.running import Seen, access_token, gateway_before, recording_app
from tests.provisions import DatabaseFactory


@pytest.fixture
async def gateway(
    fresh_database: DatabaseFactory, monkeypatch: pytest.MonkeyPatch, salesops: Run
) -> AsyncIterator[str]:
    """A gateway that the commands speak to, which come after it in this process."""
    del salesops  # its settings of the environment are replaced
    async with gateway_before(recording_app(Seen([])), await fresh_database("gateway")) as url:
        monkeypatch.setenv("SALESOPS_URL", url)
        monkeypatch.setenv("SALESOPS_TOKEN", access_token("integration"))
        yield url


async def said(salesops: Run, *words: str) -> Any:
    """What a command prints, an item a line."""
    ended = await asyncio.to_thread(salesops, "webhooks", *words, "--json")
    assert ended.code == 0, ended.messages
    return [json.loads(line) for line in ended.output.splitlines()]


async def test_endpoints_and_deliveries_are_listed_and_sent_again(gateway: str, salesops: Run) -> None:
    async with httpx.AsyncClient(base_url=gateway, headers=as_bearer(access_token("integration"))) as client:
        made = (await client.post("/v1/webhook-endpoints", json={"url": "http://127.0.0.1:9/hooks"})).json()
        await client.post(f"/v1/webhook-endpoints/{made['id']}/test")

    [endpoint] = await said(salesops, "list")
    [delivery] = await said(salesops, "deliveries", endpoint["id"], "--state", "waiting")
    assert (endpoint["id"], delivery["event_type"]) == (made["id"], "webhook_endpoint.tested")
    assert await said(salesops, "deliveries", endpoint["id"], "--state", "failed") == []
    [again] = await said(salesops, "resend", endpoint["id"], delivery["id"])
    assert (again["id"], again["state"]) == (delivery["id"], "waiting")
    assert await said(salesops, "resend", endpoint["id"], "--since", "2026-10-14T06:00:00") == [
        {"queued_count": 0}
    ]
    missing = await asyncio.to_thread(salesops, "webhooks", "resend", endpoint["id"], made["id"])
    assert missing.code == 4
