"""Webhooks are looked at and sent again, one by one or all of a time."""

import json

from tests.integration.command_line.conftest import Run
from tests.integration.command_line.scripted_server import ScriptedServer, json_answer

ENDPOINT = "/v1/webhook-endpoints/e-1"


def test_failed_deliveries_are_listed(server: ScriptedServer, salesops: Run) -> None:
    server.answer_json(
        f"{ENDPOINT}/deliveries", {"items": [{"id": "d-1", "state": "failed"}], "next_cursor": None}
    )

    ended = salesops("webhooks", "deliveries", "e-1", "--state", "failed", "--json")

    assert json.loads(ended.output)["id"] == "d-1"
    assert server.asked[0].path == f"{ENDPOINT}/deliveries?state=failed&limit=50"


def test_one_delivery_is_sent_again(server: ScriptedServer, salesops: Run) -> None:
    server.answer(f"{ENDPOINT}/deliveries/d-1/resend", json_answer({"id": "d-1", "state": "waiting"}, 202))

    assert salesops("webhooks", "resend", "e-1", "d-1").code == 0
    assert server.asked[0].headers["Idempotency-Key"]


def test_all_since_a_time_is_sent_again(server: ScriptedServer, salesops: Run) -> None:
    server.answer(f"{ENDPOINT}/resends", json_answer({"queued_count": 7}, 202))

    ended = salesops("webhooks", "resend", "e-1", "--since", "2026-10-14T06:00:00", "--json")

    assert json.loads(ended.output) == {"queued_count": 7}
    assert json.loads(server.asked[0].body)["told_from_at"] == "2026-10-14T06:00:00+00:00"


def test_what_is_to_be_sent_again_has_to_be_said(server: ScriptedServer, salesops: Run) -> None:
    assert salesops("webhooks", "resend", "e-1").code == 2
    assert salesops("webhooks", "resend", "e-1", "d-1", "--since", "2026-10-14T06:00:00").code == 2
    assert server.asked == []
