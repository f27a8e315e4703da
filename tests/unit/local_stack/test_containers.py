"""The containers run modules that exist, with settings that the processes know."""

import importlib
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
import yaml  # type: ignore[import-untyped]  # its stubs are not worth a dependency for one file
from pydantic_settings import BaseSettings

from deploy.environment_file import filled
from shared.settings import ProcessSettings

CHECKOUT = Path(__file__).parents[3]
COMPOSE: dict[str, Any] = yaml.safe_load((CHECKOUT / "docker-compose.yml").read_text())
OURS = {name: service for name, service in COMPOSE["services"].items() if service["image"] == "salesops"}
PROCESSES = {name: service for name, service in OURS.items() if service.get("restart")}


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
def test_a_container_is_given_what_its_process_reads_and_nothing_else(name: str) -> None:
    given = set(PROCESSES[name]["environment"])

    variables = variables_of(settings_of(PROCESSES[name]["command"][2]))

    assert {variable for variable, is_required in variables.items() if is_required} <= given
    assert given <= set(variables)


def test_every_variable_that_the_containers_ask_for_is_in_the_example() -> None:
    text = (CHECKOUT / "docker-compose.yml").read_text()
    asked = {part.split("}")[0].split(":")[0] for part in text.split("${")[1:]}
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
