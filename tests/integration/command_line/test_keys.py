"""API keys are made, given a new text and ended; each text is shown once."""

import json

from tests.integration.command_line.conftest import Run
from tests.integration.command_line.scripted_server import Answer, ScriptedServer, json_answer

ISSUED = {"id": "k-1", "name": "Nightly import", "roles": ["integration"], "key": "sk_1_secret"}


def test_a_key_is_made_and_its_text_shown_once(server: ScriptedServer, salesops: Run) -> None:
    server.answer("/v1/api-keys", json_answer(ISSUED, 201))

    ended = salesops(
        "keys", "create", "Nightly import", "--role", "integration", "--scope", "jobs:read", "--json"
    )

    assert json.loads(ended.output)["key"] == "sk_1_secret"
    assert "shown nowhere again" in ended.messages
    assert json.loads(server.asked[0].body) == {
        "name": "Nightly import",
        "roles": ["integration"],
        "scopes": ["jobs:read"],
        "valid_days": 90,
    }


def test_a_key_whose_text_got_lost_on_the_way_is_not_made_twice(
    server: ScriptedServer, salesops: Run
) -> None:
    server.answer("/v1/api-keys", Answer(hangs_up=True), json_answer({**ISSUED, "key": None}, 201))

    ended = salesops("keys", "create", "Nightly import", "--role", "integration")

    assert (ended.code, "salesops keys rotate k-1" in ended.messages) == (0, True)
    first, second = server.asked_for("/v1/api-keys")
    assert first.headers["Idempotency-Key"] == second.headers["Idempotency-Key"]


def test_a_rotation_is_of_the_key_as_it_was_seen(server: ScriptedServer, salesops: Run) -> None:
    server.answer("/v1/api-keys/k-1", json_answer({"id": "k-1"}, ETag='"3"'))
    server.answer("/v1/api-keys/k-1/rotation", json_answer(ISSUED))

    ended = salesops("keys", "rotate", "k-1", "--overlap-minutes", "5")

    assert "sk_1_secret" in ended.output
    (asked,) = server.asked_for("/v1/api-keys/k-1/rotation")
    assert asked.headers["If-Match"] == '"3"'
    assert json.loads(asked.body)["overlap_minutes"] == 5


def test_a_key_is_ended_with_a_reason(server: ScriptedServer, salesops: Run) -> None:
    server.answer(
        "/v1/api-keys/k-1/revocation", json_answer({"id": "k-1", "revoked_at": "2026-10-01T00:00:00Z"})
    )

    assert salesops("keys", "revoke", "k-1", "--reason", "Pasted into a chat").code == 0
    assert json.loads(server.asked[0].body) == {"reason": "Pasted into a chat"}
    assert salesops("keys", "revoke", "k-1").code == 2
