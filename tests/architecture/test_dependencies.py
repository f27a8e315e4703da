"""Every dependency is justified by one line, and every line justifies a dependency."""

import re
import tomllib
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import Final

CHECKOUT: Final = Path(__file__).parents[2]
PROJECT: Final = tomllib.loads((CHECKOUT / "pyproject.toml").read_text(encoding="utf-8"))
PAGE: Final = (CHECKOUT / "docs" / "dependencies.md").read_text(encoding="utf-8")
LOCK: Final = CHECKOUT / "requirements.lock"
IMAGE_LOCK: Final = CHECKOUT / "deploy" / "requirements.lock"
LINE: Final = re.compile(r"^- `(?P<name>[^`]+)`: (?P<reason>.+)$", re.MULTILINE)


def test_every_dependency_at_run_time_is_justified_once() -> None:
    assert _justified("Run time") == _required(PROJECT["project"]["dependencies"])


def test_every_dependency_of_developers_is_justified_once() -> None:
    assert _justified("Development") == _required(PROJECT["dependency-groups"]["dev"])


def test_no_extra_or_further_group_escapes_justification() -> None:
    assert "optional-dependencies" not in PROJECT["project"]
    assert set(PROJECT["dependency-groups"]) == {"dev"}


def test_every_justification_is_a_sentence() -> None:
    short = [
        line["name"] for line in LINE.finditer(PAGE) if len(line["reason"]) < 15 or line["reason"][-1] != "."
    ]

    assert not short, "say why we carry it, in one sentence"


def test_image_gets_the_run_time_of_the_lock_and_nothing_of_developers() -> None:
    """`make lock` writes both."""
    locked, image = _locked(LOCK), _locked(IMAGE_LOCK)

    assert set(_required(PROJECT["project"]["dependencies"])) <= {name for name, _ in image}
    assert not set(_required(PROJECT["dependency-groups"]["dev"])) & {name for name, _ in image}
    assert image <= locked


def _locked(path: Path) -> set[tuple[str, str]]:
    """Names and versions; a package that differs by platform is there twice."""
    return set(re.findall(r"^([a-z0-9-]+)(?:\[[^]]*\])?==([^ ]+)", path.read_text(), re.MULTILINE))


def _justified(heading: str) -> Counter[str]:
    section = PAGE.split(f"\n## {heading}\n", 1)[1].split("\n## ", 1)[0]
    return Counter(_normal(line["name"]) for line in LINE.finditer(section))


def _required(requirements: Iterable[str]) -> Counter[str]:
    return Counter(
        _normal(re.split(r"[\[<>=~!; ]", requirement, maxsplit=1)[0]) for requirement in requirements
    )


def _normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()
