"""The development issuer speaks OpenID Connect as a front end and a machine expect it."""

import json
from base64 import urlsafe_b64encode
from collections.abc import AsyncIterator
from hashlib import sha256
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from joserfc import jwt
from joserfc.jwk import KeySet

from deploy.local import issuer
from deploy.local.identity import AUDIENCE, development_identity, rotate_issuer_key
from gateway.adapters.access_tokens import AccessTokens
from gateway.adapters.key_source import KeySource
from gateway.domain.credential import Credential
from shared.errors import Unauthenticated

ORIGIN = "http://localhost:5173"
VERIFIER = "a-verifier-of-at-least-forty-three-characters-long"
CHALLENGE = urlsafe_b64encode(sha256(VERIFIER.encode()).digest()).rstrip(b"=").decode()
REQUEST = {
    "response_type": "code",
    "client_id": issuer.FRONT_END_CLIENT,
    "redirect_uri": f"{ORIGIN}/signed-in",
    "code_challenge": CHALLENGE,
    "code_challenge_method": "S256",
    "scope": "openid",
    "state": "s-1",
    "nonce": "n-1",
}


@pytest.fixture
async def client(tmp_path: Path) -> AsyncIterator[httpx.AsyncClient]:
    app = issuer.create_app(tmp_path, origins=[ORIGIN], client_secret="secret of the machine")
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://issuer") as client:
        yield client


async def a_code(client: httpx.AsyncClient, **chosen: str) -> str:
    reply = await client.post("/authorize", data={**REQUEST, "role": "coordinator", **chosen})
    assert reply.status_code == 303, reply.text
    answer = parse_qs(urlsplit(reply.headers["location"]).query)
    assert answer["state"] == ["s-1"]
    return answer["code"][0]


async def redeem(client: httpx.AsyncClient, given: str, /, **changes: str) -> httpx.Response:
    form = {
        "grant_type": "authorization_code",
        "client_id": issuer.FRONT_END_CLIENT,
        "redirect_uri": REQUEST["redirect_uri"],
        "code": given,
        "code_verifier": VERIFIER,
    }
    return await client.post("/token", data={**form, **changes})


async def refresh(client: httpx.AsyncClient, token: str) -> httpx.Response:
    form = {"grant_type": "refresh_token", "client_id": issuer.FRONT_END_CLIENT, "refresh_token": token}
    return await client.post("/token", data=form)


async def claims_of(client: httpx.AsyncClient, token: str) -> dict[str, Any]:
    keys = KeySet.import_key_set((await client.get("/jwks")).json())
    return jwt.decode(token, keys, algorithms=["ES256"]).claims


async def shown_to_the_gateway(client: httpx.AsyncClient, folder: Path, token: str) -> Credential:
    """What the gateway makes of a token, knowing this issuer's keys."""
    keys = KeySource(jwks=(await client.get("/jwks")).text, url=None)
    tokens = AccessTokens(keys, issuer=development_identity(folder).issuer, audience=AUDIENCE)
    return await tokens.credential_of(token)


async def test_a_front_end_signs_somebody_in_with_a_code(client: httpx.AsyncClient, tmp_path: Path) -> None:
    page = await client.get("/authorize", params=REQUEST)
    tokens = (await redeem(client, await a_code(client, role="zonal_sales", zones="North, West"))).json()

    credential = await shown_to_the_gateway(client, tmp_path, tokens["access_token"])
    identity = await claims_of(client, tokens["id_token"])
    assert page.status_code == 200
    assert "no password" in page.text
    assert (credential.caller.subject, credential.caller.zones) == (
        "zonal_sales@development", {"North", "West"},
    )  # fmt: skip
    assert (identity["aud"], identity["nonce"]) == (issuer.FRONT_END_CLIENT, "n-1")


async def test_an_identity_token_opens_nothing(client: httpx.AsyncClient, tmp_path: Path) -> None:
    tokens = (await redeem(client, await a_code(client))).json()

    for text in (tokens["id_token"], tokens["refresh_token"]):
        with pytest.raises(Unauthenticated):
            await shown_to_the_gateway(client, tmp_path, text)


@pytest.mark.parametrize(
    "changes",
    [
        {"code_verifier": "another-verifier-of-at-least-forty-three-characters"},
        {"redirect_uri": f"{ORIGIN}/elsewhere"},
        {"code": "made-up"},
    ],
)
async def test_a_code_counts_only_for_whom_it_was_given(
    client: httpx.AsyncClient, changes: dict[str, str]
) -> None:
    reply = await redeem(client, await a_code(client), **changes)

    assert (reply.status_code, reply.json()) == (400, {"error": "invalid_grant"})


async def test_a_code_counts_once(client: httpx.AsyncClient) -> None:
    code = await a_code(client)

    statuses = [(await redeem(client, code)).status_code for _ in range(2)]

    assert statuses == [200, 400]


async def test_a_refresh_token_used_twice_ends_all_that_came_from_it(client: httpx.AsyncClient) -> None:
    first = (await redeem(client, await a_code(client))).json()["refresh_token"]
    second = (await refresh(client, first)).json()["refresh_token"]
    third = (await refresh(client, second)).json()["refresh_token"]

    stolen = await refresh(client, first)

    assert stolen.json() == {"error": "invalid_grant"}
    assert (await refresh(client, third)).status_code == 400


@pytest.mark.parametrize(
    "changes",
    [
        {"redirect_uri": "https://evil.test/"},
        {"redirect_uri": "http://localhost.evil.test/"},
        {"redirect_uri": "javascript:alert(1)"},
        {"client_id": "somebody"},
        {"code_challenge_method": "plain"},
        {"response_type": "token"},
    ],
)
async def test_a_sign_in_that_cannot_end_well_is_refused_before_it_begins(
    client: httpx.AsyncClient, changes: dict[str, str]
) -> None:
    asked = await client.get("/authorize", params={**REQUEST, **changes})
    chosen = await client.post("/authorize", data={**REQUEST, "role": "admin", **changes})

    assert (asked.status_code, chosen.status_code) == (400, 400)


async def test_what_a_request_says_does_not_become_part_of_the_page(client: httpx.AsyncClient) -> None:
    page = await client.get("/authorize", params={**REQUEST, "state": '"><script>alert(1)</script>'})

    assert "<script>" not in page.text


async def test_a_machine_comes_in_with_its_secret(client: httpx.AsyncClient, tmp_path: Path) -> None:
    secret = (issuer.MACHINE_CLIENT, "secret of the machine")
    form = {"grant_type": "client_credentials"}
    by_header = (await client.post("/token", data=form, auth=secret)).json()
    by_form = await client.post("/token", data={**form, "client_id": secret[0], "client_secret": secret[1]})
    wrong = await client.post("/token", data=form, auth=(issuer.MACHINE_CLIENT, "guessed"))

    credential = await shown_to_the_gateway(client, tmp_path, by_header["access_token"])
    assert credential.caller.roles == {"integration"}
    assert (by_form.status_code, wrong.status_code) == (200, 401)
    assert "refresh_token" not in by_header


async def test_tokens_of_the_key_before_count_until_the_next_rotation(
    client: httpx.AsyncClient, tmp_path: Path
) -> None:
    text = (await redeem(client, await a_code(client))).json()["access_token"]
    rotate_issuer_key(tmp_path)
    after_one = await shown_to_the_gateway(client, tmp_path, text)
    rotate_issuer_key(tmp_path)

    assert after_one.caller.subject == "coordinator@development"
    with pytest.raises(Unauthenticated):
        await shown_to_the_gateway(client, tmp_path, text)


async def test_discovery_names_what_there_is_and_front_ends_may_read_it(
    client: httpx.AsyncClient, tmp_path: Path
) -> None:
    reply = await client.get("/.well-known/openid-configuration", headers={"Origin": ORIGIN})
    other = await client.get("/.well-known/openid-configuration", headers={"Origin": "https://evil.test"})

    document = reply.json()
    assert document["issuer"] == development_identity(tmp_path).issuer
    assert reply.headers["access-control-allow-origin"] == ORIGIN
    assert "access-control-allow-origin" not in other.headers
    assert (await client.get(urlsplit(document["jwks_uri"]).path)).json() == json.loads(
        development_identity(tmp_path).key_set()
    )


@pytest.mark.parametrize("environment", ["production", "test", ""])
def test_it_does_not_run_outside_local_development(
    monkeypatch: pytest.MonkeyPatch, environment: str, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("ENVIRONMENT", environment)

    assert issuer.main() == 1
    assert "ENVIRONMENT=local" in capsys.readouterr().err
