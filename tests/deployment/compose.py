"""docker-compose.yml as compose reads it: variables filled in, what is shared merged."""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import yaml  # type: ignore[import-untyped]  # its stubs are not worth a dependency

CHECKOUT: Final = Path(__file__).parents[2]
COMPOSE_FILE: Final = CHECKOUT / "docker-compose.yml"
OUR_IMAGE: Final = "salesops:local"
_VARIABLE: Final = re.compile(r"\$(?:\$|\{(?P<name>\w+)(?P<kind>:[?-])?(?P<default>[^}]*)\})")


def environment_of(text: str) -> dict[str, str]:
    """The variables of an .env file; values in single quotes are meant literally."""
    lines = [line for line in text.splitlines() if line and not line.startswith("#")]
    pairs = (line.partition("=") for line in lines)
    return {name: value.strip("'") for name, _, value in pairs}


def compose(values: Mapping[str, str]) -> dict[str, Any]:
    """The whole document with the variables of an .env file; KeyError for one that has to be set and is not."""

    def value_of(match: re.Match[str]) -> str:
        if match[0] == "$$":
            return "$"
        name, kind = match["name"], match["kind"]
        found = values.get(name, "")
        if kind == ":?" and not found:
            raise KeyError(name)
        return found or (match["default"] if kind == ":-" else "")

    return _filled(unfilled_compose(), lambda text: _VARIABLE.sub(value_of, text))


def unfilled_compose() -> dict[str, Any]:
    """The document as it stands, with `${…}` where variables go."""
    document: dict[str, Any] = yaml.safe_load(COMPOSE_FILE.read_text())
    return document


def environment_for(service: Mapping[str, Any], values: Mapping[str, str]) -> dict[str, str]:
    """What the container finds in its environment: a variable without a value is passed on if it is set."""
    given: Mapping[str, str | None] = service.get("environment") or {}
    passed = {name: values.get(name) if value is None else value for name, value in given.items()}
    return {name: value for name, value in passed.items() if value is not None}


def _filled(part: Any, fill: Any) -> Any:
    if isinstance(part, dict):
        return {key: _filled(value, fill) for key, value in part.items()}
    if isinstance(part, list):
        return [_filled(value, fill) for value in part]
    return fill(part) if isinstance(part, str) else part
