import pytest
from pydantic import ValidationError

from gateway.domain.rate_limit import Quota
from gateway.settings import GatewaySettings, GatewayWorkerSettings

VALUES = {
    "database_url": "postgresql://u:p@h/db",
    "issuer": "https://issuer.test",
    "audience": "salesops",
    "cursor_secret": "cursors of the tests",
    "internal_token_private_key": "{}",
    "api_key_peppers": "a pepper that only the tests have",
    "webhook_secret": "webhooks of the tests, sealed",
}


def test_exactly_one_source_of_keys_is_configured() -> None:
    with pytest.raises(ValidationError, match="one of"):
        GatewaySettings(**VALUES)
    with pytest.raises(ValidationError, match="one of"):
        GatewaySettings(**VALUES, jwks="{}", jwks_url="https://issuer.test/keys")


@pytest.mark.parametrize("url", ["https://h:1", "http://u@h:1", "http://h:1/path", "ftp://h", "h:1"])
def test_services_are_named_by_plain_addresses(url: str) -> None:
    with pytest.raises(ValidationError, match="http://host:port"):
        GatewaySettings(**VALUES, jwks="{}", payments_url=url)


def test_service_may_have_several_addresses() -> None:
    settings = GatewaySettings(**VALUES, jwks="{}", payments_url="http://a:1, http://b")

    assert settings.service_urls()["payments"] == ("http://a:1", "http://b:80")


def test_origins_are_split_at_commas(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GATEWAY_CORS_ORIGINS", "https://a.test, https://b.test")

    assert GatewaySettings(**VALUES, jwks="{}").cors_origins == ("https://a.test", "https://b.test")


def test_quotas_come_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GATEWAY_READS_PER_MINUTE", "7")

    assert GatewaySettings(**VALUES, jwks="{}").quotas()["reads"] == Quota("reads", 7, 60)


def test_trusted_proxies_are_addresses_and_networks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GATEWAY_TRUSTED_PROXIES", "10.0.0.0/8, 127.0.0.1")

    assert GatewaySettings(**VALUES, jwks="{}").trusted_proxies == ("10.0.0.0/8", "127.0.0.1")


def test_proxy_that_is_no_address_is_refused() -> None:
    with pytest.raises(ValidationError, match="does not appear to be"):
        GatewaySettings(**VALUES, jwks="{}", trusted_proxies=("proxy.internal",))


def test_months_of_the_audit_leave_only_for_an_archive_that_is_named() -> None:
    worker = {name: VALUES[name] for name in ("database_url", "webhook_secret")}
    worker["amqp_url"] = "amqp://localhost"

    assert GatewayWorkerSettings(**worker).audit_archive() is None
    assert GatewayWorkerSettings(**worker, audit_months_kept=1, archive_store="file:///a").audit_archive()
    with pytest.raises(ValidationError, match="GATEWAY_ARCHIVE_STORE"):
        GatewayWorkerSettings(**worker, audit_months_kept=1)
    with pytest.raises(ValidationError, match="archive_store"):
        GatewayWorkerSettings(**worker, archive_store="/srv/archive")
