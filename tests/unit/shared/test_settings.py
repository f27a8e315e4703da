import pytest
from pydantic_settings import SettingsConfigDict

from shared.settings import ServiceSettings, SettingsIncomplete, load_settings


class ExampleSettings(ServiceSettings):
    model_config = SettingsConfigDict(env_prefix="EXAMPLE_")
    port: int = 9000
    metrics_port: int = 9001


COMPLETE = {
    "EXAMPLE_DATABASE_URL": "postgresql://u:hidden@h/db",
    "AMQP_URL": "amqp://u:hidden@h/",
    "INTERNAL_TOKEN_PUBLIC_KEY": "{}",
    "CURSOR_SECRET": "0123456789abcdef",
    "LOG_LEVEL": "debug",
}


def test_prefixed_and_common_variables_are_read(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in COMPLETE.items():
        monkeypatch.setenv(name, value)

    settings = load_settings(ExampleSettings)

    assert settings.database_url.get_secret_value() == "postgresql://u:hidden@h/db"
    assert (settings.log_level, settings.port) == ("debug", 9000)
    assert "hidden" not in repr(settings)


def test_missing_variables_are_named_with_an_example(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in COMPLETE:
        monkeypatch.delenv(name, raising=False)

    with pytest.raises(SettingsIncomplete) as refused:
        load_settings(ExampleSettings)

    message = str(refused.value)
    assert "EXAMPLE_DATABASE_URL is not set. Example: EXAMPLE_DATABASE_URL=postgresql://" in message
    assert "AMQP_URL is not set" in message


def test_unacceptable_values_are_named_but_not_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {**COMPLETE, "EXAMPLE_PORT": "secret-port"}.items():
        monkeypatch.setenv(name, value)

    with pytest.raises(SettingsIncomplete) as refused:
        load_settings(ExampleSettings)

    assert "EXAMPLE_PORT is not valid" in str(refused.value)
    assert "secret-port" not in str(refused.value)
