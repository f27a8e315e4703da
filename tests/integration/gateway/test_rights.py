import asyncio
import json
from collections.abc import AsyncIterator

import aiohttp
import asyncpg
import pytest

from gateway.domain.routing import GATEWAY, service_of
from shared.access import LINK_HOLDERS, RULES, Rule
from shared.identity import LINK_HOLDER, ROLES, InternalTokenVerifier
from shared.version import VERSION
from tests.integration.gateway.running import (
    INTERNAL_KEY,
    JWKS,
    Seen,
    access_token,
    bearer,
    gateway_before,
    recording_app,
    serving,
)


@pytest.fixture(scope="module")
async def gateway(database_url: str) -> AsyncIterator[str]:
    async with gateway_before(recording_app(Seen([])), database_url, cors_origins="https://app.test") as url:
        yield url


@pytest.fixture
async def audit_store(database_url: str) -> AsyncIterator[asyncpg.Connection]:
    connection = await asyncpg.connect(database_url)
    yield connection
    await connection.close()


async def status_of(session: aiohttp.ClientSession, method: str, url: str, headers: dict[str, str]) -> int:
    async with session.request(method, url, headers=headers) as reply:
        return reply.status


def is_passed_on(rule: Rule) -> bool:
    return service_of(rule.path_template) != GATEWAY


async def test_every_route_answers_exactly_the_roles_of_the_matrix(gateway: str) -> None:
    tokens = {role: bearer(role) for role in ROLES}
    wrong: list[str] = []
    async with aiohttp.ClientSession() as session:
        for rule in (one for one in RULES if one.roles != LINK_HOLDERS):
            url = gateway + rule.path_template.replace("{", "").replace("}", "")
            for role, token in tokens.items():
                status = await status_of(session, rule.method, url, token)
                # A service's route is answered by the upstream of this test, one of the gateway's own by itself.
                is_let_in = status == 200 if is_passed_on(rule) else status not in (401, 403)
                if is_let_in != (role in rule.roles) or (role not in rule.roles and status != 403):
                    wrong.append(f"{rule.method} {rule.path_template} as {role}: {status}")
            if await status_of(session, rule.method, url, {}) != 401:
                wrong.append(f"{rule.method} {rule.path_template} without a token")

    assert wrong == []


async def test_a_link_opens_without_a_login_and_a_login_adds_nothing_to_it(database_url: str) -> None:
    seen = Seen([])
    rules = [one for one in RULES if one.roles == LINK_HOLDERS]
    async with gateway_before(recording_app(seen), database_url) as url, aiohttp.ClientSession() as session:
        for rule in rules:
            for headers in ({}, bearer("admin"), {"Authorization": "Bearer forged"}):
                path = rule.path_template.replace("{token}", "a-link")
                assert await status_of(session, rule.method, url + path, headers) == 200, rule

    verifier = InternalTokenVerifier(json.dumps(INTERNAL_KEY.as_dict(private=False)), service="partners")
    assert len(seen.requests) == 3 * len(rules) > 0
    for request in seen.requests:
        token = dict(request["headers"])[b"authorization"].decode().removeprefix("Bearer ")
        caller = verifier.caller_of(token)
        assert (caller.roles, caller.zones, caller.partner_code) == ({LINK_HOLDER}, set(), None)


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/v1/unheard-of", 404),
        ("GET", "/v1/receipts/", 404),
        ("GET", "//v1/receipts", 404),
        ("GET", "/v1/receipts/%2e%2e", 404),
        ("GET", "/docs", 404),
        ("PATCH", "/v1/receipts", 405),
        ("TRACE", "/v1/receipts", 405),
        ("OPTIONS", "/v1/receipts", 405),
        ("GET", "/v1/jobs/" + "a" * 5000, 400),
    ],
)
async def test_what_is_not_listed_is_not_there(gateway: str, method: str, path: str, status: int) -> None:
    url = aiohttp.client.URL(gateway + path, encoded=True)
    async with (
        aiohttp.ClientSession() as session,
        session.request(method, url, headers=bearer(), allow_redirects=False) as reply,
    ):
        body = await reply.json(content_type="application/problem+json")

    assert (reply.status, body["status"]) == (status, status)
    assert ("Allow" in reply.headers) == (status == 405)


async def test_me_tells_the_caller_what_its_token_opens(gateway: str) -> None:
    token = access_token("partner", partner_code="CP-1", jti="t-1", exp=4_000_000_000)
    async with (
        aiohttp.ClientSession() as session,
        session.get(f"{gateway}/v1/me", headers={"Authorization": f"Bearer {token}"}) as reply,
    ):
        body = await reply.json()

    assert body == {
        "subject": "u-1",
        "roles": ["partner"],
        "zones": [],
        "partner_code": "CP-1",
        "sees_all_rows": False,
        "credential": "access_token",
        "credential_id": "t-1",
        "owner": None,
        "scopes": None,
        "expires_at": "2096-10-02T07:07:40Z",
    }
    assert reply.headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize(("origin", "status"), [("https://app.test", 204), ("https://evil.test", 403)])
async def test_only_configured_origins_get_a_preflight_answer(gateway: str, origin: str, status: int) -> None:
    headers = {"Origin": origin, "Access-Control-Request-Method": "POST"}
    async with (
        aiohttp.ClientSession() as session,
        session.options(f"{gateway}/v1/receipts", headers=headers) as reply,
    ):
        allowed = reply.headers.get("Access-Control-Allow-Origin")

    assert (reply.status, allowed) == (status, origin if status == 204 else None)


async def test_denied_calls_and_writes_are_kept_and_cannot_be_changed(
    gateway: str, audit_store: asyncpg.Connection
) -> None:
    marks = {"X-Request-Id": "audit", "traceparent": f"00-{'c' * 32}-{'d' * 16}-01"}
    async with aiohttp.ClientSession() as session:
        await status_of(session, "GET", f"{gateway}/v1/receipts", {**marks, **bearer("admin")})
        await status_of(session, "GET", f"{gateway}/v1/exceptions", {**marks, **bearer("partner")})
        await status_of(session, "DELETE", f"{gateway}/v1/jobs/7?secret=1", {**marks, **bearer("admin")})
        await status_of(session, "POST", f"{gateway}/v1/bank-accounts", marks)
    query = "SELECT subject, method, route, path, status FROM request_audit WHERE trace_id = $1 ORDER BY id"
    rows: list[asyncpg.Record] = []
    async with asyncio.timeout(60):
        while len(rows) < 3:
            rows = await audit_store.fetch(query, "c" * 32)

    assert [tuple(row) for row in rows] == [
        ("u-1", "GET", "/v1/exceptions", "/v1/exceptions", 403),
        ("u-1", "DELETE", "/v1/jobs/{job_id}", "/v1/jobs/7", 200),
        (None, "POST", "(none)", "/v1/bank-accounts", 401),
    ]
    changes = ("UPDATE request_audit SET status = 200", "DELETE FROM request_audit", "TRUNCATE request_audit")
    for statement in changes:
        with pytest.raises(asyncpg.PostgresError, match="append-only"):
            await audit_store.execute(statement)


async def test_rotated_keys_are_read_once_for_all_callers_and_outlive_the_issuer(database_url: str) -> None:
    asked = 0

    async def issuer(scope, receive, send) -> None:
        nonlocal asked
        if scope["type"] == "http":
            asked += 1
        await recording_app(Seen([]), reply=JWKS.encode())(scope, receive, send)

    async with serving(issuer) as issuer_url:
        options = {"jwks": None, "jwks_url": f"{issuer_url}/keys"}
        async with (
            gateway_before(recording_app(Seen([])), database_url, **options) as url,
            aiohttp.ClientSession() as session,
        ):
            calls = [status_of(session, "GET", f"{url}/v1/receipts", bearer("admin")) for _ in range(20)]
            statuses = await asyncio.gather(*calls)
            made_up = access_token("admin", header={"kid": "made-up"})
            unknown = [
                await status_of(session, "GET", f"{url}/v1/receipts", {"Authorization": f"Bearer {made_up}"})
                for _ in range(5)
            ]

    assert statuses == [200] * 20
    assert unknown == [401] * 5
    assert asked == 1


async def test_unreadable_key_set_denies_with_503(database_url: str) -> None:
    async with serving(recording_app(Seen([]), reply=b"<html>")) as issuer_url:
        options = {"jwks": None, "jwks_url": f"{issuer_url}/keys"}
        async with (
            gateway_before(recording_app(Seen([])), database_url, **options) as url,
            aiohttp.ClientSession() as session,
            session.get(f"{url}/v1/receipts", headers=bearer()) as reply,
        ):
            body = await reply.json(content_type="application/problem+json")

    assert (reply.status, body["code"]) == (503, "key_set_unavailable")


async def test_readiness_names_every_part(gateway: str) -> None:
    async with aiohttp.ClientSession() as session, session.get(f"{gateway}/health/ready") as reply:
        body = await reply.json()

    parts = ("database", "keys", "payments", "partners", "reporting", "research")
    assert body == {"status": "ready", "parts": dict.fromkeys(parts, "ready"), "version": VERSION}


async def test_reference_and_document_need_no_token_and_no_other_site(gateway: str) -> None:
    async with aiohttp.ClientSession() as session:
        async with session.get(gateway) as page:
            text = await page.text()
        async with session.get(f"{gateway}/openapi.json") as document:
            paths = (await document.json())["paths"]
        tag = {"If-None-Match": document.headers["ETag"]}
        async with session.get(f"{gateway}/openapi.json", headers=tag) as again:
            status_again = again.status

    assert "script-src 'self'" in page.headers["Content-Security-Policy"]
    assert "http://" not in text
    assert "https://" not in text
    assert "/v1/me" in paths
    assert status_again == 304


async def test_documents_of_services_are_merged_and_kept_while_they_are_away(database_url: str) -> None:
    reply = json.dumps({"openapi": "3.1.0", "paths": {"/v1/receipts": {"get": {"responses": {}}}}}).encode()

    async with (
        gateway_before(recording_app(Seen([]), reply=reply), database_url) as url,
        aiohttp.ClientSession() as session,
        asyncio.timeout(60),
    ):
        paths: dict[str, object] = {}
        while "/v1/receipts" not in paths:
            async with session.get(f"{url}/openapi.json") as document:
                paths = (await document.json())["paths"]


async def test_metrics_are_not_on_the_public_port_in_production(database_url: str) -> None:
    async with (
        gateway_before(recording_app(Seen([])), database_url, environment="production") as url,
        aiohttp.ClientSession() as session,
    ):
        status = await status_of(session, "GET", f"{url}/metrics", {})

    assert status == 401


@pytest.mark.parametrize(
    ("path", "key", "version"),
    [
        ("/openapi.json", "openapi", "3.1.0"),
        ("/openapi-salesforce.json", "openapi", "3.0.3"),
        ("/asyncapi.json", "asyncapi", "3.0.0"),
    ],
)
async def test_a_document_is_served_without_a_token_and_not_twice(
    gateway: str, path: str, key: str, version: str
) -> None:
    async with aiohttp.ClientSession(base_url=gateway) as session:
        async with session.get(path) as first:
            document = await first.json()
        async with session.get(path, headers={"If-None-Match": first.headers["ETag"]}) as again:
            rest = await again.read()

    assert document[key] == version
    assert (again.status, rest) == (304, b"")


async def test_every_reference_of_the_events_document_leads_somewhere_inside_it(gateway: str) -> None:
    async with aiohttp.ClientSession(base_url=gateway) as session, session.get("/asyncapi.json") as reply:
        text = await reply.text()
        document = await reply.json()

    references = {part.split('"')[0] for part in text.split('"$ref": "')[1:]}

    assert len(references) > 50
    for reference in references:
        node = document
        assert reference.startswith("#/"), reference
        for step in reference.removeprefix("#/").split("/"):
            node = node[step]
