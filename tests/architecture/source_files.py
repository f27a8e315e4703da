"""The product's own source files, parsed once for all checks."""

import ast
import gc
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).parents[2]
PRODUCT: Final = ("shared", "gateway", "services", "deploy", "clients/command_line")
SERVICES: Final = ("payments", "partners", "reporting", "research")

FunctionNode = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(frozen=True, slots=True)
class SourceFile:
    """One module."""

    path: Path
    text: str
    tree: ast.Module

    @property
    def name(self) -> str:
        """Its path from the root of the repository."""
        return self.path.relative_to(ROOT).as_posix()

    @property
    def is_migration(self) -> bool:
        return "/migrations/versions/" in self.name

    def functions(self) -> Iterator[FunctionNode]:
        """Every function and method, nested ones as well."""
        return (node for node in ast.walk(self.tree) if isinstance(node, FunctionNode))


@cache
def source_files(*folders: str) -> tuple[SourceFile, ...]:
    """Modules below the folders, those that say nothing left out."""
    found = []
    gc.disable()
    for path in sorted(path for folder in folders for path in (ROOT / folder).rglob("*.py")):
        text = path.read_text(encoding="utf-8")
        if text.strip():
            found.append(SourceFile(path, text, ast.parse(text)))
    # Millions of nodes that stay to the end: looking through them for garbage again and again costs half a minute.
    gc.freeze()
    gc.enable()
    return tuple(found)


def product_files() -> tuple[SourceFile, ...]:
    """All modules of the product, without its tests."""
    return source_files(*PRODUCT)
