"""The command line can be installed alone: it names what it imports, in the versions that are tested here."""

import ast
import sys
import tomllib
from pathlib import Path
from typing import Final

from tests.architecture.source_files import ROOT, source_files

HOME: Final = ROOT / "clients" / "command_line"
OWN: Final = tomllib.loads((HOME / "pyproject.toml").read_text(encoding="utf-8"))
WHOLE: Final = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))


def test_what_it_needs_is_what_the_lock_holds() -> None:
    assert set(OWN["project"]["dependencies"]) <= set(WHOLE["project"]["dependencies"])


def test_it_names_every_library_that_it_imports() -> None:
    named = {one.split(">")[0].replace("-", "_") for one in OWN["project"]["dependencies"]}
    imported = {
        module.split(".")[0]
        for file in source_files("clients/command_line")
        for node in ast.walk(file.tree)
        for module in _modules(node)
    }

    assert imported - set(sys.stdlib_module_names) - {"clients"} == named


def test_every_package_of_it_is_installed() -> None:
    packages = {".".join(path.parent.relative_to(ROOT).parts) for path in Path(HOME).rglob("__init__.py")}

    assert set(OWN["tool"]["setuptools"]["packages"]) == packages


def _modules(node: ast.AST) -> list[str]:
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    return [node.module or ""] if isinstance(node, ast.ImportFrom) else []
