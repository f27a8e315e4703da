"""Signing in: what is asked for, what is kept, and what is renewed."""

import base64
import io
import json
from pathlib import Path
from urllib.parse import parse_qs

import pytest

from tests.integration.command_line.conftest import Run
from tests.integration.command_line.scripted_server import ScriptedServer, json_answer, problem_answer

ME = {"subject": "u-1", "roles": ["integration"], "zones": [], "partner_code": None, "sees_all_rows": True}


@pytest.fixture
def profiles(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, server: ScriptedServer) -> Path:
    """The file of kept profiles, for a person who has signed in nowhere yet and types a secret."""
    for name in ("SALESOPS_URL", "SALESOPS_TOKEN", "SALESOPS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr("sys.stdin", io.StringIO("the-secret\n"))
    server.answer_json("/v1/me", ME)
    return tmp_path / "config" / "salesops" / "profiles.json"


@pytest.fixture
def issuer(server: ScriptedServer) -> str:
    """An issuer that gives tokens which end soon enough to be renewed at once."""
    server.answer_json(
        "/.well-known/openid-configuration", {"token_endpoint": f"{server.url}/token", "issuer": server.url}
    )
    server.answer_json("/token", *({"access_token": f"t{number}", "expires_in": 5} for number in (1, 2, 3)))
    return server.url


def test_an_api_key_is_checked_before_it_is_kept(
    salesops: Run, profiles: Path, server: ScriptedServer
) -> None:
    ended = salesops("login", "--url", server.url)

    assert ended.code == 0, ended.messages
    assert server.asked[0].headers["Authorization"] == "Bearer the-secret"
    assert json.loads(profiles.read_text())["default"]["secret"] == "the-secret"
    assert "the-secret" not in ended.output + ended.messages


def test_a_key_that_is_refused_is_not_kept(salesops: Run, profiles: Path, server: ScriptedServer) -> None:
    server.answer("/v1/me", problem_answer(401, "unauthenticated", "Not valid"))

    assert salesops("login", "--url", server.url).code == 3
    assert not profiles.exists()


def test_nothing_typed_is_no_secret(
    salesops: Run, profiles: Path, server: ScriptedServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO("\n"))

    assert salesops("login", "--url", server.url).code == 2
    assert server.asked == []


def test_client_credentials_are_exchanged_at_the_issuers_published_endpoint(
    salesops: Run, profiles: Path, server: ScriptedServer, issuer: str
) -> None:
    ended = salesops(
        "login", "--url", server.url, "--with", "client-credentials", "--client-id", "erp", "--issuer", issuer
    )

    assert ended.code == 0, ended.messages
    (asked, *_) = server.asked_for("/token")
    assert asked.headers["Authorization"] == "Basic " + base64.b64encode(b"erp:the-secret").decode()
    assert parse_qs(asked.body.decode()) == {"grant_type": ["client_credentials"]}


def test_a_token_that_ends_is_renewed_and_kept(
    salesops: Run, profiles: Path, server: ScriptedServer, issuer: str
) -> None:
    salesops(
        "login", "--url", server.url, "--with", "client-credentials", "--client-id", "erp", "--issuer", issuer
    )
    count = len(server.asked_for("/token"))

    assert salesops("whoami").code == 0

    assert len(server.asked_for("/token")) == count + 1
    assert server.asked[-1].headers["Authorization"] == "Bearer t3"
    assert json.loads(profiles.read_text())["default"]["issued_token"] == "t3"


def test_a_token_that_still_counts_is_used_again(
    salesops: Run, profiles: Path, server: ScriptedServer, issuer: str
) -> None:
    server.answer("/token", json_answer({"access_token": "long", "expires_in": 3600}))
    salesops(
        "login", "--url", server.url, "--with", "client-credentials", "--client-id", "erp", "--issuer", issuer
    )

    salesops("whoami")

    assert len(server.asked_for("/token")) == 1


def test_an_issuer_that_says_no_is_told_with_its_reason(
    salesops: Run, profiles: Path, server: ScriptedServer, issuer: str
) -> None:
    server.answer(
        "/token", json_answer({"error": "invalid_client", "error_description": "Wrong secret"}, 401)
    )

    ended = salesops(
        "login", "--url", server.url, "--with", "client-credentials", "--client-id", "erp", "--issuer", issuer
    )

    assert (ended.code, "Wrong secret" in ended.messages) == (3, True)
    assert not profiles.exists()


def test_several_profiles_stand_side_by_side_without_their_secrets_shown(
    salesops: Run, profiles: Path, server: ScriptedServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    salesops("login", "--url", server.url)
    monkeypatch.setattr("sys.stdin", io.StringIO("another\n"))
    salesops("login", "--url", server.url, "--profile", "night")

    listed = salesops("profiles", "--json")
    salesops("whoami", "--profile", "night")

    assert [json.loads(line)["name"] for line in listed.output.splitlines()] == ["default", "night"]
    assert "another" not in listed.output
    assert server.asked[-1].headers["Authorization"] == "Bearer another"
