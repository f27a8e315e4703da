"""Who knows one service knows all: the same files with the same duty in each."""

import re
from pathlib import Path
from typing import Final

import pytest

from tests.architecture.source_files import ROOT, SERVICES

EVERYWHERE: Final = (
    "README.md",
    "main.py",
    "worker.py",
    "settings.py",
    "consumers.py",
    "api/dependencies.py",
    "adapters/orm.py",
    "adapters/repositories.py",
    "adapters/queries.py",
    "adapters/unit_of_work.py",
    "domain/errors.py",
)
FOLDERS: Final = {"api", "application", "adapters", "domain", "migrations"}
README_LINES: Final = range(10, 61)


def service_folder(service: str) -> Path:
    return ROOT / "services" / service


def modules_in(folder: Path) -> list[str]:
    return sorted(path.stem for path in folder.glob("*.py") if path.stem != "__init__")


def is_there(file: Path) -> bool:
    """A file that grew too long is a folder of the same name with a file per noun."""
    return file.is_file() or (file.with_suffix("") / "__init__.py").is_file()


@pytest.mark.parametrize("service", SERVICES)
def test_service_has_the_files_every_service_has(service: str) -> None:
    folder = service_folder(service)

    assert not [name for name in EVERYWHERE if not is_there(folder / name)]


@pytest.mark.parametrize("service", SERVICES)
def test_service_has_nothing_beside_them_at_its_top(service: str) -> None:
    top = {path.name for path in service_folder(service).iterdir()} - {"__pycache__", "__init__.py"}

    assert top == FOLDERS | {name for name in EVERYWHERE if "/" not in name}


@pytest.mark.parametrize("service", SERVICES)
def test_every_route_file_has_the_schemas_of_the_same_service(service: str) -> None:
    modules = modules_in(service_folder(service) / "api")

    assert [name for name in modules if name.startswith("routes_")]
    assert [name for name in modules if name.startswith("schemas_")]


@pytest.mark.parametrize("service", SERVICES)
def test_use_cases_are_named_by_verb_and_noun(service: str) -> None:
    modules = modules_in(service_folder(service) / "application")

    assert modules
    assert not [name for name in modules if "_" not in name]


@pytest.mark.parametrize("service", SERVICES)
def test_migrations_are_dated_and_follow_each_other(service: str) -> None:
    folder = service_folder(service) / "migrations" / "versions"
    names = sorted(path.name for path in folder.glob("*.py"))
    numbers = [name.split("_")[1] for name in names]

    assert not (folder / "__init__.py").exists()
    assert numbers == [f"{number:04d}" for number in range(1, len(names) + 1)]


@pytest.mark.parametrize("service", SERVICES)
def test_readme_is_short_and_says_what_the_service_owns(service: str) -> None:
    text = (service_folder(service) / "README.md").read_text(encoding="utf-8")

    assert len(text.splitlines()) in README_LINES
    assert re.search(r"\b[Oo]wns\b", text)


def test_decision_records_are_numbered_once_and_listed() -> None:
    folder = ROOT / "docs" / "decisions"
    records = sorted(path.name for path in folder.glob("[0-9]*.md"))
    listed = re.findall(
        r"^\| \[(\d{4})\]\((\d{4}-[a-z0-9-]+\.md)\)", (folder / "README.md").read_text(), re.MULTILINE
    )

    assert [name for _, name in listed] == records
    assert all(number == name[:4] for number, name in listed)
    assert len({name[:4] for name in records}) == len(records)
    for name in records:
        assert (folder / name).read_text().startswith(f"# {name[:4]} ")
