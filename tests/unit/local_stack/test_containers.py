"""The containers run modules that exist, with settings that the processes know."""

import importlib
import os
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
from pydantic_settings import BaseSettings

from deploy.environment_file import DEMO_SECRETS, DEMO_VALUES, demo_values, filled, with_values
from deploy.local.folder import stack_folder
from deploy.local.issue_token import issuer_folder
from shared.settings import ProcessSettings, load_settings
from tests.deployment.compose import OUR_IMAGE, compose, environment_for, environment_of

CHECKOUT = Path(__file__).parents[3]
EXAMPLE = (CHECKOUT / ".env.example").read_text()
COMPOSE: dict[str, Any] = compose(environment_of(filled(EXAMPLE)))
OURS = {name: service for name, service in COMPOSE["services"].items() if service["image"] == OUR_IMAGE}
PROCESSES = {
    name: service
    for name, service in OURS.items()
    if service.get("restart") and "demo" not in service.get("profiles", ())
}


def settings_of(module: str) -> type[ProcessSettings]:
    """The settings that the process's own module names."""
    found = [
        kind
        for kind in vars(importlib.import_module(module)).values()
        if isinstance(kind, type)
        and issubclass(kind, ProcessSettings)
        and kind.model_config.get("env_prefix")
    ]
    assert len(found) == 1
    return found[0]


def variables_of(kind: type[BaseSettings]) -> dict[str, bool]:
    """Each environment variable the settings read, and whether the process cannot start without it."""
    prefix = kind.model_config.get("env_prefix", "")
    return {
        str(field.validation_alias or f"{prefix}{name}").upper(): field.is_required()
        for name, field in kind.model_fields.items()
    }


# Read and of no use there: the worker of the gateway answers nobody.
NOT_GIVEN = {"gateway-worker": {"GATEWAY_PORT"}}


def test_every_process_of_the_system_has_a_container() -> None:
    commands = {service["command"][2] for service in PROCESSES.values()}

    services = ("payments", "partners", "reporting", "research")
    modules = {f"services.{name}.{process}" for name in services for process in ("main", "worker")}
    assert commands == modules | {"gateway.main", "gateway.worker"}


@pytest.mark.parametrize("name", OURS)
def test_the_command_of_a_container_is_a_module_of_ours(name: str) -> None:
    python, switch, module, *_ = OURS[name]["command"]

    assert (python, switch) == ("python", "-m")
    assert find_spec(module) is not None


@pytest.mark.parametrize("name", PROCESSES)
def test_a_container_is_given_all_that_its_process_reads_and_nothing_else(name: str) -> None:
    given = set(PROCESSES[name]["environment"])

    variables = variables_of(settings_of(PROCESSES[name]["command"][2]))

    assert given == set(variables) - NOT_GIVEN.get(name, set())


@pytest.mark.parametrize("is_demo", [False, True])
@pytest.mark.parametrize("name", PROCESSES)
def test_a_process_accepts_the_settings_of_a_fresh_environment_file(
    name: str, is_demo: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = filled(EXAMPLE)
    values = environment_of(with_values(text, demo_values()) if is_demo else text)
    for variable in os.environ:
        monkeypatch.delenv(variable)
    for variable, value in environment_for(compose(values)["services"][name], values).items():
        monkeypatch.setenv(variable, value)

    settings = load_settings(settings_of(PROCESSES[name]["command"][2]))

    assert settings.environment == ("local" if is_demo else "production")


def test_every_variable_that_the_containers_ask_for_is_in_the_example() -> None:
    text = (CHECKOUT / "docker-compose.yml").read_text()
    asked = {part.split("}")[0].split(":")[0] for part in text.split("${")[1:]}
    asked |= {
        variable
        for service in OURS.values()
        for variable, value in service["environment"].items()
        if value is None
    }
    shown = {
        line.split("=")[0].removeprefix("# ")  # what may be left out is shown as a comment
        for line in (CHECKOUT / ".env.example").read_text().splitlines()
        if "=" in line
    }

    assert asked <= shown


def test_an_environment_file_leaves_nothing_empty_and_repeats_no_secret() -> None:
    values = [
        line.partition("=")[2]
        for line in filled((CHECKOUT / ".env.example").read_text()).splitlines()
        if line and not line.startswith("#")
    ]

    assert all(values)
    assert len(set(values)) == len(values)


def test_an_example_that_is_commented_out_shows_what_counts_without_it() -> None:
    defaults: dict[str, Any] = {}
    for service in PROCESSES.values():
        kind = settings_of(service["command"][2])
        prefix = kind.model_config.get("env_prefix", "")
        for name, field in kind.model_fields.items():
            defaults[str(field.validation_alias or f"{prefix}{name}").upper()] = field.default
    shown = dict(
        line.removeprefix("# ").split("=", 1)
        for line in EXAMPLE[EXAMPLE.index("# Sizes and limits") :].splitlines()
        if line.startswith("# ") and "=" in line
    )

    numbers = {name: value for name, value in shown.items() if isinstance(defaults.get(name), int | float)}
    assert len(numbers) > 15
    assert {
        name: value for name, value in numbers.items() if value.lower() != str(defaults[name]).lower()
    } == {}


def test_environment_to_try_it_names_every_value_once_and_keeps_the_secrets() -> None:
    text = filled(EXAMPLE)

    values = environment_of(with_values(text, demo_values()))

    assert {name: values[name] for name in DEMO_VALUES} == DEMO_VALUES
    assert len({values[name] for name in DEMO_SECRETS}) == len(DEMO_SECRETS)
    secrets_of_it = {"CURSOR_SECRET", "GATEWAY_INTERNAL_TOKEN_PRIVATE_KEY", "POSTGRES_PASSWORD"}
    assert {name: values[name] for name in secrets_of_it} == {
        name: environment_of(text)[name] for name in secrets_of_it
    }
    names = [line.split("=")[0] for line in with_values(text, demo_values()).splitlines() if "=" in line]
    assert len(names) == len(set(names))


def test_tokens_are_signed_by_the_issuer_that_runs_here(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("ISSUER_FOLDER", raising=False)
    assert issuer_folder() == stack_folder().path

    monkeypatch.setenv("ISSUER_FOLDER", "/var/lib/salesops/issuer")
    assert issuer_folder() == Path("/var/lib/salesops/issuer")
