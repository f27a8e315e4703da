"""API keys: made, shown once, narrowed, rotated, revoked."""

import base64
import hashlib
import json
import re
from collections.abc import AsyncIterator
from uuid import uuid4

import aiohttp
import asyncpg
import pytest

from gateway.domain.api_key import key_id_of, key_text
from tests.integration.gateway.keys import as_bearer, get, issued, person, post, until_answered
from tests.integration.gateway.running import Seen, gateway_before, recording_app
from tests.provisions import DatabaseFactory

ADMIN = person("admin", subject="boss")


@pytest.fixture
def seen() -> Seen:
    return Seen([])


@pytest.fixture
async def session(database_url: str, seen: Seen) -> AsyncIterator[aiohttp.ClientSession]:
    async with (
        gateway_before(recording_app(seen), database_url) as url,
        aiohttp.ClientSession(base_url=url) as session,
    ):
        yield session


@pytest.fixture
async def store(database_url: str) -> AsyncIterator[asyncpg.Connection]:
    connection = await asyncpg.connect(database_url)
    yield connection
    await connection.close()


async def test_a_key_opens_what_it_was_given_and_says_who_answers_for_it(
    session: aiohttp.ClientSession, seen: Seen
) -> None:
    key = await issued(session, ADMIN, scopes=["receipts:read", "*:write"])
    headers = as_bearer(key["key"])

    status, me = await get(session, "/v1/me", headers)
    read, _ = await get(session, "/v1/receipts", headers)
    again, _ = await get(session, "/v1/receipts", headers)
    other, refusal = await get(session, "/v1/invoices", headers)
    written, _ = await post(session, "/v1/bank-accounts", {}, headers)

    assert status == 200
    assert (me["subject"], me["owner"]) == (f"key:{key['id']}", "boss")
    assert (me["credential"], me["credential_id"]) == ("api_key", key["id"])
    assert me["scopes"] == ["*:write", "receipts:read"]
    assert me["expires_at"][:19] == key["expires_at"][:19]
    assert (read, again, written, other, refusal["code"]) == (200, 200, 200, 403, "forbidden")
    claims = internal_claims(seen)
    assert (claims["sub"], claims["owner"], claims["scopes"]) == (
        f"key:{key['id']}", "boss", ["*:write", "receipts:read"],
    )  # fmt: skip


def internal_claims(seen: Seen) -> dict[str, object]:
    """The claims of the internal token that a service was sent last."""
    token = dict(seen.requests[-1]["headers"])[b"authorization"].split(b".")[1]
    return dict(json.loads(base64.urlsafe_b64decode(token + b"==")))


async def test_the_text_of_a_key_is_shown_once_and_kept_nowhere(
    session: aiohttp.ClientSession, store: asyncpg.Connection
) -> None:
    keyed = {**ADMIN, "Idempotency-Key": "make-a-key-once"}
    first = await issued(session, keyed, name="Shown once")
    again = await issued(session, keyed, name="Shown once")
    _, one = await get(session, f"/v1/api-keys/{first['id']}", ADMIN)
    _, page = await get(session, "/v1/api-keys", ADMIN)

    secret = first["key"].rpartition("_")[2]
    tables = await store.fetch("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
    kept = [str(await store.fetch(f'SELECT * FROM "{row["tablename"]}"')) for row in tables]
    assert again == {**first, "key": None}
    assert "key" not in one
    assert first["id"] in [item["id"] for item in page["items"]]
    assert not [text for text in (*kept, json.dumps(page), json.dumps(one)) if secret in text]


async def test_a_stolen_table_opens_nothing(
    session: aiohttp.ClientSession, store: asyncpg.Connection
) -> None:
    key = await issued(session, ADMIN)
    digest = await store.fetchval("SELECT digest FROM api_keys WHERE id = $1", key["id"])

    assert digest not in (hashlib.sha256(key["key"].encode()).digest(), key["key"].encode())
    assert (await get(session, "/v1/receipts", as_bearer(digest.hex())))[0] == 401


async def test_a_rotated_key_has_two_secrets_for_the_overlap_and_no_longer(
    session: aiohttp.ClientSession, store: asyncpg.Connection
) -> None:
    first = await issued(session, ADMIN)
    path = f"/v1/api-keys/{first['id']}/rotation"
    status, second = await post(session, path, {"overlap_minutes": 60}, {**ADMIN, "If-Match": '"1"'})
    both = [(await get(session, "/v1/receipts", as_bearer(key["key"])))[0] for key in (first, second)]
    _, third = await post(session, path, {"overlap_minutes": 0}, {**ADMIN, "If-Match": '"2"'})

    await until_answered(401, session, as_bearer(first["key"]))
    await until_answered(401, session, as_bearer(second["key"]))
    assert (status, both) == (200, [200, 200])
    assert second["previous_ends_at"] is not None
    assert (await get(session, "/v1/receipts", as_bearer(third["key"])))[0] == 200
    assert [event["kind"] for event in third["history"]] == ["created", "rotated", "rotated"]


async def test_a_key_may_rotate_itself_and_nothing_else_of_its_owner(session: aiohttp.ClientSession) -> None:
    key, other = await issued(session, ADMIN), await issued(session, ADMIN)
    headers = {**as_bearer(key["key"]), "If-Match": '"1"'}

    own, _ = await post(session, f"/v1/api-keys/{key['id']}/rotation", {"overlap_minutes": 5}, headers)
    foreign, _ = await post(session, f"/v1/api-keys/{other['id']}/rotation", {"overlap_minutes": 5}, headers)
    child, refusal = await post(session, "/v1/api-keys", {"name": "Child", "roles": ["integration"]}, headers)
    _, page = await get(session, "/v1/api-keys", headers)

    assert (own, foreign, child, refusal["code"]) == (200, 404, 403, "forbidden")
    assert [item["id"] for item in page["items"]] == [key["id"]]


async def test_a_rotation_needs_the_revision_it_was_decided_on(session: aiohttp.ClientSession) -> None:
    key = await issued(session, ADMIN)
    path = f"/v1/api-keys/{key['id']}/rotation"

    without, _ = await post(session, path, {"overlap_minutes": 0}, ADMIN)
    stale, _ = await post(session, path, {"overlap_minutes": 0}, {**ADMIN, "If-Match": '"7"'})

    assert (without, stale) == (428, 412)


async def test_a_revoked_key_is_refused_within_seconds_for_good(session: aiohttp.ClientSession) -> None:
    key = await issued(session, ADMIN)
    headers = as_bearer(key["key"])
    before, _ = await get(session, "/v1/receipts", headers)
    path = f"/v1/api-keys/{key['id']}"

    first = await post(session, f"{path}/revocation", {"reason": "It leaked"}, ADMIN)
    again = await post(session, f"{path}/revocation", {"reason": "It leaked"}, ADMIN)

    await until_answered(401, session, headers)
    rotation, refusal = await post(
        session, f"{path}/rotation", {"overlap_minutes": 5}, {**ADMIN, "If-Match": '"2"'}
    )
    assert (before, first[0], again) == (200, 200, first)
    assert first[1]["history"][-1] == {
        "kind": "revoked", "detail": "It leaked", "by": "boss", "at": first[1]["revoked_at"],
    }  # fmt: skip
    assert (rotation, refusal["code"]) == (409, "key_revoked")


async def test_keys_of_others_are_not_there(session: aiohttp.ClientSession) -> None:
    key = await issued(session, ADMIN)
    path = f"/v1/api-keys/{key['id']}"
    analyst, auditor = person("analyst", subject="ann"), person("auditor", subject="aud")

    foreign = [
        (await get(session, path, analyst))[0],
        (await post(session, f"{path}/revocation", {"reason": "Not mine"}, analyst))[0],
        (await get(session, "/v1/api-keys?owner=boss", analyst))[1]["items"],
    ]
    audited, _ = await get(session, path, auditor)
    changed, _ = await post(session, f"{path}/revocation", {"reason": "Not mine"}, auditor)

    assert foreign == [404, 404, []]
    assert (audited, changed) == (200, 403)


@pytest.mark.parametrize(
    "draft",
    [
        {"roles": ["admin"]},
        {"roles": []},
        {"scopes": ["receipts:delete"]},
        {"scopes": ["unheard-of:read"]},
        {"scopes": []},
        {"valid_days": 366},
        {"valid_days": 0},
        {"owner": "somebody else"},
        {"zones": ["North"]},
        {"name": ""},
    ],
)
async def test_a_key_that_may_not_be_is_refused(
    session: aiohttp.ClientSession, draft: dict[str, object]
) -> None:
    body = {"name": "A machine", "roles": ["integration"], **draft}

    status, problem = await post(session, "/v1/api-keys", body, ADMIN)

    assert (status, problem["code"]) == (422, "invalid")
    assert problem["errors"]


async def test_nobody_makes_a_key_that_opens_more_than_they_may(session: aiohttp.ClientSession) -> None:
    partner = person("partner", subject="p", partner_code="CP-1")
    draft = {"name": "Ours", "roles": ["partner"], "partner_code": "CP-1"}

    own, _ = await post(session, "/v1/api-keys", draft, partner)
    foreign, refusal = await post(session, "/v1/api-keys", {**draft, "partner_code": "CP-2"}, partner)

    assert (own, foreign, refusal["code"]) == (201, 403, "grant_too_wide")


async def test_unknown_wrong_expired_and_revoked_keys_get_one_answer(
    session: aiohttp.ClientSession, store: asyncpg.Connection
) -> None:
    texts = {}
    for name in ("expired", "revoked", "wrong"):
        texts[name] = await issued(session, ADMIN)
    await store.execute(
        "UPDATE api_keys SET issued_at = now() - interval '2 days', expires_at = now() - interval '1 day'"
        " WHERE id = $1",
        texts["expired"]["id"],
    )
    await store.execute("UPDATE api_keys SET revoked_at = now() WHERE id = $1", texts["revoked"]["id"])
    sent = {name: key["key"] for name, key in texts.items()}
    sent["wrong"] = with_other_secret(texts["wrong"]["key"])
    sent["unknown"] = with_other_id(texts["wrong"]["key"])
    sent["no key"] = "sk_nothing"

    answers = {}
    for name, text in sent.items():
        status, problem = await get(session, "/v1/receipts", as_bearer(text))
        answers[name] = (status, problem["code"], problem["detail"])

    assert set(answers.values()) == {(401, "unauthenticated", "The API key is not valid")}


def with_other_secret(text: str) -> str:
    """A whole key of the same id that was never issued."""
    key_id = key_id_of(text)
    assert key_id is not None
    return key_text(key_id, bytes(32))


def with_other_id(text: str) -> str:
    return key_text(uuid4(), text.encode()[-32:])


async def test_an_address_that_guesses_is_throttled_and_good_keys_beside_it_go_on(
    fresh_database: DatabaseFactory, seen: Seen
) -> None:
    database_url = await fresh_database("gateway")  # failures are counted there, for all processes
    async with (
        gateway_before(recording_app(seen), database_url, failures_per_minute=5) as url,
        aiohttp.ClientSession(base_url=url) as session,
    ):
        good = as_bearer((await issued(session, ADMIN))["key"])
        before, _ = await get(session, "/v1/receipts", good)
        guesses = [as_bearer(with_other_id(f"{number:064d}")) for number in range(20)]
        statuses = [(await get(session, "/v1/receipts", guess))[0] for guess in guesses]
        after = [(await get(session, "/v1/receipts", headers))[0] for headers in (good, ADMIN)]

    assert statuses[:5] == [401] * 5
    assert 429 in statuses
    assert (before, after) == (200, [200, 200])


async def test_a_use_is_noted_once_and_off_the_way(
    database_url: str, seen: Seen, store: asyncpg.Connection
) -> None:
    async with (
        gateway_before(recording_app(seen), database_url) as url,
        aiohttp.ClientSession(base_url=url) as session,
    ):
        key = await issued(session, ADMIN)
        for _ in range(3):
            await get(session, "/v1/receipts", as_bearer(key["key"]))
        during = await store.fetchval("SELECT last_used_at FROM api_keys WHERE id = $1", key["id"])

    after = await store.fetchrow("SELECT last_used_at, revision FROM api_keys WHERE id = $1", key["id"])
    assert during is None
    assert after["last_used_at"] is not None
    assert after["revision"] == 1


async def test_what_happened_to_a_key_cannot_be_changed(
    session: aiohttp.ClientSession, store: asyncpg.Connection
) -> None:
    await issued(session, ADMIN)

    for statement in ("UPDATE api_key_events SET by = 'x'", "DELETE FROM token_revocations"):
        with pytest.raises(asyncpg.PostgresError, match="append-only"):
            await store.execute(statement)


async def test_logs_and_addresses_hold_no_key(
    session: aiohttp.ClientSession, capfd: pytest.CaptureFixture[str], store: asyncpg.Connection
) -> None:
    key = await issued(session, ADMIN)
    secret = key["key"].rpartition("_")[2]
    in_query, _ = await get(session, f"/v1/receipts?access_token={key['key']}", {})
    await get(session, "/v1/receipts", as_bearer(key["key"]))

    out, err = capfd.readouterr()
    audited = str(await store.fetch("SELECT * FROM request_audit"))
    assert in_query == 401
    assert not [text for text in (out, err, audited) if secret in text]
    assert re.fullmatch(r"[0-9A-Za-z]{49}", secret)
